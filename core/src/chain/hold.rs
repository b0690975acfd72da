//! Items held between two loops: a filter in front, whatever follows behind.
//!
//! A branch on what a filter says is guessed by the processor, and a wrong guess costs more than a cheap stage. In a loop of its own
//! the filter needs none: it writes every item and counts those it wants. So where the items of the source are in memory, a line can be
//! cut behind its filters, and each part works on a window of them in turn. Where the guesses are right, items are better not written:
//! nobody can know that but by trying, so both ways are there and the time decides.

use std::time::{Duration, Instant};

use super::block::{Block, Fill};
use super::hot::hot;
use super::item::It;
use crate::run::{Origin, Run, Site};
use crate::stage::Flow;

/// How many items of the source there are in a window.
const WINDOW: u64 = 1_024;

/// Behind a window that took longer, items go one by one: nobody is to notice that an item had to wait for others.
const LONGEST: Duration = Duration::from_micros(100);

/// After how many windows the slower way is tried again.
const AGAIN: u32 = 128;

/// Whether a window of items is worked item by item, or in parts: whichever took less time when it was last done. Where the next
/// item of the source may be waited for, all are one window, item by item.
#[derive(Debug)]
pub struct Window<const WAITS: bool> {
    in_parts: bool,
    tuner: Tuner,
}

#[derive(Clone, Copy, Debug)]
struct Tuner {
    /// When the window began, and whether it is worked in parts.
    began: Option<Instant>,
    in_parts: bool,
    /// How long the last window took item by item and in parts; nothing before there was one.
    spent: [Duration; 2],
    /// After how many windows the other way is tried again.
    left: u32,
}

impl<const WAITS: bool> Window<WAITS> {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        let tuner = Tuner { began: None, in_parts: false, spent: [Duration::ZERO; 2], left: AGAIN };
        Window { in_parts: false, tuner }
    }

    /// Another window begins, behind the `read`-th item of the source. Gives the number of its last.
    #[inline(always)]
    pub fn open(&mut self, read: u64) -> u64 {
        if WAITS {
            return u64::MAX;
        }
        self.tuner = self.tuner.tuned();
        self.in_parts = self.tuner.in_parts;
        read + WINDOW
    }

    /// Whether it is worked in parts.
    #[inline(always)]
    pub fn in_parts(&self) -> bool {
        !WAITS && self.in_parts
    }

    /// Works on it, or on a part of it, in a function of its own.
    #[inline(always)]
    pub fn turn<A, R, const N: usize>(
        &self,
        with: A,
        counts: &mut [u64; N],
        items: impl FnOnce(A, &mut [u64; N]) -> R,
    ) -> R {
        hot(with, counts, items)
    }
}

impl Tuner {
    /// A window ends, and another begins.
    #[inline(never)]
    fn tuned(self) -> Self {
        let now = Instant::now();
        let Tuner { began: Some(began), in_parts, mut spent, left } = self else {
            return Tuner { began: Some(now), ..self };
        };
        let took = now - began;
        spent[usize::from(in_parts)] = took;
        let left = left.checked_sub(1).unwrap_or(AGAIN);
        if left == 0 {
            spent[usize::from(!in_parts)] = Duration::ZERO;
        }
        if took > LONGEST {
            spent[1] = Duration::MAX;
        }
        let [by_item, by_parts] = spent;
        Tuner { began: Some(now), in_parts: by_parts < by_item, spent, left }
    }
}

/// What a filter let pass in a window. `NUMBERED` where somebody behind it may ask which item of the source it was.
pub struct Hold<'r, T, const NUMBERED: bool> {
    items: Block<T>,
    numbers: Block<u64>,
    site: Site<'r>,
}

impl<'r, T, const NUMBERED: bool> Hold<'r, T, NUMBERED> {
    /// Nothing yet, of the filter at `site`.
    #[inline(always)]
    pub fn new(site: Site<'r>) -> Self {
        Hold { items: Block::new(), numbers: Block::new(), site }
    }

    /// Takes items in.
    #[inline(always)]
    pub fn open(&mut self) -> Open<'_, T, NUMBERED> {
        Open { items: self.items.fill(), numbers: self.numbers.fill() }
    }

    /// Hands all on, until one of them is the last that is wanted.
    #[inline(always)]
    pub fn release(&mut self, count: &mut u64, mut out: impl FnMut(It<T>, Origin<'_>) -> Flow) -> Flow {
        // Out of `self`, so that no more than what the loop needs has an address.
        let mut held = Held { items: std::mem::take(&mut self.items), site: self.site };
        let mut flow = Flow::Continue(());
        while let Some(item) = held.items.take() {
            *count += 1;
            let number = if NUMBERED { self.numbers.take().unwrap_or_default() } else { 0 };
            flow = out(It(item), Origin::of_nth(number));
            if flow.is_break() {
                break;
            }
        }
        held.tell();
        held.items.clear();
        self.numbers.clear();
        self.items = std::mem::take(&mut held.items);
        flow
    }
}

/// What takes items in.
#[derive(Debug)]
pub struct Open<'h, T, const NUMBERED: bool> {
    items: Fill<'h, T>,
    numbers: Fill<'h, u64>,
}

/// Items on their way.
struct Held<'r, T> {
    items: Block<T>,
    site: Site<'r>,
}

impl<T> Held<'_, T> {
    /// Those that nobody wants any more, or that a panic kept, have been in flight.
    #[inline(always)]
    fn tell(&self) {
        if self.items.left() > 0 {
            self.site.holds_items(self.items.left());
        }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.tell();
    }
}

impl<T, const NUMBERED: bool> Drop for Hold<'_, T, NUMBERED> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.items.left() > 0 {
            self.site.holds_items(self.items.left());
        }
    }
}

impl<T, const NUMBERED: bool> std::fmt::Debug for Hold<'_, T, NUMBERED> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("items", &self.items.left()).finish_non_exhaustive()
    }
}

impl<I> It<I> {
    /// `filter`, at the end of its part of the line.
    #[inline(always)]
    pub fn hold<const NUMBERED: bool>(
        self,
        site: Site<'_>,
        at: Origin<'_>,
        hold: &mut Open<'_, I, NUMBERED>,
        f: impl FnOnce(&I) -> bool,
    ) -> Flow {
        let keep = site.guarded(|| f(&self.0));
        hold.items.push_if(self.0, keep);
        if NUMBERED {
            hold.numbers.push_if(at.number(), keep);
        }
        Flow::Continue(())
    }
}

impl Run {
    /// A later part of the line has its turn, with earlier items: what failed stands aside meanwhile.
    #[inline(always)]
    pub fn set_aside(&self) -> Option<crate::error::Error> {
        if self.failed() { self.take_aside() } else { None }
    }

    /// Nothing failed earlier.
    #[inline(always)]
    pub fn put_back(&self, failure: Option<crate::error::Error>) {
        if let Some(failure) = failure {
            self.fail_unless_failed(failure);
        }
    }
}
