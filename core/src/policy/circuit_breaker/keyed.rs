//! A circuit breaker for each of several keys, of which the most recent are kept.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{CircuitBreaker, State};
use crate::clock::Moment;
use crate::policy::state::Kept;

/// A [`CircuitBreaker`] for each key, all with the same settings: made by [`per_key`](CircuitBreaker::per_key).
///
/// At most so many are kept. A new key takes the place of the closed one that was not asked for longest, or, where all are open,
/// of one whose time is over, which would let a call through anyway. One that keeps calls out is never dropped: while all do, a new
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
    kept: Mutex<Option<LruCache<K, Arc<CircuitBreaker>>>>,
}

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
        CircuitBreakers { like: self, keys, kept: Mutex::new(None) }
    }
}

impl<K: Hash + Eq + Clone> CircuitBreakers<K> {
    /// The breaker of this key; a new one if it has none.
    pub fn of<Q: Hash + Eq + ToOwned<Owned = K> + ?Sized>(&self, key: &Q) -> Arc<CircuitBreaker>
    where
        K: Borrow<Q>,
    {
        let mut kept = self.kept();
        let kept = kept.get_or_insert_with(LruCache::unbounded);
        if let Some(breaker) = kept.get(key) {
            return Arc::clone(breaker);
        }
        let breaker = Arc::new(CircuitBreaker::with(self.like.settings));
        if kept.len() < self.keys.get() || make_room(kept) {
            kept.put(key.to_owned(), Arc::clone(&breaker));
        }
        breaker
    }
}

impl<K: Hash + Eq + Send + 'static> Kept for CircuitBreakers<K> {}

impl<K: Hash + Eq> CircuitBreakers<K> {
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

    fn kept(&self) -> MutexGuard<'_, Option<LruCache<K, Arc<CircuitBreaker>>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the one that is missed least, if there is one.
fn make_room<K: Hash + Eq + Clone>(kept: &mut LruCache<K, Arc<CircuitBreaker>>) -> bool {
    let now = Moment::now();
    let closed = |breaker: &CircuitBreaker| breaker.state() == State::Closed;
    let oldest = |may_go: &dyn Fn(&CircuitBreaker) -> bool| {
        kept.iter().rev().find(|(_, breaker)| may_go(breaker)).map(|(key, _)| key.clone())
    };
    let key = oldest(&closed).or_else(|| oldest(&|breaker| !breaker.keeps_out(now)));
    key.is_some_and(|key| kept.pop(&key).is_some())
}

impl<K> fmt::Debug for CircuitBreakers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakers").field("keys", &self.keys).finish_non_exhaustive()
    }
}
