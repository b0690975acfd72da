//! Computations under way: which is part of which, and which waits for which.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// One computation under way, of whatever cache.
pub(super) struct Flight {
    id: u64,
    /// The one that this is part of.
    inside: Option<Arc<Flight>>,
    landing: Mutex<Landing>,
}

#[derive(Default)]
struct Landing {
    landed: bool,
    /// How many have begun to wait for it.
    waiting: usize,
    /// Who is to be woken then.
    wakers: BTreeMap<u64, Waker>,
}

/// For each flight that somebody waits for: the flights that those who wait are part of. Who is part of none closes no circle.
static WAITS: Mutex<BTreeMap<u64, Vec<Arc<Flight>>>> = Mutex::new(BTreeMap::new());

static IDS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The flight that the code on this thread is part of.
    static CURRENT: RefCell<Option<Arc<Flight>>> = const { RefCell::new(None) };
}

/// The flight that this thread is in. One that ends is in none: what its thread-locals own may be dropped after [`CURRENT`].
fn current() -> Option<Arc<Flight>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Puts this thread into a flight; gives the one that it was in.
fn replace(flight: Option<Arc<Flight>>) -> Option<Arc<Flight>> {
    CURRENT.try_with(|current| current.replace(flight)).ok().flatten()
}

fn waits() -> MutexGuard<'static, BTreeMap<u64, Vec<Arc<Flight>>>> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id() -> u64 {
    IDS.fetch_add(1, Ordering::Relaxed)
}

impl Flight {
    /// One that is part of what this thread is in.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Flight { id: id(), inside: current(), landing: Mutex::default() })
    }

    fn landing(&self) -> MutexGuard<'_, Landing> {
        self.landing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this thread does from now on is part of this flight.
    pub(super) fn enter(self: &Arc<Self>) {
        replace(Some(Arc::clone(self)));
    }

    /// The end of what [`enter`](Flight::enter) began, on whatever thread.
    pub(super) fn leave(&self) {
        if current().is_some_and(|current| current.id == self.id) {
            replace(self.inside.clone());
        }
    }

    /// It is over: all who wait go on.
    pub(super) fn land(&self) {
        let mut landing = self.landing();
        landing.landed = true;
        let wakers = std::mem::take(&mut landing.wakers);
        drop(landing);
        wakers.into_values().for_each(Waker::wake);
    }

    /// How many wait for it.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.landing().wakers.len()
    }

    /// The number of the flight that this thread is in.
    #[cfg(all(test, feature = "async"))]
    pub(super) fn current() -> Option<u64> {
        current().map(|current| current.id)
    }

    /// Whether anybody who is part of a flight waits for one of these.
    #[cfg(all(test, feature = "async"))]
    pub(super) fn any_awaited(ids: &[u64]) -> bool {
        let waits = waits();
        ids.iter().any(|id| waits.contains_key(id))
    }

    /// Waits for it; `None` if it would wait, over others or not, for the one who asks.
    pub(super) fn wait(self: &Arc<Self>) -> Option<Waiting> {
        let inside = current();
        if let Some(inside) = &inside {
            // Both under one lock, so that of those who close a circle together the last one sees it.
            let mut waits = waits();
            if self.needs(inside, &waits) {
                return None;
            }
            waits.entry(self.id).or_default().push(Arc::clone(inside));
        }
        let mut landing = self.landing();
        let place = landing.waiting;
        landing.waiting += 1;
        drop(landing);
        Some(Waiting { id: id(), place, awaited: Arc::clone(self), inside })
    }

    /// Whether this cannot land before `other` has.
    fn needs(&self, other: &Flight, waits: &BTreeMap<u64, Vec<Arc<Flight>>>) -> bool {
        let mut seen = HashSet::from([other.id]);
        let mut from = vec![other];
        while let Some(flight) = from.pop() {
            if flight.id == self.id {
                return true;
            }
            let waiting = waits.get(&flight.id).into_iter().flatten();
            from.extend(
                flight.inside.iter().chain(waiting).map(|flight| &**flight).filter(|flight| seen.insert(flight.id)),
            );
        }
        false
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flight").field(&self.id).finish()
    }
}

/// Ready when a flight has landed.
pub(super) struct Waiting {
    id: u64,
    place: usize,
    awaited: Arc<Flight>,
    inside: Option<Arc<Flight>>,
}

impl Waiting {
    /// How many began to wait for the same flight before.
    pub(super) fn place(&self) -> usize {
        self.place
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut landing = self.awaited.landing();
        if landing.landed {
            return Poll::Ready(());
        }
        let earlier = landing.wakers.insert(self.id, cx.waker().clone());
        // To drop a waker may be to drop a task, which may wait for this flight as well.
        drop(landing);
        drop(earlier);
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let waker = self.awaited.landing().wakers.remove(&self.id);
        drop(waker);
        let Some(inside) = &self.inside else { return };
        let mut waits = waits();
        if let Some(waiting) = waits.get_mut(&self.awaited.id) {
            if let Some(at) = waiting.iter().position(|flight| flight.id == inside.id) {
                waiting.swap_remove(at);
            }
            if waiting.is_empty() {
                waits.remove(&self.awaited.id);
            }
        }
    }
}

/// Takes the flight that this thread has just entered off it, and makes the future part of that flight whenever it is polled.
pub(super) fn aboard<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let flight = current();
    if let Some(flight) = &flight {
        flight.leave();
    }
    async move {
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            let _aboard = Aboard(replace(flight.clone()));
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// What the thread was part of before.
struct Aboard(Option<Arc<Flight>>);

impl Drop for Aboard {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}
