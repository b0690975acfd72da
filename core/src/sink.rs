//! Where items go.

use std::fmt;
use std::path::PathBuf;

use crate::error::BoxError;
use crate::resource::Resources;
use crate::stage::{AnyKey, Flow, Kind, Rejected, Stage};

pub(crate) mod commit;
mod memory;

pub use memory::{Collect, Discard, ForEach, collect, discard, for_each};

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

    /// Whether [`write`](Sink::write) may break, and so end the run. Where a sink may, no item is read ahead of those it has taken.
    const MAY_END: bool = true;

    /// Takes what it shares with others; called once, before [`open`](Sink::open).
    ///
    /// # Errors
    /// When something that it needs is missing; the run then fails before anything is opened.
    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        let _ = resources;
        Ok(())
    }

    /// Tells it to add to what its target holds, where it would replace that; called before [`open`](Sink::open), when dead
    /// letters are sent again. A sink that only ever adds has nothing to do, but for one thing: if it is not
    /// [transactional](Sink::is_transactional), an item is out of its hands when [`write`](Sink::write) returns.
    ///
    /// # Errors
    /// When it cannot add to it; the run then fails before any item flows.
    fn append(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Whether what it writes counts only once it is committed, and nothing of it is seen before. Asked after
    /// [`open`](Sink::open).
    fn is_transactional(&self) -> bool {
        false
    }

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

    /// Whether it can write no item any more, as the target itself failed. Asked after [`write`](Sink::write) has failed: the
    /// run then fails with that error, whatever the policy, which is about items that cannot be written.
    fn is_broken(&self) -> bool {
        false
    }

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
/// sink. Dropped before the second, the target is left as it was, and nothing beside it.
pub trait Commit {
    /// Makes what was written durable beside the target.
    ///
    /// # Errors
    /// When it cannot; no sink of the run is then published.
    fn sync(&mut self) -> Result<(), BoxError>;

    /// Puts it in the target's place. If it cannot, what was written is still there, beside the target.
    ///
    /// # Errors
    /// When it cannot; sinks published before stay published.
    fn publish(&mut self) -> Result<(), BoxError>;

    /// Whether it is in the target's place, also if [`publish`](Commit::publish) failed after that.
    fn is_published(&self) -> bool {
        false
    }

    /// Gives up publishing, but keeps what was written beside the target, and says where: other sinks of the run are
    /// published, and this is the rest of their work.
    fn leave(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}

#[doc(hidden)]
/// What a sink hands on: nothing while items flow, and at the end that it has [`Closed`].
#[derive(Debug)]
pub struct Ended<O>(pub Closed<O>);

#[doc(hidden)]
/// A sink as the last stage of a chain.
#[derive(Debug)]
pub struct SinkStage<K>(pub K);

impl<In, K: Sink<In>> Stage<In> for SinkStage<K> {
    type Out = Ended<K::Output>;
    type Error = K::Error;
    type Key = AnyKey;
    const KIND: Kind = Kind::Sink;
    const MAY_END: bool = K::MAY_END;

    fn is_stateful(&mut self) -> bool {
        false
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        self.0.connect(resources)
    }

    fn append(&mut self) -> Result<(), BoxError> {
        self.0.append()
    }

    fn is_transactional(&self) -> bool {
        self.0.is_transactional()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.0.open()
    }

    #[inline]
    fn process(&mut self, item: In, _out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Rejected<Self::Error, In>> {
        Ok(self.0.write(item)?)
    }

    fn is_broken(&self) -> bool {
        self.0.is_broken()
    }

    fn finish(self, _key: &AnyKey, mut out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Self::Error> {
        Ok(out(Ended(self.0.close()?)))
    }
}
