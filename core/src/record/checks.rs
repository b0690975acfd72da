//! The checks that generated code calls.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use super::constraints::{Bounded, Counted, EventTime, Float, Measured, Text, Validate, Verdict};
use super::violations::{Path, Violations};

/// Shows a number as people write it: `-5` for `-5.0`.
struct Plain<'v, T>(&'v T);

impl<T: fmt::Debug> fmt::Display for Plain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// Says what a range asks for: `in 1..=5`, `at least 1`.
fn asked<T: fmt::Debug>(range: &impl RangeBounds<T>) -> String {
    match (range.start_bound(), range.end_bound()) {
        (Bound::Included(lo), Bound::Included(hi)) => format!("in {lo:?}..={hi:?}"),
        (Bound::Included(lo), Bound::Excluded(hi)) => format!("in {lo:?}..{hi:?}"),
        (Bound::Included(lo), Bound::Unbounded) => format!("at least {lo:?}"),
        (Bound::Unbounded, Bound::Included(hi)) => format!("at most {hi:?}"),
        (Bound::Unbounded, Bound::Excluded(hi)) => format!("below {hi:?}"),
        (Bound::Unbounded, Bound::Unbounded) => "finite".to_owned(),
        (Bound::Excluded(lo), _) => format!("above {lo:?}"),
    }
}

/// A range of values of this type: one bound, so that a wrong type is one error.
#[diagnostic::on_unimplemented(
    message = "`range` does not apply to `{T}`",
    label = "`{T}` has no order that these bounds are in",
    note = "remove `range`, or implement `millstream::record::Bounded` for `{T}` and write bounds of that type"
)]
pub trait RangeOf<T> {
    /// Whether the value is in it, and finite.
    fn holds(&self, value: &T) -> bool;
    /// What the range asks for.
    fn asked(&self) -> String;
    /// The value as text.
    fn show(value: &T) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Bounded, R: RangeBounds<T>> RangeOf<T> for R {
    #[inline]
    fn holds(&self, value: &T) -> bool {
        self.contains(value) && value.is_finite()
    }

    fn asked(&self) -> String {
        asked(self)
    }

    fn show(value: &T) -> String {
        Plain(value).to_string()
    }
}

/// `range`: the value is in it, and finite.
#[inline]
pub fn range<T, R: RangeOf<T>>(value: &T, range: &R, at: &Path<'_>, found: &mut Violations) {
    if !range.holds(value) {
        found.add_got(at, format_args!("must be {}", range.asked()), R::show(value));
    }
}

/// `finite`: the value is neither infinite nor NaN.
#[inline]
pub fn finite<T: Float>(value: &T, at: &Path<'_>, found: &mut Violations) {
    // By value: a record that is lent to a call is kept in memory for all that is finite, too.
    let value = *value;
    if !value.is_finite() {
        found.add_got(at, "must be finite", Plain(&value));
    }
}

/// `len`: there are so many characters or elements.
#[inline]
pub fn len<T: Counted + ?Sized>(value: &T, range: &impl RangeBounds<usize>, at: &Path<'_>, found: &mut Violations) {
    let count = value.count();
    if !range.contains(&count) {
        let asked = match (range.start_bound(), range.end_bound()) {
            (Bound::Included(lo), Bound::Included(hi)) if lo == hi => lo.to_string(),
            _ => asked(range).trim_start_matches("in ").replace("below", "fewer than"),
        };
        found.add_got(at, format_args!("must have {asked} {}", T::WHAT), count);
    }
}

/// A regular expression, compiled once.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    regex: Option<regex::Regex>,
}

impl Pattern {
    /// Compiles it. `#[record]` has refused what does not compile; should one slip through, nothing matches it.
    pub fn new(text: &'static str) -> Self {
        Pattern { text, regex: regex::Regex::new(text).ok() }
    }
}

/// `pattern`: the text is found by it.
#[inline]
pub fn pattern<T: Text + ?Sized>(value: &T, pattern: &Pattern, at: &Path<'_>, found: &mut Violations) {
    let text = value.text();
    if !pattern.regex.as_ref().is_some_and(|regex| regex.is_match(text)) {
        found.add_got(at, format_args!("must match {:?}", pattern.text), format_args!("{text:?}"));
    }
}

