//! A stage made of stages: `pipeline!(_ as T | a | b)`.

use std::marker::PhantomData;

use crate::chain::last::Signal;
use crate::error::{BoxError, Error};
use crate::plan::Plan;
use crate::resource::Resources;
use crate::run::Run;
use crate::source::Position;
use crate::stage::{AnyKey, Flow, Rejected, Stage};

/// What a reusable stage is told: an item, or a signal of the run.
#[derive(Debug)]
pub enum Call<I> {
    /// An item.
    Item(I),
    /// A signal.
    Signal(Signal),
}

/// What a reusable stage hands on for items of type `I`.
pub trait OutputOf<I> {
    /// Its type.
    type Out;
}

/// An output that does not borrow from the item.
#[derive(Debug)]
pub struct Owned<U>(PhantomData<fn() -> U>);

impl<I, U> OutputOf<I> for Owned<U> {
    type Out = U;
}

/// A stage made of stages. It goes wherever a stage goes, as `{value}`; what its own stages reject, it rejects.
#[must_use = "a reusable stage does nothing until it is part of a pipeline: `source | {stage} | sink`"]
pub struct Reusable<B, O> {
    body: B,
    run: Run,
    output: PhantomData<fn() -> O>,
}

impl<B, O> Reusable<B, O> {
    pub(crate) fn new(body: B, run: Run) -> Self {
        run.is_nested();
        Reusable { body, run, output: PhantomData }
    }

    /// What it is made of, as data.
    pub fn plan(&self) -> Plan {
        self.run.plan()
    }

    /// What failed inside; where the item came from is said by the pipeline around it.
    fn failure(&self) -> Result<(), Error> {
        let Some(error) = self.run.take_failure() else { return Ok(()) };
        // What a `zip` or `join` inside reads from a source of its own is placed there.
        let inside = error.source_name() != Some(&self.run.own_source());
        Err(if inside { error } else { error.without_position() })
    }
}

impl<I, O, B> Stage<I> for Reusable<B, O>
where
    O: OutputOf<I>,
    B: FnMut(Call<I>, &Run, &mut dyn FnMut(O::Out) -> Flow) -> Flow,
{
    type Out = O::Out;
    type Error = Error;
    type Key = AnyKey;
    const NESTS: bool = true;

    fn locate(&mut self, source: &str, position: Position) {
        self.run.locate(source, position);
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        self.failure()?;
        self.run.resources = resources.clone();
        let _ = (self.body)(Call::Signal(Signal::Describe), &self.run, &mut |_| Flow::Continue(()));
        let _ = (self.body)(Call::Signal(Signal::Connect), &self.run, &mut |_| Flow::Continue(()));
        Ok(self.failure()?)
    }

    fn is_stateful(&mut self) -> bool {
        let _ = (self.body)(Call::Signal(Signal::Describe), &self.run, &mut |_| Flow::Continue(()));
        self.run.line_keeps_state()
    }

    fn append(&mut self) -> Result<(), BoxError> {
        self.run.within_redrive();
        Ok(())
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.run.open_letters();
        let _ = (self.body)(Call::Signal(Signal::Open), &self.run, &mut |_| Flow::Continue(()));
        Ok(self.failure()?)
    }

    fn process(&mut self, item: I, mut out: impl FnMut(O::Out) -> Flow) -> Result<Flow, Rejected<Error, I>> {
        let flow = (self.body)(Call::Item(item), &self.run, &mut out);
        if self.run.failed() {
            self.failure()?;
        }
        Ok(flow)
    }

    fn finish(mut self, _key: &AnyKey, mut out: impl FnMut(O::Out) -> Flow) -> Result<Flow, Error> {
        let source = self.run.source().to_owned();
        self.run.locate(&source, Position::default());
        let flow = (self.body)(Call::Signal(Signal::End), &self.run, &mut out);
        self.failure()?;
        Ok(flow)
    }
}

impl<B, O> std::fmt::Debug for Reusable<B, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reusable").field(&self.run).finish()
    }
}
