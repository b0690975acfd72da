//! What can be added up, and what is as good as a float.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{AggregateError, FloatSum};

/// What [`Sum`](super::Sum) and [`Mean`](super::Mean) add up: integers, floats, and decimals with the feature `decimal`.
///
/// The sum of signed integers is an `i64`, of unsigned ones a `u64`, of `i128` an `i128`, of floats an `f64`, of decimals a decimal.
/// A type of your own says which of these it is:
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Mean, Summand};
///
/// #[derive(Clone, Copy)]
/// struct Metres(f32);
///
/// impl Summand for Metres {
///     type Total = f64;
///     fn widened(self) -> f64 { self.0.into() }
/// }
///
/// let mut mean = Mean::default();
/// mean.add(Metres(1.0));
/// mean.add(Metres(2.0));
/// assert_eq!(mean.value(), Some(1.5));
/// ```
#[diagnostic::on_unimplemented(
    message = "`sum` and `mean` cannot add up `{Self}`",
    label = "`{Self}` is not a number",
    note = "numbers are integers, floats, and with the feature `decimal` decimals; take one out of the item: `sum(field)` or `sum(|item| ..)`",
    note = "an `Option` is to be decided on before: drop the item with `filter`, or give a number with `unwrap_or(..)`"
)]
pub trait Summand: Copy {
    /// What its sum is.
    type Total: Total;
    /// The same number as what its sum is; nothing is lost.
    fn widened(self) -> Self::Total;
}

/// What a sum is: `i64`, `u64`, `i128`, `f64`, with the feature `decimal` a decimal. It says how values are added up.
///
/// Integers are added exactly; a mean of them is exact but for its last rounding, also where the sum would not fit. Floats are added as
/// [`FloatSum`] says.
pub trait Total: Copy {
    /// How a sum is kept.
    type State: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned;
    /// What a mean is.
    type Mean;
    /// Whether a sum may not fit although its state does.
    const BOUNDED: bool = false;

    /// Adds this value.
    ///
    /// # Errors
    /// When it cannot be added; the state is left as it was.
    fn add(self, state: &mut Self::State) -> Result<(), AggregateError>;

    /// Adds all of another sum.
    ///
    /// # Errors
    /// When they cannot be added.
    fn merge(state: &mut Self::State, other: &Self::State) -> Result<(), AggregateError>;

    /// The type that the sum does not fit. Asked only where it is [`BOUNDED`](Total::BOUNDED).
    fn overflows(state: &Self::State) -> Option<&'static str> {
        let _ = state;
        None
    }

    /// The sum.
    fn sum(state: &Self::State) -> Self;

    /// The mean of `count` values, at least one.
    fn mean(state: &Self::State, count: u64) -> Self::Mean;
}

/// What [`Std`](super::Std) and [`Quantile`](super::Quantile) take: numbers that `f64` holds.
#[diagnostic::on_unimplemented(
    message = "`std` and `quantile` do not take `{Self}`",
    label = "`{Self}` is not a number",
    note = "numbers are integers, floats, and with the feature `decimal` decimals; take one out of the item: `std(field)` or `std(|item| ..)`",
    note = "an `Option` is to be decided on before: drop the item with `filter`, or give a number with `unwrap_or(..)`"
)]
pub trait Number: Copy {
    /// The number.
    ///
    /// # Errors
    /// When it is an integer with more digits than `f64` holds. (A decimal becomes the nearest float.)
    fn to_f64(self) -> Result<f64, AggregateError>;
}

/// A number that is lent.
impl<T: Summand> Summand for &T {
    type Total = T::Total;
    #[inline]
    fn widened(self) -> T::Total {
        (*self).widened()
    }
}

/// A number that is lent.
impl<T: Number> Number for &T {
    #[inline]
    fn to_f64(self) -> Result<f64, AggregateError> {
        (*self).to_f64()
    }
}

/// The sum of integers of up to 64 bits: it can hold 2⁶³ of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, u64)", into = "(i64, u64)")]
pub struct IntegerSum(i128);

/// In two halves: not every format has integers of 128 bits.
impl From<(i64, u64)> for IntegerSum {
    fn from((high, low): (i64, u64)) -> Self {
        IntegerSum(i128::from(high) << 64 | i128::from(low))
    }
}

impl From<IntegerSum> for (i64, u64) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the two halves")]
    fn from(IntegerSum(sum): IntegerSum) -> Self {
        ((sum >> 64) as i64, sum as u64)
    }
}

impl IntegerSum {
    #[inline]
    fn add(&mut self, x: i128) -> Result<(), AggregateError> {
        self.0 = self.0.checked_add(x).ok_or(AggregateError::Overflow("i128"))?;
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "the last rounding")]
    fn mean(self, count: u64) -> f64 {
        let (n, sum) = (i128::from(count.max(1)), self.0);
        let (whole, rest) = (sum / n, sum % n);
        whole as f64 + rest as f64 / n as f64
    }
}

macro_rules! integers {
    ($($sum:ident: $($ty:ident)*;)*) => { $(
        impl Total for $sum {
            type State = IntegerSum;
            type Mean = f64;
            const BOUNDED: bool = true;

            #[inline]
            fn add(self, state: &mut IntegerSum) -> Result<(), AggregateError> {
                state.add(self.into())
            }
            fn merge(state: &mut IntegerSum, other: &IntegerSum) -> Result<(), AggregateError> {
                state.add(other.0)
            }
            #[inline]
            fn overflows(state: &IntegerSum) -> Option<&'static str> {
                $sum::try_from(state.0).is_err().then_some(stringify!($sum))
            }
            fn sum(state: &IntegerSum) -> $sum {
                // What does not fit was never added.
                $sum::try_from(state.0).unwrap_or($sum::MAX)
            }
            fn mean(state: &IntegerSum, count: u64) -> f64 {
                state.mean(count)
            }
        }

        $(
            impl Summand for $ty {
                type Total = $sum;
                #[inline]
                #[allow(clippy::cast_lossless, trivial_numeric_casts, reason = "`usize` and `isize` have no `From`")]
                fn widened(self) -> $sum {
                    self as $sum
                }
            }

            impl Number for $ty {
                #[inline]
                #[allow(
                    clippy::cast_lossless,
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "it is looked at what is lost"
                )]
                fn to_f64(self) -> Result<f64, AggregateError> {
                    let (wide, float) = (self as i128, self as f64);
                    // The cast back saturates at the largest `i128`, which no float is.
                    if float as i128 == wide && wide != i128::MAX { Ok(float) } else { Err(AggregateError::Inexact(wide)) }
                }
            }
        )*
    )* };
}
integers! {
    i64: i8 i16 i32 i64 isize;
    u64: u8 u16 u32 u64 usize;
    i128: i128;
}

impl Total for f64 {
    type State = FloatSum;
    type Mean = f64;

    #[inline]
    fn add(self, state: &mut FloatSum) -> Result<(), AggregateError> {
        state.add(self)
    }
    fn merge(state: &mut FloatSum, other: &FloatSum) -> Result<(), AggregateError> {
        state.merge(other)
    }
    fn sum(state: &FloatSum) -> f64 {
        state.sum()
    }
    fn mean(state: &FloatSum, count: u64) -> f64 {
        state.mean(count)
    }
}

macro_rules! floats {
    ($($ty:ident)*) => { $(
        impl Summand for $ty {
            type Total = f64;
            #[inline]
            fn widened(self) -> f64 {
                self.into()
            }
        }

        impl Number for $ty {
            #[inline]
            fn to_f64(self) -> Result<f64, AggregateError> {
                Ok(self.into())
            }
        }
    )* };
}
floats!(f32 f64);
