//! The values that were used last, with the moments they are from.

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
    pub(in crate::policy) fn get(&mut self, key: &K) -> Option<(&Arc<V>, Moment)> {
        self.0.get(key).map(|kept| (&kept.value, kept.since))
    }

    /// Forgets the value of this key.
    #[must_use = "to be dropped without the lock"]
    pub(in crate::policy) fn remove(&mut self, key: &K) -> Option<Arc<V>> {
        self.0.pop(key).map(|kept| kept.value)
    }

    /// Keeps a value, and gives what had to make room for it.
    #[must_use = "to be dropped without the lock"]
    pub(in crate::policy) fn put(
        &mut self,
        key: &K,
        value: Arc<V>,
        since: Moment,
        most: usize,
    ) -> Option<impl Sized + use<K, V>>
    where
        K: CallKey,
    {
        let kept = Kept { value, since };
        if let Some(old) = self.0.get_mut(key) {
            return Some((None, std::mem::replace(old, kept)));
        }
        let room = if self.0.len() < most { None } else { self.0.pop_lru() };
        self.0.put(key.clone(), kept);
        room.map(|(key, old)| (Some(key), old))
    }

    pub(in crate::policy) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether a value from `since` is still to be used.
pub(in crate::policy) fn lives(since: Moment, limit: Option<Duration>) -> bool {
    limit.is_none_or(|limit| Moment::now().since(since) < limit)
}
