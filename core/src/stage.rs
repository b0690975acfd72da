//! A stage takes one item and hands on any number of others.

use std::convert::Infallible;
use std::ops::ControlFlow;

use crate::error::BoxError;
use crate::resource::Resources;
use crate::source::Position;
pub use crate::stage_fn::ParamError;

/// Whether more items are wanted: `Break` means no more.
pub type Flow = ControlFlow<()>;

/// One step of a pipeline: takes items of type `In`, hands on items of type [`Out`](Stage::Out).
///
/// `#[stage]` on a function writes this impl. Written by hand it is for stages that hand on several items at a time, or at
/// the end:
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::stage::{AnyKey, Flow, Rejected, Stage};
/// use std::convert::Infallible;
///
/// /// Hands on every item twice.
/// struct Twice;
///
/// impl<T: Clone> Stage<T> for Twice {
///     type Out = T;
///     type Error = Infallible;
///     type Key = AnyKey;
///
///     fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Infallible, T>> {
///         if out(item.clone()).is_break() {
///             return Ok(Flow::Break(()));
///         }
///         Ok(out(item))
///     }
/// }
///
/// let mut seen = Vec::new();
/// let _ = Twice.process(7, |n| {
///     seen.push(n);
///     Flow::Continue(())
/// });
/// assert_eq!(seen, [7, 7]);
/// ```
#[diagnostic::on_unimplemented(
    message = "stage `{Self}` cannot follow: it does not take `{In}`",
    label = "receives `{In}` from the stage before it",
    note = "change the stage's item type, or convert before it, for instance with `map(|item| ..)`"
)]
pub trait Stage<In> {
    /// What the stage hands on.
    type Out;
    /// Why it rejects an item; [`Infallible`] when it never does.
    type Error: Into<BoxError>;
    /// The key that [`finish`](Stage::finish) asks for; [`AnyKey`] when it asks for none.
    type Key: ?Sized;

    /// What the stage does with an item, as far as accounting needs to know. The run may panic, or report wrong counts, where a stage
    /// does something else.
    const KIND: Kind = Kind::Expand;
    /// Whether the stage is a function without state, so that a panic in it leaves nothing half done.
    const STATELESS: bool = false;

    /// Whether `process` may break of itself, and so end the run. Where a stage may, no item is read ahead of those it has taken.
    const MAY_END: bool = true;

    /// Whether the stage is made of others, which want to know where an item came from.
    #[doc(hidden)]
    const NESTS: bool = false;

    /// Tells a stage that is made of others where the next item came from.
    #[doc(hidden)]
    fn locate(&mut self, source: &str, position: Position) {
        let _ = (source, position);
    }

    /// Takes what it shares with others; called once, before [`open`](Stage::open). A keyed stage is made anew for each key
    /// from the one that was connected.
    ///
    /// # Errors
    /// When something that it needs is missing; the run then fails before anything is opened.
    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        let _ = resources;
        Ok(())
    }

    /// Whether what it does with an item depends on items before it; see [`STATELESS`](Stage::STATELESS).
    #[doc(hidden)]
    fn is_stateful(&mut self) -> bool {
        !Self::STATELESS
    }

    /// As [`Sink::append`](crate::sink::Sink::append), where the stage is a sink.
    #[doc(hidden)]
    fn append(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    /// As [`Sink::is_transactional`](crate::sink::Sink::is_transactional), where the stage is a sink.
    #[doc(hidden)]
    fn is_transactional(&self) -> bool {
        false
    }

    /// Prepares the stage before the first item of a run.
    ///
    /// # Errors
    /// When the stage cannot start; the run then fails before any item flows.
    fn open(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Takes one item and hands on what comes of it, in order. Once `out` breaks, it must not be called again, and
    /// `process` must break too.
    ///
    /// # Errors
    /// When the stage rejects the item.
    fn process(&mut self, item: In, out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Rejected<Self::Error, In>>;

    /// Whether it can take no item any more. Asked after [`process`](Stage::process) has failed: the run then fails with that
    /// error, whatever the policy, which is about single items.
    fn is_broken(&self) -> bool {
        false
    }

    /// Runs once, after the last item: hands on what the stage has kept.
    ///
    /// # Errors
    /// When what was kept cannot be handed on; the run then fails.
    fn finish(self, key: &Self::Key, out: impl FnMut(Self::Out) -> Flow) -> Result<Flow, Self::Error>
    where
        Self: Sized,
    {
        let _ = (key, out);
        Ok(Flow::Continue(()))
    }
}

/// What a stage does with one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Hands on exactly one item for each that it does not reject.
    Map,
    /// Hands on one item or drops it.
    Filter,
    /// Absorbs the item and emits any number of others, now or at the end.
    Expand,
    /// Ends the chain.
    Sink,
    /// Starts it.
    Source,
    /// Makes what others share, and takes no items.
    Resource,
}

impl Kind {
    /// Whether the outputs are one for each item that was not rejected, so that nobody needs to count them.
    pub const fn one_to_one(self) -> bool {
        matches!(self, Kind::Map)
    }
}

/// An item that a stage refused: why, and the item itself where the stage only borrowed it.
#[derive(Debug)]
pub struct Rejected<E, In> {
    /// Why.
    pub error: E,
    /// The item as it came, if the stage still has it.
    pub input: Option<In>,
}

impl<E, In> From<E> for Rejected<E, In> {
    fn from(error: E) -> Self {
        Rejected { error, input: None }
    }
}

impl<E, In> Rejected<E, In> {
    /// A rejection that gives the item back, for dead letters.
    pub fn returning(error: E, input: In) -> Self {
        Rejected { error, input: Some(input) }
    }
}

/// The key of a stage whose `finish` asks for none: it runs with `.keyed(..)` and without.
#[derive(Clone, Copy, Debug)]
pub struct AnyKey;

/// Makes a stage anew from its own parameters, with fresh state: what `.keyed(..)` does for each new key.
#[diagnostic::on_unimplemented(
    message = "stage `{Self}` cannot be keyed: it does not say how to start anew for another key",
    label = "implement `Renew` for `{Self}`, or drop `.keyed(..)`"
)]
pub trait Renew: Sized {
    /// The same stage, as it was before its first item.
    ///
    /// # Errors
    /// When its state cannot be made.
    fn renew(&self) -> Result<Self, BoxError>;
}

