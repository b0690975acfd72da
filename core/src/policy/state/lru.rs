//! The values that were used last, with the moments they are from.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;

use crate::clock::Moment;

/// What tells the calls of a function apart: all that is `Hash`, `Eq` and `Clone`.
///
/// ```
/// # use millstream_core as millstream;
/// fn tells_apart(_: impl millstream::policy::CallKey) {}
///
/// tells_apart(("roof", 7));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell calls apart",
    label = "this is not `Hash`, `Eq` and `Clone`",
    note = "write `key = ..`, of a type that is"
)]
pub trait CallKey: Hash + Eq + Clone {}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq + Clone> CallKey for K {}

/// What such a key is found by without being owned: itself, or what `ToOwned` makes one of, as `str` is for a `String`.
///
/// ```
/// # use millstream_core as millstream;
/// fn finds(_: &(impl millstream::policy::LentKey + ?Sized)) {}
///
/// finds("roof");
/// finds(&7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell calls apart",
    label = "this is not `Hash`, `Eq` and `Clone`",
    note = "write `key = ..`, of a type that is"
)]
pub trait LentKey: Hash + Eq + ToOwned<Owned: CallKey> {}

#[diagnostic::do_not_recommend]
impl<Q: Hash + Eq + ToOwned<Owned: CallKey> + ?Sized> LentKey for Q {}

/// At most so many values, each behind its key. The one that nobody has asked for the longest makes room.
///
/// What it gives away is dropped by the caller: it stands behind a lock, and to drop or clone a value may be a user's code.
pub(in crate::policy) struct Lru<K, V>(LruCache<K, Kept<V>>);

struct Kept<V> {
    value: Arc<V>,
    since: Moment,
}

impl<K: Hash + Eq, V> Lru<K, V> {
    pub(in crate::policy) fn new() -> Self {
        // One with a limit takes the room for all at once.
        Lru(LruCache::unbounded())
    }

    /// The value of this key, and the moment it is from. It is the last now that makes room.
    pub(in crate::policy) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<(&Arc<V>, Moment)>
    where
        K: Borrow<Q>,
    {
        self.0.get(key).map(|kept| (&kept.value, kept.since))
    }

    /// Forgets the value of this key.
    #[must_use = "to be dropped without the lock"]
    pub(in crate::policy) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<(K, Arc<V>)>
    where
        K: Borrow<Q>,
    {
        self.0.pop_entry(key).map(|(key, kept)| (key, kept.value))
    }

    /// Keeps a value of a new key, and gives what had to make room for it.
    #[must_use = "to be dropped without the lock"]
    pub(in crate::policy) fn put(
        &mut self,
        key: K,
        value: Arc<V>,
        since: Moment,
        most: usize,
    ) -> impl Sized + use<K, V> {
        let room = if self.0.len() < most { None } else { self.0.pop_lru() };
        (room, self.0.push(key, Kept { value, since }))
    }

    /// Replaces the value of a key, without a new allocation unless somebody uses the old one.
    ///
    /// # Errors
    /// The value, if there is none of this key.
    #[must_use = "to be dropped without the lock"]
    pub(in crate::policy) fn renew<Q: Hash + Eq + ?Sized>(
        &mut self,
        key: &Q,
        value: V,
        since: Moment,
    ) -> Result<impl Sized + use<K, V, Q>, V>
    where
        K: Borrow<Q>,
    {
        let Some(kept) = self.0.get_mut(key) else { return Err(value) };
        kept.since = since;
        Ok(match Arc::get_mut(&mut kept.value) {
            Some(place) => (Some(std::mem::replace(place, value)), None),
            None => (None, Some(std::mem::replace(&mut kept.value, Arc::new(value)))),
        })
    }

    pub(in crate::policy) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether a value from `since` is still to be used.
pub(in crate::policy) fn lives(since: Moment, limit: Option<Duration>) -> bool {
    limit.is_none_or(|limit| Moment::now().since(since) < limit)
}
