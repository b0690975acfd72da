//! An item on its way through the chain.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::BoxError;
use crate::io::RecordSink;
use crate::key::{Bank, Entry, Key, KeyFor};
use crate::record::Schema;
use crate::rejection::{Again, OnReject, Probe};
use crate::run::{Here, Panicked, Site};
use crate::sink::{Ended, SinkStage};
use crate::stage::{Flow, Rejected, Stage};

use super::slot::Slot;
use super::words::{Dedup, Fold, Lent, Scan, TakeWhile, Unique};

/// An item, as a receiver of known type: so it is `S: Stage<I>` that fails where a stage cannot follow, and closures know
/// what they take.
#[derive(Debug)]
pub struct It<I>(pub I);

impl<I> It<I> {
    /// Goes on with `out`.
    #[inline(always)]
    pub fn enter(self, out: impl FnOnce(It<I>) -> Flow) -> Flow {
        out(self)
    }

    /// The item, for what a dead letter can keep of it.
    #[inline(always)]
    pub fn probe(&self) -> Probe<'_, I> {
        Probe(Some(&self.0))
    }

    /// Dead letters alone start in the middle of a chain.
    #[inline(always)]
    #[must_use]
    pub fn resume(self, _site: Site<'_>, _again: Again<I>) -> Self {
        self
    }

    /// Signals alone tell a sink of records what its items are.
    #[inline(always)]
    #[must_use]
    pub fn columns<B, K>(self, _bank: &mut B, _schema: Option<&'static Schema>) -> Self
    where
        B: Bank<Stage = SinkStage<K>>,
        K: RecordSink,
    {
        self
    }

    /// Goes through a stage.
    #[inline(always)]
    pub fn through<'b, B, P>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        here: Here<'_, P>,
        count: &mut u64,
        mut out: impl FnMut(It<<B::Stage as Stage<I>>::Out>) -> Flow,
    ) -> Flow
    where
        B: Bank,
        B::Stage: Stage<I>,
        B::Key: KeyFor<<B::Stage as Stage<I>>::Key>,
        P: OnReject<I>,
    {
        // Each way returns, so that an unoptimised build keeps no account of what was moved.
        if const { B::KEYED } {
            return self.through_keyed(bank, slot, here, count, out);
        }
        let stage = bank.prototype();
        pass(
            stage,
            self.0,
            here,
            #[inline(always)]
            |item| {
                if const { !<B::Stage as Stage<I>>::KIND.one_to_one() } {
                    *count += 1;
                }
                out(It(item))
            },
        )
    }

    /// As [`through`](It::through), where each key has a stage of its own.
    #[inline(always)]
    fn through_keyed<'b, B, P>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        here: Here<'_, P>,
        count: &mut u64,
        mut out: impl FnMut(It<<B::Stage as Stage<I>>::Out>) -> Flow,
    ) -> Flow
    where
        B: Bank,
        B::Stage: Stage<I>,
        B::Key: KeyFor<<B::Stage as Stage<I>>::Key>,
        P: OnReject<I>,
    {
        let run = here.site.run;
        let Some(mut entry) = here.site.slot(bank, slot, &self.0) else { return Flow::Break(()) };
        if entry.is_new() {
            if let Some((key, stage)) = entry.evicted() {
                let mut finished = |item| {
                    *count += 1;
                    out(It(item))
                };
                match here.site.guarded_aside(|| stage.finish(key.key(), &mut finished)) {
                    Ok(flow) => flow?,
                    Err(error) => {
                        here.site.fail_at(error, here.at.at());
                        return Flow::Break(());
                    }
                }
            }
            if let Err(error) = entry.stage().open() {
                here.site.holds_item();
                here.site.fail_at(error, here.at.at());
                return Flow::Break(());
            }
        } else if entry.is_ended() {
            return Flow::Continue(());
        }
        let mut onward = Flow::Continue(());
        let flow = pass(entry.stage(), self.0, here, |item| {
            if const { !<B::Stage as Stage<I>>::KIND.one_to_one() } {
                *count += 1;
            }
            onward = out(It(item));
            onward
        });
        if flow.is_break() && onward.is_continue() && !run.failed() {
            // The stage of this key wants no more, but others may.
            entry.end();
            return Flow::Continue(());
        }
        flow
    }

    /// `map`
    #[inline(always)]
    pub fn map<U>(self, site: Site<'_>, f: impl FnOnce(I) -> U) -> It<U> {
        let guard = site.guard();
        let item = f(self.0);
        guard.disarm();
        It(item)
    }

    /// `cloned`
    #[inline(always)]
    pub fn cloned<T>(self, site: Site<'_>) -> It<T>
    where
        I: Lent<Owned = T>,
    {
        It(site.guarded(|| self.0.to_owned_item()))
    }

    /// `inspect`
    #[inline(always)]
    #[must_use]
    pub fn inspect(self, site: Site<'_>, f: impl FnOnce(&I)) -> Self {
        let guard = site.guard();
        f(&self.0);
        guard.disarm();
        self
    }

    /// `filter`
    #[inline(always)]
    pub fn filter(self, site: Site<'_>, count: &mut u64, f: impl FnOnce(&I) -> bool) -> Result<Self, Flow> {
        let guard = site.guard();
        let wanted = f(&self.0);
        guard.disarm();
        if !wanted {
            return Err(Flow::Continue(()));
        }
        *count += 1;
        Ok(self)
    }

    /// `filter_map`
    #[inline(always)]
    pub fn filter_map<U>(self, site: Site<'_>, count: &mut u64, f: impl FnOnce(I) -> Option<U>) -> Result<It<U>, Flow> {
        let guard = site.guard();
        let item = f(self.0);
        guard.disarm();
        let Some(item) = item else { return Err(Flow::Continue(())) };
        *count += 1;
        Ok(It(item))
    }

    /// `try_map`
    #[inline(always)]
    pub fn try_map<U, E: Into<BoxError>, P: OnReject<I>>(
        self,
        here: Here<'_, P>,
        f: impl FnOnce(I) -> Result<U, E>,
    ) -> Result<It<U>, Flow> {
        let guard = here.site.guard();
        let result = f(self.0);
        guard.disarm();
        match result {
            Ok(item) => Ok(It(item)),
            Err(error) => Err(here.reject(error, None)),
        }
    }

    /// `flat_map`
    #[inline(always)]
    pub fn flat_map<U: IntoIterator>(
        self,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(I) -> U,
        mut out: impl FnMut(It<U::Item>) -> Flow,
    ) -> Flow {
        let mut items = site.guarded(|| f(self.0).into_iter());
        while let Some(item) = site.guarded(|| items.next()) {
            *count += 1;
            out(It(item))?;
        }
        Flow::Continue(())
    }

    /// `take_while`
    #[inline(always)]
    pub fn take_while<'b, B: Bank<Stage = TakeWhile>>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&I) -> bool,
    ) -> Result<Self, Flow> {
        let mut entry = site.slot(bank, slot, &self.0).ok_or(Flow::Break(()))?;
        let state = entry.stage();
        if state.ended || !site.guarded(|| f(&self.0)) {
            state.ended = true;
            return Err(ending::<B>());
        }
        *count += 1;
        Ok(self)
    }

    /// `scan`
    #[inline(always)]
    pub fn scan<'b, A, U, B: Bank<Stage = Scan<A>>>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&mut A, I) -> Option<U>,
    ) -> Result<It<U>, Flow> {
        let mut entry = site.slot(bank, slot, &self.0).ok_or(Flow::Break(()))?;
        let state = entry.stage();
        if state.ended {
            return Err(ending::<B>());
        }
        let Some(item) = site.guarded(|| f(&mut state.value, self.0)) else {
            state.ended = true;
            return Err(ending::<B>());
        };
        *count += 1;
        Ok(It(item))
    }

    /// `dedup` with a closure that says by what
    #[inline(always)]
    pub fn dedup<'b, K: PartialEq, B: Bank<Stage = Dedup<K>>>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&I) -> K,
    ) -> Result<Self, Flow> {
        let mut entry = site.slot(bank, slot, &self.0).ok_or(Flow::Break(()))?;
        let by = site.guarded(|| f(&self.0));
        if !entry.stage().admit(by) {
            return Err(Flow::Continue(()));
        }
        *count += 1;
        Ok(self)
    }

    /// `unique` with a closure that says by what. The item is borrowed for as long as that needs it.
    #[inline(always)]
    pub fn unique<'i, 'b, K: Key, B: Bank<Stage = Unique<K::Owned>>>(
        &'i self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&'i I) -> K,
    ) -> Result<(), Flow> {
        unique(&self.0, bank, slot, site, count, f)
    }

    /// `fold`
    #[inline(always)]
    pub fn fold<'b, A, B: Bank<Stage = Fold<A>>>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(A, I) -> A,
        mut out: impl FnMut(It<A>) -> Flow,
    ) -> Flow {
        let Some(mut entry) = site.slot(bank, slot, &self.0) else { return Flow::Break(()) };
        if B::KEYED
            && entry.is_new()
            && let Some((_, Fold { value: Some(value) })) = entry.evicted()
        {
            *count += 1;
            out(It(value))?;
        }
        let state = entry.stage();
        if let Some(value) = state.value.take() {
            state.value = Some(site.guarded(|| f(value, self.0)));
        }
        Flow::Continue(())
    }

    /// `for_each`
    #[inline(always)]
    pub fn for_each<F>(self, site: Site<'_>, f: impl FnOnce(I), _slot: &mut Slot<Ended<()>, F>) -> Flow {
        let guard = site.guard();
        f(self.0);
        guard.disarm();
        Flow::Continue(())
    }

    /// Leaves the chain.
    #[inline(always)]
    pub fn settle<F>(self, slot: &mut Slot<I, F>) -> Flow {
        slot.put(self.0);
        Flow::Continue(())
    }
}

