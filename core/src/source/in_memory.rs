//! Iterators that never wait.

use std::collections::{binary_heap, btree_map, btree_set, hash_map, hash_set, linked_list, vec_deque};
use std::marker::PhantomData;
use std::{array, iter, ops, option, slice, str, vec};

use super::FromIter;
use crate::chain::hold::Window;
use crate::run::{Origin, Site};

/// An iterator of the standard library whose items are in memory, or are counted. Those that call a closure are not: it may do
/// anything.
pub trait InMemory: Iterator {
    /// Whether its `size_hint` is exact, costs next to nothing, and counts an item exactly when `next` has returned it.
    const COUNTS: bool = false;
}

macro_rules! in_memory {
    ($([$($param:tt),*] $iterator:ty $(, $counts:expr)?;)*) => {
        $(impl<$($param),*> InMemory for $iterator where $iterator: Iterator { $(const COUNTS: bool = $counts;)? })*
    };
}

in_memory! {
    ['a, T] slice::Iter<'a, T>, true;
    ['a, T] slice::IterMut<'a, T>, true;
    ['a, T] slice::Chunks<'a, T>;
    ['a, T] slice::ChunksExact<'a, T>;
    ['a, T] slice::Windows<'a, T>;
    [T] vec::IntoIter<T>, true;
    ['a, T] vec::Drain<'a, T>;
    [T] option::IntoIter<T>;
    ['a, T] option::Iter<'a, T>;
    [T] ops::Range<T>, size_of::<T>() <= size_of::<usize>();
    [T] ops::RangeInclusive<T>;
    [T] ops::RangeFrom<T>;
    [T] iter::Empty<T>;
    [T] iter::Once<T>;
    [T] iter::Repeat<T>;
    ['a] str::Lines<'a>;
    ['a] str::Chars<'a>;
    ['a] str::CharIndices<'a>;
    ['a] str::Bytes<'a>;
    ['a] str::SplitWhitespace<'a>;
    ['a] str::SplitAsciiWhitespace<'a>;
    [T] vec_deque::IntoIter<T>;
    ['a, T] vec_deque::Iter<'a, T>;
    [T] linked_list::IntoIter<T>;
    ['a, T] linked_list::Iter<'a, T>;
    [T] binary_heap::IntoIter<T>;
    ['a, T] binary_heap::Iter<'a, T>;
    [T] btree_set::IntoIter<T>;
    ['a, T] btree_set::Iter<'a, T>;
    [T] hash_set::IntoIter<T>;
    ['a, T] hash_set::Iter<'a, T>;
    [K, V] btree_map::IntoIter<K, V>;
    ['a, K, V] btree_map::Iter<'a, K, V>;
    ['a, K, V] btree_map::Keys<'a, K, V>;
    ['a, K, V] btree_map::Values<'a, K, V>;
    [K, V] hash_map::IntoIter<K, V>;
    ['a, K, V] hash_map::Iter<'a, K, V>;
    ['a, K, V] hash_map::Keys<'a, K, V>;
    ['a, K, V] hash_map::Values<'a, K, V>;
}

impl<T, const N: usize> InMemory for array::IntoIter<T, N> {}
impl<'a, T: Copy + 'a, I: InMemory<Item = &'a T>> InMemory for iter::Copied<I> {
    const COUNTS: bool = I::COUNTS;
}
impl<'a, T: Clone + 'a, I: InMemory<Item = &'a T>> InMemory for iter::Cloned<I> {}
impl<I: InMemory + DoubleEndedIterator> InMemory for iter::Rev<I> {
    const COUNTS: bool = I::COUNTS;
}
impl<I: InMemory> InMemory for iter::Enumerate<I> {
    const COUNTS: bool = I::COUNTS;
}
impl<I: InMemory> InMemory for iter::Take<I> {}
impl<I: InMemory> InMemory for iter::Skip<I> {}
impl<I: InMemory> InMemory for iter::StepBy<I> {}
impl<I: InMemory + Clone> InMemory for iter::Cycle<I> {}
impl<A: InMemory, B: InMemory<Item = A::Item>> InMemory for iter::Chain<A, B> {}
impl<A: InMemory, B: InMemory> InMemory for iter::Zip<A, B> {}

/// Finds out, where the iterator's type is known, whether it may wait: `pace.settle(..)` takes the first of the two methods of
/// that name whose bounds hold.
#[derive(Debug)]
pub struct Pace<I>(PhantomData<fn() -> I>);

impl<I, const WAITS: bool> FromIter<I, WAITS> {
    #[doc(hidden)]
    /// What finds out whether it may wait.
    pub fn pace(&self) -> Pace<I> {
        Pace(PhantomData)
    }

    #[doc(hidden)]
    /// The windows in which its items are worked, of a line that can be cut or not.
    #[inline(always)]
    pub fn window(&self, cuts: bool) -> Window<WAITS> {
        Window::new(cuts)
    }
}

impl<I: InMemory> Pace<I> {
    /// It does not.
    #[inline(always)]
    #[allow(clippy::unused_self, reason = "a method, which is looked for before that of the trait below")]
    pub fn settle(&self, source: FromIter<I>) -> FromIter<I, false> {
        FromIter { items: source.items }
    }
}

/// Reads items, and counts those that came. Where the iterator knows how many are left, it is asked when the loop is left, and no
/// counter stands in the way of vectorising it.
#[derive(Debug)]
pub struct Reading<'s, I: Iterator> {
    items: &'s mut I,
    count: &'s mut u64,
    /// How many were left at first; none where each item is counted, or all have been.
    left: Option<usize>,
}

impl<I: InMemory> FromIter<I, false> {
    #[doc(hidden)]
    /// Reads its items, and counts them.
    #[inline(always)]
    pub fn reading<'s>(&'s mut self, count: &'s mut u64) -> Reading<'s, I> {
        let left = if I::COUNTS { Some(self.items.size_hint().0) } else { None };
        Reading { items: &mut self.items, count, left }
    }
}

impl<I> FromIter<I> {
    #[doc(hidden)]
    /// Reads its items, and counts them. The bound is the method's, so that what is no iterator is one mistake.
    #[inline(always)]
    pub fn reading<'s>(&'s mut self, count: &'s mut u64) -> Reading<'s, I>
    where
        I: Iterator,
    {
        Reading { items: &mut self.items, count, left: None }
    }
}

impl<I: Iterator> Reading<'_, I> {
    /// The next item, for the source at `site`.
    #[inline(always)]
    pub fn next(&mut self, site: Site<'_>) -> Option<I::Item> {
        let item = site.guarded_aside(|| self.items.next());
        if item.is_none() {
            // All that were left: said here, the compiler need not look where the iterator is.
            *self.count += self.left.take().unwrap_or_default() as u64;
        } else if self.left.is_none() {
            *self.count += 1;
        }
        item
    }

    /// The origin of the item that came last.
    #[inline(always)]
    pub fn origin(&self) -> Origin<'static> {
        Origin::of_nth(self.count())
    }

    /// How many came.
    #[inline(always)]
    fn count(&self) -> u64 {
        *self.count + self.left.map_or(0, |left| (left - self.items.size_hint().0) as u64)
    }
}

impl<I: Iterator> Drop for Reading<'_, I> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.count = self.count();
    }
}

/// The second choice of `Pace`.
pub trait Waits<I> {
    /// It may.
    fn settle(&self, source: FromIter<I>) -> FromIter<I>;
}

impl<I> Waits<I> for Pace<I> {
    #[inline(always)]
    fn settle(&self, source: FromIter<I>) -> FromIter<I> {
        source
    }
}
