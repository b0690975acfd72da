//! A pipeline without a sink: its items, one at a time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;

use super::{Chain, gives_resources};
use crate::chain::last::Signal;
use crate::chain::slot::Slot;
use crate::error::Result;
use crate::plan::Plan;
use crate::redrive::Redrive;
use crate::report::Report;
use crate::run::Run;

/// A pipeline that ends in items: an [`Iterator`] where nothing can fail, else [`try_iter`](Items::try_iter) gives results.
#[must_use = "a pipeline is lazy: iterate over it, or end it with a sink and run it"]
pub struct Items<S, B, T, F, const N: usize> {
    hot: Hot<S, B, N>,
    cold: Box<Cold<S, T, F>>,
}

/// What every item touches. It is not to be lent to any call that is not inlined, so that rustc can keep it in registers of
/// the loop over the items.
struct Hot<S, B, const N: usize> {
    /// There in [`Phase::Running`] alone, so that one look tells both.
    state: Option<S>,
    body: B,
    counts: [u64; N],
}

impl<S, B, T, F, const N: usize> Items<S, B, T, F, N> {
    /// The items of a chain that has not begun.
    pub(super) fn of(chain: Chain<S, B, T, F, N>) -> Self {
        let Chain { state, body, run, .. } = chain;
        Items {
            hot: Hot { state: None, body, counts: [0; N] },
            cold: Box::new(Cold { run, phase: Phase::New, waiting: VecDeque::new(), parked: state, late: Slot::new() }),
        }
    }
}

struct Cold<S, T, F> {
    phase: Phase,
    waiting: VecDeque<T>,
    /// The state, while the phase is another.
    parked: Option<S>,
    /// What the body leaves when it is not one item.
    late: Slot<T, F>,
    /// Dropped last, as it closes the resources.
    run: Run,
}

/// How far an iterator is.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    New,
    Described,
    Connected,
    /// Nothing waits.
    Running,
    /// Items wait.
    Waiting,
    Done,
}

impl<S, B, T, F, const N: usize> Items<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    /// The items, and the error that ends them if there is one.
    pub fn try_iter(self) -> TryIter<S, B, T, F, N> {
        TryIter(self)
    }

    /// What the pipeline is, as data.
    pub fn plan(&mut self) -> Plan {
        let state = if self.hot.state.is_some() { &mut self.hot.state } else { &mut self.cold.parked };
        let _ = (self.hot.body)(state, &mut [0; N], &self.cold.run, Signal::Describe, &mut Slot::new());
        self.cold.run.plan()
    }

    /// What has been done so far.
    pub fn report(&mut self) -> Report<()> {
        self.cold.run.count_all(std::mem::replace(&mut self.hot.counts, [0; N]));
        self.cold.run.report(())
    }

    /// Refused: a pipeline without a sink has nowhere to run to.
    ///
    /// # Errors
    /// Never: this does not compile.
    pub fn run(mut self) -> Result<Report<()>>
    where
        T: HasSink,
    {
        Ok(self.report())
    }

    /// Refused: what would become of the letters of a pipeline without a sink?
    ///
    /// # Errors
    /// Never: this does not compile.
    pub fn redrive(mut self, _redrive: impl Into<Redrive>) -> Result<Report<()>>
    where
        T: HasSink,
    {
        Ok(self.report())
    }
}

impl<S, B, T, F, const N: usize> Items<S, B, T, F, N> {
    gives_resources!(|items| items.cold.run.resources);
}

impl<S, B, const N: usize> Hot<S, B, N> {
    /// The next item. The body is called in one place, so that it can be inlined.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the loop over the items is to be that of the source")]
    fn pull<T, F>(&mut self, cold: &mut Cold<S, T, F>) -> Option<T>
    where
        B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
    {
        loop {
            let mut signal = Signal::End;
            if self.state.is_none() {
                match cold.before() {
                    Before::Item(item) => return item,
                    Before::Signal(next, state) => (signal, self.state) = (next, state),
                }
            }
            let item = (self.body)(&mut self.state, &mut self.counts, &cold.run, signal, &mut cold.late);
            if item.is_some() {
                return item;
            }
            let (item, state) = cold.settle(self.state.take());
            self.state = state;
            if cold.phase == Phase::Done {
                cold.run.count_all(std::mem::replace(&mut self.counts, [0; N]));
                return item;
            }
            if item.is_some() {
                return item;
            }
        }
    }
}

/// What there is to do before the body is called for items.
enum Before<S, T> {
    /// Nothing: here is an item, or the end.
    Item(Option<T>),
    /// The body is to be called with this.
    Signal(Signal, Option<S>),
}

