//! What becomes of an item that a stage rejects.

use std::convert::Infallible;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{BoxError, Error};
use crate::record::{Record, Schema};
use crate::run::Site;
use crate::source::At;
use crate::stage::Flow;

/// Decides over rejected items of type `I`.
pub trait OnReject<I>: Sized {
    /// What the run can still fail with when the stage's own error is `E`.
    type Evidence<E>;
    /// Whether a panic in a stateless stage counts as a rejection.
    const CATCHES: bool;
    /// Whether the first rejected item is the last of all.
    const STOPS: bool = false;

    /// Decides over one item: go on, or stop.
    fn reject(self, site: Site<'_>, at: At<'_>, error: BoxError, input: Option<I>) -> Flow;
}

/// Stops the run with the error: what a stage does unless told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct OrFail;

impl<I> OnReject<I> for OrFail {
    type Evidence<E> = E;
    const CATCHES: bool = false;
    const STOPS: bool = true;

    fn reject(self, site: Site<'_>, at: At<'_>, error: BoxError, _input: Option<I>) -> Flow {
        site.fail_at(error, at);
        Flow::Break(())
    }
}

/// Goes on with the next item; the rejected one is counted.
#[derive(Clone, Copy, Debug)]
pub struct OrSkip;

impl<I> OnReject<I> for OrSkip {
    type Evidence<E> = Infallible;
    const CATCHES: bool = true;

    fn reject(self, site: Site<'_>, _at: At<'_>, error: BoxError, _input: Option<I>) -> Flow {
        if site.run.redrives() { site.keep_skipped(error) } else { Flow::Continue(()) }
    }
}

/// Writes the item to a file of dead letters, and goes on with the next.
#[derive(Clone, Copy, Debug)]
pub struct OrDeadLetter<K>(pub K);

impl<I, K: Keep<I>> OnReject<I> for OrDeadLetter<K> {
    type Evidence<E> = Error;
    const CATCHES: bool = true;

    fn reject(self, site: Site<'_>, at: At<'_>, error: BoxError, input: Option<I>) -> Flow {
        site.send_letter(at, error, self.0.value(input))
    }
}

/// What a dead letter can keep of the item itself.
pub trait Keep<I> {
    /// The item as JSON, if it is there; `returned` is what the stage gave back.
    fn value(self, returned: Option<I>) -> Option<Value>;
}

/// A copy made before the call.
#[derive(Clone, Copy, Debug)]
pub struct Copied<I>(Option<I>);

impl<I: Serialize> Keep<I> for Copied<I> {
    fn value(self, returned: Option<I>) -> Option<Value> {
        serde_json::to_value(self.0.or(returned)?).ok()
    }
}

/// What a stage that only borrowed the item gives back.
#[derive(Clone, Copy, Debug)]
pub struct GivenBack<I>(PhantomData<fn() -> I>);

impl<I: Serialize> Keep<I> for GivenBack<I> {
    fn value(self, returned: Option<I>) -> Option<Value> {
        serde_json::to_value(returned?).ok()
    }
}

/// Nothing: the item cannot be written as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl<I> Keep<I> for Nothing {
    fn value(self, _returned: Option<I>) -> Option<Value> {
        None
    }
}

/// Finds out, where the item's type is known, what of it a letter can keep: `probe.keep()` takes the first of the three
/// methods of that name whose bounds hold.
#[derive(Debug)]
pub struct Probe<'p, I>(pub(crate) Option<&'p I>);

impl<I: Copy + Serialize> Probe<'_, I> {
    /// A copy of the item.
    #[inline(always)]
    pub fn keep(&self) -> Copied<I> {
        Copied(self.0.copied())
    }
}

impl<I: Clone + Serialize> Probe<'_, I> {
    /// A clone of the item: what `keep = input` asks for.
    pub fn cloned(&self) -> Copied<I> {
        Copied(self.0.cloned())
    }
}

/// The second choice of [`Probe`].
pub trait KeepIfGivenBack<I> {
    /// What the stage gives back.
    fn keep(&self) -> GivenBack<I>;
}

impl<I: Serialize> KeepIfGivenBack<I> for Probe<'_, I> {
    #[inline(always)]
    fn keep(&self) -> GivenBack<I> {
        GivenBack(PhantomData)
    }
}

/// The last choice of [`Probe`].
pub trait KeepNothing {
    /// Nothing.
    fn keep(&self) -> Nothing;
}

impl<I> KeepNothing for &Probe<'_, I> {
    #[inline(always)]
    fn keep(&self) -> Nothing {
        Nothing
    }
}

/// Reads an item from what a dead letter kept of it, where its type can be read.
pub type Again<I> = Option<fn(&Value) -> serde_json::Result<I>>;

/// What such an item borrows stays in memory to the end of the program: nobody can say how long it has to.
fn read_again<I: Deserialize<'static>>(input: &Value) -> serde_json::Result<I> {
    let lent = |_| I::deserialize(&*Box::leak(Box::new(input.clone())));
    I::deserialize(input.clone()).or_else(lent)
}

impl<I: Deserialize<'static>> Probe<'_, I> {
    /// What reads such an item again.
    #[inline(always)]
    pub fn again(&self) -> Again<I> {
        Some(read_again)
    }
}

/// The second choice of [`Probe::again`].
pub trait AgainIfLent<I> {
    /// What reads again what the item refers to, and keeps it as long as the program runs.
    fn again(&self) -> Again<I>;
}

impl<'i, T: Deserialize<'static>> AgainIfLent<&'i T> for Probe<'_, &'i T> {
    #[inline(always)]
    fn again(&self) -> Again<&'i T> {
        Some(|input| read_again(input).map(|item| &*Box::leak(Box::new(item))))
    }
}

/// The last choice of [`Probe::again`].
pub trait NotAgain<I> {
    /// Nothing: such an item cannot be read from JSON.
    fn again(&self) -> Again<I>;
}

impl<I> NotAgain<I> for &Probe<'_, I> {
    #[inline(always)]
    fn again(&self) -> Again<I> {
        None
    }
}

impl<I: Record> Probe<'_, I> {
    /// What the item is as a record, if it is one: the first of the three methods of this name whose bounds hold.
    #[inline(always)]
    pub fn schema(&self) -> Option<&'static Schema> {
        Some(I::SCHEMA)
    }
}

/// The second choice of [`Probe`].
pub trait SchemaBehind {
    /// That of the record that the item borrows.
    fn schema(&self) -> Option<&'static Schema>;
}

impl<T: Record> SchemaBehind for Probe<'_, &T> {
    #[inline(always)]
    fn schema(&self) -> Option<&'static Schema> {
        Some(T::SCHEMA)
    }
}

/// The last choice of [`Probe`].
pub trait NoSchema {
    /// None.
    fn schema(&self) -> Option<&'static Schema>;
}

impl<I> NoSchema for &Probe<'_, I> {
    #[inline(always)]
    fn schema(&self) -> Option<&'static Schema> {
        None
    }
}
