//! What the code of `#[stage]` calls: how a function's return becomes outputs, and how parameters are checked.
//!
//! A stage function returns in one of a few shapes. Each has a function here that hands on what came back; they are
//! inlined, so that a stage costs what the plain call costs.

mod alias;

use std::fmt;
use std::ops::RangeBounds;

use crate::error::BoxError;
use crate::stage::{Flow, Kind, Never, Rejected};

pub use alias::{
    Alias, Ask, HiddenResult, Plain, Probe, ProbeBorrowed, ProbeElement, Visible, VisibleElement, visible,
    visible_element,
};

/// A parameter that breaks its range, or a state that could not be made from the parameters: what `build()` returns.
#[derive(Debug)]
pub struct ParamError(Box<Wrong>);

#[derive(Debug)]
enum Wrong {
    Range { stage: &'static str, param: &'static str, range: &'static str, what: &'static str, got: String },
    State { stage: &'static str, cause: BoxError },
}

impl ParamError {
    /// The name of the stage.
    pub fn stage(&self) -> &'static str {
        match &*self.0 {
            Wrong::Range { stage, .. } | Wrong::State { stage, .. } => stage,
        }
    }

    /// The name of the parameter that breaks its range; `None` when the state could not be made.
    pub fn param(&self) -> Option<&'static str> {
        match &*self.0 {
            Wrong::Range { param, .. } => Some(param),
            Wrong::State { .. } => None,
        }
    }

    /// The range that the parameter breaks, as written; `None` when the state could not be made.
    pub fn range(&self) -> Option<&'static str> {
        match &*self.0 {
            Wrong::Range { range, .. } => Some(range),
            Wrong::State { .. } => None,
        }
    }

    /// The value that was given, as text; `None` when the state could not be made.
    pub fn value(&self) -> Option<&str> {
        match &*self.0 {
            Wrong::Range { got, .. } => Some(got),
            Wrong::State { .. } => None,
        }
    }

    #[doc(hidden)]
    pub fn state(stage: &'static str, cause: BoxError) -> Self {
        ParamError(Box::new(Wrong::State { stage, cause }))
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Wrong::Range { stage, param, range, what, got } => {
                write!(f, "{what}`{param}` of `{stage}` must be in {range}, got {got}")
            }
            Wrong::State { stage, cause } => write!(f, "`{stage}` cannot start: {cause}"),
        }
    }
}

impl std::error::Error for ParamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Wrong::Range { .. } => None,
            Wrong::State { cause, .. } => Some(&**cause),
        }
    }
}

/// A constraint of one parameter, as it was written.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    stage: &'static str,
    param: &'static str,
    range: &'static str,
}

impl Constraint {
    /// A range of `param` in `stage`.
    pub const fn new(stage: &'static str, param: &'static str, range: &'static str) -> Self {
        Constraint { stage, param, range }
    }

    /// Checks a value against its range; `finite` is false for a float that is none.
    ///
    /// # Errors
    /// When the value is not in the range, or not finite.
    pub fn range<T: PartialOrd + fmt::Debug>(
        self,
        value: &T,
        range: &impl RangeBounds<T>,
        finite: bool,
    ) -> Result<(), ParamError> {
        if finite && range.contains(value) { Ok(()) } else { Err(self.broken("", format!("{value:?}"))) }
    }

    /// Checks the length of a value.
    ///
    /// # Errors
    /// When the length is not in the range.
    pub fn len<T: Length + ?Sized>(self, value: &T, range: &impl RangeBounds<usize>) -> Result<(), ParamError> {
        let length = value.length();
        if range.contains(&length) { Ok(()) } else { Err(self.broken("the length of ", length.to_string())) }
    }

    #[cold]
    fn broken(self, what: &'static str, got: String) -> ParamError {
        let Constraint { stage, param, range } = self;
        ParamError(Box::new(Wrong::Range { stage, param, range, what, got }))
    }
}

/// What has a length: the characters of a text, the elements of a list.
#[diagnostic::on_unimplemented(
    message = "`len` cannot apply to `{Self}`: it has no length",
    label = "has no length",
    note = "`len` is for texts and lists; for numbers write `range = ..`"
)]
pub trait Length {
    /// The number of characters or elements.
    fn length(&self) -> usize;
}

