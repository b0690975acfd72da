//! Why an aggregate does not take a value, a parameter or another state.

use std::fmt;

/// Why an aggregate refused a value, a parameter or another state.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AggregateError {
    /// The result does not fit this type.
    Overflow(&'static str),
    /// This aggregate was given a NaN, or infinities that add up to one.
    NotANumber(&'static str),
    /// This aggregate was given something that does not compare, not even to itself.
    Unordered(&'static str),
    /// This aggregate was given a number beyond the largest that it can work with.
    TooLarge(&'static str, f64),
    /// This aggregate was given an infinity.
    Infinite(&'static str),
    /// An integer has more digits than `f64` holds.
    Inexact(i128),
    /// A parameter is out of its range.
    Parameter(String),
    /// Two states of this aggregate have other parameters, here first those of the one that was to take the other.
    Mismatch(&'static str, String, String),
}

impl fmt::Display for AggregateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AggregateError::Overflow(ty @ ("i64" | "u64")) => {
                write!(f, "the sum does not fit `{ty}`; convert the values to `i128` before")
            }
            AggregateError::Overflow(ty) => write!(f, "the sum does not fit `{ty}`"),
            AggregateError::NotANumber(of) => {
                write!(f, "`{of}` takes no NaN, nor infinities of both signs; drop such values before, with `filter`")
            }
            AggregateError::Unordered(of) => {
                write!(
                    f,
                    "`{of}` takes nothing that does not compare, such as NaN; drop such values before, with `filter`"
                )
            }
            AggregateError::TooLarge(of, value) => {
                write!(
                    f,
                    "`{of}` works with finite numbers up to 1e140, got {value}; drop such values before, with `filter`"
                )
            }
            AggregateError::Infinite(of) => {
                write!(f, "`{of}` takes finite numbers; drop infinite ones before, with `filter`")
            }
            AggregateError::Inexact(value) => {
                write!(
                    f,
                    "{value} has more digits than `f64` holds; if it may be rounded, convert it before with `as f64`"
                )
            }
            AggregateError::Parameter(message) => f.write_str(message),
            AggregateError::Mismatch(of, this, other) => {
                write!(f, "a state of `{of}` with {this} cannot take over one with {other}")
            }
        }
    }
}

impl std::error::Error for AggregateError {}
