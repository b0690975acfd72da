//! A pipeline inside another: what `zip` and `join` take items from.
//!
//! It is written like any pipeline without a sink, as a closure that runs it from item to item. It is part of the run around
//! it: the nodes and edges, the letters and the failure are those of that run.

use std::collections::VecDeque;

use super::item::It;
use super::last::{Last, Signal};
use super::slot::Slot;
use crate::run::{Run, Site};
use crate::stage::{Flow, Kind};

/// What items can be asked of, one at a time.
pub trait Pull {
    /// One of them.
    type Item;
    /// The list of all errors that it can fail with.
    type Failures;

    /// Hands a signal to its source and its stages.
    fn signal(&mut self, run: &Run, signal: Signal);
    /// The next item; `None` when there is none, or when the run has failed.
    fn pull(&mut self, run: &Run) -> Option<Self::Item>;
    /// The node of its first source.
    fn source(&self) -> u32;
}

/// A pipeline inside another.
pub struct Side<S, B, T, F, const N: usize> {
    /// There until it has come to its end.
    state: Option<S>,
    body: B,
    /// Items that came at once.
    waiting: VecDeque<T>,
    late: Slot<T, F>,
    /// What went over its edges so far.
    counts: [u64; N],
    first_edge: usize,
    source: u32,
}

/// A pipeline inside another, if it could be set up: its edges start at `first_edge`, and its source is at node `source`.
pub fn side<S, B, T, F, const N: usize>(
    state: Option<S>,
    first_edge: usize,
    source: u32,
    body: B,
) -> Option<Side<S, B, T, F, N>>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    let state = Some(state?);
    Some(Side { state, body, waiting: VecDeque::new(), late: Slot::new(), counts: [0; N], first_edge, source })
}

/// Hands what was counted to the run, also by a panic.
struct Counted<'r, const N: usize> {
    counts: &'r mut [u64; N],
    before: [u64; N],
    first_edge: usize,
    run: &'r Run,
}

impl<const N: usize> Drop for Counted<'_, N> {
    #[inline]
    fn drop(&mut self) {
        let (counts, before) = (&*self.counts, &self.before);
        self.run.count(self.first_edge, &std::array::from_fn::<_, N, _>(|edge| counts[edge] - before[edge]));
    }
}

impl<S, B, T, F, const N: usize> Side<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    fn call(&mut self, run: &Run, signal: Signal) -> Option<T> {
        let before = self.counts;
        let counted = Counted { counts: &mut self.counts, before, first_edge: self.first_edge, run };
        let before = run.turn(self.source);
        let item = (self.body)(&mut self.state, &mut *counted.counts, run, signal, &mut self.late);
        run.turn(before);
        item
    }
}

impl<S, B, T, F, const N: usize> Pull for Side<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    type Item = T;
    type Failures = F;

    fn signal(&mut self, run: &Run, signal: Signal) {
        if signal == Signal::Describe || !run.failed() {
            let before = run.turn_aside(true);
            let _ = self.call(run, signal);
            run.turn_aside(before);
        }
    }

    #[inline]
    fn pull(&mut self, run: &Run) -> Option<T> {
        if let Some(item) = self.waiting.pop_front() {
            return Some(item);
        }
        // Its state is gone once it has ended.
        self.state.as_ref()?;
        let item = self.call(run, Signal::End);
        if item.is_some() {
            return item;
        }
        let Slot { one, many, .. } = std::mem::replace(&mut self.late, Slot::new());
        if run.failed() {
            return None;
        }
        self.waiting.extend(one.into_iter().chain(many));
        self.waiting.pop_front()
    }

    fn source(&self) -> u32 {
        self.source
    }
}

impl<S, B, T, F, const N: usize> std::fmt::Debug for Side<S, B, T, F, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<I> It<I> {
    /// `zip`
    #[inline(always)]
    pub fn zip<P: Pull>(
        self,
        side: &mut P,
        site: Site<'_>,
        count: &mut u64,
        out: impl FnOnce(It<(I, P::Item)>) -> Flow,
    ) -> Flow {
        let Some(other) = side.pull(site.run) else {
            if site.run.failed() {
                site.holds_item();
            } else {
                site.count_dropped();
            }
            return Flow::Break(());
        };
        *count += 1;
        out(It((self.0, other)))
    }
}

impl<'r, I, F> Last<'r, I, F> {
    /// `zip`
    #[cold]
    #[inline(never)]
    pub fn zip<P: Pull>(
        self,
        side: &mut Option<P>,
        site: Site<'_>,
        count: &mut u64,
        out: impl FnOnce(Last<'r, (I, P::Item), (F, P::Failures)>) -> Flow,
    ) -> Flow {
        match self.parts() {
            (Ok(item), run) => match side {
                Some(side) => It(item).zip(side, site, count, |pair| out(Last::of_item(pair.0, run))),
                None => Flow::Break(()),
            },
            (Err(signal), run) => {
                if signal == Signal::Describe {
                    site.describe::<I, (I, P::Item)>(Kind::Expand);
                    // Which item it goes with depends on how many came before.
                    site.keeps_state();
                }
                // What the side has left is not asked for, so its end is not its own.
                if let Some(side) = side
                    && matches!(signal, Signal::Describe | Signal::Connect | Signal::Open)
                {
                    side.signal(site.run, signal);
                }
                out(Last::of_signal(signal, run))
            }
        }
    }
}
