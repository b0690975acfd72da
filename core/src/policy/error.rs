//! What a policy fails with in place of the function, and how the function's own error type says so.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// An error type that can say what happened to a call in place of the function's own failures: every one that is
/// [`From`] it.
///
/// | policy | `What` |
/// |---|---|
/// | timeout | [`TimedOut`] |
/// | circuit breaker | [`CircuitOpen`] |
/// | rate limit that refuses | [`RateLimited`] |
/// | bulkhead | [`BulkheadFull`] |
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Expresses, TimedOut};
/// use std::time::Duration;
///
/// #[derive(Debug, PartialEq)]
/// enum ApiError {
///     Slow(Duration),
/// }
///
/// impl From<TimedOut> for ApiError {
///     fn from(TimedOut { limit }: TimedOut) -> Self {
///         ApiError::Slow(limit)
///     }
/// }
///
/// let limit = Duration::from_secs(1);
/// assert_eq!(ApiError::express(TimedOut { limit }), ApiError::Slow(limit));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot express `{What}`",
    label = "this error type cannot say that the policy failed the call",
    note = "add `impl From<{What}> for {Self}`; where `{Self}` is not a type of your own, return one that is and has it, or \
            `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait Expresses<What>: Sized {
    /// The error that says so.
    fn express(what: What) -> Self;
}

#[diagnostic::do_not_recommend]
impl<What, E: From<What>> Expresses<What> for E {
    #[cold]
    fn express(what: What) -> Self {
        what.into()
    }
}

/// An error whose text can be kept, as events and dead letters do: every one that is [`Display`](fmt::Display).
///
/// ```
/// # use millstream_core as millstream;
/// fn has_text(_: impl millstream::policy::ErrorText) {}
///
/// has_text("gone");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text: it is not `Display`",
    label = "a policy needs the text of this error",
    note = "events and dead letters hold it; add `impl std::fmt::Display for {Self}`"
)]
pub trait ErrorText: fmt::Display {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> ErrorText for E {}

/// A call took longer than it may.
///
/// ```
/// # use millstream_core as millstream;
/// let error = millstream::policy::TimedOut { limit: std::time::Duration::from_millis(800) };
/// assert_eq!(error.to_string(), "timed out after 800ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimedOut {
    /// How long it may take.
    pub limit: Duration,
}

/// A circuit breaker did not let a call through.
///
/// ```
/// # use millstream_core as millstream;
/// let error = millstream::policy::CircuitOpen { retry_after: std::time::Duration::from_secs(10) };
/// assert_eq!(error.to_string(), "the circuit is open for another 10s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CircuitOpen {
    /// The time until it lets the next one through; zero where nobody knows it: it waits for those that it let through, or was
    /// opened by hand until it is closed.
    pub retry_after: Duration,
}

/// A rate limit did not let a call through.
///
/// ```
/// # use millstream_core as millstream;
/// let error = millstream::policy::RateLimited { retry_after: std::time::Duration::from_millis(100) };
/// assert_eq!(error.to_string(), "too many calls, the next may come in 100ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimited {
    /// The time until it lets the next one through.
    pub retry_after: Duration,
}

/// As many calls as a bulkhead allows run, and as many as may wait for it do.
///
/// ```
/// # use millstream_core as millstream;
/// assert_eq!(millstream::policy::BulkheadFull.to_string(), "too many calls at once");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BulkheadFull;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timed out after {:?}", self.limit)
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.retry_after.is_zero() {
            return f.write_str("the circuit is open");
        }
        write!(f, "the circuit is open for another {:?}", self.retry_after)
    }
}

impl fmt::Display for RateLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too many calls, the next may come in {:?}", self.retry_after)
    }
}

impl fmt::Display for BulkheadFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many calls at once")
    }
}

impl Error for TimedOut {}
impl Error for CircuitOpen {}
impl Error for RateLimited {}
impl Error for BulkheadFull {}
