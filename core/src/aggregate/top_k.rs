//! Which are the most frequent.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf};
use crate::key::Key;

/// So many keys are counted if nothing else is said.
const MAX: usize = 1024;

/// One of the most frequent keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Top<K> {
    /// The key.
    pub key: K,
    /// How often it came, at least.
    pub count: u64,
    /// How many more it may be at most; 0 where the count is exact.
    pub error: u64,
}

/// The `k` most frequent keys, the most frequent first; keys of equal counts in the order in which they were first seen.
///
/// **While no more different keys have come than it counts, 1,024 if nothing else is said, all counts are exact.** From then on it is
/// the summary of J. Misra and D. Gries ("Finding repeated elements", Science of Computer Programming 2, 1982): a key that has no
/// place takes one from every count, and keys with nothing left make place. A count is then too low by at most
/// [`error`](Top::error), which is at most `n / (max + 1)` of `n` values, and every key that came more often than that is among those
/// counted. Summaries merge with the same bound (P. K. Agarwal and others, "Mergeable summaries", PODS 2012). Adding takes constant time,
/// amortised; a key is owned when it is new.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Top, TopK};
///
/// let mut top = TopK::new(2)?;
/// for word in ["tea", "jam", "tea", "bun", "jam", "tea"] {
///     top.add(word);
/// }
/// let value = top.value();
/// assert_eq!(value[0], Top { key: "tea".to_owned(), count: 3, error: 0 });
/// assert_eq!(value[1], Top { key: "jam".to_owned(), count: 2, error: 0 });
/// assert_eq!(value.len(), 2);
/// # Ok::<(), millstream::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(
    try_from = "Form<K>",
    into = "Form<K>",
    bound(serialize = "K: Serialize + Clone", deserialize = "K: Deserialize<'de> + Key<Owned = K>")
)]
pub struct TopK<K> {
    k: usize,
    max: usize,
    /// How much each count may be too low.
    error: u64,
    /// In first-seen order.
    entries: Vec<Entry<K>>,
    index: HashTable<usize>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Entry<K> {
    key: K,
    hash: u64,
    count: u64,
}

impl<K> TopK<K> {
    /// The `k` most frequent of at most 1,024 keys, or of `8 k` if that is more.
    ///
    /// # Errors
    /// When `k` is 0.
    pub fn new(k: usize) -> Result<Self, AggregateError> {
        TopK::at_most(k, MAX.max(k.saturating_mul(8)))
    }

    /// The `k` most frequent, of which at most `max` keys are counted.
    ///
    /// # Errors
    /// When `k` is 0, or `max` is less than `k`.
    pub fn at_most(k: usize, max: usize) -> Result<Self, AggregateError> {
        if k == 0 {
            return Err(AggregateError::Parameter("`top_k` gives 1 key at least, got `k = 0`".to_owned()));
        }
        if max < k {
            let message = format!("`top_k` must have room for the {k} keys that it gives, got `max = {max}`");
            return Err(AggregateError::Parameter(message));
        }
        Ok(TopK { k, max, error: 0, entries: Vec::new(), index: HashTable::new(), hasher: RandomState::default() })
    }

    /// How much the counts may be too low; 0 while they are exact.
    pub fn error(&self) -> u64 {
        self.error
    }

    fn find(&self, key: &(impl Key<Owned = K> + ?Sized)) -> (u64, Option<usize>) {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        let hash = hasher.finish();
        let same = |&at: &usize| self.entries[at].hash == hash && key.is(&self.entries[at].key);
        (hash, self.index.find(hash, same).copied())
    }

    fn push(&mut self, key: K, hash: u64, count: u64) {
        let entries = &self.entries;
        self.index.insert_unique(hash, entries.len(), |&at| entries[at].hash);
        self.entries.push(Entry { key, hash, count });
    }

    /// Takes `less` from every count; what is left with nothing goes.
    #[cold]
    fn lower(&mut self, less: u64) {
        self.error += less;
        let before = self.entries.len();
        self.entries.retain_mut(|entry| {
            entry.count = entry.count.saturating_sub(less);
            entry.count > 0
        });
        if self.entries.len() < before {
            self.index.clear();
            let entries = &self.entries;
            for (at, entry) in entries.iter().enumerate() {
                self.index.insert_unique(entry.hash, at, |&at| entries[at].hash);
            }
        }
    }

