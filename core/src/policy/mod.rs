//! What stands around a call: retry, timeout, circuit breaker, fallback, rate limit, bulkhead, cache, and what users add.
//!
//! Each is one attribute on any function (`#[retry]`, ..), and the same as a value: `Retry::constant(..).run(|| ..)`. Both decide
//! by the one trait, [`Policy`]: *before* a call and *after* it. A policy never calls the function itself, so one piece of code
//! serves calls that wait and calls that block; what runs the call does the waiting.

mod aged;
mod bulkhead;
mod cached;
mod call;
mod circuit_breaker;
mod describe;
mod error;
mod fallback;
mod rate_limit;
mod retry;
mod run;
#[doc(hidden)]
pub mod state;
mod timeout;
#[cfg(feature = "tower")]
pub mod tower;
pub(crate) mod watch;
#[doc(hidden)]
pub mod written;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use aged::{Aged, MarkStale};
pub use bulkhead::{Bulkhead, BulkheadMaxWait, Place};
pub use cached::{Cache, Cacheable, Cached, Running, Stats};
pub use call::{Call, Event, Occurrence};
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerWhen, CircuitBreakers, Nothing, Passage, State};
pub use describe::{Layer, Stack};
pub use error::{BulkheadFull, CircuitOpen, ErrorText, Expresses, RateLimited, TimedOut};
pub use fallback::{Fallback, Instead, Stale, StaleCall, Value};
pub use rate_limit::{RateLimit, RateLimitRefuse, Turn};
#[doc(hidden)]
pub use retry::Causes;
pub use retry::{
    Any, Attempts, Backoff, Budget, Classifier, Constant, Exponential, Hint, Jitter, OnRetry, Retried, Retry, Unheard,
};
#[doc(hidden)]
pub use run::block;
pub(crate) use run::drive;
pub use state::{CallKey, LentKey};
pub use timeout::{Deadline, Timeout};
pub use watch::PolicyCounts;
#[doc(hidden)]
pub use watch::Watched;
pub(crate) use watch::{WatchOf, Watches};

/// The call of a policy that is used as a value, which has no name.
const CALL: &Call = &Call::new("call");

/// Decides before and after a call that returns `R`.
///
/// Most policies implement it for every `Result<T, E>`. One that has state is implemented for a reference to it, so that what a
/// call holds may borrow from it.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Before, Call, Policy};
/// use std::fmt::Debug;
///
/// /// Prints when a call begins, and what it gave.
/// struct LogCalls;
///
/// impl<R: Debug> Policy<R> for LogCalls {
///     type Permit = ();
///
///     fn before(&self, call: &Call) -> Before<'_, (), R> {
///         println!("{} ..", call.name());
///         Before::Go(())
///     }
///
///     fn after(&self, call: &Call, (): (), outcome: R) -> R {
///         println!("{} gave {outcome:?}", call.name());
///         outcome
///     }
/// }
///
/// assert_eq!(LogCalls.run(|| 2 + 2), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand around a function that returns `{R}`",
    label = "not what this policy is for",
    note = "most policies are for a function that returns a `Result`; your own is one by `impl Policy<R> for {Self}`"
)]
pub trait Policy<R> {
    /// What a call holds while it runs. Dropped without [`after`](Policy::after) when the call panics or is cancelled.
    type Permit;

    /// Whether it acts in [`around`](Policy::around) alone, so that it would do nothing to a call that is not async. Such a call
    /// does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, TimedOut, Timeout};
    ///
    /// let timeout = Timeout::new(std::time::Duration::from_secs(1));
    /// let _ = Policy::run(&timeout, || Ok::<_, TimedOut>(1));
    /// ```
    const ASYNC_ONLY: bool = false;

