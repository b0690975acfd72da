//! Items side by side, written without a branch and without memory in between.
//!
//! A `Vec` may lend itself to the call that makes it grow, and what is lent to a call lives in memory: its length would be read and
//! written there for every item. And it cannot be told to write an item and then not to count it, which is what makes a filter
//! free of branches. `benches/RESULTS.md` says under Windows what that brings.
#![allow(unsafe_code, reason = "measured; each use says why it holds, and miri runs the tests below")]

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, needs_drop, take};
use std::ptr::NonNull;
use std::thread::panicking;

/// How many items there is room for: more than a window, so that a block which is full was given more than it is for. A power of
/// two, so that no branch is needed to stay inside.
const ROOM: usize = 2_048;

/// Items in the order in which they came: the parts of a `Vec`, and the number of items that were taken from its front. Its capacity
/// is at least [`ROOM`], or nothing.
pub(super) struct Block<T> {
    items: NonNull<T>,
    taken: usize,
    len: usize,
    room: usize,
    owns: PhantomData<T>,
}

impl<T> Block<T> {
    pub(super) const fn new() -> Self {
        Block { items: NonNull::dangling(), taken: 0, len: 0, room: 0, owns: PhantomData }
    }

    /// How many items have not been taken.
    #[inline(always)]
    pub(super) fn left(&self) -> usize {
        self.len - self.taken
    }

    /// How many have been taken since it was clear.
    #[inline(always)]
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes items in.
    #[inline(always)]
    pub(super) fn fill(&mut self) -> Fill<'_, T> {
        // All of it moves, so that a `Fill` that is never dropped leaves an empty block, and not one whose memory has moved.
        // Number by number: what is copied as a whole stays in memory.
        let Block { mut items, taken, len, mut room, .. } = *ManuallyDrop::new(take(self));
        if room == 0 {
            (items, room) = memory();
        }
        Fill { items, taken, len, room, home: self }
    }

    /// The first item that was not taken.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Option<T> {
        if self.taken == self.len {
            return None;
        }
        let at = self.taken;
        self.taken += 1;
        // SAFETY: the items from `taken` to `len` were written and not taken; this one is taken now.
        Some(unsafe { self.items.add(at).read() })
    }

    /// Forgets what was taken and drops what was not; the memory is kept.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        if needs_drop::<T>() {
            while self.take().is_some() {}
        }
        (self.taken, self.len) = (0, 0);
    }
}

/// A block that takes items in: its numbers are here, and so in registers, and go home when this is dropped.
pub(super) struct Fill<'b, T> {
    items: NonNull<T>,
    taken: usize,
    len: usize,
    room: usize,
    home: &'b mut Block<T>,
}

impl<T> Fill<'_, T> {
    /// Adds `item`, or drops it.
    #[inline(always)]
    pub(super) fn push_if(&mut self, item: T, keep: bool) {
        if needs_drop::<T>() && !keep {
            return;
        }
        // SAFETY: there is room for `ROOM` items, as there was before the first. An item that is not counted has nothing to drop, and
        // what a block that is full would lose is not forgotten: see below.
        unsafe { self.items.add(self.len % ROOM).write(item) };
        self.len += usize::from(keep);
    }
}

impl<T> Drop for Fill<'_, T> {
    /// # Panics
    /// If it was full: items may have been overwritten. Whoever asks for a block gives it no more than a window.
    #[inline(always)]
    fn drop(&mut self) {
        // The block at home is empty: nothing is overwritten that would have to be dropped.
        (self.home.items, self.home.taken) = (self.items, self.taken);
        (self.home.len, self.home.room) = (self.len.min(ROOM), self.room);
        if self.len >= ROOM {
            overfull();
        }
    }
}

#[cold]
#[inline(never)]
fn overfull() {
    assert!(panicking(), "a stage in front of a filter hands on more items than its `KIND` says");
}

impl<T> std::fmt::Debug for Fill<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fill").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The memory of a block.
#[cold]
#[inline(never)]
fn memory<T>() -> (NonNull<T>, usize) {
    let mut items = ManuallyDrop::new(Vec::with_capacity(ROOM));
    // SAFETY: the pointer of a `Vec` is never null.
    (unsafe { NonNull::new_unchecked(items.as_mut_ptr()) }, items.capacity())
}

impl<T> Default for Block<T> {
    #[inline(always)]
    fn default() -> Self {
        Block::new()
    }
}

impl<T> std::fmt::Debug for Block<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("left", &self.left()).finish_non_exhaustive()
    }
}

impl<T> Drop for Block<T> {
    // What it points to is dropped by value, so that the block itself is never lent.
    #[inline(always)]
    fn drop(&mut self) {
        drop_items(self.items, self.taken, self.len, self.room);
    }
}

