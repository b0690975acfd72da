//! What is known of the attempts of one call, and what is left of them when all have failed.

use std::error::Error;
use std::fmt;
use std::mem;

use crate::clock::Moment;
use crate::policy::{BulkheadFull, CircuitOpen, Expresses, RateLimited, TimedOut};

/// The attempts of one call.
///
/// It owns nothing, so that a call that succeeds has nothing to drop: what is kept of those that failed is lent to it.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Call, Policy, Retry};
/// use std::time::Duration;
///
/// let (retry, call) = (Retry::constant(Duration::ZERO), Call::new("read"));
/// let down: Result<(), _> = Err("down");
/// let mut causes = Vec::new();
/// let mut attempts = Policy::<Result<(), &str>>::begin(&retry).keeping(&mut causes);
/// while retry.again(&call, &mut attempts, &down).is_some() {}
/// assert_eq!(attempts.settle(down).unwrap_err().to_string(), "down (attempt 3, after: down; down)");
/// ```
#[derive(Debug, Default)]
pub struct Attempts<'k> {
    failed: u32,
    since: Option<Moment>,
    causes: Option<&'k mut Vec<String>>,
}

impl<'k> Attempts<'k> {
    /// None yet, and none of them timed.
    #[inline(always)]
    pub const fn new() -> Self {
        Attempts { failed: 0, since: None, causes: None }
    }

    /// None yet, and the first begins now.
    pub(super) fn since_now() -> Self {
        Attempts { since: Some(Moment::now()), ..Attempts::new() }
    }

    /// The same; what each attempt but the last failed with is added to `causes`.
    #[inline(always)]
    #[must_use]
    pub fn keeping(self, causes: &'k mut Vec<String>) -> Self {
        Attempts { causes: Some(causes), ..self }
    }

    /// How many have failed.
    #[inline(always)]
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// One more has failed.
    #[inline(always)]
    pub(super) fn fail(&mut self) -> Failure<'_> {
        self.failed = self.failed.saturating_add(1);
        Failure { attempt: self.failed, since: self.since, causes: self.causes.as_deref_mut() }
    }

    /// What the last attempt gave, with what became of the others if it failed.
    ///
    /// # Errors
    /// When the outcome is one.
    #[inline(always)]
    pub fn settle<T, E>(self, outcome: Result<T, E>) -> Result<T, Retried<E>> {
        match outcome {
            Ok(value) => Ok(value),
            Err(error) => Err(self.retried(error)),
        }
    }

    #[cold]
    #[inline(never)]
    fn retried<E>(self, error: E) -> Retried<E> {
        Retried { error, attempts: self.failed, earlier: self.causes.map(mem::take).unwrap_or_default() }
    }
}

/// An attempt that failed, and what is known of its call.
pub(super) struct Failure<'a> {
    /// Its number, from 1.
    pub(super) attempt: u32,
    /// When the first attempt began, if that matters.
    pub(super) since: Option<Moment>,
    /// Where causes are kept, if anybody asks for them.
    pub(super) causes: Option<&'a mut Vec<String>>,
}

/// Why a call failed that was retried: the last error, and why the attempts before it failed.
///
/// [`Retry::try_run`](super::Retry::try_run) gives it, and a function with `#[retry]` whose error is written so: its body fails
/// with an `E`. Its [`source`](Error::source) is the last error.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::Retry;
/// use std::time::Duration;
///
/// let mut attempts = 0;
/// let failed = Retry::constant(Duration::ZERO).try_run(|| {
///     attempts += 1;
///     Err::<(), _>(format!("failure {attempts}"))
/// });
/// let failed = failed.unwrap_err();
/// assert_eq!(failed.attempts(), 3);
/// assert_eq!(failed.earlier(), ["failure 1", "failure 2"]);
/// assert_eq!(failed.into_error(), "failure 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried<E> {
    error: E,
    attempts: u32,
    earlier: Vec<String>,
}

impl<E> Retried<E> {
    /// What the last attempt failed with.
    pub const fn error(&self) -> &E {
        &self.error
    }

    /// The same, alone.
    pub fn into_error(self) -> E {
        self.error
    }

    /// How many attempts there were; 0 if the function was not called at all.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the attempts before the last one failed with, as text, in order.
    pub fn earlier(&self) -> &[String] {
        &self.earlier
    }
}

impl<E: fmt::Display> fmt::Display for Retried<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Retried { error, attempts, earlier } = self;
        error.fmt(f)?;
        if earlier.is_empty() {
            return Ok(());
        }
        write!(f, " (attempt {attempts}, after: {})", earlier.join("; "))
    }
}

impl<E: Error + 'static> Error for Retried<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// A policy around the retry fails a call before any attempt.
macro_rules! expresses {
    ($($what:ty),+) => {$(
        impl<E: Expresses<$what>> Expresses<$what> for Retried<E> {
            #[cold]
            fn express(what: $what) -> Self {
                Retried { error: E::express(what), attempts: 0, earlier: Vec::new() }
            }
        }
    )+};
}

expresses!(TimedOut, CircuitOpen, RateLimited, BulkheadFull);