/// Where a stage's state comes from: a value, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`init` gives `{Self}`, but the state is `{S}`",
    label = "must be a `{S}`, or a `Result` of one"
)]
pub trait Init<S> {
    /// The state.
    ///
    /// # Errors
    /// What the expression's `Err` says.
    fn init(self) -> Result<S, BoxError>;
}

impl<S> Init<S> for S {
    fn init(self) -> Result<S, BoxError> {
        Ok(self)
    }
}

impl<S, E: Into<BoxError>> Init<S> for Result<S, E> {
    fn init(self) -> Result<S, BoxError> {
        self.map_err(Into::into)
    }
}

/// No error: the type of a stage that never rejects.
pub type Never = Infallible;

/// What a stage is, as data: written by `#[stage]`, read by plans and descriptions.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Descriptor {
    /// Its name.
    pub name: &'static str,
    /// The crate and module it stands in.
    pub module: &'static str,
    /// Its doc comment, without the leading blanks.
    pub docs: &'static str,
    /// Its parameters, in order.
    pub params: &'static [Param],
    /// The type of its item, as written.
    pub input: &'static str,
    /// The type of its output, as written.
    pub output: &'static str,
    /// What it does with an item.
    pub kind: Kind,
    /// Where it stands in the source.
    pub file: &'static str,
    /// The line of its name, from 1.
    pub line: u32,
    /// The column of its name, from 1.
    pub column: u32,
}

/// One parameter of a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its type, as written.
    pub ty: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// Its default, as written; none when it is required.
    pub default: Option<&'static str>,
    /// The range of values it may have, as written.
    pub range: Option<&'static str>,
}

#[doc(hidden)]
impl Descriptor {
    /// For generated code.
    #[allow(clippy::too_many_arguments, reason = "one argument a field, called by generated code alone")]
    pub const fn new(
        name: &'static str,
        module: &'static str,
        docs: &'static str,
        params: &'static [Param],
        input: &'static str,
        output: &'static str,
        kind: Kind,
        (file, line, column): (&'static str, u32, u32),
    ) -> Self {
        Descriptor { name, module, docs, params, input, output, kind, file, line, column }
    }
}

#[doc(hidden)]
impl Param {
    /// For generated code.
    pub const fn new(
        name: &'static str,
        ty: &'static str,
        docs: &'static str,
        default: Option<&'static str>,
        range: Option<&'static str>,
    ) -> Self {
        Param { name, ty, docs, default, range }
    }
}

/// A stage that can say what it is.
pub trait Described {
    /// What the stage is.
    const DESCRIPTOR: Descriptor;
}

#[doc(hidden)]
/// What `#[finish]` on a function generates: turns a stage's state into its last outputs.
///
/// `Params` is the type of the stage's parameters, of which a function reads those it wants by name, see [`HasParam`].
/// `States` is a tuple of the stage's states, in the order of its `#[state]`s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot finish this stage: it does not take the states `{States}`",
    label = "the function must take, by value, one state for each `#[state]` of the stage, in their order",
    note = "mark each parameter of the stage that the function reads with `#[param]`"
)]
pub trait Finish<Params, States> {
    /// The key that the function asks for; [`AnyKey`] when it asks for none.
    type Key: ?Sized;
    /// What it emits.
    type Out;

    /// Calls the function and hands on what it returns.
    fn finish(key: &Self::Key, states: States, params: &Params, out: impl FnMut(Self::Out) -> Flow) -> Flow;
}

#[doc(hidden)]
/// A stage's parameter, found by the hash of its name (see [`param_id`]).
#[diagnostic::on_unimplemented(
    message = "the stage has no parameter of that name",
    label = "no such parameter in `{Self}`"
)]
pub trait HasParam<const ID: u64> {
    /// Its type.
    type Value;
    /// Its value.
    fn param(&self) -> &Self::Value;
}

#[doc(hidden)]
/// Identifies a parameter by its name (FNV-1a, 64 bits).
pub const fn param_id(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}