impl Length for str {
    fn length(&self) -> usize {
        self.chars().count()
    }
}

impl Length for String {
    fn length(&self) -> usize {
        self.as_str().length()
    }
}

impl<T> Length for [T] {
    fn length(&self) -> usize {
        self.len()
    }
}

impl<T> Length for Vec<T> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl<T: Length + ?Sized> Length for &T {
    fn length(&self) -> usize {
        (**self).length()
    }
}

impl<T: Length + ?Sized> Length for Box<T> {
    fn length(&self) -> usize {
        (**self).length()
    }
}

impl<T: Length + ?Sized> Length for std::sync::Arc<T> {
    fn length(&self) -> usize {
        (**self).length()
    }
}

/// Where a stage keeps its parameters. The stage names this instead of a struct, which so stays out of the user's scope.
pub trait Stored {
    /// The parameters, as a struct.
    type Params;
}

/// A required parameter that was given; `()` stands in its place until then.
#[derive(Clone, Copy, Debug)]
pub struct Set<T>(pub T);

/// A `Result` or `Option` that a macro could not see behind a type alias: what `#[stage(fallible)]` reads.
#[diagnostic::on_unimplemented(
    message = "`#[stage(fallible)]` needs a `Result` or an `Option`, not `{Self}`",
    label = "neither a `Result` nor an `Option`"
)]
pub trait Fallible {
    /// What it holds when all went well.
    type Value;
    /// Why it holds nothing.
    type Error: Into<BoxError>;
    /// What a stage that returns it does with an item.
    const KIND: Kind;

    /// The value, `None` for an item to drop.
    ///
    /// # Errors
    /// Why there is no value.
    fn split(self) -> Result<Option<Self::Value>, Self::Error>;
}

impl<T, E: Into<BoxError>> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;
    const KIND: Kind = Kind::Map;

    #[inline(always)]
    fn split(self) -> Result<Option<T>, E> {
        self.map(Some)
    }
}

impl<T> Fallible for Option<T> {
    type Value = T;
    type Error = Never;
    const KIND: Kind = Kind::Filter;

    #[inline(always)]
    fn split(self) -> Result<Option<T>, Never> {
        Ok(self)
    }
}

/// Hands on the one output of an item.
#[inline(always)]
pub fn one<U, R>(value: U, mut out: impl FnMut(U) -> Flow) -> Result<Flow, R> {
    Ok(out(value))
}

/// Hands on an output, if there is one.
#[inline(always)]
pub fn maybe<U, R>(value: Option<U>, mut out: impl FnMut(U) -> Flow) -> Result<Flow, R> {
    match value {
        Some(value) => Ok(out(value)),
        None => Ok(Flow::Continue(())),
    }
}

/// Hands on outputs until no more are wanted.
#[inline(always)]
pub fn many<U, R>(values: impl IntoIterator<Item = U>, mut out: impl FnMut(U) -> Flow) -> Result<Flow, R> {
    for value in values {
        if out(value).is_break() {
            return Ok(Flow::Break(()));
        }
    }
    Ok(Flow::Continue(()))
}

