//! What policies did to the calls of a stage: who is told of it, and what is counted.
//!
//! A policy does not know in which stage of which pipeline its function is called. So a stage says so: while it calls its
//! function, its [`Watch`] is the one of this thread.

use std::cell::{OnceCell, RefCell};
use std::iter;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

pub(super) use failed::CallId;
use failed::Failed;
pub(crate) use failed::FailedAttempts;

use super::Event;
use crate::resource::Resources;

mod failed;

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
pub(crate) struct Watch {
    retries: AtomicU64,
    timeouts: AtomicU64,
    opened: AtomicU64,
    refused: AtomicU64,
    fallbacks: AtomicU64,
    stale: AtomicU64,
    cached: AtomicU64,
    /// What attempts failed with for the item in hand,
    failures: Mutex<Failures>,
    /// and whether there are any.
    any_failed: AtomicBool,
}

/// What attempts failed with, of all retries in one call of a stage.
#[derive(Debug, Default)]
struct Failures {
    /// By the calls that were retried, the one of which an attempt failed last at the end.
    of: Vec<Failed>,
    /// Whether that was its last attempt.
    gave_up: bool,
}

impl Failures {
    /// An attempt of this call failed. What it called is over, and so is what gave up before.
    fn keep(&mut self, call: CallId, attempt: u32, error: &str, last: bool) {
        self.make_good();
        let known = self.of.iter().rposition(|failed| failed.call == call);
        let goes_on = known.filter(|at| self.of[*at].attempts < attempt);
        if let Some(known) = known {
            self.of.truncate(goes_on.map_or(known, |at| at + 1));
        }
        if goes_on.is_none() {
            if self.of.len() == MOST_CALLS {
                self.of.remove(0);
            }
            self.of.push(Failed::new(call));
        }
        if let Some(failed) = self.of.last_mut() {
            failed.add(attempt, error);
        }
        self.gave_up = last;
    }

    /// That a call gave up, if one did last, did not matter.
    fn make_good(&mut self) {
        if self.gave_up {
            self.of.pop();
            self.gave_up = false;
        }
    }
}

/// Of so many calls attempts are kept at once. Each may be the one that gives up: of one that succeeds in the end nobody hears.
const MOST_CALLS: usize = 64;

impl Watch {
    /// What attempts for the item before failed with is no longer of interest.
    #[inline(always)]
    fn begin(&self) {
        if self.any_failed.load(Ordering::Relaxed) {
            self.forget();
        }
    }

    /// The stage's function returned, or panics.
    #[inline(always)]
    fn end(&self) {
        if self.any_failed.load(Ordering::Relaxed) {
            self.settle();
        }
    }

    /// If no retry gave up last, another attempt followed, and either succeeded or panics.
    #[cold]
    fn settle(&self) {
        if !self.failures().gave_up && !thread::panicking() {
            self.forget();
        }
    }

    #[cold]
    fn forget(&self) {
        *self.failures() = Failures::default();
        self.any_failed.store(false, Ordering::Relaxed);
    }

