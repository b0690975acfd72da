//! Sinks in a real run, with faults beside them. What stands here is what `pipeline!` writes for
//! `source | map(..) | sink`, with the commits of other sinks around it.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::vec;

use crate::chain::last::{Signal, last};
use crate::chain::slot::Slot;
use crate::error::{BoxError, Result};
use crate::key::{One, only};
use crate::pipeline::Setup;
use crate::plan::{NodeSpec, PlanSpec, Role};
use crate::redrive::Hand;
use crate::rejection::OrFail;
use crate::report::Report;
use crate::resource::Resources;
use crate::run::{Origin, Run};
use crate::sink::{Closed, Commit, Ended, Sink, SinkStage};
use crate::source::{At, Position, Source};
use crate::stage::Flow;

/// What goes wrong in a run.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The source cannot be read any further after so many items.
    pub(super) source: Option<usize>,
    /// The stage panics when so many items have passed.
    pub(super) stage: Option<usize>,
    /// The other sinks of the run, that commit before the one that is checked.
    pub(super) before: Vec<Other>,
    /// Those that commit after it.
    pub(super) after: Vec<Other>,
}

/// What another sink of the run has to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Commits,
    FailsInSync,
    FailsInPublish,
}

impl Commit for Other {
    fn sync(&mut self) -> Result<(), BoxError> {
        if *self == Other::FailsInSync { Err(Injected.into()) } else { Ok(()) }
    }

    fn publish(&mut self) -> Result<(), BoxError> {
        if *self == Other::FailsInPublish { Err(Injected.into()) } else { Ok(()) }
    }

    fn leave(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}

#[derive(Debug)]
pub(super) struct Injected;

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::INJECTED)
    }
}

impl std::error::Error for Injected {}

/// Gives items, then fails or ends.
struct Feed<T> {
    items: vec::IntoIter<T>,
    given: usize,
    fails_after: Option<usize>,
}

impl<T> Source for Feed<T> {
    type Item<'a>
        = T
    where
        Self: 'a;
    type Reject = Infallible;
    type Error = Injected;

    fn name(&self) -> String {
        "the check".to_owned()
    }

    fn next(&mut self) -> Result<Option<(Result<T, Infallible>, At<'_>)>, Injected> {
        if self.fails_after == Some(self.given) {
            return Err(Injected);
        }
        self.given += 1;
        Ok(self.items.next().map(|item| (Ok(item), At::default())))
    }
}

/// A sink that is given other resources than those of the run.
struct Given<'r, K> {
    sink: K,
    resources: &'r Resources,
}

impl<T, K: Sink<T>> Sink<T> for Given<'_, K> {
    type Output = K::Output;
    type Error = K::Error;

    fn connect(&mut self, _: &Resources) -> Result<(), BoxError> {
        self.sink.connect(self.resources)
    }

    fn append(&mut self) -> Result<(), BoxError> {
        self.sink.append()
    }

    fn is_transactional(&self) -> bool {
        self.sink.is_transactional()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.sink.open()
    }

    fn write(&mut self, item: T) -> Result<Flow, K::Error> {
        self.sink.write(item)
    }

    fn is_broken(&self) -> bool {
        self.sink.is_broken()
    }

    fn close(self) -> Result<Closed<K::Output>, K::Error> {
        self.sink.close()
    }
}

const fn node(name: &'static str, role: Role) -> NodeSpec {
    NodeSpec { name, label: name, role, args: &[], modifiers: &[], place: (1, 1) }
}

const PLAN: PlanSpec = PlanSpec {
    file: "the check",
    nodes: &[node("source", Role::Source), node("map", Role::Stage), node("sink", Role::Stage)],
    edges: &[(0, Some(1), ""), (1, Some(2), ""), (2, None, "")],
};
const SOURCE: u32 = 0;
const MAP: u32 = 1;
const SINK: u32 = 2;

/// Runs a pipeline from `items` through a stage to `sink`.
pub(super) fn run<T, K: Sink<T>>(
    items: Vec<T>,
    sink: K,
    resources: &Resources,
    faults: Faults,
) -> Result<Report<K::Output>> {
    let Faults { source: fails_after, stage: panics_at, mut before, mut after } = faults;
    let feed = Feed { items: items.into_iter(), given: 0, fails_after };
    let passed = Cell::new(0);
    let stage = |item: T| {
        if panics_at == Some(passed.get()) {
            // As `panic!` does, but without a word on standard error.
            resume_unwind(Box::new(super::INJECTED));
        }
        passed.set(passed.get() + 1);
        item
    };
    let state = Some((Some(feed), Some(One(SinkStage(Given { sink, resources })))));
    let body = |state: &mut Option<_>, counts: &mut [u64; 3], run: &Run, signal, late: &mut Slot<_, _>| {
        let (mut feed, mut sink) = state.take()?;
        let [read, _, _] = counts;
        if let (Signal::End, Some(feed), Some(sink)) = (signal, &mut feed, &mut sink) {
            let mut ended = Slot::<Ended<K::Output>, ()>::new();
            loop {
                let flow = match run.site(SOURCE).next(feed) {
                    Ok(Some((Ok(item), ref at))) => {
                        *read += 1;
                        let at = Origin::new(at, *read);
                        run.site(SOURCE).here(at, OrFail).admit(item, |item| {
                            let item = item.map(run.site(MAP), stage);
                            item.through(sink, only, run.site(SINK).here(at, OrFail), &mut 0, |x| x.settle(&mut ended))
                        })
                    }
                    Ok(Some((Err(never), _))) => match never {},
                    Ok(None) => break,
                    Err(error) => {
                        run.site(SOURCE).unreadable(error, Position::of_item(*read + 1));
                        break;
                    }
                };
                if flow.is_break() {
                    break;
                }
            }
            if run.failed() {
                return None;
            }
        }
        let mut ended = Slot::new();
        let end = || Origin::end();
        let hand = Hand::default();
        let _ = last(&mut feed, &hand, run.site(SOURCE).here(end(), OrFail), signal).enter(|item| {
            let item = item.map(run.site(MAP), stage);
            item.through(&mut sink, only, run.site(SINK).here(end(), OrFail), &mut 0, |item| item.settle(&mut ended))
        });
        *state = Some((feed, sink));
        if let Some(Ended(closed)) = ended.one {
            // The commits of a run in the order of its sinks, as those of the branches of a `tee`.
            let others = |run: &Run, others: &mut Vec<Other>| {
                for other in others.drain(..) {
                    run.closed(SOURCE, Closed { output: (), commit: Some(Box::new(other)) });
                }
            };
            others(run, &mut before);
            let output = run.closed(SINK, closed);
            others(run, &mut after);
            late.put(Ended(Closed::new(output)));
        }
        None
    };
    let chain = Setup::new(&PLAN).chain::<_, _, Ended<K::Output>, (), 3>(state, body);
    chain.end().seal(chain).run()
}
