//! The sums that moments are made of, and how they grow.

/// The sums over some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sums {
    pub(super) count: u64,
    /// The sum as plain addition gives it.
    pub(super) sum: f64,
    /// What plain addition lost.
    pub(super) carry: f64,
    /// `total() / count`, and 0 before the first value.
    pub(super) mean: f64,
    /// The sum of the squared deviations from the mean.
    pub(super) m2: f64,
    /// The extremes; in a window that is full, those of its new part.
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Sums { count: 0, sum: 0.0, carry: 0.0, mean: 0.0, m2: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Sums {
    /// One more value.
    #[inline]
    pub(super) fn add(&mut self, x: f64) {
        self.count += 1;
        let n = float(self.count);
        let deviation = x - self.mean;
        // In this order, so that the first value adds 0 however large it is.
        self.m2 += deviation * ((n - 1.0) / n) * deviation;
        self.add_to_sum(x);
        self.mean = self.total() / n;
        self.extend_extremes(x, x);
    }

    /// All the values of `other`, which has some.
    pub(super) fn merge(&mut self, other: &Sums) {
        let (na, nb) = (float(self.count), float(other.count));
        let apart = other.mean - self.mean;
        self.m2 += apart * (na * nb / (na + nb)) * apart + other.m2;
        self.count += other.count;
        self.add_to_sum(other.sum);
        self.carry += other.carry;
        self.mean = self.total() / float(self.count);
        self.extend_extremes(other.min, other.max);
    }

    /// Knuth's `TwoSum`: `sum + lost` is exactly the old sum plus `x`.
    #[inline]
    pub(super) fn add_to_sum(&mut self, x: f64) {
        let (sum, lost) = two_sum(self.sum, x);
        self.sum = sum;
        self.carry += lost;
    }

    #[inline]
    pub(super) fn extend_extremes(&mut self, min: f64, max: f64) {
        if is_lower(min, self.min) {
            self.min = min;
        }
        if is_higher(max, self.max) {
            self.max = max;
        }
    }

    /// The sum of the values.
    #[inline]
    pub(super) fn total(&self) -> f64 {
        let total = self.sum + self.carry;
        // Once the sum is infinite, what it lost is not a number.
        if total.is_nan() { self.sum } else { total }
    }
}

/// The rounded sum, and what rounding it lost.
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// Whether `x` takes over as the lowest value from `min`. A NaN does, and stays.
#[inline]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "for the NaN")]
pub(super) fn is_lower(x: f64, min: f64) -> bool {
    // Written so that most values, which do not, are done after one comparison.
    !(x >= min) && !min.is_nan()
}

/// Whether `x` takes over as the highest value from `max`. A NaN does, and stays.
#[inline]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "for the NaN")]
pub(super) fn is_higher(x: f64, max: f64) -> bool {
    !(x <= max) && !max.is_nan()
}

/// A count as a factor.
#[inline]
#[allow(clippy::cast_precision_loss, reason = "off by less than 1.2e-16 of itself, and only from 2^53 on")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