/// Hands the item itself on, if it is wanted.
#[inline(always)]
pub fn pass<T, R>(wanted: bool, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, R> {
    if wanted { Ok(out(item)) } else { Ok(Flow::Continue(())) }
}

/// Hands the item itself on, after a look at it or a change.
#[inline(always)]
pub fn look<T, R>((): (), item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, R> {
    Ok(out(item))
}

/// Hands nothing on: the item went into the state.
#[inline(always)]
pub fn absorb<U, R>((): (), _out: impl FnMut(U) -> Flow) -> Result<Flow, R> {
    Ok(Flow::Continue(()))
}

/// Hands on what a finish function returned.
#[inline]
pub fn last<U>(values: impl IntoIterator<Item = U>, out: impl FnMut(U) -> Flow) -> Flow {
    match many::<U, Never>(values, out) {
        Ok(flow) => flow,
        Err(never) => match never {},
    }
}

/// The rejection of an item that the function took for good.
#[cold]
pub fn refuse<U, E, In>(error: E) -> Result<U, Rejected<E, In>> {
    Err(Rejected::from(error))
}

/// The rejection of an item that the function only borrowed.
#[cold]
pub fn give_back<U, E, In>(error: E, item: In) -> Result<U, Rejected<E, In>> {
    Err(Rejected::returning(error, item))
}

/// Stands for the call of a function whose stage has mistakes; the program that calls it does not compile.
///
/// # Panics
/// Always.
pub fn never_called() -> ! {
    unreachable!("a stage with mistakes does not compile")
}

/// A literal that `pipeline!` gives to a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Literal<'t> {
    /// A whole number.
    Int(i128),
    /// A float.
    Float(f64),
    /// A character.
    Char(char),
    /// A text.
    Text(&'t str),
}

/// Whether two names are the same, at compile time.
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b, mut i) = (a.as_bytes(), b.as_bytes(), 0);
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// A literal that breaks its range, for a message at compile time.
#[derive(Clone, Copy, Debug)]
pub enum Got {
    /// A signed number.
    Int(i128),
    /// An unsigned number.
    Uint(u128),
    /// A float.
    Float(f64),
    /// A character.
    Char(char),
    /// The length of a text.
    Len(usize),
}

/// Stops the compiler with what is wrong with a literal: `` `size` must be in 2.., got 1 ``.
///
/// # Panics
/// Always.
pub const fn broken(param: &str, range: &str, got: Got) -> ! {
    let mut line = Line { bytes: [0; 256], len: 0 };
    if let Got::Len(_) = got {
        line = line.text("the length of ");
    }
    line = line.text("`").text(param).text("` must be in ").text(range).text(", got ");
    line = match got {
        Got::Int(value) => {
            if value < 0 {
                line = line.text("-");
            }
            line.digits(value.unsigned_abs())
        }
        Got::Uint(value) => line.digits(value),
        Got::Len(value) => line.digits(value as u128),
        Got::Char(value) => line.text("'").text(value.encode_utf8(&mut [0; 4])).text("'"),
        Got::Float(value) => line.float(value),
    };
    let (text, _) = line.bytes.split_at(line.len);
    match std::str::from_utf8(text) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("a parameter is out of its range"),
    }
}

/// The number of characters of a text, at compile time.
pub const fn char_count(text: &str) -> usize {
    let (bytes, mut count, mut i) = (text.as_bytes(), 0, 0);
    while i < bytes.len() {
        // Every byte but a continuation starts a character.
        if bytes[i] & 0xc0 != 0x80 {
            count += 1;
        }
        i += 1;
    }
    count
}

/// A line of text that can be put together in a `const`.
struct Line {
    bytes: [u8; 256],
    len: usize,
}

impl Line {
    const fn text(mut self, text: &str) -> Self {
        let (text, mut i) = (text.as_bytes(), 0);
        while i < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn digits(mut self, value: u128) -> Self {
        let mut power = 1;
        while value / power >= 10 {
            power *= 10;
        }
        while power > 0 && self.len < self.bytes.len() {
            self.bytes[self.len] = b'0' + (value / power % 10) as u8;
            self.len += 1;
            power /= 10;
        }
        self
    }

    /// With up to six decimals; no literal out of its range needs more to be found.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "printed values are below 1e18"
    )]
    const fn float(mut self, value: f64) -> Self {
        if value.is_nan() {
            return self.text("NaN");
        }
        if value < 0.0 {
            self = self.text("-");
        }
        let size = value.abs();
        if size >= 1e18 {
            return self.text(if size.is_finite() { "a number beyond 1e18" } else { "inf" });
        }
        let millionths = ((size - (size as u128) as f64) * 1e6 + 0.5) as u128;
        self = self.digits(size as u128 + millionths / 1_000_000).text(".");
        let (mut rest, mut power) = (millionths % 1_000_000, 100_000);
        loop {
            self = self.digits(rest / power);
            rest %= power;
            power /= 10;
            if rest == 0 || power == 0 {
                return self;
            }
        }
    }
}
