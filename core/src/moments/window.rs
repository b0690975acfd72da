//! The last values, and how the sums follow them.
//!
//! The values stand in a ring. Where the ring turns, the sums are computed anew and all that stands in it becomes the *old*
//! part, which the *new* part then overwrites from the front. The lowest value of the window is the lowest of the two parts.
//! For the new part that is a running minimum; for the old part, of which ever less remains, it is the top of a stack of
//! those values that are lower than all behind them.

use super::sums::{Sums, float, is_higher, is_lower, two_sum};

/// For how many updates sums last, at least. More would save nothing that can be measured.
const LASTS: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    size: usize,
    /// Slots `..at` are new, the others old.
    values: Vec<f64>,
    /// The slot of the next value.
    at: usize,
    /// Old slots, the next to leave on top, whose value is lower than all old ones behind them.
    low: Vec<usize>,
    /// The same with values that are higher.
    high: Vec<usize>,
    /// The largest `m2` since it was last computed from the values.
    peak: f64,
    /// The number of updates since then, in whole turns; starts so that the first turn computes.
    age: usize,
    odd: Odd,
}

/// The number of values in the window that are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Odd {
    nan: usize,
    positive: usize,
    negative: usize,
}

impl Odd {
    fn of(values: &[f64]) -> Self {
        let mut odd = Odd::default();
        for x in values {
            odd.enter(*x);
        }
        odd
    }

    fn slot(&mut self, x: f64) -> Option<&mut usize> {
        match x {
            _ if x.is_finite() => None,
            _ if x.is_nan() => Some(&mut self.nan),
            _ if x > 0.0 => Some(&mut self.positive),
            _ => Some(&mut self.negative),
        }
    }

    fn enter(&mut self, x: f64) {
        if let Some(number) = self.slot(x) {
            *number += 1;
        }
    }

    fn leave(&mut self, x: f64) {
        if let Some(number) = self.slot(x) {
            *number -= 1;
        }
    }

    /// The sum of the window, if it is not finite because of these.
    fn sum(self) -> Option<f64> {
        match (self.nan, self.positive, self.negative) {
            (0, 0, 0) => None,
            (0, _, 0) => Some(f64::INFINITY),
            (0, 0, _) => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        }
    }
}

impl Window {
    /// An empty window of `size` values, at least 1.
    pub(super) fn new(size: usize) -> Self {
        Window {
            size,
            values: Vec::new(),
            at: 0,
            low: Vec::new(),
            high: Vec::new(),
            peak: 0.0,
            age: LASTS,
            odd: Odd::default(),
        }
    }

    /// The window that [`parts`](Window::parts) describe, if there is one.
    pub(super) fn from_parts(size: usize, at: usize, age: usize, peak: f64, values: Vec<f64>) -> Option<Self> {
        let sound = if values.len() < size { at == values.len() } else { values.len() == size && at < size };
        if !sound {
            return None;
        }
        let mut window = Window { at, age: age.min(LASTS), peak, odd: Odd::of(&values), values, ..Window::new(size) };
        if window.is_full() {
            window.find_candidates();
        }
        Some(window)
    }

    /// Size, next slot, age, peak and values: all that the rest follows from.
    pub(super) fn parts(&self) -> (usize, usize, usize, f64, &[f64]) {
        (self.size, self.at, self.age, self.peak, &self.values)
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.values.len() == self.size
    }

    #[inline]
    pub(super) fn old_lowest(&self) -> Option<f64> {
        self.low.last().map(|slot| self.values[*slot])
    }

    #[inline]
    pub(super) fn old_highest(&self) -> Option<f64> {
        self.high.last().map(|slot| self.values[*slot])
    }

    /// Fills the stacks for the old slots.
    fn find_candidates(&mut self) {
        self.low.clear();
        self.high.clear();
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (slot, x) in self.values.iter().copied().enumerate().skip(self.at).rev() {
            if is_lower(x, min) {
                min = x;
                self.low.push(slot);
            }
            if is_higher(x, max) {
                max = x;
                self.high.push(slot);
            }
        }
    }

