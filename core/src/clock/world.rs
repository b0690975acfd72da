//! A world where time passes only when somebody waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::Moment;
use crate::policy::Occurrence;

/// What a simulation consists of; shared by all threads that are in it.
pub(crate) struct World(Mutex<State>);

struct State {
    now: Moment,
    lots: fastrand::Rng,
    /// Who wants to be woken when, in the order in which they asked.
    timers: BTreeMap<(Moment, u64), Waker>,
    #[cfg_attr(not(feature = "async"), allow(dead_code, reason = "only tasks ask"))]
    asked: u64,
    events: Vec<Occurrence>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        World(Mutex::new(State {
            now: Moment::default(),
            lots: fastrand::Rng::with_seed(seed),
            timers: BTreeMap::new(),
            asked: 0,
            events: Vec::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    #[cfg(feature = "async")]
    pub(crate) fn timer(self: Arc<Self>, time: Duration) -> Timer {
        let mut state = self.state();
        let at = state.now.plus(time);
        state.asked += 1;
        let key = (at, state.asked);
        drop(state);
        Timer { world: self, key }
    }

    pub(crate) fn note(&self, event: Occurrence) {
        self.state().events.push(event);
    }

    pub(crate) fn events(&self) -> Vec<Occurrence> {
        self.state().events.clone()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// Waits for a moment of a simulation.
#[cfg(feature = "async")]
#[derive(Debug)]
pub(crate) struct Timer {
    world: Arc<World>,
    key: (Moment, u64),
}

#[cfg(feature = "async")]
impl std::future::Future for Timer {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        let mut state = self.world.state();
        if state.now >= self.key.0 {
            return std::task::Poll::Ready(());
        }
        state.timers.insert(self.key, cx.waker().clone());
        std::task::Poll::Pending
    }
}

#[cfg(feature = "async")]
impl Drop for Timer {
    fn drop(&mut self) {
        self.world.state().timers.remove(&self.key);
    }
}
