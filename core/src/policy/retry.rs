//! Calls again what failed for a while.

mod backoff;

use std::fmt::Display;
use std::time::Duration;

pub use backoff::{Backoff, Constant, Exponential, Jitter};

use super::{Before, Call, Event, Policy};
use crate::clock;

/// Calls again when a call fails, at most so many times.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Policy, Retry};
/// use std::time::Duration;
///
/// let mut answers = ["try again", "42"].into_iter();
/// let answer = Retry::exponential(Duration::from_millis(1)).run(|| answers.next().unwrap_or("").parse::<u32>());
/// assert_eq!(answer, Ok(42));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry<B, W = Any> {
    attempts: u32,
    backoff: B,
    jitter: Jitter,
    when: W,
}

impl Retry<Exponential> {
    /// Waits for `first` before the second attempt, and twice as long before each further one; 3 attempts, full jitter.
    pub const fn exponential(first: Duration) -> Self {
        Retry::with(Exponential::from(first))
    }
}

impl Retry<Constant> {
    /// Waits as long before each attempt but the first; 3 attempts, full jitter.
    pub const fn constant(delay: Duration) -> Self {
        Retry::with(Constant(delay))
    }
}

impl<B: Copy> Retry<B> {
    /// Waits as `backoff` says; 3 attempts, full jitter.
    pub const fn with(backoff: B) -> Self {
        Retry { attempts: 3, backoff, jitter: Jitter::Full, when: Any }
    }
}

impl<B: Copy, W: Copy> Retry<B, W> {
    /// The same with so many attempts, the first included.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        assert!(attempts > 0, "a call has at least one attempt");
        Retry { attempts, ..self }
    }

    /// The same with this jitter.
    #[must_use]
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Retry { jitter, ..self }
    }

    /// The same, where only errors for which `when` holds are worth another attempt.
    #[must_use]
    pub const fn when<V: Copy>(self, when: V) -> Retry<B, V> {
        Retry { attempts: self.attempts, backoff: self.backoff, jitter: self.jitter, when }
    }
}

/// Tells errors that are worth another attempt from those that are not: every `Fn(&E) -> bool`.
pub trait Classifier<E> {
    /// Whether the error is one that counts.
    fn counts(&self, error: &E) -> bool;
}

/// Every error.
#[derive(Clone, Copy, Debug)]
pub struct Any;

impl<E> Classifier<E> for Any {
    #[inline(always)]
    fn counts(&self, _error: &E) -> bool {
        true
    }
}

impl<E, F: Fn(&E) -> bool> Classifier<E> for F {
    #[inline(always)]
    fn counts(&self, error: &E) -> bool {
        self(error)
    }
}

/// The attempts of one call.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: u32,
}

impl Attempts {
    /// None yet.
    #[inline(always)]
    pub const fn new() -> Self {
        Attempts { failed: 0 }
    }
}

impl<B: Backoff, W> Retry<B, W> {
    #[cold]
    #[inline(never)]
    fn failed<E: Display>(&self, call: &Call, attempts: &mut Attempts, error: &E) -> Option<Duration>
    where
        W: Classifier<E>,
    {
        attempts.failed += 1;
        let error_text = error.to_string();
        if attempts.failed >= self.attempts || !self.when.counts(error) {
            call.tell(Event::GaveUp { attempts: attempts.failed, error: error_text });
            return None;
        }
        let delay = self.jitter.of(self.backoff.delay(attempts.failed), clock::random);
        call.tell(Event::Retry { attempt: attempts.failed, delay, error: error_text });
        Some(delay)
    }
}

impl<T, E: Display, B: Backoff, W: Classifier<E>> Policy<Result<T, E>> for Retry<B, W> {
    type Permit = ();

    #[inline(always)]
    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, E>> {
        Before::Go(())
    }

    #[inline(always)]
    fn again(&self, call: &Call, attempts: &mut Attempts, outcome: &Result<T, E>) -> Option<Duration> {
        match outcome {
            Ok(_) => None,
            Err(error) => self.failed(call, attempts, error),
        }
    }
}
