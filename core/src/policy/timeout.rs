//! Ends a call that takes too long.
//!
//! An async call is cancelled. One that blocks cannot be: it gets a [`Deadline`] that it can check.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::{Before, CALL, Call, Event, Expresses, Policy, TimedOut};
use crate::clock::{self, Moment, Timer};

#[cfg(test)]
mod tests;

/// Cancels an async call that takes longer than a limit.
///
/// The time counts from when the call first waits: before that nothing could cancel it, and a call that never waits pays for
/// neither clock nor timer. When the call and its time are over at once, the call wins.
///
/// Nothing can cancel a call that blocks: [`Timeout::run`] gives it a [`Deadline`], whose time counts from its beginning. As a
/// [`Policy`] of such a call it does nothing.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Call, Policy, TimedOut, Timeout};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// let limit = Duration::from_millis(800);
/// let timeout = Timeout::new(limit);
/// let never = async { std::future::pending::<Result<(), TimedOut>>().await };
/// let outcome = Simulation::seeded(1).block_on(timeout.around(&Call::new("call"), never));
/// assert_eq!(outcome, Err(TimedOut { limit }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a timeout does nothing until it runs a call"]
pub struct Timeout {
    limit: Duration,
}

impl Timeout {
    /// With this limit.
    ///
    /// # Panics
    /// When it is zero.
    pub const fn new(limit: Duration) -> Self {
        assert!(!limit.is_zero(), "no call ends within a timeout of zero");
        Timeout { limit }
    }

    /// Runs a call on this thread, which gets its deadline and is to check it: nothing can cancel it.
    ///
    /// # Errors
    /// Those of the call.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{TimedOut, Timeout};
    /// use std::time::Duration;
    ///
    /// let sum = Timeout::new(Duration::from_secs(60)).run(|deadline| {
    ///     let mut sum = 0;
    ///     for number in 1..=4 {
    ///         deadline.check()?;
    ///         sum += number;
    ///     }
    ///     Ok::<_, TimedOut>(sum)
    /// });
    /// assert_eq!(sum, Ok(10));
    /// ```
    pub fn run<T, E>(&self, does: impl FnOnce(Deadline) -> Result<T, E>) -> Result<T, E> {
        self.run_as(CALL, Deadline::never(), does)
    }

    /// The same for a call that has a name, and an outer deadline, which may come first.
    #[doc(hidden)]
    #[inline(always)]
    pub fn run_as<T, E>(
        &self,
        call: &Call,
        outer: Deadline,
        does: impl FnOnce(Deadline) -> Result<T, E>,
    ) -> Result<T, E> {
        let deadline = Deadline::after(self.limit);
        if outer.is_before(deadline) {
            // What it fails by then is told by who has set it.
            return does(outer);
        }
        let outcome = does(deadline);
        if outcome.is_err() {
            self.failed(call, deadline);
        }
        outcome
    }

    /// What fails after its deadline is taken to fail for it: the error may be any that a user made of [`TimedOut`].
    #[cold]
    #[inline(never)]
    fn failed(&self, call: &Call, deadline: Deadline) {
        if deadline.check().is_err() {
            call.tell(|| Event::TimedOut { limit: self.limit });
        }
    }
}

impl<T, E: Expresses<TimedOut>> Policy<Result<T, E>> for Timeout {
    type Permit = ();
    const ASYNC_ONLY: bool = true;

    #[inline(always)]
    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, E>> {
        Before::Go(())
    }

    #[inline(always)]
    fn around(&self, call: &Call, attempt: impl Future<Output = Result<T, E>>) -> impl Future<Output = Result<T, E>> {
        Limited { attempt, timeout: self, call, timer: None }
    }
}

pin_project! {
    /// An attempt, and the timer that it has from when it first waits.
    struct Limited<'p, 'c, F> {
        #[pin]
        attempt: F,
        timeout: &'p Timeout,
        call: &'c Call,
        timer: Option<Timer>,
    }
}

impl<T, E: Expresses<TimedOut>, F: Future<Output = Result<T, E>>> Future for Limited<'_, '_, F> {
    type Output = Result<T, E>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.attempt.poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => {
                let limit = this.timeout.limit;
                *this.timer = wait(limit, this.timer.take(), **this.call, cx);
                match this.timer {
                    Some(_) => Poll::Pending,
                    None => Poll::Ready(Err(E::express(TimedOut { limit }))),
                }
            }
        }
    }
}

/// The timer, unless the time is over. By value, so that a call that never waits need not keep it in memory.
#[inline(never)]
fn wait(limit: Duration, timer: Option<Timer>, call: Call, cx: &mut Context<'_>) -> Option<Timer> {
    let mut timer = timer.unwrap_or_else(|| clock::sleep_async(limit));
    if clock::poll_due(&mut timer, cx).is_pending() {
        return Some(timer);
    }
    call.tell(|| Event::TimedOut { limit });
    None
}

/// When a call has to be done: what a function that blocks can look at, as nothing can cancel it.
///
/// `#[timeout]` on such a function fills its parameter `#[deadline] deadline: Deadline`, which callers do not give. It is
/// `Copy`, so the function can pass it on to those it calls.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Deadline, TimedOut};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// let simulation = Simulation::seeded(1);
/// let deadline = simulation.run(|| Deadline::after(Duration::from_secs(2)));
/// simulation.advance(Duration::from_secs(1));
/// assert_eq!(simulation.run(|| deadline.remaining()), Some(Duration::from_secs(1)));
/// simulation.advance(Duration::from_secs(1));
/// assert_eq!(simulation.run(|| deadline.check()), Err(TimedOut { limit: Duration::from_secs(2) }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    since: Moment,
    limit: Duration,
}

impl Deadline {
    /// So long after now.
    pub fn after(limit: Duration) -> Self {
        Deadline { since: Moment::now(), limit }
    }

    /// Never: for a function that is called without a policy. It never looks at the clock.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Deadline;
    ///
    /// assert_eq!(Deadline::never().check(), Ok(()));
    /// ```
    pub const fn never() -> Self {
        Deadline { since: Moment::FIRST, limit: Duration::MAX }
    }

    /// Whether this one comes first.
    #[inline(always)]
    fn is_before(self, other: Deadline) -> bool {
        match self.limit {
            Duration::MAX => false,
            _ => self.remaining() < other.remaining(),
        }
    }

    /// The time until then; zero when it has passed, `None` if it never does.
    pub fn remaining(&self) -> Option<Duration> {
        (self.limit != Duration::MAX).then(|| self.limit.saturating_sub(Moment::now().since(self.since)))
    }

    /// Whether there is time left.
    ///
    /// # Errors
    /// When there is none.
    pub fn check(&self) -> Result<(), TimedOut> {
        if self.remaining() == Some(Duration::ZERO) { Err(TimedOut { limit: self.limit }) } else { Ok(()) }
    }
}