    fn count(&self, call: CallId, event: &Event) {
        let counter = match event {
            Event::Retry { attempt, error, .. } => {
                self.keep(call, *attempt, error, false);
                &self.retries
            }
            Event::GaveUp { attempts, error } => return self.keep(call, *attempts, error, true),
            Event::TimedOut { .. } => &self.timeouts,
            Event::Opened => &self.opened,
            Event::Refused { .. } => &self.refused,
            Event::FellBack { stale, .. } => {
                self.failures().make_good();
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

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempt of this number failed.
    fn keep(&self, call: CallId, attempt: u32, error: &str, last: bool) {
        self.failures().keep(call, attempt, error, last);
        self.any_failed.store(true, Ordering::Relaxed);
    }

    /// Why the attempts failed of the retry that gave up last; then it is forgotten. If one panicked, that is why the item is
    /// `rejected`.
    #[cold]
    pub(crate) fn take_failed(&self, rejected: &str) -> FailedAttempts {
        self.any_failed.store(false, Ordering::Relaxed);
        let Failures { mut of, gave_up } = std::mem::take(&mut *self.failures());
        let Some(mut call) = of.pop() else { return FailedAttempts::default() };
        if !gave_up {
            call.add(call.attempts.saturating_add(1), rejected);
        }
        FailedAttempts { attempts: call.attempts, causes: call.causes() }
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

/// The watches of the nodes of a run, each made when it is first asked for: few stages have policies.
#[derive(Clone, Debug)]
pub(crate) struct Watches(Rc<[OnceCell<Arc<Watch>>]>);

impl Watches {
    /// Those of so many nodes.
    pub(crate) fn of_nodes(nodes: usize) -> Self {
        Watches(iter::repeat_with(OnceCell::new).take(nodes).collect())
    }

    /// That of one node.
    pub(crate) fn of(&self, node: u32) -> WatchOf {
        WatchOf { watches: self.clone(), node }
    }

    /// What each counted.
    pub(crate) fn counts(&self) -> Vec<PolicyCounts> {
        self.0.iter().map(|watch| watch.get().map_or_else(PolicyCounts::default, |watch| watch.counts())).collect()
    }
}

/// The watch of one node of a run.
#[derive(Clone, Debug)]
pub(crate) struct WatchOf {
    watches: Watches,
    node: u32,
}

impl WatchOf {
    /// Makes it, the first time.
    pub(crate) fn get(&self) -> &Arc<Watch> {
        self.watches.0[self.node as usize].get_or_init(Arc::default)
    }
}

thread_local! {
    static WATCH: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Whether this thread is in a stage that counts. One that ends is in none: what its thread-locals own may be dropped after
/// [`WATCH`].
pub(super) fn listens() -> bool {
    WATCH.try_with(|watch| watch.borrow().is_some()).unwrap_or(false)
}

/// Puts this thread into a stage; gives the one that it was in.
#[inline(always)]
fn replace(watch: Option<Arc<Watch>>) -> Option<Arc<Watch>> {
    WATCH.try_with(|current| current.replace(watch)).ok().flatten()
}

/// Tells the stage that this thread is in.
pub(super) fn note(call: CallId, event: &Event) {
    let _ = WATCH.try_with(|watch| {
        if let Some(watch) = &*watch.borrow() {
            watch.count(call, event);
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
        self.0 = resources.watch().map(|watch| Arc::clone(watch.get()));
    }

    /// Makes it the one of this thread, until what it gives is dropped. It is moved there and back: to count who has it would cost
    /// more.
    #[inline]
    pub fn enter(&mut self) -> Within<'_> {
        if let Some(watch) = &self.0 {
            watch.begin();
        }
        let outer = replace(self.0.take());
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
        self.watched.0 = replace(self.outer.take());
        if let Some(watch) = &self.watched.0 {
            watch.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CallId, FailedAttempts, Failures, MOST_CALLS, Watch, Watched};
    use crate::policy::{Call, Event};

    const CALL: Call = Call::new("f");

    fn failed(attempt: u32, error: &str) -> Event {
        Event::Retry { attempt, delay: std::time::Duration::ZERO, error: error.to_owned() }
    }

    #[test]
    fn what_is_told_goes_to_the_stage_that_the_thread_is_in() {
        let watches = [Arc::new(Watch::default()), Arc::new(Watch::default())];
        let [mut outer, mut inner] = watches.clone().map(|watch| Watched(Some(watch)));
        CALL.tell(|| Event::Hit);
        let within = outer.enter();
        CALL.tell(|| Event::Hit);
        {
            let _within = inner.enter();
            CALL.tell(|| Event::Opened);
        }
        CALL.tell(|| Event::Hit);
        drop(within);
        CALL.tell(|| Event::Hit);
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
        CALL.tell(|| Event::Hit);
        assert_eq!(watch.counts().cached, 0);
        assert!(watched.0.is_some());
    }

    fn gave_up(attempts: u32, error: &str) -> Event {
        Event::GaveUp { attempts, error: error.to_owned() }
    }

    /// What is kept when a stage was told this, by these functions, and then failed.
    fn kept<const N: usize>(events: [(CallId, Event); N]) -> Vec<String> {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let within = watched.enter();
        for ((function, id), event) in events {
            Call::new(function).tell_of(id, || event);
        }
        drop(within);
        let FailedAttempts { attempts, causes } = watch.take_failed("rejected");
        assert_eq!(watch.take_failed("rejected"), FailedAttempts::default());
        assert_eq!(attempts as usize, causes.len());
        causes
    }

    /// Calls that have a number, and such of policies that number nothing.
    const F1: CallId = ("f", 1);
    const F2: CallId = ("f", 2);
    const F3: CallId = ("f", 3);
    const F: CallId = ("f", 0);
    const G: CallId = ("g", 0);

    #[test]
    fn the_attempts_of_the_call_that_gave_up_last_are_kept() {
        assert_eq!(kept([(F1, failed(1, "a")), (F2, failed(1, "b")), (F2, gave_up(2, "c"))]), ["b", "c"]);
        assert_eq!(kept([(F, failed(1, "a")), (F, failed(1, "b")), (F, gave_up(2, "c"))]), ["b", "c"]);
        assert_eq!(kept([(F, failed(1, "a")), (G, gave_up(1, "b"))]), ["b"]);
        let nested = [
            (F1, failed(1, "a")),
            (F1, gave_up(2, "b")),
            (F2, failed(1, "c")),
            (F3, gave_up(1, "d")),
            (F2, gave_up(2, "e")),
        ];
        assert_eq!(kept(nested), ["c", "e"]);
    }

    #[test]
    fn a_call_of_the_same_name_within_an_attempt_is_another() {
        let within_the_second = [
            (F1, failed(1, "a")),
            (F2, failed(1, "b")),
            // It succeeds, and nobody hears of it.
            (F1, failed(2, "c")),
            (F3, failed(1, "d")),
            (F1, gave_up(3, "e")),
        ];
        assert_eq!(kept(within_the_second), ["a", "c", "e"]);
    }

    #[test]
    fn calls_that_succeed_in_the_end_take_no_room() {
        let mut failures = Failures::default();
        failures.keep(F1, 1, "a", false);
        for id in 2..1000 {
            failures.keep(("g", id), 1, "b", false);
            assert!(failures.of.len() <= MOST_CALLS);
        }
        failures.keep(F1, 2, "c", true);
        assert_eq!(failures.of.pop().unwrap().causes(), ["1 attempt is left out here", "c"]);
    }

    #[test]
    fn attempts_that_another_made_good_are_not_kept() {
        let fell_back = || Event::FellBack { stale: None, error: "b".to_owned() };
        assert!(kept([(F1, failed(1, "a"))]).is_empty());
        assert!(kept([(F1, failed(1, "a")), (F1, gave_up(2, "b")), (F1, fell_back())]).is_empty());
        let within = [(F1, failed(1, "a")), (F2, gave_up(1, "b")), (F2, fell_back()), (F1, gave_up(2, "c"))];
        assert_eq!(kept(within), ["a", "c"]);
    }

    #[test]
    fn an_attempt_that_panics_is_the_last() {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _within = watched.enter();
            CALL.tell(|| failed(1, "a"));
            panic!("in the stage");
        }));
        assert!(panicked.is_err());
        assert_eq!(watch.take_failed("in the stage").causes, ["a", "in the stage"]);
    }

    #[test]
    fn what_failed_for_one_item_is_not_said_of_the_next() {
        let watch = Arc::new(Watch::default());
        let mut watched = Watched(Some(Arc::clone(&watch)));
        let within = watched.enter();
        CALL.tell(|| gave_up(1, "a"));
        drop(within);
        drop(watched.enter());
        assert!(watch.take_failed("b").causes.is_empty());
    }
}
