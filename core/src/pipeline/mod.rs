//! A composed pipeline: run it if it ends in sinks, iterate over it if it ends in items.

mod by_name;
mod items;
mod value;

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::chain::last::Signal;
use crate::chain::slot::Slot;
use crate::error::{BoxError, Error, Result};
use crate::plan::{Plan, PlanSpec};
use crate::redrive::Redrive;
use crate::report::Report;

use crate::reusable::{Call, Owned};
use crate::run::Run;
use crate::sink::Ended;
use crate::stage::Flow;

pub use crate::reusable::Reusable;
#[doc(hidden)]
pub use by_name::ByName;
pub use items::{CannotFail, HasSink, Items, TryIter};
#[doc(hidden)]
pub use value::{AskAny, AskDescribed, ask};

#[doc(hidden)]
/// Collects what a pipeline is made of, and what is wrong with its parameters.
#[derive(Debug)]
pub struct Setup {
    plan: Plan,
    letters: Vec<(u32, PathBuf)>,
    error: Option<Error>,
}

impl Setup {
    /// The setup of a pipeline with this plan.
    pub fn new(plan: &PlanSpec) -> Self {
        Setup { plan: plan.plan(), letters: Vec::new(), error: None }
    }

    /// The stage of a node, if it could be built. The first that could not fails the run before it starts.
    pub fn built<S>(&mut self, node: u32, built: std::result::Result<S, impl Into<BoxError>>) -> Option<S> {
        match built {
            Ok(stage) => Some(stage),
            Err(error) => {
                let label = self.plan.nodes.get(node as usize).map_or_else(String::new, |node| node.label.to_string());
                self.error.get_or_insert_with(|| Error::new(error).at_stage(label));
                None
            }
        }
    }

    /// Sends the dead letters of a node to `path`.
    pub fn letters(&mut self, node: u32, path: impl Into<PathBuf>) {
        self.letters.push((node, path.into()));
    }

    fn run(self) -> Run {
        let run = Run::new(self.plan, self.letters);
        if let Some(error) = self.error {
            run.fail(error);
        }
        run
    }

    /// A stage made of stages, whose output does not borrow from its items. `body` owns all of it.
    pub fn reusable<I, U, B>(self, body: B) -> Reusable<B, Owned<U>>
    where
        B: FnMut(Call<I>, &Run, &mut dyn FnMut(U) -> Flow) -> Flow,
    {
        Reusable::new(body, self.run())
    }

    /// A stage made of stages, whose output borrows from its items as `O` says.
    pub fn lending<O, B>(self, body: B) -> Reusable<B, O> {
        Reusable::new(body, self.run())
    }

    /// The pipeline, before it is known how it ends. `state` is everything that outlives an item; `body` runs the chain on
    /// it, and leaves what items come of it: one as its return value, others in the slot.
    pub fn chain<S, B, T, F, const N: usize>(self, state: Option<S>, body: B) -> Chain<S, B, T, F, N>
    where
        B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
    {
        Chain { state, body, run: self.run(), ends: PhantomData }
    }
}

#[doc(hidden)]
/// Source, stages and state of a pipeline, and the code that runs them.
pub struct Chain<S, B, T, F, const N: usize> {
    state: Option<S>,
    body: B,
    run: Run,
    ends: PhantomData<fn() -> (T, F)>,
}

impl<S, B, T, F, const N: usize> Chain<S, B, T, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<T, F>) -> Option<T>,
{
    /// What the pipeline's items are when they leave it: decides, at compile time, what kind of pipeline it is.
    pub fn end(&self) -> End<T> {
        End::new()
    }

    fn plan(&mut self) -> Plan {
        let _ = (self.body)(&mut self.state, &mut [0; N], &self.run, Signal::Describe, &mut Slot::new());
        self.run.plan()
    }
}

#[doc(hidden)]
/// What items are when they leave a pipeline: `Ended` where all ends are sinks, items otherwise.
#[derive(Debug)]
pub struct End<T>(PhantomData<fn() -> T>);