/// `one_of` with texts.
#[inline]
pub fn one_of_text<T: Text + ?Sized>(value: &T, known: &[&str], at: &Path<'_>, found: &mut Violations) {
    let text = value.text();
    if !known.contains(&text) {
        found.add_got(at, OneOf(known), format_args!("{text:?}"));
    }
}

/// A list of values of this type: one bound, so that a wrong type is one error.
#[diagnostic::on_unimplemented(
    message = "`one_of` does not apply to `{T}`",
    label = "`{T}` is no number and no character",
    note = "remove `one_of`, or write a `check` function"
)]
pub trait ListOf<T> {
    /// Whether the value is in it.
    fn holds(&self, value: &T) -> bool;
    /// Adds that the value is not in it.
    fn refuse(&self, value: &T, at: &Path<'_>, found: &mut Violations);
}

#[diagnostic::do_not_recommend]
impl<T: Bounded, const N: usize> ListOf<T> for [T; N] {
    #[inline]
    fn holds(&self, value: &T) -> bool {
        self.contains(value)
    }

    fn refuse(&self, value: &T, at: &Path<'_>, found: &mut Violations) {
        found.add_got(at, OneOf(self), Plain(value));
    }
}

/// `one_of` with numbers or characters.
#[inline]
pub fn one_of<T, L: ListOf<T>>(value: &T, known: &L, at: &Path<'_>, found: &mut Violations) {
    if !known.holds(value) {
        known.refuse(value, at, found);
    }
}

struct OneOf<'k, T>(&'k [T]);

impl<T: fmt::Debug> fmt::Display for OneOf<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "must be" } else { "must be one of" })?;
        self.0.iter().enumerate().try_for_each(|(i, value)| {
            let between = if i == 0 { "" } else { "," };
            write!(f, "{between} {value:?}")
        })
    }
}

/// A check of the user's own.
#[inline]
pub fn verdict(verdict: impl Verdict, name: &'static str, at: &Path<'_>, found: &mut Violations) {
    verdict.report(name, at, found);
}

/// The checks of what an `Option` holds.
#[inline]
pub fn some<T>(
    value: &Option<T>,
    at: &Path<'_>,
    found: &mut Violations,
    check: impl Fn(&T, &Path<'_>, &mut Violations),
) {
    if let Some(value) = value {
        check(value, at, found);
    }
}

/// The checks of each element of a list.
#[inline]
pub fn each<T>(list: &[T], at: &Path<'_>, found: &mut Violations, check: impl Fn(&T, &Path<'_>, &mut Violations)) {
    for (i, value) in list.iter().enumerate() {
        check(value, &at.index(i), found);
    }
}

/// Follows a value if it [validates](Validate) itself, and passes over any other: a method call on `&Probe(value)` finds
/// [`Followed`] first.
pub struct Probe<'v, T: ?Sized>(pub &'v T);

/// The way for a value that validates itself.
pub trait Followed {
    /// Adds what is wrong with the value.
    fn follow(&self, at: &Path<'_>, found: &mut Violations);
}

impl<T: Validate + ?Sized> Followed for Probe<'_, T> {
    #[inline]
    fn follow(&self, at: &Path<'_>, found: &mut Violations) {
        self.0.validate_at(at, found);
    }
}

/// The way for any other value.
pub trait Passed {
    /// Nothing to check.
    fn follow(&self, at: &Path<'_>, found: &mut Violations);
}

impl<T: ?Sized> Passed for &Probe<'_, T> {
    #[inline]
    fn follow(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

/// Asks at compile time that `#[event_time]` stands on a time.
pub fn event_time<T: EventTime>(_value: &T) {}

/// Asks at compile time that `unit` stands on something measured.
pub fn measured<T: Measured>(_value: &T) {}

/// Asks at compile time that the bounds of a range are in order.
///
/// # Panics
/// When they are not.
#[track_caller]
pub const fn assert_bounds(in_order: bool, message: &str) {
    assert!(in_order, "{}", message);
}