    /// Whether it may call [again](Policy::again). Arguments that are passed by value have to do for several calls then, so its
    /// attribute is `#[retry(with = ..)]`; `#[wrap]` calls once, and refuses it.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Before, Call, Policy};
    /// use std::time::Duration;
    ///
    /// /// Calls once more, at once, if there was nothing.
    /// struct Twice;
    ///
    /// impl<T> Policy<Option<T>> for Twice {
    ///     type Permit = u32;
    ///     const REPEATS: bool = true;
    ///
    ///     fn before(&self, _call: &Call) -> Before<'_, u32, Option<T>> {
    ///         Before::Go(1)
    ///     }
    ///
    ///     fn again(&self, _call: &Call, left: &mut u32, outcome: &Option<T>) -> Option<Duration> {
    ///         let again = outcome.is_none() && *left > 0;
    ///         *left = left.saturating_sub(1);
    ///         again.then_some(Duration::ZERO)
    ///     }
    /// }
    ///
    /// let mut answers = [None, Some(7)].into_iter();
    /// assert_eq!(Twice.run(|| answers.next().flatten()), Some(7));
    /// ```
    const REPEATS: bool = false;

    /// Decides whether to call at all.
    fn before(&self, call: &Call) -> Before<'_, Self::Permit, R>;

    /// Takes what the call gave, and gives what the caller gets.
    #[inline(always)]
    fn after(&self, call: &Call, permit: Self::Permit, outcome: R) -> R {
        let _ = (call, permit);
        outcome
    }

    /// Whether to call once more after this outcome, and after which time. Not asked unless the policy
    /// [repeats](Policy::REPEATS). What it has to remember of the attempts before is in the permit.
    #[inline(always)]
    fn again(&self, call: &Call, permit: &mut Self::Permit, outcome: &R) -> Option<Duration> {
        let _ = (call, permit, outcome);
        None
    }

    /// Stands around one attempt of a call that is async. A call that is not does not come through here.
    #[inline(always)]
    fn around(&self, call: &Call, attempt: impl Future<Output = R>) -> impl Future<Output = R> {
        let _ = call;
        attempt
    }

    /// Runs a call under this policy on this thread.
    fn run(&self, call: impl FnMut() -> R) -> R
    where
        Self: Sized,
    {
        const { assert!(!Self::ASYNC_ONLY, "this policy does nothing to a call that blocks; write `run_async`") };
        run::run(self, CALL, call)
    }

    /// Runs an async call under this policy.
    ///
    /// # Panics
    /// When it has to wait, and neither a tokio runtime with time nor a simulation runs it.
    #[cfg(feature = "async")]
    fn run_async<F: Future<Output = R>>(&self, call: impl FnMut() -> F) -> impl Future<Output = R>
    where
        Self: Sized,
    {
        run::run_async(self, CALL, call)
    }
}

/// The methods by which a policy runs calls that is implemented for a reference to it.
macro_rules! runs_calls {
    () => {
        /// Runs a call under this policy on this thread.
        pub fn run<'p, R>(&'p self, call: impl FnMut() -> R) -> R
        where
            &'p Self: Policy<R>,
        {
            Policy::run(&self, call)
        }

        /// Runs an async call under this policy.
        ///
        /// # Panics
        /// As [`Policy::run_async`].
        #[cfg(feature = "async")]
        pub async fn run_async<'p, R, F: Future<Output = R>>(&'p self, call: impl FnMut() -> F) -> R
        where
            &'p Self: Policy<R>,
        {
            Policy::run_async(&self, call).await
        }
    };
}
use runs_calls;

/// What a policy decides before a call.
pub enum Before<'p, P, R> {
    /// Call, holding this.
    Go(P),
    /// Do not call; the caller gets this.
    Return(R),
    /// Wait first.
    Wait(Wait<'p, P>),
}

/// What to wait for before a call, and what the call then holds; where that is not known yet, the policy is asked again.
pub enum Wait<'p, P> {
    /// For so long.
    Time(Duration, P),
    /// For this.
    Until(Pin<Box<dyn Future<Output = Option<P>> + Send + 'p>>),
}
