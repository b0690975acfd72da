//! Where items go.

use std::fmt;

use crate::error::BoxError;
use crate::stage::{AnyKey, Flow, Kind, Rejected, Stage};

/// Takes items and keeps them. What it wrote counts only once it is committed: until then the target is as it was.
#[diagnostic::on_unimplemented(
    message = "sink `{Self}` cannot follow: it does not take `{In}`",
    label = "receives `{In}` from the stage before it"
)]
pub trait Sink<In> {
    /// What the sink leaves in the report: a `Vec` for `collect`, nothing for a file.
    type Output;
    /// Why it refuses an item or cannot finish.
    type Error: Into<BoxError>;

    /// Prepares to write; called once, before the first item.
    ///
    /// # Errors
    /// When the target cannot be written; the run then fails before any item flows.
    fn open(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Takes one item.
    ///
    /// # Errors
    /// When the item cannot be written.
    fn write(&mut self, item: In) -> Result<Flow, Self::Error>;

    /// Writes out what is buffered. What it returns still has to be committed.
    ///
    /// # Errors
    /// When what is buffered cannot be written.
    fn close(self) -> Result<Closed<Self::Output>, Self::Error>;
}

/// A sink that has taken its last item.
#[must_use = "what a sink wrote is gone unless it is committed"]
pub struct Closed<O> {
    /// What it leaves in the report.
    pub output: O,
    /// What is left to do once every sink of the run has closed.
    pub commit: Option<Box<dyn Commit>>,
}

impl<O> Closed<O> {
    /// A sink with nothing to commit.
    pub fn new(output: O) -> Self {
        Closed { output, commit: None }
    }
}

impl<O: fmt::Debug> fmt::Debug for Closed<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").field("output", &self.output).field("commits", &self.commit.is_some()).finish()
    }
}

/// The two steps that make a closed sink's work count. A run takes the first step of every sink, then the second of every
/// sink. Dropped before the second, the target is left as it was.
pub trait Commit {
    /// Makes what was written durable beside the target.
    ///
    /// # Errors
    /// When it cannot; no sink of the run is then published.
    fn sync(&mut self) -> Result<(), BoxError>;

    /// Puts it in the target's place.
    ///
    /// # Errors
    /// When it cannot; sinks published before stay published.
    fn publish(self: Box<Self>) -> Result<(), BoxError>;
}

/// What a sink hands on: nothing while items flow, and at the end that it has [`Closed`].
#[derive(Debug)]
pub struct Ended<O>(pub Closed<O>);

#[diagnostic::do_not_recommend]
impl<In, K: Sink<In>> Stage<In> for K {
    type Out = Ended<K::Output>;
    type Error = K::Error;
    type Key = AnyKey;
    const KIND: Kind = Kind::Sink;

    fn open(&mut self) -> Result<(), BoxError> {
        Sink::open(self)
    }

    #[inline]
    fn process(&mut self, item: In, _out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Rejected<Self::Error, In>> {
        Ok(self.write(item)?)
    }

    fn finish(self, _key: &AnyKey, mut out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Self::Error> {
        Ok(out(Ended(self.close()?)))
    }
}
