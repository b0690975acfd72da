//! Lets only so many calls run at once, so that one slow service does not take every thread.
//!
//! The known semaphores do not fit: that of async-lock lets a newcomer overtake those who wait, and that of tokio would bring
//! tokio to programs that have nothing async. Threads and tasks stand in one queue here, as each is a [`Waker`].

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Before, BulkheadFull, Call, Event, Expresses, Policy, Wait, runs_calls};
use crate::clock::{self, Timer};

/// Lets at most so many calls run at once.
///
/// Further ones are refused with [`BulkheadFull`]; with a [`queue`](Bulkhead::queue) as many wait first, threads and tasks alike.
/// Who waits for longest goes first, and nobody overtakes: a place that becomes free is handed to the first in the queue. Who stops
/// waiting, or panics, leaves neither a gap in the queue nor a place behind; [`max_wait`](Bulkhead::max_wait) says how long that is.
///
/// A call that has a place and calls through the same bulkhead needs a second one. Where it queues for that, it may wait for the
/// place that it has itself, for ever: what calls itself stands behind a bulkhead without a queue, or above its own calls.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Bulkhead, BulkheadFull};
///
/// static DATABASE: Bulkhead = Bulkhead::new(1);
///
/// let outer = DATABASE.run(|| {
///     let inner = DATABASE.run(|| Ok::<_, BulkheadFull>(2));
///     assert_eq!(inner, Err(BulkheadFull));
///     Ok::<_, BulkheadFull>(1)
/// });
/// assert_eq!(outer, Ok(1));
/// ```
pub struct Bulkhead {
    most: usize,
    queue: usize,
    places: Mutex<Places>,
}

/// Who is in, and who waits. While somebody waits, no place is free.
struct Places {
    taken: usize,
    /// By the number they drew. Whoever is no longer here and has not left by itself has been given a place.
    waiting: BTreeMap<u64, Waker>,
    drawn: u64,
}

impl Bulkhead {
    /// Lets so many calls run at once, and none wait.
    ///
    /// # Panics
    /// When there are none.
    pub const fn new(most: usize) -> Self {
        assert!(most > 0, "a bulkhead lets at least one call run");
        let places = Places { taken: 0, waiting: BTreeMap::new(), drawn: 0 };
        Bulkhead { most, queue: 0, places: Mutex::new(places) }
    }

    /// The same, where so many more may wait; `usize::MAX` if nobody is to be refused.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::Bulkhead;
    /// static DATABASE: Bulkhead = Bulkhead::new(8).queue(100);
    /// ```
    #[must_use]
    pub const fn queue(mut self, most: usize) -> Self {
        self.queue = most;
        self
    }

    /// The same, where a call waits at most so long, and is refused then.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Bulkhead, BulkheadFull};
    /// use std::time::Duration;
    ///
    /// static DATABASE: Bulkhead = Bulkhead::new(1).queue(100);
    ///
    /// let outer = DATABASE.run(|| {
    ///     let inner = DATABASE.max_wait(Duration::from_millis(1)).run(|| Ok::<_, BulkheadFull>(2));
    ///     assert_eq!(inner, Err(BulkheadFull));
    ///     Ok::<_, BulkheadFull>(1)
    /// });
    /// assert_eq!(outer, Ok(1));
    /// ```
    pub const fn max_wait(&self, time: Duration) -> BulkheadMaxWait<'_> {
        BulkheadMaxWait { bulkhead: self, max_wait: time }
    }

    /// The number of calls that run.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::{Bulkhead, BulkheadFull};
    /// let bulkhead = Bulkhead::new(8);
    /// let running = bulkhead.run(|| Ok::<_, BulkheadFull>(bulkhead.running()));
    /// assert_eq!((running, bulkhead.running()), (Ok(1), 0));
    /// ```
    pub fn running(&self) -> usize {
        self.places().taken
    }

    /// The number of calls that wait.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::Bulkhead;
    /// assert_eq!(Bulkhead::new(8).queue(100).waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        self.places().waiting.len()
    }

    runs_calls!();

    /// What tells it apart from others.
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> Entry<'_> {
        let mut places = self.places();
        if places.taken < self.most {
            places.taken += 1;
            return Entry::Free(Place(self));
        }
        if places.waiting.len() >= self.queue {
            return Entry::Full;
        }
        places.drawn += 1;
        let drawn = places.drawn;
        places.waiting.insert(drawn, Waker::noop().clone());
        Entry::Queued(Queued { bulkhead: self, drawn, placed: false })
    }
}

impl Places {
    /// Hands a place to the first in the queue; if nobody waits it is free.
    fn hand_on(mut places: MutexGuard<'_, Self>) {
        match places.waiting.pop_first() {
            None => places.taken -= 1,
            Some((_, waker)) => {
                drop(places);
                waker.wake();
            }
        }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places();
        f.debug_struct("Bulkhead")
            .field("most", &self.most)
            .field("queue", &self.queue)
            .field("running", &places.taken)
            .field("waiting", &places.waiting.len())
            .finish_non_exhaustive()
    }
}

