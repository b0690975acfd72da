//! Keeps what a function gave, and runs what many ask for at once only once.

mod flight;
#[cfg(test)]
mod tests;

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use flight::Flight;

use super::state::{Kept, Lru, lives};
use super::{Before, Call, CallKey, Event, LentKey, MarkStale, Policy, Wait, run};
use crate::clock::Moment;

/// Keeps what calls gave, each behind its key, so that the next call of that key need not run.
///
/// Of a `Result` only `Ok` is kept. The value that nobody has asked for the longest makes room for a new one. One that says that it
/// is stale is kept as any other, unless the call is [`fresh_only`](Cached::fresh_only).
///
/// **Concurrent calls of one key run once**: the first one runs, the others wait for it and take its value, be they threads or
/// tasks.
///
/// **A failure is not shared.** When the first one fails, panics or is cancelled, one of those who wait runs next; when that fails
/// as well two run at once, then four, and so on, until one gives a value, which all others take. So one failure among many calls
/// is the failure of one call and not of all, an error need not be `Clone`, and each caller's error is that of its own call. Yet
/// nobody waits long: of 100 calls, all of which take 800 ms and fail, the last one is over after 8 times as long, not after 100
/// times; and the service gets them in growing numbers, not all at once. Where even these are too many, a
/// [`CircuitBreaker`](super::CircuitBreaker) or a [`Bulkhead`](super::Bulkhead) inside of the cache keeps them out.
///
/// **A call inside of a call never waits for itself**: where it would, over whatever caches and threads, it runs. A function that
/// calls itself with the same key without end still does so. What a call hands to another thread or a spawned task and waits
/// for there is not seen as part of it.
///
/// # Deadlocks
/// A call that blocks keeps its thread while it waits. Where it waits for an async call of the same key whose task runs on that very
/// thread, neither goes on. So a cache is for one of both, or blocking calls are made where they keep no task waiting, as in
/// tokio's `spawn_blocking`.
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
}

/// What is computed for a key while others may wait for it. Its value is kept only if it is the one under way for its key then:
/// who forgets a key also takes off what is under way.
struct Computation<V> {
    /// The call that leads. Others may run beside it.
    flight: Arc<Flight>,
    /// For those who wait: it may have made room for others before they wake.
    value: OnceLock<Arc<V>>,
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
        does(inner.get_or_insert_with(|| Inner { kept: Lru::new(), flights: HashMap::default(), hits: 0, misses: 0 }))
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
            (std::mem::replace(&mut inner.kept, Lru::new()), std::mem::take(&mut inner.flights))
        });
        drop(forgotten);
    }

    /// What is kept for this key. It is used, but no hit: nothing runs and nobody waits where there is none.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Cache;
    ///
    /// let cache = Cache::new(8);
    /// cache.run("a".to_owned(), || 1);
    /// assert_eq!((cache.get("a"), cache.get("b")), (Some(1), None));
    /// ```
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        V: Clone,
    {
        let kept = self.inner(|inner| inner.kept.get(key).map(|(value, since)| (Arc::clone(value), since)));
        kept.filter(|(_, since)| lives(*since, self.ttl)).map(|(value, _)| V::clone(&value))
    }

    /// Forgets the value of this key. As with [`clear`](Cache::clear), what a call that is under way gives is not kept.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Cache;
    ///
    /// let cache = Cache::new(8);
    /// cache.run("a", || 1);
    /// cache.remove("a");
    /// assert_eq!(cache.run("a", || 2), 2);
    /// ```
    pub fn remove<Q: Hash + Eq + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        drop(self.inner(|inner| (inner.kept.remove(key), inner.flights.remove_entry(key))));
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
    {
        Cached::new(self, Cow::Owned(key))
    }

    /// The same, where the key is made to be owned only when the call runs: a value that is kept is found without an allocation.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Cache, Policy};
    ///
    /// let cache: Cache<String, usize> = Cache::new(8);
    /// let length = |text: &str| (&cache.of_lent(text)).run(|| text.len());
    /// assert_eq!([length("roof"), length("roof")], [4, 4]);
    /// assert_eq!(cache.stats().hits, 1);
    /// ```
    pub fn of_lent<'c, Q>(&'c self, key: &'c Q) -> Cached<'c, Q, V>
    where
        Q: LentKey<Owned = K> + ?Sized,
    {
        Cached::new(self, Cow::Borrowed(key))
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
pub struct Cached<'c, Q: ToOwned + ?Sized, V> {
    cache: &'c Cache<Q::Owned, V>,
    key: Cow<'c, Q>,
    keeps: fn(&V) -> bool,
    /// What the call has waited for, once it has.
    waited: OnceLock<Mutex<Waited<V>>>,
}

