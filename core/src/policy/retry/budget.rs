//! How many calls may be retried, so that a service that is sick is not flooded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::policy::state::PerWorld;

/// Allows retries in proportion to calls: in each window of time `reserve + ratio * calls`, among all that share it.
///
/// A window begins with a failure, and the next one with the first failure after its end. So calls that succeed add one to a
/// counter, without a look at the clock; and only calls that began in the window count for it, however many came before. A
/// budget that is spent makes calls give up at their first failure, until calls or time allow more.
///
/// In each [`Simulation`](crate::testing::Simulation) its windows are others, so that tests do not spend each other's retries.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Budget, Policy, Retry};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// // One retry for each five calls, and two more.
/// static BUDGET: Budget = Budget::new(0.2).reserve(2).window(Duration::from_secs(10));
///
/// let retry = Retry::constant(Duration::ZERO).budget(&BUDGET);
/// let mut attempts = 0;
/// Simulation::seeded(1).run(|| {
///     for _ in 0..10 {
///         let _ = retry.run(|| {
///             attempts += 1;
///             Err::<(), _>("down")
///         });
///     }
/// });
/// assert_eq!(attempts, 10 + 2 + 2);
/// ```
#[derive(Debug)]
pub struct Budget {
    ratio: f64,
    reserve: u32,
    window: Duration,
    /// Of all worlds together, as calls that succeed do not ask where they are.
    calls: AtomicU64,
    open: PerWorld<Mutex<Option<Window>>>,
}

/// Since when, after how many calls, and how many retries since then.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: Moment,
    calls: u64,
    retries: u64,
}

impl Budget {
    /// Allows so many retries for each call, and 10 more in each window of 10 seconds.
    ///
    /// # Panics
    /// When the ratio is not from 0 to 1.
    pub const fn new(ratio: f64) -> Self {
        assert!(ratio >= 0.0 && ratio <= 1.0, "the ratio of a retry budget must be from 0 to 1");
        let open = PerWorld::new(Mutex::new(None), || Mutex::new(None));
        Budget { ratio, reserve: 10, window: Duration::from_secs(10), calls: AtomicU64::new(0), open }
    }

    /// The same with so many retries in each window that need no calls: what a program with few calls lives on.
    #[must_use]
    pub const fn reserve(mut self, retries: u32) -> Self {
        self.reserve = retries;
        self
    }

    /// The same with windows of this length.
    ///
    /// # Panics
    /// When it is zero.
    #[must_use]
    pub const fn window(mut self, window: Duration) -> Self {
        assert!(!window.is_zero(), "the window of a retry budget must not be zero");
        self.window = window;
        self
    }

    /// How many retries it would allow now, if no further call began.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Budget, Policy, Retry};
    /// use std::time::Duration;
    ///
    /// static BUDGET: Budget = Budget::new(0.1).reserve(3);
    ///
    /// let _ = Retry::constant(Duration::ZERO).budget(&BUDGET).attempts(3).run(|| Err::<(), _>("down"));
    /// assert_eq!(BUDGET.left(), 1);
    /// ```
    pub fn left(&self) -> u64 {
        let now = Moment::now();
        let open = *self.open();
        let Some(window) = open.filter(|window| self.is_open(window, now)) else { return self.allowed(0) };
        let calls = self.calls.load(Ordering::Relaxed);
        self.allowed(calls - window.calls).saturating_sub(window.retries)
    }

    /// Forgets every call and every retry.
    pub fn clear(&self) {
        *self.open() = None;
    }

    /// A call begins.
    #[inline(always)]
    pub(super) fn deposit(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// A call failed: whether it may be called again, which then counts.
    #[cold]
    pub(super) fn withdraw(&self) -> bool {
        let now = Moment::now();
        let mut open = self.open();
        let calls = self.calls.load(Ordering::Relaxed);
        let mut window = match *open {
            Some(window) if self.is_open(&window, now) => window,
            // The call that failed is one of this window; of others that still run nothing is known.
            _ => Window { since: now, calls: calls.saturating_sub(1), retries: 0 },
        };
        let allowed = window.retries < self.allowed(calls - window.calls);
        window.retries += u64::from(allowed);
        *open = Some(window);
        allowed
    }

    fn open(&self) -> MutexGuard<'_, Option<Window>> {
        self.open.get().lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_open(&self, window: &Window, now: Moment) -> bool {
        now.since(window.since) < self.window
    }

    /// How many retries so many calls allow.
    fn allowed(&self, calls: u64) -> u64 {
        let calls = f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to `u32::MAX`, rounded down"
        )]
        let in_proportion = (self.ratio * calls) as u64;
        u64::from(self.reserve) + in_proportion
    }
}
