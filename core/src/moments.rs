//! Count, mean, variance and extremes of a stream of numbers, in constant memory.
//!
//! ```
//! # use millstream_core as millstream;
//! use millstream::moments::Moments;
//!
//! let all: Moments = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().collect();
//! assert_eq!((all.count(), all.mean(), all.min(), all.max()), (8, 5.0, 2.0, 9.0));
//! assert_eq!(all.population_std(), 2.0);
//!
//! let mut last_three = Moments::over(3);
//! for value in [100.0, 1.0, 2.0, 3.0] {
//!     last_three.add(value);
//! }
//! assert_eq!((last_three.count(), last_three.mean(), last_three.max()), (3, 2.0, 3.0));
//! ```
//!
//! # How it computes
//!
//! With `s` the sum, `m = s / n` the mean and `M2 = Σ (x - m)²` the sum of squared deviations:
//!
//! * **The sum** is kept with the rounding error of every addition beside it (Knuth's `TwoSum`, summed as in Kahan-Babuška), so
//!   it is right to the last bit or two however many values there were, and the mean with it. The usual running mean
//!   `m += (x - m) / n` is not: over values near 10⁹ it stands still after some 10⁷ of them, because the steps round to nothing.
//! * **Adding** uses Welford's recurrence in West's form, `M2 += (x - m)² (n - 1) / n` with `m` from before `x` (B. P. Welford,
//!   Technometrics 4, 1962; D. H. D. West, CACM 22, 1979). Nothing is subtracted from `M2`, so it never cancels; its relative
//!   error stays near `ε |m| / σ`, with `ε` = 1.1e-16.
//! * **Merging** uses `M2 = M2a + M2b + (mb - ma)² na nb / n` (T. F. Chan, G. H. Golub and R. J. `LeVeque`, The American Statistician
//!   37, 1983).
//! * **Sliding** replaces the oldest value `y` by `x` with `M2 += (x - y) ((x - m') + (y - m))`. This does subtract, so its errors
//!   add up; therefore `M2` is computed anew from the values of the window, in two passes, whenever the window has been replaced
//!   as a whole since (a short one several times over: 256 values), and at once when it falls below a sixteenth of what it
//!   was since then, as when an outlier leaves. Drift is thus bounded by that many updates, were there 10⁹ before or none.
//! * **The extremes of a window** are those of its old part, for which the candidates are found once per window, and of its new
//!   part, which only grows.
//!
//! All of it is O(1) amortised per value.

use serde::{Deserialize, Serialize};

mod form;
mod sums;
mod window;

use form::Form;
use sums::{Sums, is_higher, is_lower};
pub(crate) use sums::{float, two_sum};
use window::Window;

/// Deviations below this part of the mean may be nothing but rounding errors: a million times the smallest ones.
const NEAR: f64 = 1e6 * f64::EPSILON;

/// Count, mean, variance and extremes of the values added to it: of all of them, or of the last `n`.
///
/// [`Moments::default`] describes every value it was ever given, in 64 bytes and without an allocation, so that a pipeline can
/// hold one per key. [`Moments::over`] describes the last `n` and keeps those. See the [module](self) for the algorithms.
///
/// # Values that are not finite
/// They are added like others and show, as IEEE 754 has it, for as long as they are among the values described. After a NaN
/// everything but the count is NaN. After an infinity the sum and the mean are that infinity (NaN after both), the variance is
/// NaN, and the extremes are right. A window is as good as new when the last such value has left it. So is a sum that overflows:
/// it is infinite, and the mean with it. To keep such values out, filter before, or decode a record whose field is `finite`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Form", try_from = "Form")]
pub struct Moments {
    sums: Sums,
    window: Option<Box<Window>>,
}

impl Moments {
    /// The moments of no value yet, which will describe all that are added: as [`default`](Moments::default).
    pub fn new() -> Self {
        Moments::default()
    }

