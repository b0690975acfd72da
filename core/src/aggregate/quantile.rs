//! What a share of the values stays below.

use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};

use super::{Aggregate, AggregateError, AggregateOf, Number};

/// So many values are kept as they are.
const FEW: usize = 128;
/// How far off a value may be, in relation to itself.
const ERROR: f64 = 0.01;
/// Values go into the sketch in this unit, 2⁶⁴, so that the sum that it keeps beside does not overflow.
const UNIT: f64 = 18_446_744_073_709_551_616.0;

/// A quantile: the value that the share `q` of all values does not exceed. `None` of nothing.
///
/// That is the value of rank `⌊q (n - 1)⌋` in sorted order, from 0, so `q = 0` is the smallest, `q = 1` the largest, and `q = 0.5` the
/// median; between two values nothing is interpolated. **Up to 128 values it is exact.** From then on the values go into a
/// `DDSketch` (C. Masson, J. E. Rim and H. K. Lee, "`DDSketch`: a fast and fully-mergeable quantile sketch with relative-error
/// guarantees", VLDB 12, 2019), which counts them by logarithm, and the result is within 1 % of that value, whatever the values
/// are. [`with_error`](Quantile::with_error) sets another bound. The largest and the smallest stay exact. A t-digest bounds no error, and
/// what it gives depends on how the values were split.
///
/// **Memory** is 8 bytes for each 2 % between the smallest and the largest magnitude, separately for negative values: 6 kB from 1 to a
/// million, 1.2 MB if the values span all that `f64` can hold. Magnitudes below 1e-288 count as 0.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Quantile};
///
/// let mut median = Quantile::new(0.5)?;
/// for x in [5, 1, 4] {
///     median.add(x);
/// }
/// assert_eq!(median.value(), Some(4.0));
///
/// let mut p99 = Quantile::new(0.99)?;
/// for x in 1..=100_000 {
///     p99.add(x);
/// }
/// let value = p99.value().unwrap();
/// assert!((value - 99_000.0).abs() <= 0.01 * 99_000.0);
/// # Ok::<(), millstream::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Quantile {
    q: f64,
    error: f64,
    values: Values,
}

/// What is stored, before it is looked at.
#[derive(Deserialize)]
#[serde(rename = "Quantile", deny_unknown_fields)]
struct Form {
    q: f64,
    error: f64,
    values: Values,
}

impl TryFrom<Form> for Quantile {
    type Error = AggregateError;

    fn try_from(form: Form) -> Result<Self, AggregateError> {
        let empty = Quantile::with_error(form.q, form.error)?;
        Ok(Quantile { values: form.values, ..empty })
    }
}

#[derive(Clone, Serialize, Deserialize)]
enum Values {
    Few(Vec<f64>),
    Many(Box<DDSketch>),
}

impl Quantile {
    /// The quantile of the share `q`, within 1 %.
    ///
    /// # Errors
    /// When `q` is not from 0 to 1.
    pub fn new(q: f64) -> Result<Self, AggregateError> {
        Quantile::with_error(q, ERROR)
    }

    /// The quantile of the share `q`, off by at most `error` in relation to itself. Half the error takes twice the memory.
    ///
    /// # Errors
    /// When `q` is not from 0 to 1, or `error` not from 0.0001 to 0.5.
    pub fn with_error(q: f64, error: f64) -> Result<Self, AggregateError> {
        if !(0.0..=1.0).contains(&q) {
            return Err(AggregateError::Parameter(format!("the share of a `quantile` is from 0.0 to 1.0, got {q}")));
        }
        if !(0.0001..=0.5).contains(&error) {
            let message = format!("the `error` of a `quantile` is from 0.0001 to 0.5, got {error}");
            return Err(AggregateError::Parameter(message));
        }
        Ok(Quantile { q, error, values: Values::Few(Vec::new()) })
    }

    /// The share.
    pub fn share(&self) -> f64 {
        self.q
    }

    /// How far the value may be off, in relation to itself: 0 while all values are kept.
    pub fn error(&self) -> f64 {
        if matches!(self.values, Values::Few(_)) { 0.0 } else { self.error }
    }

    fn put(&mut self, value: f64) {
        match &mut self.values {
            Values::Few(few) if few.len() < FEW => few.push(value),
            Values::Few(few) => {
                let mut sketch = sketch(self.error);
                few.iter().chain([&value]).for_each(|x| sketch.add(x / UNIT));
                self.values = Values::Many(Box::new(sketch));
            }
            Values::Many(sketch) => sketch.add(value / UNIT),
        }
    }
}

/// An empty sketch with room for all magnitudes: it never gives up its bound to save memory.
fn sketch(error: f64) -> DDSketch {
    let per_bin = ((1.0 + error) / (1.0 - error)).ln();
    let magnitudes = (f64::MAX.ln() - f64::MIN_POSITIVE.ln()) / per_bin;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 7.1 million")]
    let bins = magnitudes as u32 + 256;
    DDSketch::new(Config::new(error, bins, f64::MIN_POSITIVE))
}

impl Aggregate for Quantile {
    type Output = Option<f64>;

    fn value(&self) -> Option<f64> {
        match &self.values {
            Values::Few(few) => {
                let mut sorted = few.clone();
                sorted.sort_by(f64::total_cmp);
                let last = crate::moments::float(u64::try_from(few.len().checked_sub(1)?).ok()?);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the length")]
                sorted.get((self.q * last) as usize).copied()
            }
            Values::Many(sketch) => {
                let value = sketch.quantile(self.q).ok()??;
                // The middle of the outermost bins may lie outside of what is in them.
                Some(value.max(sketch.min()?).min(sketch.max()?) * UNIT)
            }
        }
    }

    #[allow(clippy::float_cmp, reason = "parameters, as they were given")]
    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        if (self.q, self.error) != (other.q, other.error) {
            let text = |state: &Quantile| format!("share {} and error {}", state.q, state.error);
            return Err(AggregateError::Mismatch("quantile", text(self), text(&other)));
        }
        match (&mut self.values, other.values) {
            (_, Values::Few(few)) => few.into_iter().for_each(|x| self.put(x)),
            (Values::Few(few), Values::Many(mut sketch)) => {
                for x in &*few {
                    sketch.add(x / UNIT);
                }
                self.values = Values::Many(sketch);
            }
            (Values::Many(this), Values::Many(sketch)) => {
                this.merge(&sketch).map_err(|error| AggregateError::Parameter(error.to_string()))?;
            }
        }
        Ok(())
    }
}

impl<T: Number> AggregateOf<T> for Quantile {
    #[inline]
    fn try_add(&mut self, value: T) -> Result<(), AggregateError> {
        let value = value.to_f64()?;
        if !value.is_finite() {
            return Err(if value.is_nan() {
                AggregateError::NotANumber("quantile")
            } else {
                AggregateError::Infinite("quantile")
            });
        }
        self.put(value);
        Ok(())
    }
}

impl std::fmt::Debug for Quantile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = match &self.values {
            Values::Few(few) => few.len(),
            Values::Many(sketch) => sketch.count(),
        };
        f.debug_struct("Quantile").field("q", &self.q).field("error", &self.error).field("count", &count).finish()
    }
}
