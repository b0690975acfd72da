//! The last good value of each key.

use std::borrow::{Borrow, Cow};
use std::fmt::{self, Display};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::policy::retry::{Any, Classifier};
use crate::policy::state::{Kept, Lru};
use crate::policy::{Before, Call, CallKey, ErrorText, Event, LentKey, MarkStale, Policy, run};

/// Keeps the last value that each key gave, and gives it when a call fails: marked as stale, with its age.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Aged, Fallback, Stale};
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// static READINGS: Stale<&str, Aged<f64>> = Fallback::stale(1024).max_age(Duration::from_secs(300));
///
/// let simulation = Simulation::seeded(1);
/// let read = |outcome| simulation.run(|| READINGS.run("roof", || outcome));
/// assert_eq!(read(Ok(Aged::fresh(21.5))), Ok(Aged::fresh(21.5)));
///
/// simulation.advance(Duration::from_secs(60));
/// assert_eq!(read(Err("down")), Ok(Aged::stale(21.5, Duration::from_secs(60))));
///
/// simulation.advance(Duration::from_secs(300));
/// assert_eq!(read(Err("down")), Err("down"));
/// ```
pub struct Stale<K, T, W = Any> {
    keys: usize,
    max_age: Option<Duration>,
    when: W,
    /// Made by the first value, as a map is not constant.
    last: Mutex<Option<Lru<K, T>>>,
}

impl<K, T> Stale<K, T> {
    pub(super) const fn new(keys: usize) -> Self {
        assert!(keys > 0, "a fallback keeps the value of at least one key");
        Stale { keys, max_age: None, when: Any, last: Mutex::new(None) }
    }

    /// The same, where a value that is older is not given.
    #[must_use]
    pub const fn max_age(self, age: Duration) -> Self {
        // As a field has a destructor, `..self` would not be constant.
        let mut stale = self;
        stale.max_age = Some(age);
        stale
    }

    /// The same, where only errors for which `when` holds are replaced. It begins with no values.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Stale};
    ///
    /// static NAMES: Stale<(), Aged<&str>, fn(&&str) -> bool> = Fallback::stale(1).when(|error| *error == "down");
    ///
    /// assert!(NAMES.run((), || Ok(Aged::fresh("roof"))).is_ok());
    /// assert!(NAMES.run((), || Err("down")).is_ok());
    /// assert!(NAMES.run((), || Err("no such sensor")).is_err());
    /// ```
    #[must_use]
    pub const fn when<V>(self, when: V) -> Stale<K, T, V> {
        let stale = Stale { keys: self.keys, max_age: self.max_age, when, last: Mutex::new(None) };
        // A destructor would not be constant. There is nothing to drop: nobody has called it yet.
        std::mem::forget(self);
        stale
    }
}

impl<K, T, W> Stale<K, T, W> {
    /// The policy for one call of this key.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Policy, Stale};
    ///
    /// let names: Stale<u32, Aged<String>> = Fallback::stale(8);
    /// let name = names.of(7).run(|| Err::<Aged<String>, _>("down"));
    /// assert_eq!(name, Err("down"));
    /// ```
    pub fn of(&self, key: K) -> StaleCall<'_, K, T, W>
    where
        K: CallKey,
    {
        StaleCall { stale: self, key: Cow::Owned(key) }
    }

    /// The same, where the key is made to be owned only for its first value.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Policy, Stale};
    ///
    /// let names: Stale<String, Aged<u32>> = Fallback::stale(8);
    /// let name = names.of_lent("roof").run(|| Err::<Aged<u32>, _>("down"));
    /// assert_eq!(name, Err("down"));
    /// ```
    pub fn of_lent<'s, Q>(&'s self, key: &'s Q) -> StaleCall<'s, Q, T, W>
    where
        Q: LentKey<Owned = K> + ?Sized,
    {
        StaleCall { stale: self, key: Cow::Borrowed(key) }
    }

