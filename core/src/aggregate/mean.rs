//! How much on average.

use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf, Summand, Total};

/// The arithmetic mean; `None` of nothing.
///
/// It is the sum, as exact as [`Sum`](super::Sum) keeps it, over the count. The usual running mean `m += (x - m) / n` is not used: over
/// values near 10⁹ it stands still after some 10⁷ of them, because its steps round to nothing. Of integers it is exact but for
/// the last rounding, also where their sum would not fit 64 bits; of finite floats it is finite. The mean of decimals is a decimal.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Mean};
///
/// let mut mean = Mean::default();
/// mean.add(i64::MAX);
/// mean.add(i64::MAX);
/// assert_eq!(mean.value(), Some(i64::MAX as f64));
/// assert_eq!(mean.count(), 2);
/// assert_eq!(Mean::<f64>::default().value(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Mean<T: Total> {
    sum: T::State,
    count: u64,
}

impl<T: Total> Default for Mean<T> {
    fn default() -> Self {
        Mean { sum: T::State::default(), count: 0 }
    }
}

impl<T: Total> Mean<T> {
    /// How many values it is the mean of.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl<T: Total> Aggregate for Mean<T> {
    type Output = Option<T::Mean>;

    fn value(&self) -> Option<T::Mean> {
        (self.count > 0).then(|| T::mean(&self.sum, self.count))
    }

    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        let count = self.count.checked_add(other.count).ok_or(AggregateError::Overflow("u64"))?;
        T::merge(&mut self.sum, &other.sum).map_err(named)?;
        self.count = count;
        Ok(())
    }
}

impl<T: Summand> AggregateOf<T> for Mean<T::Total> {
    #[inline]
    fn try_add(&mut self, value: T) -> Result<(), AggregateError> {
        let count = self.count.checked_add(1).ok_or(AggregateError::Overflow("u64"))?;
        value.widened().add(&mut self.sum).map_err(named)?;
        self.count = count;
        Ok(())
    }
}

/// A mean is made of a sum, but not called so.
#[cold]
fn named(error: AggregateError) -> AggregateError {
    if let AggregateError::NotANumber(_) = error { AggregateError::NotANumber("mean") } else { error }
}
