//! What flows beside the items: the signals of a run, and the items that stages emit at the end.

mod stateless;

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::error::BoxError;
use crate::io::RecordSink;
use crate::key::{Bank, Key, KeyFor};
use crate::record::Schema;
use crate::redrive::Hand;
use crate::rejection::{OnReject, Probe};
use crate::reusable::Call;
use crate::run::{Here, Site};
use crate::sink::{Closed, Ended, SinkStage};
use crate::source::Source;
use crate::stage::{Flow, Kind, Stage};

use super::again::replayed;
use super::item::{It, unique};
use super::slot::Slot;
use super::words::{Dedup, Fold, Scan, TakeWhile, Unique};

/// What a run tells its stages, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Say what you are.
    Describe,
    /// Take what you share with others.
    Connect,
    /// Be ready for the first item.
    Open,
    /// There are no more items: hand on what you have kept.
    End,
    /// A dead letter is sent again: the node that it starts from takes it.
    Letter,
    /// As `End`, and no items stand before it: the last letter has been sent again.
    Finish,
}

/// A signal, or an item that a stage emitted at the end, on its way through the chain. `F` is the list of all errors that
/// the chain can fail with up to here.
#[derive(Debug)]
pub struct Last<'r, I, F> {
    moment: Moment<I>,
    site: Site<'r>,
    failures: PhantomData<fn() -> F>,
}

#[derive(Debug)]
enum Moment<I> {
    Item(I),
    Signal(Signal),
}

/// Starts a signal behind the source: no item, but the type of one. A dead letter with raw bytes starts as an item, which the
/// source reads from them.
pub fn last<'i, 'r, S: Source + 'i, P: OnReject<()>>(
    source: &'i mut Option<S>,
    hand: &'i Hand,
    here: Here<'r, P>,
    signal: Signal,
) -> Last<'r, S::Item<'i>, (S::Error, P::Evidence<S::Reject>)> {
    if signal == Signal::Letter {
        let site = here.site;
        return match replayed(source.as_mut(), hand, here) {
            Some(item) => Last::of_item(item, site),
            None => Last::of_signal(signal, site),
        };
    }
    last_of_side(source, &here, signal)
}

/// As [`last`], of what `zip` and `join` take items from: no dead letter starts there, so the source itself is not borrowed.
pub fn last_of_side<'i, 'r, S: Source + 'i, P: OnReject<()>>(
    source: &mut Option<S>,
    here: &Here<'r, P>,
    signal: Signal,
) -> Last<'r, S::Item<'i>, (S::Error, P::Evidence<S::Reject>)> {
    let last = last_of_path(source, here, signal);
    if signal == Signal::Open && !here.site.run.failed() {
        here.site.run.open_letters();
    }
    last
}

/// As [`last`], where other sources have yet to open before there are letters, and no dead letter starts.
#[allow(clippy::needless_pass_by_value, reason = "as for `last`")]
pub fn last_of_path<'i, 'r, S: Source + 'i, P: OnReject<()>>(
    source: &mut Option<S>,
    here: &Here<'r, P>,
    signal: Signal,
) -> Last<'r, S::Item<'i>, (S::Error, P::Evidence<S::Reject>)> {
    let site = here.site;
    let moment = |signal| Last { moment: Moment::Signal(signal), site, failures: PhantomData };
    match signal {
        Signal::Describe => site.describe_source::<S::Item<'i>>(),
        Signal::Connect => {
            if let Some(source) = source
                && !site.run.failed()
                && let Err(error) = site.guarded_aside(|| source.connect(&site.resources()))
            {
                site.fail(error, None);
            }
        }
        Signal::Open => {
            if let Err(error) = site.run.resources.all_asked() {
                site.run.fail(error.into());
            }
            if let Some(source) = source
                && !site.run.failed()
            {
                site.name_source(source.name());
                if site.run.skips_sources() {
                    // What is sent again comes from the letters.
                    return moment(signal);
                }
                if let Err(error) = site.guarded_aside(|| source.open()) {
                    site.fail(error, None);
                }
                site.name_source(source.name());
                site.keep_head(source.head());
            }
        }
        Signal::Finish => {
            if let Some(source) = source {
                site.name_source(source.name());
            }
            return moment(Signal::End);
        }
        Signal::Letter | Signal::End => {}
    }
    moment(signal)
}