/// How a stage that wants no more ends: the chain, or only its key.
fn ending<B: Bank>() -> Flow {
    if B::KEYED { Flow::Continue(()) } else { Flow::Break(()) }
}

impl Site<'_> {
    /// The state that an item belongs to; when it cannot be made, the run has failed.
    #[inline(always)]
    pub(super) fn slot<'b, B: Bank, I>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        item: &I,
    ) -> Option<B::Entry<'b>> {
        if const { !B::KEYED } {
            return bank.whole();
        }
        match self.guarded(|| slot(bank, item)) {
            Ok(slot) => Some(slot),
            Err(error) => {
                self.holds_item();
                self.fail(error, None);
                None
            }
        }
    }
}

/// Gives an item to a stage.
#[inline(always)]
fn pass<I, S: Stage<I>, P: OnReject<I>>(
    stage: &mut S,
    item: I,
    here: Here<'_, P>,
    out: impl FnMut(S::Out) -> Flow,
) -> Flow {
    if const { S::NESTS } {
        let at = here.at.at();
        stage.locate(at.file.unwrap_or(&here.site.run.source()), at.position);
    }
    if const { P::CATCHES && S::STATELESS } {
        return caught(stage, item, here, out);
    }
    let guard = here.site.guard();
    let result = stage.process(item, out);
    guard.disarm();
    match result {
        Ok(flow) => flow,
        Err(rejected) => refused(stage, here, rejected),
    }
}

