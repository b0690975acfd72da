//! Time that stands still, lots that repeat, and a log of what policies did.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, Entry, Moment, World};
use crate::policy::{Occurrence, drive};

/// A world where time passes only when somebody waits for it, and chance repeats.
///
/// What runs in it sleeps without waiting: an hour of backoff is over at once. Threads that are to share it each
/// [`run`](Simulation::run) in it; then time passes whenever one of them sleeps, and the others find it later.
///
/// What a function with policies keeps between its calls (`#[circuit_breaker]`, `#[cached]`, ..) is fresh in each simulation, and
/// is asked for in it: `simulation.run(|| read::breaker().state())`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Policy, Retry};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// let simulation = Simulation::seeded(7);
/// let hour = Duration::from_secs(3600);
/// let outcome = simulation.run(|| Retry::constant(hour).run(|| Err::<(), _>("down")));
/// assert_eq!(outcome, Err("down"));
/// assert_eq!(simulation.events().len(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Simulation(Arc<World>);

impl Simulation {
    /// At its first moment, with lots that this seed draws.
    pub fn seeded(seed: u64) -> Self {
        Simulation(Arc::new(World::new(seed)))
    }

    /// The time in it.
    pub fn now(&self) -> Moment {
        self.0.now()
    }

    /// The time that has passed in it.
    pub fn elapsed(&self) -> Duration {
        self.now().since(Moment::FIRST)
    }

    /// Lets time pass, and wakes whom it was time for.
    pub fn advance(&self, time: Duration) {
        self.0.pass(time);
    }

    /// Runs a function on this thread, in this world.
    pub fn run<R>(&self, does: impl FnOnce() -> R) -> R {
        let _entered = clock::enter(Arc::clone(&self.0));
        does()
    }

    /// Runs a future on this thread, in this world, without a runtime. Whenever it waits, time goes on to the next moment that
    /// something waits for.
    ///
    /// # Panics
    /// When it waits for nothing that could ever come.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = clock::enter(Arc::clone(&self.0));
        drive(future, || assert!(self.0.pass_to_next(), "everything in the simulation waits, and for no moment"))
    }

    /// Adds a line to the log.
    pub fn note(&self, text: impl Into<String>) {
        self.0.note(text.into());
    }

    /// What happened so far, in order, a line each: what policies did, the calls of [scripts](super::Script), and what else was
    /// noted. A line begins with the time since the first moment.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let simulation = Simulation::seeded(1);
    /// simulation.note("begun");
    /// simulation.advance(Duration::from_millis(1500));
    /// simulation.note("ended");
    /// assert_eq!(simulation.log(), ["0ns begun", "1.5s ended"]);
    /// ```
    pub fn log(&self) -> Vec<String> {
        self.0.log().iter().map(ToString::to_string).collect()
    }

    /// What policies did so far, in order.
    pub fn events(&self) -> Vec<Occurrence> {
        let policies = |entry| match entry {
            Entry::Policy(occurrence) => Some(occurrence),
            Entry::Note(..) => None,
        };
        self.0.log().into_iter().filter_map(policies).collect()
    }
}
