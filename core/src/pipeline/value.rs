//! `{value}` in a pipeline: a stage, or a sink, whichever its type is.

use std::marker::PhantomData;

use crate::error::BoxError;
use crate::resource::Resources;
use crate::sink::{Sink, SinkStage};
use crate::source::Position;
use crate::stage::{Described, Flow, Kind, Rejected, Renew, Stage};

/// Asks a value whether an attribute made it a stage: such a value goes as it is, and any other as an [`Either`].
#[derive(Debug)]
pub struct Ask<S>(PhantomData<fn() -> S>);

/// Asks a value.
pub fn ask<S>(_value: &S) -> Ask<S> {
    Ask(PhantomData)
}

/// The answer that method lookup finds first.
pub trait AskDescribed {
    /// The answer.
    fn answer(&self) -> AsItIs;
}

impl<S: Described> AskDescribed for Ask<S> {
    fn answer(&self) -> AsItIs {
        AsItIs
    }
}

/// The answer that it finds else.
pub trait AskAny {
    /// The answer.
    fn answer(&self) -> AsEither;
}

impl<S> AskAny for &Ask<S> {
    fn answer(&self) -> AsEither {
        AsEither
    }
}

/// An attribute made it a stage.
#[derive(Debug)]
pub struct AsItIs;

impl AsItIs {
    /// The value.
    #[allow(clippy::unused_self, reason = "which answer it is says what becomes of the value")]
    pub fn take<S>(self, value: S) -> S {
        value
    }
}

/// Its type is known to the chain alone.
#[derive(Debug)]
pub struct AsEither;

impl AsEither {
    /// The value.
    #[allow(clippy::unused_self, reason = "which answer it is says what becomes of the value")]
    pub fn take<S, M>(self, value: S) -> Either<S, M> {
        Either { value: SinkStage(value), meant: PhantomData }
    }
}

/// A stage or a sink. Which of them, `M`, the compiler finds out once it knows the items.
#[derive(Debug)]
pub struct Either<S, M> {
    value: SinkStage<S>,
    meant: PhantomData<fn() -> M>,
}

/// It is a stage.
#[derive(Debug)]
pub struct ByStage;

/// It is a sink.
#[derive(Debug)]
pub struct BySink;

/// What can follow in a chain.
#[diagnostic::on_unimplemented(
    message = "stage `{Self}` cannot follow: it does not take `{In}`",
    label = "receives `{In}` from the stage before it",
    note = "change the stage's item type, or convert before it, for instance with `map(|item| ..)`"
)]
pub trait Follow<In, M>: Sized {
    /// The stage that it is.
    type Stage: Stage<In>;
    /// Lends it.
    fn stage(value: &SinkStage<Self>) -> &Self::Stage;
    /// Lends it.
    fn stage_mut(value: &mut SinkStage<Self>) -> &mut Self::Stage;
    /// Gives it.
    fn into_stage(value: SinkStage<Self>) -> Self::Stage;
}

impl<In, S: Stage<In>> Follow<In, ByStage> for S {
    type Stage = S;
    #[inline(always)]
    fn stage(value: &SinkStage<S>) -> &S {
        &value.0
    }
    #[inline(always)]
    fn stage_mut(value: &mut SinkStage<S>) -> &mut S {
        &mut value.0
    }
    fn into_stage(value: SinkStage<S>) -> S {
        value.0
    }
}

impl<In, K: Sink<In>> Follow<In, BySink> for K {
    type Stage = SinkStage<K>;
    #[inline(always)]
    fn stage(value: &SinkStage<K>) -> &SinkStage<K> {
        value
    }
    #[inline(always)]
    fn stage_mut(value: &mut SinkStage<K>) -> &mut SinkStage<K> {
        value
    }
    fn into_stage(value: SinkStage<K>) -> SinkStage<K> {
        value
    }
}

impl<In, S: Follow<In, M>, M> Stage<In> for Either<S, M> {
    type Out = <S::Stage as Stage<In>>::Out;
    type Error = <S::Stage as Stage<In>>::Error;
    type Key = <S::Stage as Stage<In>>::Key;
    const KIND: Kind = <S::Stage as Stage<In>>::KIND;
    const STATELESS: bool = <S::Stage as Stage<In>>::STATELESS;
    const MAY_END: bool = <S::Stage as Stage<In>>::MAY_END;
    const NESTS: bool = <S::Stage as Stage<In>>::NESTS;

    fn locate(&mut self, source: &str, position: Position) {
        S::stage_mut(&mut self.value).locate(source, position);
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        S::stage_mut(&mut self.value).connect(resources)
    }

    fn is_stateful(&mut self) -> bool {
        S::stage_mut(&mut self.value).is_stateful()
    }

    fn append(&mut self) -> Result<(), BoxError> {
        S::stage_mut(&mut self.value).append()
    }

    fn is_transactional(&self) -> bool {
        S::stage(&self.value).is_transactional()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        S::stage_mut(&mut self.value).open()
    }

    #[inline(always)]
    fn process(&mut self, item: In, out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Rejected<Self::Error, In>> {
        S::stage_mut(&mut self.value).process(item, out)
    }

    fn is_broken(&self) -> bool {
        S::stage(&self.value).is_broken()
    }

    fn finish(self, key: &Self::Key, out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Self::Error> {
        S::into_stage(self.value).finish(key, out)
    }
}

impl<S: Renew, M> Renew for Either<S, M> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(AsEither.take(self.value.0.renew()?))
    }
}
