//! What users decide about a failure: whether it counts, when to come back, and who is told.

use std::time::Duration;

/// Tells errors that count as failures from those that do not: every `Fn(&E) -> bool`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Any, Classifier};
///
/// let is_transient = |error: &&str| *error == "busy";
/// assert!(is_transient.counts(&"busy") && !is_transient.counts(&"gone") && Any.counts(&"gone"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which errors of type `{E}` count",
    label = "not a function of `&{E}` that gives a `bool`",
    note = "write a function like `fn is_transient(error: &{E}) -> bool`, or a closure that names the type: `|error: &{E}| ..`"
)]
pub trait Classifier<E> {
    /// Whether the error is one that counts.
    fn counts(&self, error: &E) -> bool;
}

/// Every error counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Any;

impl<E> Classifier<E> for Any {
    #[inline(always)]
    fn counts(&self, _error: &E) -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl<E, F: Fn(&E) -> bool> Classifier<E> for F {
    #[inline(always)]
    fn counts(&self, error: &E) -> bool {
        self(error)
    }
}

/// Reads from an error after which time to call again: every `Fn(&E) -> Option<Duration>`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Hint, RateLimited};
/// use std::time::Duration;
///
/// let retry_after = |error: &RateLimited| Some(error.retry_after);
/// let second = Duration::from_secs(1);
/// assert_eq!(retry_after.delay(&RateLimited { retry_after: second }), Some(second));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say when to call again after an error of type `{E}`",
    label = "not a function of `&{E}` that gives an `Option<Duration>`",
    note = "write a function like `fn retry_after(error: &{E}) -> Option<Duration>`"
)]
pub trait Hint<E> {
    /// The time, if the error says it.
    fn delay(&self, error: &E) -> Option<Duration>;
}

/// Is told of each failure after which another attempt follows: every `Fn(&E, u32, Duration)`, which gets the error, the number
/// of the attempt from 1, and the delay before the next.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::OnRetry;
/// use std::time::Duration;
///
/// let hook = |error: &&str, attempt: u32, delay: Duration| eprintln!("attempt {attempt}: {error}, again in {delay:?}");
/// hook.told(&"busy", 1, Duration::from_millis(100));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told of an attempt that failed with `{E}`",
    label = "not a function of `&{E}`, the number of the attempt and the delay",
    note = "write a function like `fn told(error: &{E}, attempt: u32, delay: Duration)`"
)]
pub trait OnRetry<E> {
    /// Tells it.
    fn told(&self, error: &E, attempt: u32, delay: Duration);
}

/// No error says when to call again, and nobody is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unheard;

impl<E> Hint<E> for Unheard {
    #[inline(always)]
    fn delay(&self, _error: &E) -> Option<Duration> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E, F: Fn(&E) -> Option<Duration>> Hint<E> for F {
    fn delay(&self, error: &E) -> Option<Duration> {
        self(error)
    }
}

impl<E> OnRetry<E> for Unheard {
    #[inline(always)]
    fn told(&self, _error: &E, _attempt: u32, _delay: Duration) {}
}

#[diagnostic::do_not_recommend]
impl<E, F: Fn(&E, u32, Duration)> OnRetry<E> for F {
    fn told(&self, error: &E, attempt: u32, delay: Duration) {
        self(error, attempt, delay);
    }
}