impl<'r, I, F> Last<'r, I, F> {
    fn with<U, G>(moment: Moment<U>, site: Site<'r>) -> Last<'r, U, G> {
        Last { moment, site, failures: PhantomData }
    }

    /// Goes on with `out`.
    #[cold]
    #[inline(never)]
    pub fn enter(self, out: impl FnOnce(Self) -> Flow) -> Flow {
        let run = self.site.run;
        let flow = out(self);
        if flow.is_break() {
            run.wants_no_more();
        }
        flow
    }

    /// The item, for what a dead letter can keep of it.
    pub fn probe(&self) -> Probe<'_, I> {
        match &self.moment {
            Moment::Item(item) => Probe(Some(item)),
            Moment::Signal(_) => Probe(None),
        }
    }

    /// Before a sink of records opens, it is told what its items are.
    #[must_use]
    pub fn columns<B, K>(self, bank: &mut Option<B>, schema: Option<&'static Schema>) -> Self
    where
        B: Bank<Stage = SinkStage<K>>,
        K: RecordSink,
    {
        if let Moment::Signal(Signal::Open) = self.moment
            && let Some(SinkStage(sink)) = bank.as_mut().and_then(Bank::single)
        {
            sink.expect_items_of(schema);
        }
        self
    }

    /// An item goes through the stage as ever; at the end the stage finishes, and then the end goes on.
    #[cold]
    #[inline(never)]
    pub fn through<'b, B, P>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        here: Here<'_, P>,
        count: &mut u64,
        mut out: impl FnMut(Last<'r, <B::Stage as Stage<I>>::Out, (F, P::Evidence<<B::Stage as Stage<I>>::Error>)>) -> Flow,
    ) -> Flow
    where
        B: Bank,
        B::Stage: Stage<I>,
        B::Key: KeyFor<<B::Stage as Stage<I>>::Key>,
        P: OnReject<I>,
    {
        let site = self.site;
        match self.moment {
            Moment::Item(item) => match bank {
                Some(bank) => {
                    if <B::Stage as Stage<I>>::KIND == Kind::Sink {
                        site.run.reaches_sink();
                    }
                    It(item).through(bank, slot, here, count, |item| out(Self::with(Moment::Item(item.0), site)))
                }
                None => Flow::Break(()),
            },
            Moment::Signal(signal) => {
                match signal {
                    Signal::Describe => {
                        here.site.describe::<I, <B::Stage as Stage<I>>::Out>(<B::Stage as Stage<I>>::KIND);
                        if <B::Stage as Stage<I>>::MAY_END {
                            here.site.may_end();
                        }
                        if B::KEYED || bank.as_mut().is_some_and(|bank| bank.prototype().is_stateful()) {
                            here.site.keeps_state();
                        }
                    }
                    Signal::Connect => {
                        if let Some(stage) = bank.as_mut().map(Bank::prototype)
                            && !site.run.failed()
                            && let Err(error) = here.site.guarded_aside(|| stage.connect(&here.site.resources()))
                        {
                            here.site.fail(error, None);
                        }
                    }
                    Signal::Open => {
                        let stage = bank.as_mut().and_then(Bank::single).filter(|_| !site.run.failed());
                        if let Some(stage) = stage {
                            let again = site.run.redriving().is_some();
                            let opened = here.site.guarded_aside(|| {
                                if again {
                                    stage.append()?;
                                }
                                stage.open()
                            });
                            if let Err(error) = opened {
                                here.site.fail(error, None);
                            } else if again && <B::Stage as Stage<I>>::KIND == Kind::Sink {
                                here.site.is_sink(stage.is_transactional());
                            }
                        }
                    }
                    Signal::Letter => {}
                    Signal::End | Signal::Finish => here.site.drain(bank, |key, stage| {
                        here.site.guarded_aside(|| {
                            stage.finish(key.key(), |item| {
                                *count += 1;
                                out(Self::with(Moment::Item(item), site))
                            })
                        })
                    }),
                }
                out(Self::with(Moment::Signal(signal), site))
            }
        }
    }

    /// `take_while`
    pub fn take_while<'b, B: Bank<Stage = TakeWhile>>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&I) -> bool,
    ) -> Result<Self, Flow> {
        self.describes_state(site);
        self.item(site, Kind::Filter, |item| match bank {
            Some(bank) => item.take_while(bank, slot, site, count, f),
            None => Err(Flow::Break(())),
        })
    }