impl<T> End<T> {
    pub(crate) fn new() -> Self {
        End(PhantomData)
    }
}

impl<O> End<Ended<O>> {
    /// A pipeline that runs.
    pub fn seal<S, B, F, const N: usize>(&self, chain: Chain<S, B, Ended<O>, F, N>) -> Pipeline<S, B, O, F, N> {
        Pipeline(chain)
    }
}

#[doc(hidden)]
/// The second choice of [`End`].
pub trait Sinkless<T> {
    /// A pipeline that yields items.
    fn seal<S, B, F, const N: usize>(&self, chain: Chain<S, B, T, F, N>) -> Items<S, B, T, F, N>;
    /// What a `tee` in the middle leaves: its branches have ended, and the items go on.
    fn behind<F, O>(&self, _branches: Option<O>, items: Slot<T, F>) -> Slot<T, F> {
        items
    }
}

impl<T> Sinkless<T> for End<T> {
    fn seal<S, B, F, const N: usize>(&self, chain: Chain<S, B, T, F, N>) -> Items<S, B, T, F, N> {
        Items::of(chain)
    }
}

/// The methods that give resources to what runs.
macro_rules! gives_resources {
    (|$this:ident| $resources:expr) => {
        /// Gives a resource to the stages and ends that ask for its type, in place of one that was given before or that a
        /// registered factory would make. It is dropped after the commit.
        pub fn with<R: 'static>(self, value: R) -> Self {
            let $this = &self;
            $resources.insert(value);
            self
        }

        /// As `with`, for a resource that others hold too, or an `Arc<dyn Trait>`.
        pub fn with_shared<R: ?Sized + 'static>(self, value: std::sync::Arc<R>) -> Self {
            let $this = &self;
            $resources.insert_shared(value);
            self
        }

        /// As `with`, for a resource that is opened when a stage asks for it, before the first item, and closed after the
        /// commit.
        pub fn with_factory<R: ?Sized + 'static>(self, factory: $crate::resource::Factory<R>) -> Self {
            let $this = &self;
            $resources.insert_factory(factory);
            self
        }
    };
}
use gives_resources;

/// A pipeline from a source to its sinks; [`run`](Pipeline::run) runs it.
#[must_use = "a pipeline does nothing until it is run: write `.run()?`"]
pub struct Pipeline<S, B, O, F, const N: usize>(Chain<S, B, Ended<O>, F, N>);