enum Entry<'b> {
    Free(Place<'b>),
    Queued(Queued<'b>),
    Full,
}

/// The place of a call in a [`Bulkhead`].
#[derive(Debug)]
pub struct Place<'b>(&'b Bulkhead);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        Places::hand_on(self.0.places());
    }
}

/// Somebody in the queue.
#[must_use = "whoever drops it leaves the queue"]
struct Queued<'b> {
    bulkhead: &'b Bulkhead,
    drawn: u64,
    /// Whether the place has been given out, so that it is no longer this one's to hand on.
    placed: bool,
}

impl<'b> Future for Queued<'b> {
    type Output = Option<Place<'b>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = cx.waker().clone();
        let mut places = self.bulkhead.places();
        let before = places.waiting.get_mut(&self.drawn).map(|place| mem::replace(place, waker));
        // A waker is somebody else's code: to wake or drop one may come back here, so it is not done under the lock.
        drop(places);
        if before.is_some() {
            return Poll::Pending;
        }
        self.placed = true;
        Poll::Ready(Some(Place(self.bulkhead)))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if self.placed {
            return;
        }
        let mut places = self.bulkhead.places();
        let waker = places.waiting.remove(&self.drawn);
        if waker.is_none() {
            // The place came, and nobody took it.
            Places::hand_on(places);
        } else {
            drop(places);
        }
    }
}

impl<'b, T, E: Expresses<BulkheadFull>> Policy<Result<T, E>> for &'b Bulkhead {
    type Permit = Place<'b>;

    fn before(&self, call: &Call) -> Before<'_, Place<'b>, Result<T, E>> {
        self.admit(call, |queued| Box::pin(queued))
    }
}

impl Bulkhead {
    /// Lets a call run, or wait in the way that `waits` says, or refuses it.
    fn admit<'b, T, E: Expresses<BulkheadFull>>(
        &'b self,
        call: &Call,
        waits: impl FnOnce(Queued<'b>) -> Pin<Box<dyn Future<Output = Option<Place<'b>>> + Send + 'b>>,
    ) -> Before<'b, Place<'b>, Result<T, E>> {
        match self.enter() {
            Entry::Free(place) => Before::Go(place),
            Entry::Queued(queued) => {
                call.tell(|| Event::Waited { by: "bulkhead" });
                Before::Wait(Wait::Until(waits(queued)))
            }
            Entry::Full => refuse(call),
        }
    }
}

#[cold]
fn refuse<'b, T, E: Expresses<BulkheadFull>>(call: &Call) -> Before<'b, Place<'b>, Result<T, E>> {
    call.tell(|| Event::Refused { by: "bulkhead" });
    Before::Return(Err(E::express(BulkheadFull)))
}

/// A [`Bulkhead`] whose calls do not wait for ever: made by [`max_wait`](Bulkhead::max_wait).
#[derive(Clone, Copy, Debug)]
pub struct BulkheadMaxWait<'b> {
    bulkhead: &'b Bulkhead,
    max_wait: Duration,
}

thread_local! {
    /// The bulkhead for which the call of this thread has waited long enough. It is asked at once by whoever waited, on the same
    /// thread, and then refuses.
    static EXPIRED: Cell<Option<usize>> = const { Cell::new(None) };
}

impl BulkheadMaxWait<'_> {
    runs_calls!();
}

impl<'p, T, E: Expresses<BulkheadFull>> Policy<Result<T, E>> for &'p BulkheadMaxWait<'_> {
    type Permit = Place<'p>;

    fn before(&self, call: &Call) -> Before<'_, Place<'p>, Result<T, E>> {
        let BulkheadMaxWait { bulkhead, max_wait } = **self;
        if EXPIRED.take() == Some(bulkhead.address()) {
            return refuse(call);
        }
        bulkhead.admit(call, |queued| Box::pin(Within { queued, max_wait, timer: None }))
    }
}

/// Somebody in the queue who waits at most so long.
struct Within<'b> {
    queued: Queued<'b>,
    max_wait: Duration,
    timer: Option<Timer>,
}

impl<'b> Future for Within<'b> {
    type Output = Option<Place<'b>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(place) = Pin::new(&mut self.queued).poll(cx) {
            return Poll::Ready(place);
        }
        let max_wait = self.max_wait;
        let timer = self.timer.get_or_insert_with(|| clock::timer(max_wait));
        if clock::poll_due(timer, cx).is_pending() {
            return Poll::Pending;
        }
        EXPIRED.set(Some(self.queued.bulkhead.address()));
        Poll::Ready(None)
    }
}
