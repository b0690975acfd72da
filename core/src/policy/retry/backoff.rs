//! How long to wait before the next attempt.

use std::time::Duration;

/// The time between two attempts: a [`Constant`], [`Exponential`], or any `Fn(u32) -> Duration`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::Backoff;
/// use std::time::Duration;
///
/// let linear = |attempt| Duration::from_secs(1) * attempt;
/// assert_eq!(linear.delay(3), Duration::from_secs(3));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backoff",
    label = "gives no delay for the number of an attempt",
    note = "write a function like `fn delay(attempt: u32) -> Duration`, or take `exponential` or `constant`"
)]
pub trait Backoff {
    /// The time to wait after the attempt of this number has failed; the first is 1.
    fn delay(&self, attempt: u32) -> Duration;

    /// The longest time that an error may ask for, by a [`Hint`](super::Hint); `None` leaves that to the [`Retry`](super::Retry).
    fn max(&self) -> Option<Duration> {
        None
    }
}

/// The same time before each attempt.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Backoff, Constant};
/// use std::time::Duration;
///
/// assert_eq!(Constant(Duration::from_secs(1)).delay(7), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant(pub Duration);

impl Backoff for Constant {
    fn delay(&self, _attempt: u32) -> Duration {
        self.0
    }
}

/// A time that grows by a factor with each attempt, up to a limit: `min(first * factor ^ (attempt - 1), max)`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Backoff, Exponential};
/// use std::time::Duration;
///
/// let backoff = Exponential::from(Duration::from_millis(50)).max(Duration::from_millis(300));
/// assert_eq!([1, 2, 3, 4, 5].map(|attempt| backoff.delay(attempt).as_millis()), [50, 100, 200, 300, 300]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    first: Duration,
    factor: f64,
    max: Duration,
}

impl Exponential {
    /// This time first, then twice as long each time; at most a minute, or `first` if that is longer.
    pub const fn from(first: Duration) -> Self {
        let minute = Duration::from_mins(1);
        let max = if first.as_nanos() > minute.as_nanos() { first } else { minute };
        Exponential { first, factor: 2.0, max }
    }

    /// The same with another factor.
    ///
    /// # Panics
    /// When it is below 1, or not finite.
    #[must_use]
    pub const fn factor(self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor.is_finite(), "the factor of a backoff must be 1 or more");
        Exponential { factor, ..self }
    }

    /// The same with another limit.
    ///
    /// # Panics
    /// When it is shorter than the first delay.
    #[must_use]
    pub const fn max(self, max: Duration) -> Self {
        assert!(max.as_nanos() >= self.first.as_nanos(), "the `max` of a backoff must not be below its first delay");
        Exponential { max, ..self }
    }
}

impl Backoff for Exponential {
    fn delay(&self, attempt: u32) -> Duration {
        if self.first.is_zero() {
            // Zero times infinity is no number.
            return Duration::ZERO;
        }
        let factor = self.factor.powf(f64::from(attempt.saturating_sub(1)));
        seconds(self.first.as_secs_f64() * factor, self.max)
    }

    fn max(&self) -> Option<Duration> {
        Some(self.max)
    }
}

#[diagnostic::do_not_recommend]
impl<F: Fn(u32) -> Duration> Backoff for F {
    fn delay(&self, attempt: u32) -> Duration {
        self(attempt)
    }
}

/// So many seconds, but no more than `max`, however many they are.
fn seconds(seconds: f64, max: Duration) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(max).min(max)
}

/// How much of a delay is left to chance, so that callers that failed together do not come back together.
///
/// The formulas are those of Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015; `random` is from 0
/// to 1, without 1. There full jitter is found to take the fewest calls.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Jitter, Policy, Retry};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// let retry = Retry::constant(Duration::from_secs(2)).attempts(2).jitter(Jitter::Equal);
/// let simulation = Simulation::seeded(1);
/// let _ = simulation.run(|| retry.run(|| Err::<(), _>("down")));
/// assert!((1.0..2.0).contains(&simulation.elapsed().as_secs_f64()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// All of it: `delay * random`.
    #[default]
    Full,
    /// Half of it: `delay / 2 + delay / 2 * random`.
    Equal,
    /// Nothing.
    None,
}

impl Jitter {
    pub(super) fn of(self, delay: Duration, random: impl FnOnce() -> f64) -> Duration {
        let part = |of: Duration| seconds(of.as_secs_f64() * random(), of);
        match self {
            Jitter::Full => part(delay),
            Jitter::Equal => delay / 2 + part(delay / 2),
            Jitter::None => delay,
        }
    }

    /// A time that an error asks for, and up to a tenth more: not less, as nobody is to come before it.
    pub(super) fn above(self, asked: Duration, random: impl FnOnce() -> f64) -> Duration {
        match self {
            Jitter::Full | Jitter::Equal => asked.saturating_add(Jitter::Full.of(asked / 10, random)),
            Jitter::None => asked,
        }
    }
}
