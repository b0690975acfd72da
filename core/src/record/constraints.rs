//! What values must be able to do for the rules of `#[field(..)]`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::swar;
use super::time::{CivilTime, Timestamp};
use super::violations::{Path, Violations};

/// A value that `range` applies to: it is ordered and can be shown.
pub trait Bounded: PartialOrd + fmt::Debug {
    /// Whether it is a value like others: neither infinite nor NaN.
    fn is_finite(&self) -> bool {
        true
    }
}

/// A value that `finite` applies to: a float.
#[diagnostic::on_unimplemented(
    message = "`finite` does not apply to `{Self}`",
    label = "`{Self}` is no float",
    note = "remove `finite`"
)]
pub trait Float: Bounded + Copy {}

/// A value that `unit` applies to: it measures something.
#[diagnostic::on_unimplemented(
    message = "`unit` does not apply to `{Self}`",
    label = "`{Self}` is no number",
    note = "remove `unit`, or implement `millstream::record::Measured` for `{Self}`"
)]
pub trait Measured {}

/// A value that `len` applies to.
#[diagnostic::on_unimplemented(
    message = "`len` does not apply to `{Self}`",
    label = "`{Self}` has no length",
    note = "remove `len`, or implement `millstream::record::Counted` for `{Self}`"
)]
pub trait Counted {
    /// What is counted: `characters`, `elements`.
    const WHAT: &'static str;
    /// How many there are.
    fn count(&self) -> usize;
}

/// A value that `pattern` and `one_of` with texts apply to.
#[diagnostic::on_unimplemented(
    message = "a text rule does not apply to `{Self}`",
    label = "`{Self}` is no text",
    note = "remove the rule, or implement `millstream::record::Text` for `{Self}`"
)]
pub trait Text {
    /// The text.
    fn text(&self) -> &str;
}

/// A type that says when something happened.
#[diagnostic::on_unimplemented(
    message = "`#[event_time]` does not apply to `{Self}`",
    label = "`{Self}` is no time",
    note = "give the field the type `Timestamp` or `CivilTime`"
)]
pub trait EventTime {}

macro_rules! numbers {
    ($($int:ty)*) => {$(
        impl Bounded for $int {}
        impl Measured for $int {}
    )*};
}
numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! floats {
    ($($float:ident)*) => {$(
        impl Bounded for $float {
            fn is_finite(&self) -> bool {
                $float::is_finite(*self)
            }
        }
        impl Measured for $float {}
        impl Float for $float {}
    )*};
}
floats!(f32 f64);

impl Bounded for char {}
impl Bounded for Timestamp {}
impl Bounded for CivilTime {}
impl EventTime for Timestamp {}
impl EventTime for CivilTime {}

impl Text for str {
    fn text(&self) -> &str {
        self
    }
}
impl Text for String {
    fn text(&self) -> &str {
        self
    }
}
impl Text for Cow<'_, str> {
    fn text(&self) -> &str {
        self
    }
}
impl<T: Text + ?Sized> Text for &T {
    fn text(&self) -> &str {
        (**self).text()
    }
}
impl<T: Text + ?Sized> Text for Box<T> {
    fn text(&self) -> &str {
        (**self).text()
    }
}

macro_rules! characters {
    ($($ty:ty)*) => {$(
        impl Counted for $ty {
            const WHAT: &'static str = "characters";
            #[inline]
            fn count(&self) -> usize {
                if swar::is_ascii(self.as_bytes()) { self.len() } else { self.chars().count() }
            }
        }
    )*};
}
characters!(str String Cow<'_, str>);

impl<T> Counted for [T] {
    const WHAT: &'static str = "elements";
    fn count(&self) -> usize {
        self.len()
    }
}
impl<T> Counted for Vec<T> {
    const WHAT: &'static str = "elements";
    fn count(&self) -> usize {
        self.len()
    }
}
impl<T: Counted + ?Sized> Counted for &T {
    const WHAT: &'static str = T::WHAT;
    fn count(&self) -> usize {
        (**self).count()
    }
}
impl<T: Counted + ?Sized> Counted for Box<T> {
    const WHAT: &'static str = T::WHAT;
    fn count(&self) -> usize {
        (**self).count()
    }
}
impl<K, V, S> Counted for HashMap<K, V, S> {
    const WHAT: &'static str = "elements";
    fn count(&self) -> usize {
        self.len()
    }
}
impl<K, V> Counted for BTreeMap<K, V> {
    const WHAT: &'static str = "elements";
    fn count(&self) -> usize {
        self.len()
    }
}

/// A value that checks itself: every record does, and what holds records does so for each.
///
/// Implement it for an enum that holds records, and records that hold the enum follow it:
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::{Path, Validate, Violations};
///
/// enum Level {
///     Off,
///     At(i32),
/// }
///
/// impl Validate for Level {
///     fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
///         match self {
///             Level::At(n) if *n < 0 => found.add_got(at, "must not be negative", n),
///             Level::Off | Level::At(_) => {}
///         }
///     }
/// }
/// ```
pub trait Validate {
    /// Adds what is wrong with this value, which stands at `at`.
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations);
}

impl<T: Validate + ?Sized> Validate for &T {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        (**self).validate_at(at, found);
    }
}
impl<T: Validate + ?Sized> Validate for Box<T> {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        (**self).validate_at(at, found);
    }
}
impl<T: Validate> Validate for Option<T> {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        if let Some(value) = self {
            value.validate_at(at, found);
        }
    }
}
impl<T: Validate> Validate for [T] {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        for (i, value) in self.iter().enumerate() {
            value.validate_at(&at.index(i), found);
        }
    }
}
impl<T: Validate> Validate for Vec<T> {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        self.as_slice().validate_at(at, found);
    }
}
impl<K: fmt::Display, V: Validate, S> Validate for HashMap<K, V, S> {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        for (key, value) in self {
            value.validate_at(&at.key(&key.to_string()), found);
        }
    }
}
impl<K: fmt::Display, V: Validate> Validate for BTreeMap<K, V> {
    fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
        for (key, value) in self {
            value.validate_at(&at.key(&key.to_string()), found);
        }
    }
}

/// What a check of the user's own returns: `Result<(), impl Display>`, or `bool`.
#[diagnostic::on_unimplemented(
    message = "a check does not return `{Self}`",
    label = "this check returns `{Self}`",
    note = "a check returns `Result<(), E>` where `E` can be displayed, or `bool`"
)]
pub trait Verdict {
    /// Adds what the check found; `name` is the check's.
    fn report(self, name: &'static str, at: &Path<'_>, found: &mut Violations);
}

impl Verdict for bool {
    fn report(self, name: &'static str, at: &Path<'_>, found: &mut Violations) {
        if !self {
            found.add(at, format_args!("must satisfy `{name}`"));
        }
    }
}

impl<E: fmt::Display> Verdict for Result<(), E> {
    fn report(self, _name: &'static str, at: &Path<'_>, found: &mut Violations) {
        if let Err(error) = self {
            found.add(at, error);
        }
    }
}