struct Waited<V> {
    awaited: Arc<Computation<V>>,
    /// How many waited for the same before.
    place: usize,
    /// How often the call has waited.
    times: u32,
}

impl<Q: ToOwned<Owned: fmt::Debug> + fmt::Debug + ?Sized, V> fmt::Debug for Cached<'_, Q, V> {
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

impl<'c, Q: ToOwned + ?Sized, V> Cached<'c, Q, V> {
    fn new(cache: &'c Cache<Q::Owned, V>, key: Cow<'c, Q>) -> Self {
        Cached { cache, key, keeps: |_| true, waited: OnceLock::new() }
    }

    /// The same, where a value that says that it is stale is not kept: its age would stand still. `#[cached]` does so by itself.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Cache, Policy};
    /// use std::time::Duration;
    ///
    /// let cache = Cache::new(8);
    /// let read = |value| (&cache.of("roof").fresh_only()).run(|| value);
    /// let stale = Aged::stale(1, Duration::from_mins(1));
    /// assert_eq!([read(stale), read(Aged::fresh(2)), read(stale)], [stale, Aged::fresh(2), Aged::fresh(2)]);
    /// ```
    #[must_use]
    pub fn fresh_only(mut self) -> Self
    where
        V: MarkStale,
    {
        self.keeps = |value| value.stale_for().is_none();
        self
    }
}

impl<V> Waited<V> {
    /// Whether the call runs though another leads: first none does, then those of the first 2 places, 4, ..
    fn has_turn(&self) -> bool {
        self.times > 1 && self.place < 2_usize.saturating_pow(self.times - 1)
    }
}

impl<Q: LentKey + ?Sized, V> Cached<'_, Q, V> {
    fn waited(&self) -> Option<MutexGuard<'_, Waited<V>>> {
        self.waited.get().map(|waited| waited.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The call begins to wait.
    fn waits(&self, awaited: Arc<Computation<V>>, place: usize) {
        match self.waited() {
            Some(mut waited) => *waited = Waited { awaited, place, times: waited.times + 1 },
            None => drop(self.waited.set(Mutex::new(Waited { awaited, place, times: 1 }))),
        }
    }

    fn find(&self) -> Found<V> {
        let awaited = self.waited().and_then(|waited| waited.awaited.value.get().cloned());
        let mut too_old = None;
        let found = self.cache.inner(|inner| {
            if let Some(value) = awaited {
                inner.hits += 1;
                return Found::Value(value);
            }
            match inner.kept.get(&*self.key) {
                Some((value, since)) if lives(since, self.cache.ttl) => {
                    inner.hits += 1;
                    return Found::Value(Arc::clone(value));
                }
                Some(_) => too_old = inner.kept.remove(&*self.key),
                None => {}
            }
            if let Some(computation) = inner.flights.get(&*self.key) {
                return Found::UnderWay(Arc::clone(computation));
            }
            inner.misses += 1;
            let computation = Arc::new(Computation { flight: Flight::new(), value: OnceLock::new() });
            inner.flights.insert((*self.key).to_owned(), Arc::clone(&computation));
            Found::Nothing(computation)
        });
        drop(too_old);
        found
    }
}

