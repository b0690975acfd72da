//! Keeps what a function gave, and runs what many ask for at once only once.

mod flight;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use flight::Flight;

use super::state::{Kept, Lru, lives};
use super::{Before, Call, CallKey, Event, Policy, Wait, run};
use crate::clock::Moment;

/// Keeps what calls gave, each behind its key, so that the next call of that key need not run.
///
/// Of a `Result` only `Ok` is kept. The value that nobody has asked for the longest makes room for a new one.
///
/// **Concurrent calls of one key run once**: the first one runs, the others wait for it and take its value, be they threads or
/// tasks. When the first one fails, panics or is cancelled, one of those who wait runs next, as if it had come then.
///
/// **A call inside of a call never waits for itself**: where it would, over whatever caches and threads, it runs. A function that
/// calls itself with the same key without end still does so. What a call hands to another thread or a spawned task and waits
/// for there is not seen as part of it.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Cache, Stats};
///
/// static FIB: Cache<u64, u64> = Cache::new(128);
///
/// fn fib(n: u64) -> u64 {
///     FIB.run(n, || if n < 2 { n } else { fib(n - 1) + fib(n - 2) })
/// }
///
/// assert_eq!(fib(30), 832_040);
/// assert_eq!(FIB.stats(), Stats { hits: 28, misses: 31, size: 31 });
/// ```
pub struct Cache<K, V> {
    size: usize,
    ttl: Option<Duration>,
    /// Made by the first call, as a map is not constant.
    inner: Mutex<Option<Inner<K, V>>>,
}

struct Inner<K, V> {
    kept: Lru<K, V>,
    flights: HashMap<K, Arc<Computation<V>>, foldhash::fast::RandomState>,
    hits: u64,
    misses: u64,
    /// How often it was cleared. What began before is not kept.
    cleared: u64,
}

/// What a call computes that others may wait for.
struct Computation<V> {
    flight: Arc<Flight>,
    /// For those who wait: it may have made room for others before they wake.
    value: OnceLock<Arc<V>>,
    cleared: u64,
}

/// How often a [`Cache`] helped.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::Cache;
///
/// let cache = Cache::new(8);
/// cache.run("a", || 1);
/// cache.run("a", || 2);
/// assert_eq!(cache.stats().to_string(), "1 hit, 1 miss, size 1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls that got a value without running, those among them that waited for another call.
    pub hits: u64,
    /// Calls that ran.
    pub misses: u64,
    /// Values kept now, those among them that are too old and that nobody has asked for since.
    pub size: usize,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats { hits, misses, size } = self;
        let (hit, miss) = (if *hits == 1 { "hit" } else { "hits" }, if *misses == 1 { "miss" } else { "misses" });
        write!(f, "{hits} {hit}, {misses} {miss}, size {size}")
    }
}

impl<K, V> Cache<K, V> {
    /// Keeps at most so many values, for as long as there is room.
    ///
    /// # Panics
    /// When that is none.
    pub const fn new(size: usize) -> Self {
        assert!(size > 0, "a cache keeps at least one value");
        Cache { size, ttl: None, inner: Mutex::new(None) }
    }

    /// The same, where a value is kept for so long from when it was computed.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Cache;
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let simulation = Simulation::seeded(1);
    /// simulation.run(|| {
    ///     let cache = Cache::new(8).ttl(Duration::from_secs(60));
    ///     assert_eq!(cache.run("a", || 1), 1);
    ///     simulation.advance(Duration::from_secs(59));
    ///     assert_eq!(cache.run("a", || 2), 1);
    ///     simulation.advance(Duration::from_secs(1));
    ///     assert_eq!(cache.run("a", || 3), 3);
    /// });
    /// ```
    ///
    /// # Panics
    /// When that is no time at all.
    #[must_use]
    pub const fn ttl(self, ttl: Duration) -> Self {
        assert!(!ttl.is_zero(), "a cache keeps its values for some time");
        // As a field has a destructor, `..self` would not be constant.
        let mut cache = self;
        cache.ttl = Some(ttl);
        cache
    }
}

impl<K: Hash + Eq, V> Cache<K, V> {
    fn inner<T>(&self, does: impl FnOnce(&mut Inner<K, V>) -> T) -> T {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        does(inner.get_or_insert_with(|| Inner {
            kept: Lru::new(),
            flights: HashMap::default(),
            hits: 0,
            misses: 0,
            cleared: 0,
        }))
    }

