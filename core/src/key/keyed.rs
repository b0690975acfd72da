//! A state for each key.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Key;
use super::bank::{Bank, Entry};
use super::recency::Recency;
use crate::error::BoxError;
use crate::stage::{Flow, Renew};

/// One state for each key, in first-seen order. With a bound on their number, a new key takes the place of the one that
/// was not seen for longest.
///
/// Key and state stand side by side in the table itself, so that a hit among more keys than the caches hold waits for memory as
/// often as it would in a hash map.
pub struct Keyed<S, K> {
    states: HashTable<State<S, K>>,
    hasher: RandomState,
    rest: Rest<S, K>,
}

/// What a bank needs for a key that is new.
struct Rest<S, K> {
    prototype: S,
    /// Makes another of it: asked for once, so that a stage that cannot is one error.
    renew: fn(&S) -> Result<S, BoxError>,
    /// How many keys there may be, and which of them was not seen for longest.
    bound: Option<Box<Bound>>,
    evicted: Option<(K, S)>,
}

struct State<S, K> {
    key: K,
    stage: S,
    /// Kept, as a table that grows would have to read every key to hash it again.
    hash: u64,
    /// The numbers of states are dense: a new one has the next number, or that of the one whose place it takes.
    number: usize,
    ended: bool,
}

/// Of a bank whose keys are bounded.
struct Bound {
    max: usize,
    /// How many keys there have been.
    seen: u64,
    /// The numbers of the states by when they were last used.
    recent: Recency,
    /// Of the state of each number, the hash by which it is found and its place in first-seen order.
    placed: Vec<(u64, u64)>,
}

/// The state of a key.
pub struct KeyedEntry<'b, S, K> {
    state: &'b mut State<S, K>,
    /// Of one that is new, where the state is that had to make place for it.
    evicted: Option<&'b mut Option<(K, S)>>,
}

impl<S, K> Keyed<S, K> {
    /// As many of `prototype` as there will be keys.
    pub fn new(prototype: S) -> Self
    where
        S: Renew,
    {
        let rest = Rest { prototype, renew: S::renew, bound: None, evicted: None };
        Keyed { states: HashTable::new(), hasher: RandomState::default(), rest }
    }

    /// At most `max` of `prototype` at a time.
    ///
    /// # Errors
    /// When `max` is 0.
    pub fn at_most(max: usize, prototype: S) -> Result<Self, BoxError>
    where
        S: Renew,
    {
        if max == 0 {
            return Err("`keyed` must have room for 1 key at least, got `max = 0`".into());
        }
        let bound = Box::new(Bound { max, seen: 0, recent: Recency::default(), placed: Vec::new() });
        let mut bank = Keyed::new(prototype);
        bank.rest.bound = Some(bound);
        Ok(bank)
    }

    /// The state of `key`, made if it is new.
    ///
    /// # Errors
    /// When a new state cannot be made.
    #[inline]
    pub fn slot(&mut self, key: impl Key<Owned = K>) -> Result<KeyedEntry<'_, S, K>, BoxError> {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        let hash = hasher.finish();
        match self.states.find_entry(hash, |state| key.is(&state.key)) {
            Ok(known) => {
                let state = known.into_mut();
                if let Some(bound) = &mut self.rest.bound {
                    bound.recent.touch(state.number);
                }
                Ok(KeyedEntry { state, evicted: None })
            }
            // Owned here: a key that is lent to a call would keep the item it borrows from out of registers. Taken apart here: a
            // result that a call writes would be kept in memory for hits too.
            Err(absent) => match self.rest.insert(absent.into_table(), hash, key.to_key()) {
                Ok(state) => Ok(KeyedEntry { state, evicted: Some(&mut self.rest.evicted) }),
                Err(error) => Err(error),
            },
        }
    }
}

impl<S, K> Rest<S, K> {
    #[cold]
    #[inline(never)]
    fn insert<'b>(
        &mut self,
        states: &'b mut HashTable<State<S, K>>,
        hash: u64,
        key: K,
    ) -> Result<&'b mut State<S, K>, BoxError> {
        let stage = (self.renew)(&self.prototype)?;
        let number = match &mut self.bound {
            None => states.len(),
            Some(bound) => {
                let (number, evicted) = bound.place(hash);
                let old = evicted.and_then(|hash| states.find_entry(hash, |state| state.number == number).ok());
                self.evicted = old.map(|entry| {
                    let State { key, stage, .. } = entry.remove().0;
                    (key, stage)
                });
                number
            }
        };
        let state = State { key, stage, hash, number, ended: false };
        Ok(states.insert_unique(hash, state, |state| state.hash).into_mut())
    }
}

