//! Items held between two loops: a filter in front, whatever follows behind.
//!
//! A branch on what a filter says is guessed by the processor, and a wrong guess costs more than a cheap stage. In a loop of its own
//! the filter needs none: it writes every item and counts those it wants. So where the items of the source are in memory, a line can be
//! cut behind its filters, and each part works on a window of them in turn. Where the guesses are right, items are better not written:
//! nobody can know that but by trying, so both ways are there and the time decides.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::block::{Block, Fill};
use super::item::It;
use crate::run::{Origin, Site};
use crate::stage::Flow;

/// How many items of the source there are in a window.
const WINDOW: u64 = 1_024;

/// Behind a window that took longer, items go one by one: nobody is to notice that an item had to wait for others.
const LONGEST: Duration = Duration::from_micros(100);

/// After how many windows the slower way is tried again for the first time: what is new to the caches takes longer.
const SOON: u32 = 8;

/// After how many windows it is tried again from then on.
const AGAIN: u32 = 128;

/// After how many items of a window the clock is looked at: a stage that takes its time shows with the first, or soon.
const LOOKS: [u64; 2] = [1, 32];

/// Whether a window of items is worked item by item, or in parts: whichever took less time when it was last done. Where the next
/// item of the source may be waited for, or the line cannot be cut, all are one window, item by item.
#[derive(Debug)]
pub struct Window<const WAITS: bool> {
    cuts: bool,
    first: u64,
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
    pub(crate) fn new(cuts: bool) -> Self {
        let tuner = Tuner { began: None, in_parts: false, spent: [Duration::ZERO; 2], left: SOON };
        Window { cuts: cuts || SAID.get().is_some(), first: 0, tuner }
    }

    /// Another window begins, behind the `read`-th item of the source. Gives the number of the item behind which to
    /// [go on](Window::go_on).
    #[inline(always)]
    pub fn open(&mut self, read: u64) -> u64 {
        if WAITS || !self.cuts {
            return u64::MAX;
        }
        (self.first, self.tuner) = (read, self.tuner.tuned());
        if self.tuner.in_parts { read + LOOKS[0] } else { read + WINDOW }
    }

    /// Where to ask again, behind the `read`-th item of a window in parts: there if the window is over.
    #[inline(never)]
    pub fn go_on(&self, read: u64) -> u64 {
        if read == self.first + WINDOW || self.tuner.began.is_some_and(|began| began.elapsed() > LONGEST) {
            return read;
        }
        let next = LOOKS.into_iter().find(|look| self.first + look > read);
        self.first + next.unwrap_or(WINDOW)
    }

    /// Works on it in parts, if that is its way.
    ///
    /// # Errors
    /// If it is not: what there is to work with. Where it never is, there is no code for `parts` either.
    #[inline(always)]
    pub fn in_parts<A, R>(&self, with: A, parts: impl FnOnce(A) -> R) -> Result<R, A> {
        if const { WAITS } {
            return Err(with);
        }
        if self.tuner.in_parts { Ok(parts(with)) } else { Err(with) }
    }
}

thread_local! {
    /// What [`windows`] says, and how many windows it said it of.
    static SAID: Cell<Option<(bool, usize)>> = const { Cell::new(None) };
}

/// While `run` runs, every window of this thread is worked in parts, or none is: so that tests need not wait for the time to
/// decide. Gives what it gives, and how many windows there were.
pub fn windows<R>(in_parts: bool, run: impl FnOnce() -> R) -> (R, usize) {
    struct Before(Option<(bool, usize)>);
    impl Drop for Before {
        fn drop(&mut self) {
            SAID.set(self.0);
        }
    }
    let _before = Before(SAID.replace(Some((in_parts, 0))));
    let result = run();
    (result, SAID.get().map_or(0, |(_, windows)| windows))
}