/// Rejects an item, unless the stage is of no more use: that fails the run whatever the policy.
#[inline(always)]
fn refused<I, S: Stage<I>, P: OnReject<I>>(stage: &mut S, here: Here<'_, P>, rejected: Rejected<S::Error, I>) -> Flow {
    let Rejected { error, input } = rejected;
    if stage.is_broken() {
        return here.or_fail().reject(error, input);
    }
    here.reject(error, input)
}

/// Runs a stateless stage so that a panic in it, but not one further down, is a rejection.
#[inline(always)]
fn caught<I, S: Stage<I>, P: OnReject<I>>(
    stage: &mut S,
    item: I,
    here: Here<'_, P>,
    mut out: impl FnMut(S::Out) -> Flow,
) -> Flow {
    let inside = Cell::new(true);
    let result = catch_unwind(AssertUnwindSafe(|| {
        stage.process(item, |item| {
            inside.set(false);
            let flow = out(item);
            inside.set(true);
            flow
        })
    }));
    match result {
        Ok(Ok(flow)) => flow,
        Ok(Err(rejected)) => refused(stage, here, rejected),
        Err(panic) if inside.get() => here.reject(Panicked::of(&*panic), None),
        Err(panic) => resume_unwind(panic),
    }
}

/// As [`It::unique`], for an item that is part of something else.
#[inline(always)]
pub(super) fn unique<'i, 'b, I, K: Key, B: Bank<Stage = Unique<K::Owned>>>(
    item: &'i I,
    bank: &'b mut B,
    slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
    site: Site<'_>,
    count: &mut u64,
    f: impl FnOnce(&'i I) -> K,
) -> Result<(), Flow> {
    let mut entry = site.slot(bank, slot, item).ok_or(Flow::Break(()))?;
    let by = site.guarded(|| f(item));
    if !entry.stage().admit(&by) {
        return Err(Flow::Continue(()));
    }
    *count += 1;
    Ok(())
}