#[inline(never)]
fn drop_items<T>(items: NonNull<T>, taken: usize, len: usize, room: usize) {
    if room == 0 {
        return;
    }
    // SAFETY: these are the parts of a `Vec`, which frees the memory, also when an item panics, and takes none of them for its own.
    let mut memory = unsafe { Vec::from_raw_parts(items.as_ptr(), 0, room) };
    // SAFETY: the items from `taken` to `len` were written and not taken; nobody comes by them any more.
    unsafe { std::ptr::slice_from_raw_parts_mut(memory.as_mut_ptr().add(taken), len - taken).drop_in_place() };
}

#[cfg(test)]
mod tests {
    use std::mem::forget;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use super::{Block, ROOM};

    #[test]
    fn items_come_back_in_order() {
        let mut block = Block::new();
        for round in 0..4 {
            for n in 0..round * 10 {
                block.fill().push_if(n.to_string(), n % 3 != 1);
            }
            let expected: Vec<_> = (0..round * 10).filter(|n| n % 3 != 1).map(|n| n.to_string()).collect();
            assert_eq!(block.left(), expected.len());
            assert_eq!(std::iter::from_fn(|| block.take()).collect::<Vec<_>>(), expected);
            block.clear();
        }
    }

    #[test]
    fn what_is_not_kept_is_overwritten() {
        let mut block = Block::new();
        for n in 0..100_u64 {
            block.fill().push_if(n, n % 2 == 0);
        }
        assert!(std::iter::from_fn(|| block.take()).eq((0..100).step_by(2)));
    }

    #[test]
    fn it_is_filled_while_items_have_been_taken() {
        let mut block = Block::new();
        block.fill().push_if(Box::new(0), true);
        assert_eq!((block.take(), block.taken()), (Some(Box::new(0)), 1));
        for n in 1..50 {
            block.fill().push_if(Box::new(n), true);
        }
        assert!(std::iter::from_fn(|| block.take()).eq((1..50).map(Box::new)));
    }

    #[test]
    fn a_full_block_is_an_error() {
        let fill = |pushed: usize| {
            let item = Rc::new(());
            let mut block = Block::new();
            let filled = catch_unwind(AssertUnwindSafe(|| {
                let mut fill = block.fill();
                (0..pushed).for_each(|_| fill.push_if(&item, true));
                fill.push_if(&item, false);
            }));
            (filled.is_ok(), block.left())
        };
        assert_eq!(fill(ROOM - 1), (true, ROOM - 1));
        assert_eq!(fill(ROOM), (false, ROOM));
        assert_eq!(fill(ROOM + 1), (false, ROOM));
    }

    #[test]
    fn items_without_a_size_are_counted() {
        let mut block = Block::new();
        for n in 0..10 {
            block.fill().push_if((), n < 7);
        }
        assert_eq!(std::iter::from_fn(|| block.take()).count(), 7);
    }

    #[test]
    fn a_fill_that_is_forgotten_leaves_an_empty_block() {
        let mut block = Block::new();
        let mut fill = block.fill();
        for n in 0..50 {
            fill.push_if(n, true);
        }
        forget(fill);
        assert_eq!(block.left(), 0);
        block.fill().push_if(7, true);
        assert_eq!(block.take(), Some(7));
    }

    #[test]
    fn an_item_that_panics_keeps_no_other_from_being_dropped() {
        struct Loud {
            _counted: Rc<()>,
            panics: bool,
        }
        impl Drop for Loud {
            fn drop(&mut self) {
                assert!(!self.panics, "as the test wants");
            }
        }
        let item = Rc::new(());
        for at in 0..4 {
            let mut block = Block::new();
            for n in 0..4 {
                block.fill().push_if(Loud { _counted: Rc::clone(&item), panics: n == at }, true);
            }
            let cleared = at % 2 == 0;
            let dropped = catch_unwind(AssertUnwindSafe(move || if cleared { block.clear() } else { drop(block) }));
            assert!(dropped.is_err());
            assert_eq!(Rc::strong_count(&item), 1);
        }
    }

    #[test]
    fn each_item_is_dropped_once() {
        let item = Rc::new(());
        let mut block = Block::new();
        for n in 0..9 {
            block.fill().push_if(Rc::clone(&item), n != 4);
        }
        drop(block.take());
        assert_eq!(Rc::strong_count(&item), 8);
        block.clear();
        assert_eq!(Rc::strong_count(&item), 1);
        block.fill().push_if(Rc::clone(&item), true);
        drop(block);
        assert_eq!(Rc::strong_count(&item), 1);
    }
}
