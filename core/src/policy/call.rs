//! What is known of a call, and what is told about it.

use std::fmt;
#[cfg(feature = "async")]
use std::future::Future;
use std::time::Duration;

use super::{Deadline, Policy, run, watch};
use crate::clock::{self, Moment};

/// A call that policies decide about.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    name: &'static str,
    deadline: Deadline,
}

impl Call {
    /// A call of the function of this name, with no deadline.
    pub const fn new(name: &'static str) -> Self {
        Call { name, deadline: Deadline::never() }
    }

    /// The same, which has to be done by then.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Call, Deadline};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// Simulation::seeded(1).run(|| {
    ///     let call = Call::new("read").by(Deadline::after(Duration::from_secs(2)));
    ///     assert_eq!(call.deadline().remaining(), Some(Duration::from_secs(2)));
    /// });
    /// ```
    #[must_use]
    pub const fn by(self, deadline: Deadline) -> Self {
        Call { deadline, ..self }
    }

    /// When it has to be done: what a `#[timeout]` above the policy says, around a function that blocks. An async call has none,
    /// as it is cancelled.
    pub const fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The name of the function.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs it under a policy on this thread. Logs have its name; what a policy runs by itself is a `call`. A policy that is a
    /// reference, `&BULKHEAD`, is passed as `&&BULKHEAD`.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Call, Jitter, Retry};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::constant(Duration::from_secs(1)).attempts(2).jitter(Jitter::None);
    /// let simulation = Simulation::seeded(1);
    /// let outcome = simulation.run(|| Call::new("fetch").run(&retry, || Err::<(), _>("down")));
    /// assert_eq!(outcome, Err("down"));
    /// assert_eq!(
    ///     simulation.log(),
    ///     ["0ns fetch: attempt 1 failed, again in 1s: down", "1s fetch: gave up after 2 attempts: down"],
    /// );
    /// ```
    pub fn run<R, P: Policy<R>>(&self, policy: &P, does: impl FnMut() -> R) -> R {
        const { assert!(!P::ASYNC_ONLY, "this policy does nothing to a call that blocks; write `run_async`") };
        run::run(policy, self, does)
    }

    /// Runs it under a policy, where it is async.
    ///
    /// # Panics
    /// As [`Policy::run_async`].
    #[cfg(feature = "async")]
    pub fn run_async<R, P: Policy<R>, F: Future<Output = R>>(
        &self,
        policy: &P,
        does: impl FnMut() -> F,
    ) -> impl Future<Output = R> {
        run::run_async(policy, self, does)
    }

    /// Tells what has happened to the call: the stage counts it that this thread is in, and a simulation writes it down. Where
    /// there is neither, nobody asks for the event.
    #[cold]
    pub fn tell(&self, event: impl FnOnce() -> Event) {
        self.tell_of(0, event);
    }

    /// The same of a call that has a number: others of this name may be under way, in it and around it.
    #[cold]
    pub(super) fn tell_of(&self, id: u32, event: impl FnOnce() -> Event) {
        let world = clock::world();
        if world.is_none() && !watch::listens() {
            return;
        }
        let event = event();
        watch::note((self.name, id), &event);
        if let Some(world) = world {
            world.told(Occurrence { function: self.name, at: Moment::now(), event });
        }
    }
}

/// What a policy did to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An attempt failed, and another follows after `delay`.
    Retry {
        /// The number of the attempt that failed, from 1.
        attempt: u32,
        /// The time until the next.
        delay: Duration,
        /// Why it failed.
        error: String,
    },
    /// The last attempt failed.
    GaveUp {
        /// The number of attempts.
        attempts: u32,
        /// Why the last one failed.
        error: String,
    },
    /// The calls that share a retry budget have used it up, so this one is not tried again.
    BudgetSpent,
    /// An attempt took too long.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// A circuit breaker opened.
    Opened,
    /// A circuit breaker lets a call through to see whether it succeeds.
    Probing,
    /// A circuit breaker closed.
    Closed,
    /// A call was refused: by which policy.
    Refused {
        /// `circuit_breaker`, `rate_limit` or `bulkhead`.
        by: &'static str,
    },
    /// A call had to wait: for which policy.
    Waited {
        /// `rate_limit` or `bulkhead`.
        by: &'static str,
    },
    /// The caller got something in place of what failed.
    FellBack {
        /// The age of a value from an earlier call; `None` if it is none.
        stale: Option<Duration>,
        /// Why the call failed.
        error: String,
    },
    /// The caller got a value from the cache.
    Hit,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Retry { attempt, delay, error } => {
                write!(f, "attempt {attempt} failed, again in {delay:?}: {error}")
            }
            Event::GaveUp { attempts: 1, error } => write!(f, "gave up after 1 attempt: {error}"),
            Event::GaveUp { attempts, error } => write!(f, "gave up after {attempts} attempts: {error}"),
            Event::BudgetSpent => f.write_str("retry budget spent"),
            Event::TimedOut { limit } => write!(f, "timed out after {limit:?}"),
            Event::Opened => f.write_str("circuit opened"),
            Event::Probing => f.write_str("circuit probed"),
            Event::Closed => f.write_str("circuit closed"),
            Event::Refused { by } => write!(f, "refused by {by}"),
            Event::Waited { by } => write!(f, "waited for {by}"),
            Event::FellBack { stale: Some(age), error } => write!(f, "fell back to a value {age:?} old: {error}"),
            Event::FellBack { stale: None, error } => write!(f, "fell back: {error}"),
            Event::Hit => f.write_str("cached"),
        }
    }
}

/// An [`Event`], whose it was, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The name of the function.
    pub function: &'static str,
    /// When it was told.
    pub at: Moment,
    /// What happened.
    pub event: Event,
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.at.since(Moment::FIRST), self.function, self.event)
    }
}
