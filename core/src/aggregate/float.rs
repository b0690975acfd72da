//! The sum of floats, right to the last bit.

use serde::{Deserialize, Serialize};

use super::AggregateError;
use crate::moments::two_sum;

/// Numbers from here on are summed apart, in units of [`UNIT`], so that no sum on the way overflows.
const LARGE: f64 = f64::from_bits((1023 + 960) << 52);
/// 2⁶⁴.
const UNIT: f64 = 18_446_744_073_709_551_616.0;

/// A sum of floats with what rounding took from it.
///
/// Plain addition loses up to half a unit in the last place with every step, and all of a small number beside a large one: `1e100 +
/// 1.0 - 1e100` is 0. Here each addition's rounding error, which Knuth's `TwoSum` gives exactly, is summed as well, and the
/// errors of that once more (A. Klein, "A Generalized Kahan-Babuška-Summation-Algorithm", Computing 76, 2006, of second order). The
/// error of `n` values is thus `ε |sum| + O(n³ ε³ Σ|x|)` with `ε` = 1.1e-16: the last bit, unless the values cancel to less than
/// 10⁻³⁰ of themselves. Adding allocates nothing below 2⁹⁶⁰ = 1e289. From there on values are summed
/// apart and scaled, so that the sum of `1e308`, `1e308` and `-1e308` is `1e308`. Only a result that is too large for `f64` is
/// infinite, or one of infinite values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FloatSum {
    near: Compensated,
    far: Option<Box<Far>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Compensated {
    sum: f64,
    /// What the additions to `sum` lost, and those to this.
    lost: f64,
    less: f64,
}

/// The part of large values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Far {
    /// In units of 2⁶⁴.
    large: Compensated,
    /// Whether there were infinite values, and whether they are positive.
    infinite: Option<bool>,
}

impl Compensated {
    #[inline]
    fn add(&mut self, x: f64) {
        let (sum, lost) = two_sum(self.sum, x);
        let (lost, less) = two_sum(self.lost, lost);
        self.sum = sum;
        self.lost = lost;
        self.less += less;
    }

    fn merge(&mut self, other: Compensated) {
        self.add(other.sum);
        self.add(other.lost);
        self.add(other.less);
    }

    /// The sum, and what rounding it lost.
    fn parts(self) -> (f64, f64) {
        let (high, low) = two_sum(self.sum, self.lost);
        two_sum(high, low + self.less)
    }
}

impl FloatSum {
    /// Adds a value.
    #[inline]
    pub(super) fn add(&mut self, x: f64) -> Result<(), AggregateError> {
        if x.abs() < LARGE {
            self.near.add(x);
            return Ok(());
        }
        self.add_far(x)
    }

    #[cold]
    #[inline(never)]
    fn add_far(&mut self, x: f64) -> Result<(), AggregateError> {
        if x.is_nan() {
            return Err(AggregateError::NotANumber("sum"));
        }
        if x.is_infinite() {
            return self.add_infinite(x > 0.0);
        }
        self.far.get_or_insert_default().large.add(x / UNIT);
        Ok(())
    }

    fn add_infinite(&mut self, positive: bool) -> Result<(), AggregateError> {
        let infinite = &mut self.far.get_or_insert_default().infinite;
        if infinite.is_some_and(|known| known != positive) {
            return Err(AggregateError::NotANumber("sum"));
        }
        *infinite = Some(positive);
        Ok(())
    }

    pub(super) fn merge(&mut self, other: &Self) -> Result<(), AggregateError> {
        if let Some(far) = &other.far {
            if let Some(positive) = far.infinite {
                self.add_infinite(positive)?;
            }
            self.far.get_or_insert_default().large.merge(far.large);
        }
        self.near.merge(other.near);
        Ok(())
    }

    /// The sum.
    pub(super) fn sum(&self) -> f64 {
        match self.parts() {
            Ok(((sum, _), unit)) => sum * unit,
            Err(infinite) => infinite,
        }
    }

    /// The sum, divided by how many there are.
    pub(super) fn mean(&self, count: u64) -> f64 {
        let n = crate::moments::float(count);
        match self.parts() {
            // The remainder of the first quotient is exact, so that equal values have themselves as their mean.
            Ok(((sum, lost), unit)) => {
                let mean = sum / n;
                let rest = (-mean).mul_add(n, sum) + lost;
                (mean + rest / n) * unit
            }
            Err(infinite) => infinite,
        }
    }

    /// The sum, what rounding it lost, and in which unit; or the infinity that it is.
    fn parts(&self) -> Result<((f64, f64), f64), f64> {
        let Some(far) = &self.far else { return Ok((self.near.parts(), 1.0)) };
        match far.infinite {
            Some(true) => Err(f64::INFINITY),
            Some(false) => Err(f64::NEG_INFINITY),
            None if far.large.parts() == (0.0, 0.0) => Ok((self.near.parts(), 1.0)),
            None => {
                let mut both = far.large;
                both.merge(Compensated {
                    sum: self.near.sum / UNIT,
                    lost: self.near.lost / UNIT,
                    less: self.near.less / UNIT,
                });
                Ok((both.parts(), UNIT))
            }
        }
    }
}