impl Tuner {
    /// A window ends, and another begins.
    #[inline(never)]
    fn tuned(self) -> Self {
        if let Some((in_parts, windows)) = SAID.get() {
            SAID.set(Some((in_parts, windows + 1)));
            return Tuner { in_parts, ..self };
        }
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

/// Which item of the source it was, where somebody behind a filter may ask for that; or nothing.
pub trait Number: Copy {
    /// That of an item.
    fn of(at: Origin<'_>) -> Self;
    /// The number.
    fn nth(self) -> u64;
}

impl Number for () {
    #[inline(always)]
    fn of(_: Origin<'_>) -> Self {}

    #[inline(always)]
    fn nth(self) -> u64 {
        0
    }
}

impl Number for u64 {
    #[inline(always)]
    fn of(at: Origin<'_>) -> Self {
        at.number()
    }

    #[inline(always)]
    fn nth(self) -> u64 {
        self
    }
}

/// What a filter let pass in a window, each item with its number.
pub struct Hold<'r, T, N> {
    items: Block<(T, N)>,
    site: Site<'r>,
}

impl<'r, T, N: Number> Hold<'r, T, N> {
    /// Nothing yet, of the filter at `site`.
    #[inline(always)]
    pub fn new(site: Site<'r>) -> Self {
        Hold { items: Block::new(), site }
    }

    /// Takes items in.
    #[inline(always)]
    pub fn open(&mut self) -> Open<'_, T, N> {
        Open(self.items.fill())
    }

    /// Hands all on, until one of them is the last that is wanted.
    #[inline(always)]
    pub fn release(&mut self, count: &mut u64, mut out: impl FnMut(It<T>, Origin<'_>) -> Flow) -> Flow {
        // Out of `self`, so that no more than what the loop needs has an address.
        let mut held = Held { items: std::mem::take(&mut self.items), site: self.site, count };
        let mut flow = Flow::Continue(());
        while let Some((item, number)) = held.items.take() {
            flow = out(It(item), Origin::of_nth(number.nth()));
            if flow.is_break() {
                break;
            }
        }
        // What has been told is cleared where nobody tells it again, should an item panic.
        let mut items = held.told();
        items.clear();
        self.items = items;
        flow
    }
}

/// What takes items in.
#[derive(Debug)]
pub struct Open<'h, T, N>(Fill<'h, (T, N)>);

/// Items on their way.
struct Held<'r, 'c, T> {
    items: Block<T>,
    site: Site<'r>,
    /// How many went on, which is told at the end, as it is known until then: there is one number less for each item.
    count: &'c mut u64,
}

impl<T> Held<'_, '_, T> {
    /// Tells what became of the items, and gives them up.
    #[inline(always)]
    fn told(&mut self) -> Block<T> {
        *self.count += self.items.taken() as u64;
        tell(&self.items, self.site);
        std::mem::take(&mut self.items)
    }
}

impl<T> Drop for Held<'_, '_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.told();
    }
}

/// Those that nobody wants any more, or that a panic kept, have been in flight.
#[inline(always)]
fn tell<T>(items: &Block<T>, site: Site<'_>) {
    if items.left() > 0 {
        site.holds_items(items.left());
    }
}

impl<T, N> Drop for Hold<'_, T, N> {
    #[inline(always)]
    fn drop(&mut self) {
        tell(&self.items, self.site);
    }
}

impl<T, N> std::fmt::Debug for Hold<'_, T, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("items", &self.items.left()).finish_non_exhaustive()
    }
}

impl<I> It<I> {
    /// `filter`, at the end of its part of the line.
    #[inline(always)]
    pub fn hold<N: Number>(
        self,
        site: Site<'_>,
        at: Origin<'_>,
        hold: &mut Open<'_, I, N>,
        f: impl FnOnce(&I) -> bool,
    ) -> Flow {
        let keep = site.guarded(|| f(&self.0));
        hold.0.push_if((self.0, N::of(at)), keep);
        Flow::Continue(())
    }
}
