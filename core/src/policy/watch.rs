//! What policies did to the calls of a stage: who is told of it, and what is counted.
//!
//! A policy does not know in which stage of which pipeline its function is called. So a stage says so: while it calls its
//! function, its [`Watch`] is the one of this thread.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Event;
use crate::resource::Resources;

/// What policies did to the calls of one stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PolicyCounts {
    /// Attempts beside the first of a call.
    pub retries: u64,
    /// Attempts that took too long.
    pub timeouts: u64,
    /// How often a circuit breaker opened.
    pub opened: u64,
    /// Calls that a circuit breaker, a rate limit or a bulkhead refused.
    pub refused: u64,
    /// Calls that gave something in place of what failed; values of earlier calls among them.
    pub fallbacks: u64,
    /// Calls that gave the value of an earlier one, as they failed.
    pub stale: u64,
    /// Calls that a cache answered.
    pub cached: u64,
}

/// Counts what policies did to the calls of one stage, in one run.
#[derive(Debug, Default)]
pub struct Watch {
    retries: AtomicU64,
    timeouts: AtomicU64,
    opened: AtomicU64,
    refused: AtomicU64,
    fallbacks: AtomicU64,
    stale: AtomicU64,
    cached: AtomicU64,
    /// Why each attempt of the last call failed that failed at all, in order,
    failed: Mutex<Vec<String>>,
    /// and whether there is any.
    any_failed: AtomicBool,
}

impl Watch {
    /// What attempts of the item before failed with is no longer of interest.
    #[inline(always)]
    fn begin(&self) {
        if self.any_failed.load(Ordering::Relaxed) {
            self.take_failed();
        }
    }

    fn count(&self, event: &Event) {
        let counter = match event {
            Event::Retry { attempt, error, .. } => {
                self.keep(*attempt, error);
                &self.retries
            }
            Event::GaveUp { attempts, error } => return self.keep(*attempts, error),
            Event::TimedOut { .. } => &self.timeouts,
            Event::Opened => &self.opened,
            Event::Refused { .. } => &self.refused,
            Event::FellBack { stale, .. } => {
                if stale.is_some() {
                    self.stale.fetch_add(1, Ordering::Relaxed);
                }
                &self.fallbacks
            }
            Event::Hit => &self.cached,
            Event::BudgetSpent | Event::Probing | Event::Closed | Event::Waited { .. } => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn failed(&self) -> MutexGuard<'_, Vec<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempt of this number failed.
    fn keep(&self, attempt: u32, error: &str) {
        let mut failed = self.failed();
        failed.truncate(attempt.saturating_sub(1) as usize);
        failed.push(error.to_owned());
        self.any_failed.store(true, Ordering::Relaxed);
    }

    /// Why each attempt of the last call failed that failed at all, in order; then it is forgotten.
    #[cold]
    pub(crate) fn take_failed(&self) -> Vec<String> {
        self.any_failed.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.failed())
    }

    /// What was counted.
    pub(crate) fn counts(&self) -> PolicyCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PolicyCounts {
            retries: get(&self.retries),
            timeouts: get(&self.timeouts),
            opened: get(&self.opened),
            refused: get(&self.refused),
            fallbacks: get(&self.fallbacks),
            stale: get(&self.stale),
            cached: get(&self.cached),
        }
    }
}

thread_local! {
    static WATCH: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Tells the stage that this thread is in.
pub(super) fn note(event: &Event) {
    WATCH.with_borrow(|watch| {
        if let Some(watch) = watch {
            watch.count(event);
        }
    });
}

/// Where a generated stage keeps its watch.
#[derive(Clone, Debug, Default)]
pub struct Watched(Option<Arc<Watch>>);

impl Watched {
    /// None yet.
    pub const fn new() -> Self {
        Watched(None)
    }

    /// Takes that of the node that the stage stands at.
    pub fn connect(&mut self, resources: &Resources) {
        self.0 = resources.watch();
    }

    /// Makes it the one of this thread, until what it gives is dropped. It is moved there and back: to count who has it would cost
    /// more.
    #[inline]
    pub fn enter(&mut self) -> Within<'_> {
        if let Some(watch) = &self.0 {
            watch.begin();
        }
        let outer = WATCH.replace(self.0.take());
        Within { watched: self, outer }
    }
}

/// While a stage calls its function.
#[derive(Debug)]
pub struct Within<'w> {
    watched: &'w mut Watched,
    outer: Option<Arc<Watch>>,
}

impl Drop for Within<'_> {
    #[inline]
    fn drop(&mut self) {
        self.watched.0 = WATCH.replace(self.outer.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Watch, Watched};
    use crate::policy::{Call, Event};

    const CALL: Call = Call::new("f");

    fn failed(attempt: u32, error: &str) -> Event {
        Event::Retry { attempt, delay: std::time::Duration::ZERO, error: error.to_owned() }
    }

    #[test]
    fn what_is_told_goes_to_the_stage_that_the_thread_is_in() {
        let watches = [Arc::new(Watch::default()), Arc::new(Watch::default())];
        let [mut outer, mut inner] = watches.clone().map(|watch| Watched(Some(watch)));
        CALL.tell(Event::Hit);
        let within = outer.enter();
        CALL.tell(Event::Hit);
        {
            let _within = inner.enter();
            CALL.tell(Event::Opened);
        }
        CALL.tell(Event::Hit);
        drop(within);
        CALL.tell(Event::Hit);
        let [outer, inner] = watches.map(|watch| watch.counts());
        assert_eq!((outer.cached, outer.opened, inner.cached, inner.opened), (2, 0, 0, 1));
    }

    #[test]
    fn a_panic_leaves_the_stage() {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _within = watched.enter();
            panic!("in the stage");
        }));
        assert!(panicked.is_err());
        CALL.tell(Event::Hit);
        assert_eq!(watch.counts().cached, 0);
        assert!(watched.0.is_some());
    }

    #[test]
    fn the_attempts_of_the_last_call_are_kept() {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let _within = watched.enter();
        for event in
            [failed(1, "a"), failed(2, "b"), failed(1, "c"), Event::GaveUp { attempts: 2, error: "d".to_owned() }]
        {
            CALL.tell(event);
        }
        assert_eq!(watch.take_failed(), ["c", "d"]);
        assert!(watch.take_failed().is_empty());
        assert_eq!(watch.counts().retries, 3);
    }

    #[test]
    fn what_failed_for_one_item_is_not_said_of_the_next() {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let within = watched.enter();
        CALL.tell(failed(1, "a"));
        drop(within);
        let _within = watched.enter();
        assert!(watch.take_failed().is_empty());
    }
}
