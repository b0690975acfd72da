//! How long to wait before the next attempt.

use std::time::Duration;

/// The time between two attempts: a [`Constant`], [`Exponential`], or any `Fn(u32) -> Duration`.
pub trait Backoff {
    /// The time to wait after the attempt of this number has failed; the first is 1.
    fn delay(&self, attempt: u32) -> Duration;
}

/// The same time before each attempt.
#[derive(Clone, Copy, Debug)]
pub struct Constant(pub Duration);

impl Backoff for Constant {
    fn delay(&self, _attempt: u32) -> Duration {
        self.0
    }
}

/// A time that grows by a factor with each attempt, up to a limit: `first * factor ^ (attempt - 1)`.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    first: Duration,
    factor: f64,
    max: Duration,
}

impl Exponential {
    /// This time first, then twice as long each time; at most a minute.
    pub const fn from(first: Duration) -> Self {
        Exponential { first, factor: 2.0, max: Duration::from_secs(60) }
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
    #[must_use]
    pub const fn max(self, max: Duration) -> Self {
        Exponential { max, ..self }
    }
}

impl Backoff for Exponential {
    fn delay(&self, attempt: u32) -> Duration {
        let factor = self.factor.powf(f64::from(attempt.saturating_sub(1)));
        let seconds = self.first.as_secs_f64() * factor;
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max).min(self.max)
    }
}

impl<F: Fn(u32) -> Duration> Backoff for F {
    fn delay(&self, attempt: u32) -> Duration {
        self(attempt)
    }
}

/// How much of a delay is left to chance, so that callers that failed together do not come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// All of it: between nothing and the delay.
    #[default]
    Full,
    /// Half of it: between half the delay and the delay.
    Equal,
    /// Nothing.
    None,
}

impl Jitter {
    pub(super) fn of(self, delay: Duration, random: impl FnOnce() -> f64) -> Duration {
        match self {
            Jitter::Full => delay.mul_f64(random()),
            Jitter::Equal => delay / 2 + (delay / 2).mul_f64(random()),
            Jitter::None => delay,
        }
    }
}
