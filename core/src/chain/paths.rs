//! Where paths that start with sources of their own meet: `chain` and `merge`.
//!
//! Whose turn it is, is decided for each item; the item goes through the nest of its own path, and all paths enter one suffix.

use std::cell::Cell;
use std::convert::Infallible;
use std::marker::PhantomData;

use super::branch::Meeting;
use super::item::It;
use super::last::{Last, Signal};
use crate::run::{Origin, Site};
use crate::stage::{Flow, Kind};

/// No path in particular.
pub const ALL: usize = usize::MAX;

/// Which of several paths is asked for the next item.
#[derive(Clone, Debug)]
pub struct Turns {
    /// The path to be asked first; `None` where it is always the first that is left.
    next: Option<Cell<usize>>,
    /// Whether the path that was asked last has given an item.
    passed: Cell<bool>,
    /// Whether what follows wants no more.
    stopped: bool,
}

impl Turns {
    /// One path after the other.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn chain() -> Self {
        Turns { next: None, passed: Cell::new(false), stopped: false }
    }

    /// One item of each path in turn.
    pub fn merge() -> Self {
        Turns { next: Some(Cell::new(0)), passed: Cell::new(false), stopped: false }
    }

    /// The path to ask, of those that have not ended; none if all have, or nothing more is wanted.
    #[inline(always)]
    pub fn next<const N: usize>(&self, open: [bool; N]) -> Option<usize> {
        if self.stopped {
            return None;
        }
        let first = self.next.as_ref().map_or(0, Cell::get);
        let turn = (first..N).chain(0..first).find(|path| open[*path]);
        if let (Some(next), Some(turn)) = (&self.next, turn) {
            next.set(turn);
        }
        turn
    }

    /// Goes on to the next path, if an item came from the one that was asked.
    #[inline(always)]
    fn pass(&self, came: bool) {
        if let Some(next) = &self.next {
            self.passed.set(came);
            if came {
                next.set(next.get() + 1);
            }
        }
    }
}

/// The signal that reaches a path: at the end, only a path that ends now and has not before. `over` are the path itself, and
/// those that it is part of.
pub fn signal_of<const N: usize>(signal: Signal, ended: usize, over: [usize; N], open: bool) -> Option<Signal> {
    let reached = signal != Signal::End || open && (ended == ALL || over.contains(&ended));
    reached.then_some(signal)
}

/// What a path can fail with.
#[derive(Debug)]
pub struct Failures<F>(PhantomData<fn() -> F>);

impl<F> Failures<F> {
    /// Not known yet.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Failures(PhantomData)
    }
}

/// Says that the paths of `chain` and `merge` give one type.
#[diagnostic::on_unimplemented(
    message = "the paths of `chain` and `merge` meet, so all must give one type, but this one gives `{T}`",
    label = "gives `{T}`, unlike a path before it",
    note = "end the paths in one type, for instance with `map(|item| ..)`"
)]
pub trait Continues<T> {
    /// The one type.
    type Item;
    /// The item.
    fn take(&self, item: T) -> Self::Item;
}

impl<T> Continues<T> for Meeting<T> {
    type Item = T;
    #[inline(always)]
    fn take(&self, item: T) -> T {
        item
    }
}

/// Asks the path whose turn it is for an item, which enters `suffix`; `numbers` are those of all paths. A path that wants no more, or has no more, is noted in `ended`; what
/// comes back is what the suffix says.
#[inline(always)]
pub fn in_turn<U, const N: usize>(
    site: Site<'_>,
    turns: &Turns,
    numbers: [usize; N],
    turn: usize,
    ended: &Cell<usize>,
    paths: impl FnOnce(&Meeting<U>, &mut dyn FnMut(It<U>, Origin<'_>) -> Flow) -> Flow,
    mut suffix: impl FnMut(It<U>, Origin<'_>) -> Flow,
) -> Flow {
    let (mut onward, mut came) = (Flow::Continue(()), false);
    let flow = paths(&Meeting(PhantomData), &mut |item, at| {
        came = true;
        onward = suffix(item, at);
        onward
    });
    onward?;
    turns.pass(came);
    if flow.is_break() {
        if site.run.failed() {
            return Flow::Break(());
        }
        ended.set(numbers[turn]);
    }
    Flow::Continue(())
}

/// Sends signals down all paths, and one of them down `suffix`, after all paths have seen it; also what the paths emit at
/// their end.
#[cold]
#[inline(never)]
pub fn last_in_turn<'r, U>(
    site: Site<'r>,
    turns: &mut Turns,
    signal: Option<Signal>,
    paths: impl FnOnce(&Meeting<U>, &mut dyn FnMut(Last<'r, U, Infallible>, Origin<'_>) -> Flow),
    mut suffix: impl FnMut(Last<'r, U, Infallible>, Origin<'_>) -> Flow,
) -> Flow {
    let (mut stopped, mut came) = (turns.stopped, false);
    paths(&Meeting(PhantomData), &mut |last, at| {
        came = true;
        let flow = suffix(last, at);
        stopped |= flow.is_break();
        flow
    });
    turns.stopped = stopped;
    if came && !turns.passed.get() {
        turns.pass(true);
    }
    match signal {
        None => return Flow::Continue(()),
        Some(Signal::Describe) => site.describe::<U, U>(Kind::Map),
        Some(Signal::Open) if !site.run.failed() => site.run.open_letters(),
        Some(_) => {}
    }
    site.run.turn_to_all();
    let signal = signal.filter(|signal| *signal != Signal::Finish).unwrap_or(Signal::End);
    suffix(Last::of_signal(signal, site), Origin::end())
}

impl<I> It<I> {
    /// Ends a path that meets others.
    #[inline(always)]
    pub fn arrive<M: Continues<I>, F>(
        self,
        meeting: &M,
        suffix: &mut dyn FnMut(It<M::Item>, Origin<'_>) -> Flow,
        at: Origin<'_>,
        _failures: &Failures<F>,
    ) -> Flow {
        suffix(It(meeting.take(self.0)), at)
    }

    /// The suffix can also fail as the path can.
    #[inline(always)]
    #[must_use]
    pub fn along<F>(self, _failures: &Failures<F>) -> Self {
        self
    }
}

impl<'r, I, F> Last<'r, I, F> {
    /// Ends a path that meets others: a signal goes on once all paths have seen it.
    pub fn arrive<M: Continues<I>>(
        self,
        meeting: &M,
        suffix: &mut dyn FnMut(Last<'r, M::Item, Infallible>, Origin<'_>) -> Flow,
        at: Origin<'_>,
        _failures: &Failures<F>,
    ) -> Flow {
        match self.parts() {
            (Ok(item), run) => suffix(Last::of_item(meeting.take(item), run), at),
            (Err(_), _) => Flow::Continue(()),
        }
    }

    /// The suffix can also fail as the path can.
    pub fn along<G>(self, _failures: &Failures<G>) -> Last<'r, I, (F, G)> {
        match self.parts() {
            (Ok(item), run) => Last::of_item(item, run),
            (Err(signal), run) => Last::of_signal(signal, run),
        }
    }
}
