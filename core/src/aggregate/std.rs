//! How far from the mean.

use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf, Number};
use crate::moments::Moments;

/// Beyond this the squares of deviations would overflow.
const LARGEST: f64 = 1e140;

/// The standard deviation of the sample, the root of `Σ (x - m)² / (n - 1)` as in SQL's `STDDEV`, pandas and R; `None` of fewer than
/// two values. [`population`](Std::population) divides by `n`.
///
/// It is computed by [`Moments`]: Welford's recurrence over a compensated sum, and Chan's merge. The sum of squares minus the square of
/// the sum, which loses all digits where values lie far from 0 and near to each other, is not used. Its relative error is near `ε
/// |m| / σ`, with `ε` = 1.1e-16. Values are finite and up to 1e140; deviations below 1e-160 count as none.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Std};
///
/// let mut std = Std::default();
/// for x in [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0] {
///     std.add(x);
/// }
/// assert_eq!(std.value(), Some(30_f64.sqrt()));
/// assert_eq!(std.population(), Some(22.5_f64.sqrt()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Std(Moments);

impl Std {
    /// The standard deviation of exactly these values: the root of `Σ (x - m)² / n`; `None` of none.
    pub fn population(&self) -> Option<f64> {
        (self.0.count() > 0).then(|| self.0.population_std())
    }

    /// Count, mean, variance and extremes of the values.
    pub fn moments(&self) -> &Moments {
        &self.0
    }
}

impl Aggregate for Std {
    type Output = Option<f64>;

    fn value(&self) -> Option<f64> {
        (self.0.count() > 1).then(|| self.0.std())
    }

    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        // Neither slides, so they fit.
        self.0.merge(&other.0).map_err(|error| AggregateError::Parameter(error.to_string()))
    }
}

impl<T: Number> AggregateOf<T> for Std {
    #[inline]
    fn try_add(&mut self, value: T) -> Result<(), AggregateError> {
        let value = value.to_f64()?;
        if value.abs() <= LARGEST {
            self.0.add(value);
            Ok(())
        } else {
            Err(refused(value))
        }
    }
}

#[cold]
fn refused(value: f64) -> AggregateError {
    if value.is_nan() { AggregateError::NotANumber("std") } else { AggregateError::TooLarge("std", value) }
}