    /// What the call gives, or else the last value that one of this key gave.
    ///
    /// A value that is stale already is not kept, as it would be younger then.
    ///
    /// # Errors
    /// What the call failed with, where there is no such value, or an older one than [`max_age`](Stale::max_age).
    pub fn run<E: Display>(&self, key: K, call: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        K: CallKey,
        T: Clone + MarkStale,
        W: Classifier<E>,
    {
        run::run(&self.of(key), &Call::new("call"), call)
    }

    /// The same for an async call.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Stale};
    /// use millstream::testing::Simulation;
    ///
    /// let names: Stale<u32, Aged<&str>> = Fallback::stale(8);
    /// let name = Simulation::seeded(1).block_on(names.run_async(7, || async { Ok::<_, String>(Aged::fresh("roof")) }));
    /// assert_eq!(name, Ok(Aged::fresh("roof")));
    /// ```
    ///
    /// # Errors
    /// As [`run`](Stale::run).
    #[cfg(feature = "async")]
    pub async fn run_async<E: Display, F>(&self, key: K, call: impl FnMut() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        K: CallKey,
        T: Clone + MarkStale,
        W: Classifier<E>,
    {
        run::run_async(&self.of(key), &Call::new("call"), call).await
    }
}

impl<K: Hash + Eq, T, W> Stale<K, T, W> {
    fn last<U>(&self, does: impl FnOnce(&mut Lru<K, T>) -> U) -> U {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        does(last.get_or_insert_with(Lru::new))
    }

    /// Forgets all values.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Stale};
    ///
    /// let names: Stale<u32, Aged<&str>> = Fallback::stale(8);
    /// assert!(names.run(7, || Ok::<_, String>(Aged::fresh("roof"))).is_ok());
    /// assert!(names.run(7, || Err("down")).is_ok());
    /// names.clear();
    /// assert!(names.run(7, || Err("down")).is_err());
    /// ```
    pub fn clear(&self) {
        drop(self.last(|last| std::mem::replace(last, Lru::new())));
    }

    /// Forgets the value of this key.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Aged, Fallback, Stale};
    ///
    /// let names: Stale<u32, Aged<&str>> = Fallback::stale(8);
    /// assert!(names.run(7, || Ok::<_, String>(Aged::fresh("roof"))).is_ok());
    /// names.remove(&7);
    /// assert!(names.run(7, || Err("down")).is_err());
    /// ```
    pub fn remove<Q: Hash + Eq + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        drop(self.last(|last| last.remove(key)));
    }
}

impl<K, T, W> fmt::Debug for Stale<K, T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stale").field("keys", &self.keys).field("max_age", &self.max_age).finish_non_exhaustive()
    }
}

impl<K, T, W> Kept for Stale<K, T, W>
where
    K: Hash + Eq + Send + 'static,
    T: Send + Sync + 'static,
    W: Send + Sync + 'static,
{
    fn clear(&self) {
        Stale::clear(self);
    }
}

/// A [`Stale`] with the key of one call: see [`Stale::of`].
pub struct StaleCall<'s, Q: ToOwned + ?Sized, T, W = Any> {
    stale: &'s Stale<Q::Owned, T, W>,
    key: Cow<'s, Q>,
}

impl<Q: ToOwned<Owned: fmt::Debug> + fmt::Debug + ?Sized, T, W> fmt::Debug for StaleCall<'_, Q, T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaleCall").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<Q: LentKey + ?Sized, T: Clone + MarkStale, W> StaleCall<'_, Q, T, W> {
    fn keep(&self, value: &T) {
        let (value, now) = (value.clone(), Moment::now());
        let old = self.stale.last(|last| match last.renew(&*self.key, value, now) {
            Ok(old) => (Some(old), None),
            Err(value) => (None, Some(last.put((*self.key).to_owned(), Arc::new(value), now, self.stale.keys))),
        });
        drop(old);
    }

    #[cold]
    #[inline(never)]
    fn failed<E: Display>(&self, call: &Call, error: E) -> Result<T, E>
    where
        W: Classifier<E>,
    {
        if !self.stale.when.counts(&error) {
            return Err(error);
        }
        let last = self.stale.last(|last| last.get(&*self.key).map(|(value, since)| (Arc::clone(value), since)));
        let last = last.map(|(value, since)| (value, Moment::now().since(since)));
        let Some((value, age)) = last.filter(|(_, age)| self.stale.max_age.is_none_or(|max| *age <= max)) else {
            return Err(error);
        };
        call.tell(|| Event::FellBack { stale: Some(age), error: error.to_string() });
        let mut value = T::clone(&value);
        value.mark_stale(age);
        Ok(value)
    }
}

impl<Q, T, E, W> Policy<Result<T, E>> for StaleCall<'_, Q, T, W>
where
    Q: LentKey + ?Sized,
    T: Clone + MarkStale,
    E: ErrorText,
    W: Classifier<E>,
{
    type Permit = ();

    #[inline(always)]
    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, E>> {
        Before::Go(())
    }

    fn after(&self, call: &Call, (): (), outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                // One that is stale already would be younger by being kept again.
                if value.stale_for().is_none() {
                    self.keep(&value);
                }
                Ok(value)
            }
            Err(error) => self.failed(call, error),
        }
    }
}
