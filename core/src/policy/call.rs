//! What is known of a call, and what is told about it.

use std::fmt;
use std::time::Duration;

use super::{Deadline, watch};
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

    /// Tells what has happened to the call: the stage counts it that this thread is in, and a simulation writes it down. Where
    /// there is neither, nobody asks for the event.
    #[cold]
    pub fn tell(&self, event: impl FnOnce() -> Event) {
        let world = clock::world();
        if world.is_none() && !watch::listens() {
            return;
        }
        let event = event();
        watch::note(self.name, &event);
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