    fn push(&mut self, x: f64) {
        if self.values.len() == self.values.capacity() {
            // Doubled like any `Vec`, but never beyond the size.
            let more = self.values.len().max(4).min(self.size - self.values.len());
            self.values.reserve_exact(more);
        }
        self.values.push(x);
        self.odd.enter(x);
        self.at += 1;
    }

    /// Puts `x` in the place of the oldest value, which it returns.
    #[inline]
    fn replace(&mut self, x: f64) -> f64 {
        let slot = self.at;
        self.at += 1;
        pop_if_at(&mut self.low, slot);
        pop_if_at(&mut self.high, slot);
        std::mem::replace(&mut self.values[slot], x)
    }
    /// Adds a value; when the window is full, the oldest one leaves.
    #[inline]
    pub(super) fn add(&mut self, sums: &mut Sums, x: f64) {
        if self.is_full() {
            let y = self.replace(x);
            self.exchange(sums, x, y);
        } else {
            self.push(x);
            sums.add(x);
        }
        if self.at == self.size {
            self.turn(sums);
        }
    }

    /// `x` came, `y` went.
    #[inline]
    #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "for the NaN")]
    fn exchange(&mut self, sums: &mut Sums, x: f64, y: f64) {
        sums.extend_extremes(x, x);
        let (change, lost) = two_sum(x, -y);
        if !change.is_finite() || !sums.sum.is_finite() {
            return self.exchange_odd(sums, x, y);
        }
        sums.add_to_sum(change);
        sums.carry += lost;
        let before = sums.mean;
        sums.mean = sums.total() / float(sums.count);
        sums.m2 += change * ((x - sums.mean) + (y - before));
        if sums.m2 > self.peak {
            self.peak = sums.m2;
        }
        // Below this, what rounding left of the largest is no longer small beside it.
        if !(sums.m2 >= self.peak / 16.0) {
            self.recompute(sums);
        }
    }

    #[cold]
    fn exchange_odd(&mut self, sums: &mut Sums, x: f64, y: f64) {
        self.odd.enter(x);
        self.odd.leave(y);
        self.recompute(sums);
    }

    /// The whole window was replaced.
    #[inline(never)]
    fn turn(&mut self, sums: &mut Sums) {
        self.at = 0;
        (sums.min, sums.max) = (f64::INFINITY, f64::NEG_INFINITY);
        self.find_candidates();
        self.age += self.size;
        if self.age >= LASTS {
            self.recompute(sums);
        }
    }

    /// Computes the sums from the values of a full window: in two passes, the second one corrected for the rounding of the mean.
    #[inline(never)]
    fn recompute(&mut self, sums: &mut Sums) {
        self.age = 0;
        (sums.sum, sums.carry) = (0.0, 0.0);
        if let Some(sum) = self.odd.sum() {
            (sums.sum, sums.mean, sums.m2) = (sum, sum, f64::NAN);
            return;
        }
        // Four sums at a time: one alone would wait for each addition.
        let (fours, rest) = self.values.as_chunks::<4>();
        let (mut sum, mut lost) = ([0.0; 4], [0.0; 4]);
        for four in fours {
            for i in 0..4 {
                let (next, less) = two_sum(sum[i], four[i]);
                sum[i] = next;
                lost[i] += less;
            }
        }
        sum.iter().chain(rest).for_each(|x| sums.add_to_sum(*x));
        sums.carry += lost.iter().sum::<f64>();
        let n = float(sums.count);
        sums.mean = sums.total() / n;
        let (mut off, mut squares) = ([0.0; 4], [0.0; 4]);
        for four in fours {
            for i in 0..4 {
                let deviation = four[i] - sums.mean;
                off[i] += deviation;
                squares[i] += deviation * deviation;
            }
        }
        let (mut off, mut squares) = (off.iter().sum::<f64>(), squares.iter().sum::<f64>());
        for x in rest {
            let deviation = x - sums.mean;
            off += deviation;
            squares += deviation * deviation;
        }
        sums.m2 = (squares - off * off / n).max(0.0);
        self.peak = sums.m2;
    }
}

/// Drops the top of the stack if it is this slot; without a branch, as it would often be mistaken.
#[inline]
fn pop_if_at(stack: &mut Vec<usize>, slot: usize) {
    let pops = usize::from(stack.last() == Some(&slot));
    stack.truncate(stack.len() - pops);
}