    /// How often it helped, since it was made or cleared.
    pub fn stats(&self) -> Stats {
        self.inner(|inner| Stats { hits: inner.hits, misses: inner.misses, size: inner.kept.len() })
    }

    /// Forgets all values, and how often they helped. A call that is under way gives its value to those who wait for it
    /// already; it is not kept, as it may stem from before.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Cache, Stats};
    ///
    /// let cache = Cache::new(8);
    /// cache.run("a", || 1);
    /// cache.clear();
    /// assert_eq!(cache.stats(), Stats::default());
    /// assert_eq!(cache.run("a", || 2), 2);
    /// ```
    pub fn clear(&self) {
        let forgotten = self.inner(|inner| {
            (inner.hits, inner.misses) = (0, 0);
            inner.cleared += 1;
            (std::mem::replace(&mut inner.kept, Lru::new()), std::mem::take(&mut inner.flights))
        });
        drop(forgotten);
    }
}

impl<K, V> Cache<K, V> {
    /// The policy for one call of this key. A reference to it is the [`Policy`], so that what the call holds may borrow from it.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Cache, Policy};
    ///
    /// let cache = Cache::new(8);
    /// let answer = (&cache.of("answer")).run(|| 42);
    /// assert_eq!(answer, 42);
    /// ```
    pub fn of(&self, key: K) -> Cached<'_, K, V>
    where
        K: CallKey,
        V: Clone,
    {
        Cached { cache: self, key, followed: Mutex::new(None) }
    }

    /// What is kept for this key, or else what the call gives.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Cache;
    ///
    /// let cache: Cache<&str, u32> = Cache::new(8);
    /// assert_eq!(cache.run("a", || "x".parse::<u32>()).ok(), None);
    /// assert_eq!(cache.run("a", || "7".parse::<u32>()), Ok(7));
    /// assert_eq!(cache.run("a", || "8".parse::<u32>()), Ok(7));
    /// ```
    pub fn run<R: Cacheable<V>>(&self, key: K, call: impl FnMut() -> R) -> R
    where
        K: CallKey,
        V: Clone,
    {
        run::run(&&self.of(key), &Call::new("call"), call)
    }

    /// The same for an async call.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Cache;
    /// use millstream::testing::Simulation;
    ///
    /// let cache = Cache::new(8);
    /// let twice = Simulation::seeded(1).block_on(async {
    ///     [cache.run_async("a", || async { 1 }).await, cache.run_async("a", || async { 2 }).await]
    /// });
    /// assert_eq!(twice, [1, 1]);
    /// ```
    #[cfg(feature = "async")]
    pub async fn run_async<R: Cacheable<V>, F: Future<Output = R>>(&self, key: K, call: impl FnMut() -> F) -> R
    where
        K: CallKey,
        V: Clone,
    {
        run::run_async(&&self.of(key), &Call::new("call"), call).await
    }
}

impl<K: Hash + Eq, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cache { size, ttl, .. } = self;
        f.debug_struct("Cache")
            .field("size", size)
            .field("ttl", ttl)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Send + 'static, V: Send + Sync + 'static> Kept for Cache<K, V> {
    fn stats(&self) -> Stats {
        Cache::stats(self)
    }

    fn clear(&self) {
        Cache::clear(self);
    }
}

/// What a call gives, for a cache of `V`: the value itself, or a `Result` with it.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::Cacheable;
///
/// assert_eq!(Cacheable::<u32>::value(&7), Some(&7));
/// assert_eq!(Cacheable::<u32>::value(&Err::<u32, _>("down")), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "a cache of `{V}` cannot keep `{Self}`",
    note = "a call gives what the cache keeps, or a `Result` of it"
)]
pub trait Cacheable<V>: Sized {
    /// The value, if it is to be kept.
    fn value(&self) -> Option<&V>;

    /// What the call would have given.
    fn of(value: V) -> Self;
}

impl<V> Cacheable<V> for V {
    fn value(&self) -> Option<&V> {
        Some(self)
    }

    fn of(value: V) -> Self {
        value
    }
}

impl<V, E> Cacheable<V> for Result<V, E> {
    fn value(&self) -> Option<&V> {
        self.as_ref().ok()
    }

    fn of(value: V) -> Self {
        Ok(value)
    }
}

