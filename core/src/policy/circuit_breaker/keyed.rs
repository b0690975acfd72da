//! A circuit breaker for each of several keys, of which those in use are kept.
//!
//! A call of a key that is known only reads the table. So the order of keys is not that of their last calls: one that was asked for
//! is marked, and a mark lets it pass once when room is made ("second chance").

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use lru::LruCache;

use super::{CircuitBreaker, State};
use crate::clock::Moment;
use crate::policy::state::Kept;

/// A [`CircuitBreaker`] for each key, all with the same settings: made by [`per_key`](CircuitBreaker::per_key).
///
/// At most so many are kept. A new key takes the place of a closed one that was not asked for lately, or, where it finds none, of an
/// open one that would let a call through anyway. One that refuses calls is never dropped: where of the next 16 all do, a new
/// key gets a breaker that is not kept, and counts only for those who hold it.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{CircuitBreaker, CircuitBreakers, CircuitOpen, State};
///
/// # #[derive(Debug)]
/// # struct Down;
/// # impl From<CircuitOpen> for Down {
/// #     fn from(_: CircuitOpen) -> Self {
/// #         Down
/// #     }
/// # }
/// static BREAKERS: CircuitBreakers<String> = CircuitBreaker::consecutive(1).per_key(1024);
///
/// BREAKERS.of("north").run(|| Err::<(), _>(Down)).unwrap_err();
/// assert_eq!(BREAKERS.of("north").state(), State::Open);
/// assert_eq!(BREAKERS.of("south").state(), State::Closed);
/// ```
pub struct CircuitBreakers<K> {
    like: CircuitBreaker,
    keys: NonZeroUsize,
    /// Made by the first who asks, as a table needs its hasher. Bounded here, not by itself: it would drop open ones, too.
    kept: RwLock<Option<LruCache<K, Entry>>>,
}

struct Entry {
    breaker: Arc<CircuitBreaker>,
    /// Whether it was asked for since it was last looked at to make room.
    asked: AtomicBool,
}

/// How many are looked at to make room for a new key, so that one key more costs no more than that while all are open.
pub(super) const LOOKS: usize = 16;

impl CircuitBreaker {
    /// One like this for each key, at most so many.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::{CircuitBreaker, CircuitBreakers};
    /// static BREAKERS: CircuitBreakers<u32> = CircuitBreaker::rate(0.5, 20).per_key(1024);
    /// ```
    ///
    /// # Panics
    /// When there are none.
    pub const fn per_key<K>(self, keys: usize) -> CircuitBreakers<K> {
        let Some(keys) = NonZeroUsize::new(keys) else { panic!("at least one key has a circuit breaker") };
        CircuitBreakers { like: self, keys, kept: RwLock::new(None) }
    }
}

impl<K: Hash + Eq + Clone> CircuitBreakers<K> {
    /// The breaker of this key; a new one if it has none. To look at one without making it there is [`get`](CircuitBreakers::get).
    pub fn of<Q: Hash + Eq + ToOwned<Owned = K> + ?Sized>(&self, key: &Q) -> Arc<CircuitBreaker>
    where
        K: Borrow<Q>,
    {
        if let Some(Entry { breaker, asked }) = self.kept().as_ref().and_then(|kept| kept.peek(key)) {
            // Written only where it changes, so that threads share what they read.
            if !asked.load(Ordering::Relaxed) {
                asked.store(true, Ordering::Relaxed);
            }
            return Arc::clone(breaker);
        }
        self.make(key.to_owned())
    }

    #[cold]
    fn make(&self, key: K) -> Arc<CircuitBreaker> {
        let breaker = Arc::new(CircuitBreaker::with(self.like.settings));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get_or_insert_with(LruCache::unbounded);
        // Another thread may have made it since.
        if let Some(Entry { breaker, .. }) = kept.peek(&key) {
            return Arc::clone(breaker);
        }
        if kept.len() < self.keys.get() || make_room(kept) {
            kept.put(key, Entry { breaker: Arc::clone(&breaker), asked: AtomicBool::new(false) });
        }
        breaker
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Kept for CircuitBreakers<K> {}

impl<K: Hash + Eq> CircuitBreakers<K> {
    /// The breaker of this key, if it has one. Nothing is made for it, and it is no more likely to be kept.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::{CircuitBreaker, State};
    /// let breakers = CircuitBreaker::consecutive(5).per_key::<u32>(1024);
    /// assert!(breakers.get(&7).is_none());
    ///
    /// breakers.of(&7).force_open();
    /// assert_eq!(breakers.get(&7).map(|breaker| breaker.state()), Some(State::Open));
    /// ```
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<Arc<CircuitBreaker>>
    where
        K: Borrow<Q>,
    {
        self.kept().as_ref()?.peek(key).map(|entry| Arc::clone(&entry.breaker))
    }

    /// The number of keys that have a breaker now.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// let breakers = CircuitBreaker::consecutive(5).per_key(2);
    /// for key in 0..10 {
    ///     breakers.of(&key);
    /// }
    /// assert_eq!(breakers.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.kept().as_ref().map_or(0, LruCache::len)
    }

    /// Whether no key has one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self) -> RwLockReadGuard<'_, Option<LruCache<K, Entry>>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops one of the next few, if one of them may go: at best one that is closed and was not asked for. Those that stay come last.
fn make_room<K: Hash + Eq + Clone>(kept: &mut LruCache<K, Entry>) -> bool {
    let now = Moment::now();
    let mut least = None;
    for _ in 0..LOOKS.min(kept.len()) {
        let Some((key, mut entry)) = kept.pop_lru() else { break };
        let missed = (entry.breaker.state() != State::Closed, std::mem::take(entry.asked.get_mut()));
        if missed == (false, false) {
            return true;
        }
        let first = least.as_ref().is_none_or(|(least, _)| missed < *least);
        if first && !entry.breaker.keeps_out(now) {
            least = Some((missed, key.clone()));
        }
        kept.put(key, entry);
    }
    least.is_some_and(|(_, key)| kept.pop(&key).is_some())
}

impl<K> fmt::Debug for CircuitBreakers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakers").field("keys", &self.keys).finish_non_exhaustive()
    }
}
