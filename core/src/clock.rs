//! Time and chance, which a test can take in hand.
//!
//! Whatever in Millstream waits, measures or draws lots does it here. Inside a [`Simulation`](crate::testing::Simulation) time
//! stands still until somebody sleeps, and the same seed draws the same lots.

use std::cell::{Cell, RefCell};
use std::future::{self, Future};
use std::num::NonZeroU64;
use std::pin::Pin;
#[cfg(feature = "async")]
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;
mod world;

pub(crate) use world::{Entry, World};

/// A moment of this process, or of a simulation: nanoseconds since its first one. Those of different simulations have nothing
/// to do with each other.
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
        Moment::now_in(world().as_deref())
    }

    /// This moment of a simulation, or else of the process.
    pub(crate) fn now_in(world: Option<&World>) -> Self {
        match world {
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

/// An hour before somebody first asks. A paused clock of tokio stands at the moment at which it was paused, which may be earlier, and
/// from an advanced one no moment of another clock could be told.
static FIRST: LazyLock<Instant> = LazyLock::new(|| {
    let now = Instant::now();
    now.checked_sub(Duration::from_hours(1)).unwrap_or(now)
});

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
        None => thread::sleep(time),
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

/// The same where a thread may be kept meanwhile, by [`block`](crate::policy::block): there no runtime has timers, and none is needed.
/// For a future that is polled, not before: who polls it is known only then.
pub(crate) fn timer(time: Duration) -> Timer {
    if world_id().is_some() || !PARKS.get() {
        return sleep_async(time);
    }
    match Instant::now().checked_add(time) {
        Some(at) => Box::pin(Parked(at)),
        None => Box::pin(future::pending()),
    }
}

thread_local! {
    /// Whether this thread is kept until a future is ready,
    static PARKS: Cell<bool> = const { Cell::new(false) };
    /// and who is to be woken when, if somebody is.
    static ALARM: RefCell<Option<(Instant, Waker)>> = const { RefCell::new(None) };
}

/// Says of this thread that it [`park`]s when it has nothing to do, until the guard is dropped.
pub(crate) fn parks() -> Parks {
    Parks { before: PARKS.replace(true) }
}

pub(crate) struct Parks {
    before: bool,
}

impl Drop for Parks {
    fn drop(&mut self) {
        PARKS.set(self.before);
    }
}

/// Waits until this thread is unparked, or it is time for an alarm.
pub(crate) fn park() {
    let Some((at, waker)) = ALARM.take() else { return thread::park() };
    thread::park_timeout(at.saturating_duration_since(Instant::now()));
    if Instant::now() >= at {
        waker.wake();
    } else {
        ALARM.set(Some((at, waker)));
    }
}

/// A timer of a thread that is kept.
struct Parked(Instant);

impl Future for Parked {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.0 {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let first = ALARM.take().filter(|(at, _)| *at <= self.0);
        ALARM.set(first.or(Some((self.0, waker))));
        Poll::Pending
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

/// Polls a timer whether or not tokio thinks that the task has done enough: it would say of a timer that is due that it is not,
/// to a task that uses up its budget each time before it gets here.
pub(crate) fn poll_due(timer: &mut Timer, cx: &mut Context<'_>) -> Poll<()> {
    #[cfg(feature = "async")]
    let timer = pin!(tokio::task::coop::unconstrained(timer));
    #[cfg(not(feature = "async"))]
    let timer = timer.as_mut();
    timer.poll(cx)
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
    /// The number of that world; 0 if there is none.
    static WORLD_ID: Cell<u64> = const { Cell::new(0) };
}

/// Whether any thread ever was in a simulation: in a program that is no test every call may ask, and none is.
static SIMULATES: AtomicBool = AtomicBool::new(false);

/// Whether this thread may be in a simulation. A thread that is sees that it is, as it said so itself.
#[inline(always)]
pub(crate) fn simulates() -> bool {
    SIMULATES.load(Ordering::Relaxed)
}

/// Which simulation this thread is in, if it is in one.
pub(crate) fn world_id() -> Option<NonZeroU64> {
    NonZeroU64::new(WORLD_ID.get())
}

/// The simulation that this thread is in.
pub(crate) fn world() -> Option<Arc<World>> {
    // A thread that ends has left it.
    WORLD.try_with(|world| world.borrow().clone()).ok().flatten()
}

/// Puts this thread into a simulation until the guard is dropped.
pub(crate) fn enter(world: Arc<World>) -> Entered {
    SIMULATES.store(true, Ordering::Relaxed);
    WORLD_ID.set(world.id().get());
    Entered(WORLD.replace(Some(world)))
}

/// The simulation that the thread was in before.
#[derive(Debug)]
pub(crate) struct Entered(Option<Arc<World>>);

impl Drop for Entered {
    fn drop(&mut self) {
        WORLD_ID.set(self.0.as_ref().map_or(0, |world| world.id().get()));
        WORLD.set(self.0.take());
    }
}