/// A [`Cache`] with the key of one call: see [`Cache::of`].
pub struct Cached<'c, K, V> {
    cache: &'c Cache<K, V>,
    key: K,
    /// What the call has waited for.
    followed: Mutex<Option<Arc<Computation<V>>>>,
}

impl<K: fmt::Debug, V> fmt::Debug for Cached<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What is known of a key.
enum Found<V> {
    Value(Arc<V>),
    UnderWay(Arc<Computation<V>>),
    Nothing(Arc<Computation<V>>),
}

impl<K: CallKey, V> Cached<'_, K, V> {
    fn find(&self) -> Found<V> {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let followed = followed.and_then(|followed| followed.value.get().cloned());
        let mut too_old = None;
        let found = self.cache.inner(|inner| {
            if let Some(value) = followed {
                inner.hits += 1;
                return Found::Value(value);
            }
            match inner.kept.get(&self.key) {
                Some((value, since)) if lives(since, self.cache.ttl) => {
                    inner.hits += 1;
                    return Found::Value(Arc::clone(value));
                }
                Some(_) => too_old = inner.kept.remove(&self.key),
                None => {}
            }
            if let Some(computation) = inner.flights.get(&self.key) {
                return Found::UnderWay(Arc::clone(computation));
            }
            let computation = inner.begin();
            inner.flights.insert(self.key.clone(), Arc::clone(&computation));
            Found::Nothing(computation)
        });
        drop(too_old);
        found
    }

    fn end(&self, computation: &Arc<Computation<V>>) {
        let value = computation.value.get();
        // A value has a moment only where that is asked for: a clock costs more than a look into a map.
        let since = if self.cache.ttl.is_some() { Moment::now() } else { Moment::default() };
        let gone = self.cache.inner(|inner| {
            let own = inner.flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, computation));
            let flight = own.then(|| inner.flights.remove_entry(&self.key));
            let keep = value.filter(|_| inner.cleared == computation.cleared);
            (flight, keep.map(|value| inner.kept.put(&self.key, Arc::clone(value), since, self.cache.size)))
        });
        drop(gone);
        computation.flight.leave();
        computation.flight.land();
    }
}

impl<K, V> Inner<K, V> {
    fn begin(&mut self) -> Arc<Computation<V>> {
        self.misses += 1;
        Arc::new(Computation { flight: Flight::new(), value: OnceLock::new(), cleared: self.cleared })
    }
}

/// The place of a call that runs. Without a value of it, one of those who wait runs next.
pub struct Running<'b, 'c, K: CallKey, V> {
    call: &'b Cached<'c, K, V>,
    computation: Arc<Computation<V>>,
}

impl<K: CallKey, V> fmt::Debug for Running<'_, '_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Running").field(&self.computation.flight).finish()
    }
}

impl<K: CallKey, V> Drop for Running<'_, '_, K, V> {
    fn drop(&mut self) {
        self.call.end(&self.computation);
    }
}

/// An async call has to come through [`around`](Policy::around), so that all and only what it does is part of it.
impl<'b, 'c, K, V, R> Policy<R> for &'b Cached<'c, K, V>
where
    K: CallKey,
    V: Clone,
    R: Cacheable<V>,
{
    type Permit = Running<'b, 'c, K, V>;

    fn before(&self, call: &Call) -> Before<'_, Running<'b, 'c, K, V>, R> {
        let computation = match self.find() {
            Found::Value(value) => {
                call.tell(|| Event::Hit);
                return Before::Return(R::of(V::clone(&value)));
            }
            Found::UnderWay(computation) => match computation.flight.wait() {
                Some(landed) => {
                    *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(computation);
                    return Before::Wait(Wait::Until(Box::pin(async {
                        landed.await;
                        None
                    })));
                }
                // To wait would close a circle.
                None => self.cache.inner(Inner::begin),
            },
            Found::Nothing(computation) => computation,
        };
        computation.flight.enter();
        Before::Go(Running { call: self, computation })
    }

    fn after(&self, _call: &Call, running: Running<'b, 'c, K, V>, outcome: R) -> R {
        if let Some(value) = outcome.value() {
            // Here and not in `end`: to clone is a user's code, which may call this cache.
            let _ = running.computation.value.set(Arc::new(value.clone()));
        }
        outcome
    }

    fn around(&self, _call: &Call, attempt: impl Future<Output = R>) -> impl Future<Output = R> {
        flight::aboard(attempt)
    }
}