impl Bound {
    /// A number for the state of a new key of this hash; if it was that of another, the hash of that one.
    fn place(&mut self, hash: u64) -> (usize, Option<u64>) {
        let order = self.seen;
        self.seen += 1;
        let mut number = self.placed.len();
        let evicted = if number < self.max {
            self.placed.push((hash, order));
            None
        } else {
            number = self.recent.oldest();
            Some(std::mem::replace(&mut self.placed[number], (hash, order)).0)
        };
        self.recent.touch(number);
        (number, evicted)
    }
}

impl<S, K> Entry for KeyedEntry<'_, S, K> {
    type Stage = S;
    type Key = K;

    #[inline(always)]
    fn stage(&mut self) -> &mut S {
        &mut self.state.stage
    }
    #[inline(always)]
    fn is_new(&self) -> bool {
        self.evicted.is_some()
    }
    #[inline(always)]
    fn is_ended(&self) -> bool {
        self.state.ended
    }
    fn end(&mut self) {
        self.state.ended = true;
    }
    #[inline(always)]
    fn evicted(&mut self) -> Option<(K, S)> {
        self.evicted.as_mut().and_then(|evicted| evicted.take())
    }
}

impl<S, K> Bank for Keyed<S, K> {
    type Stage = S;
    type Key = K;
    type Entry<'b>
        = KeyedEntry<'b, S, K>
    where
        S: 'b,
        K: 'b;
    const KEYED: bool = true;

    fn single(&mut self) -> Option<&mut S> {
        None
    }
    fn whole(&mut self) -> Option<KeyedEntry<'_, S, K>> {
        None
    }
    fn prototype(&mut self) -> &mut S {
        &mut self.rest.prototype
    }
    fn drain(mut self, mut each: impl FnMut(K, S) -> Flow) -> Flow {
        let mut buckets = vec![0; self.states.len()];
        for bucket in self.states.iter_buckets() {
            if let Some(state) = self.states.get_bucket(bucket) {
                buckets[state.number] = bucket;
            }
        }
        if let Some(bound) = &self.rest.bound {
            buckets = first_seen(&buckets, &bound.placed);
        }
        for bucket in buckets {
            if let Ok(entry) = self.states.get_bucket_entry(bucket) {
                let State { key, stage, .. } = entry.remove().0;
                each(key, stage)?;
            }
        }
        Flow::Continue(())
    }
}

/// The buckets of all numbers, in first-seen order. Over numbers, so that it is compiled once and not for every stage.
fn first_seen(buckets: &[usize], placed: &[(u64, u64)]) -> Vec<usize> {
    let mut ordered: Vec<_> = placed.iter().map(|(_, order)| *order).zip(buckets.iter().copied()).collect();
    ordered.sort_unstable();
    ordered.into_iter().map(|(_, bucket)| bucket).collect()
}

impl<S, K> std::fmt::Debug for KeyedEntry<'_, S, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedEntry").field("new", &self.is_new()).finish_non_exhaustive()
    }
}

impl<S, K> std::fmt::Debug for Keyed<S, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("keys", &self.states.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bank, Entry, Keyed};
    use crate::error::BoxError;
    use crate::stage::{Flow, Renew};

    #[derive(Debug, PartialEq)]
    struct Count(u32);

    impl Renew for Count {
        fn renew(&self) -> Result<Self, BoxError> {
            Ok(Count(0))
        }
    }

    #[test]
    fn keys_keep_their_state_and_their_order() {
        let mut bank = Keyed::<Count, (String, u8)>::new(Count(9));
        for (name, n) in [("b", 1_u8), ("a", 1), ("b", 1), ("b", 2), ("a", 1), ("b", 1)] {
            bank.slot((name, n)).unwrap().stage().0 += 1;
        }
        let mut seen = Vec::new();
        let _ = bank.drain(|key, count| {
            seen.push((key, count.0));
            Flow::Continue(())
        });
        assert_eq!(seen, [(("b".into(), 1), 3), (("a".into(), 1), 2), (("b".into(), 2), 1)]);
    }

    #[test]
    fn the_key_that_was_not_seen_for_longest_makes_place() {
        let mut bank = Keyed::<Count, u8>::at_most(2, Count(0)).unwrap();
        let mut evicted = Vec::new();
        for key in [1_u8, 2, 1, 3, 3, 1, 2, 1] {
            let mut entry = bank.slot(key).unwrap();
            evicted.extend(entry.evicted().map(|(key, count)| (key, count.0)));
            entry.stage().0 += 1;
        }
        assert_eq!(evicted, [(2, 1), (3, 2)]);
        let mut left = Vec::new();
        let _ = bank.drain(|key, count| {
            left.push((key, count.0));
            Flow::Continue(())
        });
        assert_eq!(left, [(1, 4), (2, 1)]);
        assert!(Keyed::<Count, u8>::at_most(0, Count(0)).is_err());
    }
}