impl<S, T, F> Cold<S, T, F> {
    #[cold]
    #[inline(never)]
    fn before(&mut self) -> Before<S, T> {
        let signal = match self.phase {
            Phase::New => {
                self.run.start();
                Signal::Describe
            }
            Phase::Described => Signal::Connect,
            Phase::Connected => {
                self.run.open_letters();
                Signal::Open
            }
            Phase::Running => Signal::End,
            Phase::Waiting => {
                if let Some(item) = self.waiting.pop_front() {
                    return Before::Item(Some(item));
                }
                self.phase = Phase::Running;
                Signal::End
            }
            Phase::Done => return Before::Item(None),
        };
        Before::Signal(signal, self.parked.take())
    }

    /// After anything but one item: a signal, several items, or the end.
    #[cold]
    #[inline(never)]
    fn settle(&mut self, state: Option<S>) -> (Option<T>, Option<S>) {
        let failed = self.run.failed();
        let Slot { one, many, .. } = std::mem::replace(&mut self.late, Slot::new());
        self.waiting.extend(one.into_iter().chain(many));
        let item = self.waiting.pop_front();
        self.phase = match self.phase {
            Phase::New if !failed => Phase::Described,
            Phase::Described if !failed => Phase::Connected,
            Phase::Connected if !failed => Phase::Running,
            _ if !self.waiting.is_empty() => Phase::Waiting,
            _ if item.is_some() => Phase::Running,
            _ => {
                if !failed {
                    self.run.commit();
                }
                Phase::Done
            }
        };
        match self.phase {
            Phase::Running => return (item, state),
            // What is left of the source and the stages goes now, not with the iterator.
            Phase::Done => {
                drop(state);
                self.run.close();
            }
            _ => self.parked = state,
        }
        (item, None)
    }
}

/// Says that a pipeline has a sink.
#[diagnostic::on_unimplemented(
    message = "this pipeline has no sink to run into: it ends in items of `{Self}`",
    label = "no sink at the end of this pipeline",
    note = "end it with a sink, for instance `| collect()` or `| json_lines(\"path\")`, or iterate over it"
)]
pub trait HasSink {}

/// Says that nothing in a pipeline can fail: a list of errors that are all [`Infallible`].
#[diagnostic::on_unimplemented(
    message = "this pipeline can fail, with `{Self}`, so it is not an iterator over plain items",
    label = "can fail with `{Self}`",
    note = "iterate over `.try_iter()`, which gives results, or write `.or_skip()` on the stage"
)]
pub trait CannotFail {}

impl CannotFail for Infallible {}
impl<A: CannotFail, B: CannotFail> CannotFail for (A, B) {}

impl<S, B, T, F: CannotFail, const N: usize> Iterator for Items<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    type Item = T;

    /// The next item.
    ///
    /// # Panics
    /// When the pipeline could not be set up: a parameter out of its range.
    #[inline]
    fn next(&mut self) -> Option<T> {
        let item = self.hot.pull(&mut self.cold);
        if item.is_none() {
            self.cold.complain();
        }
        item
    }

    #[inline]
    fn fold<A, G: FnMut(A, T) -> A>(self, initial: A, mut f: G) -> A {
        // Apart from what has to be dropped, so that no call takes the address of both. The stages go before the resources.
        let Items { mut cold, mut hot } = self;
        let mut total = initial;
        while let Some(item) = hot.pull(&mut cold) {
            total = f(total, item);
        }
        cold.complain();
        total
    }
}

impl<S, T, F> Cold<S, T, F> {
    /// An iterator of plain items cannot say that it was never set up; it must not look empty instead.
    #[cold]
    #[inline(never)]
    fn complain(&self) {
        if let Some(error) = self.run.take_failure() {
            panic!("{error}");
        }
    }
}

/// The items of a pipeline that can fail; made by [`Items::try_iter`].
pub struct TryIter<S, B, T, F, const N: usize>(Items<S, B, T, F, N>);

impl<S, B, T, F, const N: usize> Iterator for TryIter<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        match self.0.hot.pull(&mut self.0.cold) {
            Some(item) => Some(Ok(item)),
            None => self.0.cold.run.take_failure().map(Err),
        }
    }
}

impl<S, B, T, F, const N: usize> TryIter<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    /// What has been done so far.
    pub fn report(&mut self) -> Report<()> {
        self.0.report()
    }
}

impl<S, B, T, F, const N: usize> fmt::Debug for Items<S, B, T, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.cold.run).finish()
    }
}

impl<S, B, T, F, const N: usize> fmt::Debug for TryIter<S, B, T, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
