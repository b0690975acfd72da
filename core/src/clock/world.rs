//! A world where time passes only when somebody waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Moment;
use crate::policy::Occurrence;

/// What a simulation consists of; shared by all threads that are in it.
pub(crate) struct World {
    id: NonZeroU64,
    state: Mutex<State>,
}

/// The number that the next world has.
static NEXT: AtomicU64 = AtomicU64::new(1);

struct State {
    now: Moment,
    lots: fastrand::Rng,
    /// Who wants to be woken when, in the order in which they asked.
    timers: BTreeMap<(Moment, u64), Waker>,
    asked: u64,
    log: Vec<Entry>,
}

/// What happened in a simulation.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// To a call, by a policy.
    Policy(Occurrence),
    /// What else was noted, and when.
    Note(Moment, String),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Policy(occurrence) => occurrence.fmt(f),
            Entry::Note(at, text) => write!(f, "{:?} {text}", at.since(Moment::FIRST)),
        }
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let state = State {
            now: Moment::default(),
            lots: fastrand::Rng::with_seed(seed),
            timers: BTreeMap::new(),
            asked: 0,
            log: Vec::new(),
        };
        let id = NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap_or(NonZeroU64::MIN);
        World { id, state: Mutex::new(state) }
    }

    /// What tells it apart from every other one of this process.
    pub(crate) fn id(&self) -> NonZeroU64 {
        self.id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.state().now
    }

    pub(crate) fn random(&self) -> f64 {
        self.state().lots.f64()
    }

    /// Lets time pass, and wakes whom it was time for, each at its own moment.
    pub(crate) fn pass(&self, time: Duration) {
        let until = self.now().plus(time);
        while self.wake_first(until) {}
        let mut state = self.state();
        state.now = state.now.max(until);
    }

    /// Goes on to the next moment that somebody waits for, if there is one.
    pub(crate) fn pass_to_next(&self) -> bool {
        self.wake_first(Moment::of(Duration::MAX))
    }

    fn wake_first(&self, until: Moment) -> bool {
        let mut state = self.state();
        let Some(entry) = state.timers.first_entry().filter(|entry| entry.key().0 <= until) else { return false };
        let ((at, _), waker) = entry.remove_entry();
        state.now = state.now.max(at);
        drop(state);
        waker.wake();
        true
    }

    /// Is ready when so much time has passed.
    pub(crate) fn timer(self: Arc<Self>, time: Duration) -> Timer {
        let mut state = self.state();
        let at = state.now.plus(time);
        state.asked += 1;
        let key = (at, state.asked);
        drop(state);
        Timer { world: self, key }
    }

    pub(crate) fn told(&self, occurrence: Occurrence) {
        self.state().log.push(Entry::Policy(occurrence));
    }

    pub(crate) fn note(&self, text: String) {
        let mut state = self.state();
        let at = state.now;
        state.log.push(Entry::Note(at, text));
    }

    pub(crate) fn log(&self) -> Vec<Entry> {
        self.state().log.clone()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// Waits for a moment of a simulation.
#[derive(Debug)]
pub(crate) struct Timer {
    world: Arc<World>,
    key: (Moment, u64),
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A waker is somebody else's code: to clone or drop one may come back here, so it is not done under the lock.
        let waker = cx.waker().clone();
        let mut state = self.world.state();
        if state.now >= self.key.0 {
            drop(state);
            return Poll::Ready(());
        }
        let before = state.timers.insert(self.key, waker);
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let waker = self.world.state().timers.remove(&self.key);
        drop(waker);
    }
}