impl<S, B, O, F, const N: usize> Pipeline<S, B, O, F, N>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<Ended<O>, F>) -> Option<Ended<O>>,
{
    /// Runs the pipeline to the end of its source, commits what its sinks wrote, and closes its resources.
    ///
    /// # Errors
    /// The first failure: of a parameter, of opening the source or a sink, of a stage that rejected an item and was not told
    /// to go on, of a panic, of writing or committing. The error carries a report of what had been done. What the sinks
    /// would have committed is left as it was before. Resources that could not be closed are named behind the first failure;
    /// if there was none, the error says that all is committed.
    #[inline]
    pub fn run(self) -> Result<Report<O>> {
        let Chain { state, mut body, run, .. } = self.0;
        run.start();
        let mut counts = [0; N];
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut state = state;
            let mut last = Slot::new();
            for signal in [Signal::Describe, Signal::Connect, Signal::Open, Signal::End] {
                if run.failed() && signal != Signal::Describe {
                    break;
                }
                let _ = body(&mut state, &mut counts, &run, signal, &mut last);
            }
            last
        }));
        run.count_all(counts);
        let mut output = None;
        match outcome {
            Err(panic) => run.fail_by_panic(&*panic),
            Ok(last) => {
                if !run.failed() {
                    match last.one {
                        Some(Ended(closed)) => {
                            output = Some(run.closed(run.last_node(), closed));
                            run.commit();
                        }
                        None => run.fail(Error::new("a sink did not close, so nothing was committed")),
                    }
                }
            }
        }
        // What its closures hold is gone too before resources are closed.
        drop(body);
        run.close();
        if let Some(output) = output
            && !run.failed()
        {
            return Ok(run.report(output));
        }
        Err(run.take_failure().unwrap_or_else(|| Error::new("the run failed without a cause")))
    }

    /// Sends dead letters through the pipeline again: those with raw bytes from the source on, those with an input from their
    /// stage on, and only along their own branch. The source itself is not read. `redrive` is the path of the file, or a
    /// [`Redrive`] that says more.
    ///
    /// A letter that was sent is gone from the file; what is rejected again is a letter in the same file, with one more
    /// attempt, whatever file its stage names, and also under `or_skip`. What cannot be sent stays as it is. The
    /// report says so in [`redriven`](Report::redriven).
    ///
    /// The sides of `join` and `zip` are read as in a run; what they reject is no letter again, and their letters stay. A pipeline
    /// of several sources, as `chain` and `merge` make one, is refused: send letters through one that starts with their own.
    ///
    /// Sinks of files add to what their targets hold. Where all sinks that letters come to are
    /// [transactional](crate::sink::Sink::is_transactional), all is committed at the end, and until then all is as it was.
    /// Where none is, each letter is sent on its own; what was sent is not sent again by a later redrive, also if this one
    /// fails or is killed, and the one letter of which that is not known is kept.
    ///
    /// # Errors
    /// As [`run`](Pipeline::run). And when the file cannot be read or replaced, a run or another redrive is at work on it, letters
    /// would come by stages that keep state, or to sinks of both kinds, and when the pipeline has several sources.
    pub fn redrive(self, redrive: impl Into<Redrive>) -> Result<Report<O>> {
        let Chain { state, body, run, .. } = self.0;
        crate::redrive::drive(state, body, run, &redrive.into())
    }

    /// What the pipeline is, as data.
    pub fn plan(&mut self) -> Plan {
        self.0.plan()
    }
}

impl<S, B, O, F, const N: usize> Pipeline<S, B, O, F, N> {
    gives_resources!(|pipeline| pipeline.0.run.resources);
}

/// What a `tee` in the middle leaves, where its suffix ends in sinks too.
impl<O> End<Ended<O>> {
    /// The outputs of the branches, then that of the suffix, as one tuple.
    pub fn behind<F, P>(&self, branches: Option<P>, suffix: Slot<Ended<O>, F>) -> Slot<Ended<P::Out>, F>
    where
        P: Append<O>,
    {
        let (Some(branches), Some(Ended(closed))) = (branches, suffix.one) else { return Slot::new() };
        let crate::sink::Closed { output, commit } = closed;
        Slot::of(Some(Ended(crate::sink::Closed { output: branches.append(output), commit })))
    }
}

#[doc(hidden)]
/// A tuple that can have one more element.
pub trait Append<O> {
    /// The longer tuple.
    type Out;
    /// The longer tuple.
    fn append(self, last: O) -> Self::Out;
}

macro_rules! append {
    ($($name:ident $value:ident),*) => {
        impl<$($name,)* O> Append<O> for ($($name,)*) {
            type Out = ($($name,)* O);
            fn append(self, last: O) -> Self::Out {
                let ($($value,)*) = self;
                ($($value,)* last)
            }
        }
    };
}
append!(A a);
append!(A a, B b);
append!(A a, B b, C c);
append!(A a, B b, C c, D d);
append!(A a, B b, C c, D d, E e);
append!(A a, B b, C c, D d, E e, G g);
append!(A a, B b, C c, D d, E e, G g, H h);
append!(A a, B b, C c, D d, E e, G g, H h, I i);

impl<S, B, O, F, const N: usize> fmt::Debug for Pipeline<S, B, O, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pipeline").field(&self.0.run).finish()
    }
}

impl<S, B, T, F, const N: usize> fmt::Debug for Chain<S, B, T, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Chain").field(&self.run).finish()
    }
}