    /// Moments that describe the last `n` values added. Memory grows with the values up to `n` of them.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn over(n: usize) -> Self {
        assert!(n > 0, "a sliding window holds at least one value; write `Moments::over(1)` or more");
        Moments { window: Some(Box::new(Window::new(n))), ..Moments::default() }
    }

    /// Adds a value. In a sliding window that is full, the oldest leaves.
    #[inline]
    pub fn add(&mut self, x: f64) {
        match &mut self.window {
            None => self.sums.add(x),
            Some(window) => window.add(&mut self.sums, x),
        }
    }

    /// How many values are described: all, or those in the window.
    pub fn count(&self) -> u64 {
        self.sums.count
    }

    /// The sum of the values; 0 of none.
    pub fn sum(&self) -> f64 {
        self.sums.total()
    }

    /// The mean, or NaN of no value. A finite one is never outside of the extremes.
    #[inline]
    pub fn mean(&self) -> f64 {
        let (mean, min, max) = (self.sums.mean, self.lowest(), self.highest());
        if self.count() == 0 {
            f64::NAN
        } else if !mean.is_finite() {
            mean
        } else if mean < min {
            min
        } else if mean > max {
            max
        } else {
            mean
        }
    }

    /// The sample variance `M2 / (n - 1)`, as in SQL's `VARIANCE`, pandas and R; NaN of fewer than two values. Values that are
    /// all equal have exactly 0. See also [`population_variance`](Moments::population_variance).
    #[inline]
    pub fn variance(&self) -> f64 {
        if self.count() < 2 { f64::NAN } else { self.squares() / float(self.count() - 1) }
    }

    /// The sample standard deviation: the root of [`variance`](Moments::variance).
    #[inline]
    pub fn std(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The variance of exactly these values, `M2 / n`, as in SQL's `VAR_POP` and numpy; NaN of no value.
    pub fn population_variance(&self) -> f64 {
        if self.count() == 0 { f64::NAN } else { self.squares() / float(self.count()) }
    }

    /// The standard deviation of exactly these values: the root of [`population_variance`](Moments::population_variance).
    pub fn population_std(&self) -> f64 {
        self.population_variance().sqrt()
    }

    #[inline]
    #[allow(clippy::float_cmp, reason = "whether all values are the very same one")]
    fn squares(&self) -> f64 {
        let Sums { mean, m2, .. } = self.sums;
        // Of equal values the mean may be off by its last bit, and the deviations with it. Far above that there is no need to
        // look at the extremes.
        let close = NEAR * mean;
        if !mean.is_finite() {
            f64::NAN
        } else if m2 <= float(self.count()) * close * close && self.lowest() == self.highest() {
            0.0
        } else {
            m2
        }
    }

    /// The smallest value, or NaN of no value.
    pub fn min(&self) -> f64 {
        if self.count() == 0 { f64::NAN } else { self.lowest() }
    }

    /// The largest value, or NaN of no value.
    pub fn max(&self) -> f64 {
        if self.count() == 0 { f64::NAN } else { self.highest() }
    }

    #[inline]
    fn lowest(&self) -> f64 {
        match self.window.as_ref().and_then(|window| window.old_lowest()) {
            Some(old) if is_lower(old, self.sums.min) => old,
            _ => self.sums.min,
        }
    }

    #[inline]
    fn highest(&self) -> f64 {
        match self.window.as_ref().and_then(|window| window.old_highest()) {
            Some(old) if is_higher(old, self.sums.max) => old,
            _ => self.sums.max,
        }
    }

    /// How many standard deviations (of the sample) `x` lies above the mean. `None` while there are fewer than two values or
    /// they are all equal, and where there is no finite deviation to measure by; NaN for a NaN.
    ///
    /// `x` itself is not added. Ask before adding it to compare it with those before it:
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::moments::Moments;
    /// let mut window = Moments::over(50);
    /// window.extend([1.0, 2.0, 3.0]);
    /// assert_eq!(window.z(4.0), Some(2.0));
    /// window.add(4.0);
    /// ```
    #[inline]
    pub fn z(&self, x: f64) -> Option<f64> {
        let std = self.std();
        (std > 0.0 && std < f64::INFINITY).then(|| (x - self.sums.mean) / std)
    }

    /// Whether this describes the last values only, and how many at most.
    pub fn window(&self) -> Option<usize> {
        self.window.as_ref().map(|window| window.size())
    }

    /// Adds all that `other` describes; if that slides, the values that are in its window now.
    ///
    /// It does not matter in which order parts are merged, but for the last bits.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::moments::Moments;
    /// let (mut left, right): (Moments, Moments) = ([1.0, 2.0].into_iter().collect(), [3.0, 6.0].into_iter().collect());
    /// left.merge(&right)?;
    /// assert_eq!((left.count(), left.mean(), left.max()), (4, 3.0, 6.0));
    /// # Ok::<(), millstream::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// When this one slides: which values are the last ones depends on how the two streams interleave, and neither knows. It
    /// is left as it was.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.window.is_some() {
            return Err(MergeError(()));
        }
        if other.count() > 0 {
            let theirs = Sums { m2: other.squares(), min: other.lowest(), max: other.highest(), ..other.sums };
            self.sums.m2 = self.squares();
            self.sums.merge(&theirs);
        }
        Ok(())
    }
}

impl Extend<f64> for Moments {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|x| self.add(x));
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Moments::default();
        moments.extend(values);
        moments
    }
}

/// Why two [`Moments`] were not merged: the one that was to take in the other slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeError(());

impl std::fmt::Display for MergeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a sliding window cannot take in other moments; merge into `Moments::default()`")
    }
}

impl std::error::Error for MergeError {}
