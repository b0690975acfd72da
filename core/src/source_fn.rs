//! What the code of `#[source]` calls: a function that is called when the source opens, and the iterator that it gives.

use std::marker::PhantomData;

use crate::error::BoxError;
use crate::resource::Resources;
use crate::source::{At, Source};
use crate::stage::{AnyKey, Flow, Never, Rejected, Stage};

/// Takes the resources of a run; what is left needs only to be called.
pub trait Start {
    /// What is left.
    type Ready: Begin;

    /// Takes them.
    ///
    /// # Errors
    /// When one is missing.
    fn connect(self, resources: &Resources) -> Result<Self::Ready, BoxError>;
}

/// Gives the items.
pub trait Begin {
    /// The items.
    type Items: Iterator;

    /// Gives them.
    ///
    /// # Errors
    /// When there is nothing to read from.
    fn begin(self) -> Result<Self::Items, BoxError>;
}

impl<F, G> Start for F
where
    F: FnOnce(&Resources) -> Result<G, BoxError>,
    G: Begin,
{
    type Ready = G;
    fn connect(self, resources: &Resources) -> Result<G, BoxError> {
        self(resources)
    }
}

impl<F, I> Begin for F
where
    F: FnOnce() -> Result<I, BoxError>,
    I: IntoIterator,
{
    type Items = I::IntoIter;
    fn begin(self) -> Result<I::IntoIter, BoxError> {
        Ok(self()?.into_iter())
    }
}

/// How an element of the iterator is an item, or its rejection.
#[diagnostic::on_unimplemented(
    message = "the elements of this source are `{X}`, whose error is none",
    label = "its error does not implement `std::error::Error`",
    note = "the error must be `Into<Box<dyn Error + Send + Sync>>`: write an error type, a `String` or a `&str`"
)]
pub trait Pick<X> {
    /// The item.
    type Item;
    /// Why there is none.
    type Reject: Into<BoxError>;

    /// Tells them apart.
    ///
    /// # Errors
    /// Why there is no item.
    fn pick(element: X) -> Result<Self::Item, Self::Reject>;
}

/// Compiles when elements can be told apart so.
pub const fn picks<M: Pick<X>, X>() {}

/// Each element is an item.
#[derive(Debug)]
pub struct Whole;

impl<X> Pick<X> for Whole {
    type Item = X;
    type Reject = Never;
    #[inline]
    fn pick(element: X) -> Result<X, Never> {
        Ok(element)
    }
}

/// Each element is a `Result` of an item.
#[derive(Debug)]
pub struct Split;

impl<T, E: Into<BoxError>> Pick<Result<T, E>> for Split {
    type Item = T;
    type Reject = E;
    #[inline]
    fn pick(element: Result<T, E>) -> Result<T, E> {
        element
    }
}

/// The source that a function is which returns an iterator.
pub struct SourceFn<S: Start, M> {
    name: &'static str,
    phase: Phase<S, S::Ready, <S::Ready as Begin>::Items>,
    pick: PhantomData<fn() -> M>,
}

enum Phase<S, G, I> {
    New(S),
    Ready(G),
    Open(I),
    Over,
}

impl<S: Start, M> SourceFn<S, M> {
    /// The source of this name; `start` calls the function.
    pub fn new(name: &'static str, start: S) -> Self {
        SourceFn { name, phase: Phase::New(start), pick: PhantomData }
    }
}

impl<S, M> Source for SourceFn<S, M>
where
    S: Start,
    M: Pick<<<S::Ready as Begin>::Items as Iterator>::Item>,
{
    type Item<'a>
        = M::Item
    where
        Self: 'a;
    type Reject = M::Reject;
    type Error = Never;

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::New(start) => Phase::Ready(start.connect(resources)?),
            other => other,
        };
        Ok(())
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::New(start) => Phase::Open(start.connect(&Resources::default())?.begin()?),
            Phase::Ready(ready) => Phase::Open(ready.begin()?),
            other => other,
        };
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<M::Item, M::Reject>, At<'_>)>, Never> {
        let Phase::Open(items) = &mut self.phase else { return Ok(None) };
        Ok(items.next().map(|element| (M::pick(element), At::default())))
    }

    fn size_hint(&self) -> (u64, Option<u64>) {
        let Phase::Open(items) = &self.phase else { return (0, None) };
        let (least, most) = items.size_hint();
        (least as u64, most.map(|most| most as u64))
    }
}

impl<S: Start, M> std::fmt::Debug for SourceFn<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SourceFn").field(&self.name).finish()
    }
}

/// What a function that is called for each item returned, where that is an item.
///
/// # Errors
/// Never.
#[inline]
pub fn whole<T, E>(element: Option<T>) -> Result<Option<(Result<T, Never>, At<'static>)>, E> {
    Ok(element.map(|item| (Ok(item), At::default())))
}

/// What it returned, where that is a `Result` of an item.
///
/// # Errors
/// Never.
#[inline]
pub fn split<T, R, E>(element: Option<Result<T, R>>) -> Result<Option<(Result<T, R>, At<'static>)>, E> {
    Ok(element.map(|element| (element, At::default())))
}

/// A source that takes items, which none does: so it is refused behind `|`, with this message.
#[diagnostic::on_unimplemented(
    message = "a source cannot follow: it takes no items",
    label = "a source, which receives `{In}` from the stage before it",
    note = "a pipeline starts with its source, and has one"
)]
pub trait Follows<In> {
    /// What it would hand on.
    type Out;
}

impl<In, S: Start, M> Stage<In> for SourceFn<S, M>
where
    Self: Follows<In>,
{
    type Out = <Self as Follows<In>>::Out;
    type Error = Never;
    type Key = AnyKey;

    fn process(&mut self, _: In, _: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Rejected<Never, In>> {
        Ok(Flow::Break(()))
    }
}

/// What stands in for a source that has mistakes: it yields whatever the stage behind it takes.
#[derive(Debug)]
pub struct Anything<T>(PhantomData<fn() -> T>);

impl<T> Anything<T> {
    /// The stand-in.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Anything(PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Source for Anything<T> {
    type Item<'a>
        = T
    where
        Self: 'a;
    type Reject = Never;
    type Error = Never;

    fn name(&self) -> String {
        String::new()
    }

    fn next(&mut self) -> Result<Option<(Result<T, Never>, At<'_>)>, Never> {
        Ok(None)
    }
}