/// The place of a call that runs. Without a value of it, one of those who wait runs next.
pub struct Running<'b, 'c, Q: LentKey + ?Sized, V> {
    call: &'b Cached<'c, Q, V>,
    computation: Arc<Computation<V>>,
    /// That of the computation, if this call leads.
    flight: Arc<Flight>,
    /// What the call gave, and whether it is to be kept.
    value: Option<(Arc<V>, bool)>,
}

impl<'b, 'c, Q: LentKey + ?Sized, V> Running<'b, 'c, Q, V> {
    fn leads(call: &'b Cached<'c, Q, V>, computation: Arc<Computation<V>>) -> Self {
        let flight = Arc::clone(&computation.flight);
        Running { call, computation, flight, value: None }
    }

    fn beside(call: &'b Cached<'c, Q, V>, computation: Arc<Computation<V>>) -> Self {
        call.cache.inner(|inner| inner.misses += 1);
        Running { call, computation, flight: Flight::new(), value: None }
    }

    /// Ends the computation, by a value or because the call that led has none.
    fn end(&self) {
        let Running { call, computation, value, .. } = self;
        // A value has a moment only where that is asked for: a clock costs more than a look into a map.
        let since = if call.cache.ttl.is_some() { Moment::now() } else { Moment::default() };
        if let Some((value, _)) = value {
            // If another call was faster, those who wait have its value.
            let _ = computation.value.set(Arc::clone(value));
        }
        let gone = call.cache.inner(|inner| {
            inner.flights.get(&*call.key).filter(|current| Arc::ptr_eq(current, computation))?;
            let (key, current) = inner.flights.remove_entry(&*call.key)?;
            let room = match value {
                Some((value, true)) => Ok(inner.kept.put(key, Arc::clone(value), since, call.cache.size)),
                _ => Err(key),
            };
            Some((current, room))
        });
        drop(gone);
        computation.flight.land();
    }
}

impl<Q: LentKey<Owned: fmt::Debug> + fmt::Debug + ?Sized, V> fmt::Debug for Running<'_, '_, Q, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("call", self.call).finish_non_exhaustive()
    }
}

impl<Q: LentKey + ?Sized, V> Drop for Running<'_, '_, Q, V> {
    fn drop(&mut self) {
        self.flight.leave();
        if self.value.is_some() || Arc::ptr_eq(&self.flight, &self.computation.flight) {
            self.end();
        }
    }
}

/// An async call has to come through [`around`](Policy::around), so that all and only what it does is part of it.
impl<'b, 'c, Q, V, R> Policy<R> for &'b Cached<'c, Q, V>
where
    Q: LentKey + ?Sized,
    V: Clone,
    R: Cacheable<V>,
{
    type Permit = Running<'b, 'c, Q, V>;

    fn before(&self, call: &Call) -> Before<'_, Running<'b, 'c, Q, V>, R> {
        let running = match self.find() {
            Found::Value(value) => {
                call.tell(|| Event::Hit);
                return Before::Return(R::of(V::clone(&value)));
            }
            Found::Nothing(computation) => Running::leads(self, computation),
            Found::UnderWay(computation) if self.waited().is_some_and(|waited| waited.has_turn()) => {
                Running::beside(self, computation)
            }
            Found::UnderWay(computation) => match computation.flight.wait() {
                Some(landed) => {
                    self.waits(computation, landed.place());
                    return Before::Wait(Wait::Until(Box::pin(async {
                        landed.await;
                        None
                    })));
                }
                // To wait would close a circle.
                None => Running::beside(self, computation),
            },
        };
        running.flight.enter();
        Before::Go(running)
    }

    fn after(&self, _call: &Call, mut running: Running<'b, 'c, Q, V>, outcome: R) -> R {
        // Here and not in `end`: to clone is a user's code, which may call this cache.
        running.value = outcome.value().map(|value| (Arc::new(value.clone()), (self.keeps)(value)));
        outcome
    }

    fn around(&self, _call: &Call, attempt: impl Future<Output = R>) -> impl Future<Output = R> {
        flight::aboard(attempt)
    }
}
