//! Time and chance, which a test can take in hand.
//!
//! Whatever in Millstream waits, measures or draws lots does it here. Inside a [`Simulation`](crate::testing::Simulation) time
//! stands still until somebody sleeps, and the same seed draws the same lots.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;
mod world;

pub(crate) use world::{Entry, World};

/// A moment of this process: nanoseconds since it first asked for the time.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::clock::Moment;
/// use std::time::Duration;
///
/// let second = Duration::from_secs(1);
/// let now = Moment::now();
/// assert_eq!(now.plus(second).since(now), second);
/// assert_eq!(now.since(now.plus(second)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    pub(crate) const FIRST: Moment = Moment(0);

    /// This moment.
    pub fn now() -> Self {
        match world() {
            Some(world) => world.now(),
            None => Moment::of(measured().saturating_duration_since(*FIRST)),
        }
    }

    /// The time that has passed since `earlier`; none if that is later.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment this much later.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        Moment(self.0.saturating_add(Moment::of(time).0))
    }

    /// Nanoseconds since the first moment.
    pub fn nanos(self) -> u64 {
        self.0
    }

    pub(crate) fn of(time: Duration) -> Self {
        Moment(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }
}

static FIRST: LazyLock<Instant> = LazyLock::new(measured);

/// With tokio its clock, which is the same, and can be paused by its own tests.
#[cfg(feature = "async")]
fn measured() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(not(feature = "async"))]
fn measured() -> Instant {
    Instant::now()
}

/// Keeps this thread for as long.
pub(crate) fn sleep(time: Duration) {
    match world() {
        Some(world) => world.pass(time),
        None => std::thread::sleep(time),
    }
}

/// Is ready at its moment.
pub(crate) type Timer = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Keeps the task that awaits it for as long, from now on, and the thread not at all.
///
/// # Panics
/// Outside of a simulation: without the feature `async`, or when tokio does not run the task.
pub(crate) fn sleep_async(time: Duration) -> Timer {
    match world() {
        Some(world) => Box::pin(world.timer(time)),
        None => real_timer(time),
    }
}

#[cfg(feature = "async")]
fn real_timer(time: Duration) -> Timer {
    Box::pin(tokio::time::sleep(time))
}

#[cfg(not(feature = "async"))]
fn real_timer(_time: Duration) -> Timer {
    panic!("a timer needs the feature `async` of millstream, or a simulation")
}

/// A number from 0 to 1, without 1, each as likely as any other.
pub(crate) fn random() -> f64 {
    match world() {
        Some(world) => world.random(),
        None => fastrand::f64(),
    }
}

thread_local! {
    static WORLD: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
}

/// The simulation that this thread is in.
pub(crate) fn world() -> Option<Arc<World>> {
    // A thread that ends has left it.
    WORLD.try_with(|world| world.borrow().clone()).ok().flatten()
}

/// Puts this thread into a simulation until the guard is dropped.
pub(crate) fn enter(world: Arc<World>) -> Entered {
    Entered(WORLD.replace(Some(world)))
}

/// The simulation that the thread was in before.
#[derive(Debug)]
pub(crate) struct Entered(Option<Arc<World>>);

impl Drop for Entered {
    fn drop(&mut self) {
        WORLD.set(self.0.take());
    }
}
