//! What is known of the attempts of one call, and what is left of them when all have failed.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::clock::Moment;
use crate::policy::{BulkheadFull, CircuitOpen, Expresses, RateLimited, TimedOut};

/// The attempts of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempts {
    failed: u32,
    /// What tells the call apart from all others, drawn when its first attempt fails.
    id: u32,
    since: Option<Moment>,
}

impl Attempts {
    /// None yet, and none of them timed.
    #[inline(always)]
    pub const fn new() -> Self {
        Attempts { failed: 0, id: 0, since: None }
    }

    /// None yet, and the first begins now.
    pub(super) fn since_now() -> Self {
        Attempts { since: Some(Moment::now()), ..Attempts::new() }
    }

    /// How many have failed.
    #[inline(always)]
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// When the first began, if that matters.
    pub(super) const fn since(&self) -> Option<Moment> {
        self.since
    }

    /// What tells the call apart, once an attempt has failed.
    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// One more has failed.
    #[inline(always)]
    pub(super) fn fail(&mut self) -> Self {
        if self.failed == 0 {
            self.id = draw();
        }
        self.failed = self.failed.saturating_add(1);
        *self
    }
}

/// The number of another call.
#[cold]
fn draw() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What the attempts failed with that others followed.
#[derive(Debug, Default)]
pub struct Causes(Vec<String>);

impl Causes {
    /// None yet.
    #[inline(always)]
    pub const fn new() -> Self {
        Causes(Vec::new())
    }

    /// Another attempt follows, if there is a delay until then.
    #[inline(always)]
    pub fn keep<T, E: fmt::Display>(&mut self, delay: Option<Duration>, outcome: &Result<T, E>) {
        if let (Some(_), Err(error)) = (delay, outcome) {
            self.0.push(error.to_string());
        }
    }

    /// What the last attempt gave, with those before if it failed.
    ///
    /// # Errors
    /// When the outcome is one.
    #[inline(always)]
    pub fn settle<T, E>(self, outcome: Result<T, E>) -> Result<T, Retried<E>> {
        outcome.map_err(|error| {
            let attempts = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1);
            Retried { error, attempts, earlier: self.0 }
        })
    }
}

/// Why a call failed that was retried: the last error, and why the attempts before it failed.
///
/// [`Retry::try_run`](super::Retry::try_run) gives it, and a function with `#[retry]` that returns a `Result<T, Retried<E>>`: its
/// body, and what stands beneath the retry, fail with an `E`. Its [`source`](Error::source) is the last error.
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
        #[diagnostic::do_not_recommend]
        impl<E: Expresses<$what>> Expresses<$what> for Retried<E> {
            #[cold]
            fn express(what: $what) -> Self {
                Retried { error: E::express(what), attempts: 0, earlier: Vec::new() }
            }
        }
    )+};
}

expresses!(TimedOut, CircuitOpen, RateLimited, BulkheadFull);