    /// `scan`
    pub fn scan<'b, A, U, B: Bank<Stage = Scan<A>>>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&mut A, I) -> Option<U>,
    ) -> Result<Last<'r, U, F>, Flow> {
        self.describes_state(site);
        self.item(site, Kind::Filter, |item| match bank {
            Some(bank) => item.scan(bank, slot, site, count, f),
            None => Err(Flow::Break(())),
        })
    }

    /// `dedup` with a closure that says by what
    pub fn dedup<'b, K: PartialEq, B: Bank<Stage = Dedup<K>>>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&I) -> K,
    ) -> Result<Self, Flow> {
        self.describes_state(site);
        self.item(site, Kind::Filter, |item| match bank {
            Some(bank) => item.dedup(bank, slot, site, count, f),
            None => Err(Flow::Break(())),
        })
    }

    /// `unique` with a closure that says by what
    #[cold]
    #[inline(never)]
    pub fn unique<'i, 'b, K: Key, B: Bank<Stage = Unique<K::Owned>>>(
        &'i self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(&'i I) -> K,
    ) -> Result<(), Flow> {
        self.describes_state(site);
        match (&self.moment, bank) {
            (Moment::Item(item), Some(bank)) => unique(item, bank, slot, site, count, f),
            (Moment::Item(_), None) => Err(Flow::Break(())),
            (Moment::Signal(signal), _) => {
                if *signal == Signal::Describe {
                    site.describe::<I, I>(Kind::Filter);
                }
                Ok(())
            }
        }
    }

    /// `fold`
    #[cold]
    #[inline(never)]
    pub fn fold<'b, A, B: Bank<Stage = Fold<A>>>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        site: Site<'_>,
        count: &mut u64,
        f: impl FnOnce(A, I) -> A,
        mut out: impl FnMut(Last<'r, A, F>) -> Flow,
    ) -> Flow {
        let run = self.site;
        match self.moment {
            Moment::Item(item) => match bank {
                Some(bank) => {
                    It(item).fold(bank, slot, site, count, f, |item| out(Self::with(Moment::Item(item.0), run)))
                }
                None => Flow::Break(()),
            },
            Moment::Signal(signal) => {
                match signal {
                    Signal::Describe => {
                        site.describe::<I, A>(Kind::Expand);
                        site.keeps_state();
                    }
                    Signal::Connect | Signal::Open | Signal::Letter => {}
                    Signal::End | Signal::Finish => site.drain(bank, |_, state: Fold<A>| {
                        let Some(value) = state.value else { return Ok::<_, Infallible>(Flow::Continue(())) };
                        *count += 1;
                        Ok(out(Self::with(Moment::Item(value), run)))
                    }),
                }
                out(Self::with(Moment::Signal(signal), run))
            }
        }
    }

    /// `for_each`
    pub fn for_each(self, site: Site<'_>, f: impl FnOnce(I), slot: &mut Slot<Ended<()>, F>) -> Flow {
        match self.moment {
            Moment::Item(item) => {
                self.site.run.reaches_sink();
                It(item).for_each(site, f, slot)
            }
            Moment::Signal(signal) => {
                match signal {
                    Signal::Describe => site.describe::<I, ()>(Kind::Sink),
                    Signal::Open => site.is_sink(false),
                    Signal::Connect | Signal::Letter => {}
                    Signal::End | Signal::Finish => slot.put(Ended(Closed::new(()))),
                }
                Flow::Continue(())
            }
        }
    }

    /// Starts a call of a reusable stage.
    pub fn call(call: Call<I>, site: Site<'r>) -> Self {
        let moment = match call {
            Call::Item(item) => Moment::Item(item),
            Call::Signal(signal) => {
                if signal == Signal::Describe {
                    site.describe_source::<I>();
                }
                Moment::Signal(signal)
            }
        };
        Self::with(moment, site)
    }

    /// Leaves a reusable stage.
    pub fn leave(self, out: &mut dyn FnMut(I) -> Flow) -> Flow {
        match self.moment {
            Moment::Item(item) => out(item),
            Moment::Signal(_) => Flow::Continue(()),
        }
    }

    /// Leaves the chain.
    pub fn settle(self, slot: &mut Slot<I, F>) -> Flow {
        if let Moment::Item(item) = self.moment {
            slot.put(item);
        }
        Flow::Continue(())
    }

    pub(super) fn run(&self) -> Site<'r> {
        self.site
    }

    pub(super) fn peek(&self) -> Result<&I, Signal> {
        match &self.moment {
            Moment::Item(item) => Ok(item),
            Moment::Signal(signal) => Err(*signal),
        }
    }

    pub(super) fn parts(self) -> (Result<I, Signal>, Site<'r>) {
        match self.moment {
            Moment::Item(item) => (Ok(item), self.site),
            Moment::Signal(signal) => (Err(signal), self.site),
        }
    }

    pub(super) fn of_item(item: I, site: Site<'r>) -> Self {
        Self::with(Moment::Item(item), site)
    }

    pub(super) fn of_signal(signal: Signal, site: Site<'r>) -> Self {
        Self::with(Moment::Signal(signal), site)
    }
}
