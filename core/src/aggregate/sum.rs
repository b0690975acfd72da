//! How much together.

use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf, Summand, Total};

/// The sum of the values; 0 of none.
///
/// Integers are added exactly, and a sum that does not fit its type is refused, never wrapped. Floats are added as
/// [`FloatSum`](super::FloatSum) says. See [`Summand`] for the type of the sum.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Sum};
///
/// let mut sum = Sum::default();
/// for amount in [1e100, 1.0, -1e100] {
///     sum.add(amount);
/// }
/// assert_eq!(sum.value(), 1.0);
///
/// let mut sum = Sum::default();
/// sum.add(i64::MAX);
/// assert_eq!(
///     sum.try_add(1).unwrap_err().to_string(),
///     "the sum does not fit `i64`; convert the values to `i128` before"
/// );
/// assert_eq!(sum.value(), i64::MAX);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct Sum<T: Total> {
    sum: T::State,
}

impl<T: Total> Default for Sum<T> {
    fn default() -> Self {
        Sum { sum: T::State::default() }
    }
}

impl<T: Total> Sum<T> {
    /// Takes over a state that was added to, if its sum fits.
    #[inline]
    fn checked(
        &mut self,
        change: impl FnOnce(&mut T::State) -> Result<(), AggregateError>,
    ) -> Result<(), AggregateError> {
        if !T::BOUNDED {
            return change(&mut self.sum);
        }
        let mut next = self.sum.clone();
        change(&mut next)?;
        if let Some(ty) = T::overflows(&next) {
            return Err(AggregateError::Overflow(ty));
        }
        self.sum = next;
        Ok(())
    }
}

impl<T: Total> Aggregate for Sum<T> {
    type Output = T;

    fn value(&self) -> T {
        T::sum(&self.sum)
    }

    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        self.checked(|sum| T::merge(sum, &other.sum))
    }
}

impl<T: Summand> AggregateOf<T> for Sum<T::Total> {
    #[inline]
    fn try_add(&mut self, value: T) -> Result<(), AggregateError> {
        self.checked(|sum| value.widened().add(sum))
    }
}