    pub(super) fn into_value(mut self) -> Vec<Top<K>> {
        // A sort that keeps the order of equal counts.
        self.entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
        self.entries.truncate(self.k);
        let error = self.error;
        self.entries.into_iter().map(|Entry { key, count, .. }| Top { key, count, error }).collect()
    }

    /// Adds a key that is owned only if it is new and there is a place for it.
    #[inline]
    pub(super) fn offer(&mut self, key: &(impl Key<Owned = K> + ?Sized)) {
        match self.find(key) {
            (_, Some(at)) => self.entries[at].count += 1,
            (hash, None) if self.entries.len() < self.max => self.push(key.to_key(), hash, 1),
            _ => self.lower(1),
        }
    }
}

impl<K: Key<Owned = K> + Clone> Aggregate for TopK<K> {
    type Output = Vec<Top<K>>;

    fn value(&self) -> Vec<Top<K>> {
        self.clone().into_value()
    }

    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        if (self.k, self.max) != (other.k, other.max) {
            let text = |state: &TopK<K>| format!("{} of {} keys", state.k, state.max);
            return Err(AggregateError::Mismatch("top_k", text(self), text(&other)));
        }
        self.error += other.error;
        for Entry { key, count, .. } in other.entries {
            match self.find(&key) {
                (_, Some(at)) => self.entries[at].count += count,
                (hash, None) => self.push(key, hash, count),
            }
        }
        if self.entries.len() > self.max {
            let mut counts: Vec<u64> = self.entries.iter().map(|entry| entry.count).collect();
            let (_, &mut less, _) = counts.select_nth_unstable_by(self.max, |a, b| b.cmp(a));
            self.lower(less);
        }
        Ok(())
    }
}

impl<V: Key> AggregateOf<V> for TopK<V::Owned>
where
    V::Owned: Key<Owned = V::Owned> + Clone,
{
    #[inline]
    fn try_add(&mut self, value: V) -> Result<(), AggregateError> {
        self.offer(&value);
        Ok(())
    }
}

/// States are equal if they give the same, now and later.
impl<K: PartialEq> PartialEq for TopK<K> {
    fn eq(&self, other: &Self) -> bool {
        let entries = |state: &Self| state.entries.len();
        let mut pairs = self.entries.iter().zip(&other.entries);
        (self.k, self.max, self.error, entries(self)) == (other.k, other.max, other.error, entries(other))
            && pairs.all(|(this, other)| this.key == other.key && this.count == other.count)
    }
}

impl<K: std::fmt::Debug> std::fmt::Debug for TopK<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts: Vec<_> = self.entries.iter().map(|entry| (&entry.key, entry.count)).collect();
        f.debug_struct("TopK")
            .field("k", &self.k)
            .field("error", &self.error)
            .field("counts", &counts)
            .finish_non_exhaustive()
    }
}

/// How it is stored: the index is made anew, as hashes differ between runs.
#[derive(Serialize, Deserialize)]
#[serde(rename = "TopK", deny_unknown_fields)]
struct Form<K> {
    k: usize,
    max: usize,
    error: u64,
    counts: Vec<(K, u64)>,
}

impl<K> From<TopK<K>> for Form<K> {
    fn from(state: TopK<K>) -> Self {
        let counts = state.entries.into_iter().map(|entry| (entry.key, entry.count)).collect();
        Form { k: state.k, max: state.max, error: state.error, counts }
    }
}

impl<K: Key<Owned = K>> TryFrom<Form<K>> for TopK<K> {
    type Error = AggregateError;

    fn try_from(form: Form<K>) -> Result<Self, AggregateError> {
        let mut state = TopK::at_most(form.k, form.max)?;
        state.error = form.error;
        for (key, count) in form.counts {
            let (hash, known) = state.find(&key);
            if known.is_some() || state.entries.len() == state.max {
                let message = "a state of `top_k` that has a key twice, or more keys than it may have";
                return Err(AggregateError::Parameter(message.to_owned()));
            }
            state.push(key, hash, count);
        }
        Ok(state)
    }
}
