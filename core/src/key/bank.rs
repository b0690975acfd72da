//! Where the states of a stage are: one for all items, or one for each key.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Key;
use super::recency::Recency;
use crate::error::BoxError;
use crate::stage::{Flow, Renew};

/// The key of a stage that is not keyed.
#[derive(Debug)]
pub struct NoKey;

/// Where the state of one stage of a pipeline is: one for all items, or one for each key.
pub trait Bank {
    /// The stage.
    type Stage;
    /// Says which state is meant.
    type Slot: Copy;
    /// The key of each state.
    type Key;
    /// Whether there is one state for each key.
    const KEYED: bool;

    /// The stage with that state, and whether it is new.
    fn at(&mut self, slot: Self::Slot) -> (&mut Self::Stage, bool);
    /// A keyed state's mark that its stage wants no more items; an unkeyed stage that wants no more ends the chain instead.
    fn ended(&mut self, slot: Self::Slot) -> Option<&mut bool>;
    /// The one stage of a bank that is not keyed.
    fn single(&mut self) -> Option<&mut Self::Stage>;
    /// The one stage of a bank that is not keyed; of one that is, what the stages of all keys are made from.
    fn prototype(&mut self) -> &mut Self::Stage;
    /// The state that had to make place for a new key, if one had.
    fn evicted(&mut self) -> Option<(Self::Key, Self::Stage)>;
    /// Gives up each state with its key, in first-seen order, until one breaks.
    fn drain(self, each: impl FnMut(Self::Key, Self::Stage) -> Flow) -> Flow;
}

/// One state for all items.
#[derive(Debug)]
pub struct One<S>(pub S);

impl<S> Bank for One<S> {
    type Stage = S;
    type Slot = ();
    type Key = NoKey;
    const KEYED: bool = false;

    #[inline(always)]
    fn at(&mut self, (): ()) -> (&mut S, bool) {
        (&mut self.0, false)
    }
    #[inline(always)]
    fn ended(&mut self, (): ()) -> Option<&mut bool> {
        None
    }
    fn single(&mut self) -> Option<&mut S> {
        Some(&mut self.0)
    }
    fn prototype(&mut self) -> &mut S {
        &mut self.0
    }
    #[inline(always)]
    fn evicted(&mut self) -> Option<(NoKey, S)> {
        None
    }
    fn drain(self, mut each: impl FnMut(NoKey, S) -> Flow) -> Flow {
        each(NoKey, self.0)
    }
}

/// Which state of a bank that is not keyed: the only one.
///
/// # Errors
/// Never.
#[inline(always)]
pub fn only<S, I>(_bank: &mut One<S>, _item: &I) -> Result<(), BoxError> {
    Ok(())
}

/// What a closure says the key of an item is.
#[inline(always)]
pub fn key_of<'i, I, K>(item: &'i I, f: impl FnOnce(&'i I) -> K) -> K {
    f(item)
}

/// One state for each key, in first-seen order. With a bound on their number, a new key takes the place of the one that
/// was not seen for longest.
pub struct Keyed<S, K> {
    prototype: S,
    /// Makes another of it: asked for once, so that a stage that cannot is one error.
    renew: fn(&S) -> Result<S, BoxError>,
    states: Vec<State<S, K>>,
    index: HashTable<(u64, usize)>,
    hasher: RandomState,
    /// How many keys there may be.
    max: usize,
    /// How many keys there have been.
    seen: u64,
    /// The slots by when they were last used; kept only where there is a bound.
    recent: Recency,
    fresh: bool,
    evicted: Option<(K, S)>,
}

struct State<S, K> {
    key: K,
    stage: S,
    hash: u64,
    /// Its place in first-seen order.
    order: u64,
    ended: bool,
}

impl<S, K> Keyed<S, K> {
    /// As many of `prototype` as there will be keys.
    pub fn new(prototype: S) -> Self
    where
        S: Renew,
    {
        Keyed {
            prototype,
            renew: S::renew,
            states: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            max: usize::MAX,
            seen: 0,
            recent: Recency::default(),
            fresh: false,
            evicted: None,
        }
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
        Ok(Keyed { max, ..Keyed::new(prototype) })
    }

    /// The state of `key`, made if it is new.
    ///
    /// # Errors
    /// When a new state cannot be made.
    #[inline]
    pub fn slot(&mut self, key: impl Key<Owned = K>) -> Result<usize, BoxError> {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        let hash = hasher.finish();
        let states = &self.states;
        match self.index.find(hash, |&(known, slot)| known == hash && key.is(&states[slot].key)) {
            Some(&(_, slot)) => {
                if self.max != usize::MAX {
                    self.recent.touch(slot);
                }
                Ok(slot)
            }
            // Owned here: a key that is lent to a call would keep the item it borrows from out of registers.
            None => self.insert(hash, key.to_key()),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, hash: u64, key: K) -> Result<usize, BoxError> {
        let stage = (self.renew)(&self.prototype)?;
        let state = State { key, stage, hash, order: self.seen, ended: false };
        self.seen += 1;
        self.fresh = true;
        let slot = if self.states.len() < self.max {
            self.states.push(state);
            self.states.len() - 1
        } else {
            let slot = self.recent.oldest();
            let State { key, stage, hash, .. } = std::mem::replace(&mut self.states[slot], state);
            if let Ok(entry) = self.index.find_entry(hash, |&(_, at)| at == slot) {
                entry.remove();
            }
            self.evicted = Some((key, stage));
            slot
        };
        self.index.insert_unique(hash, (hash, slot), |&(hash, _)| hash);
        if self.max != usize::MAX {
            self.recent.touch(slot);
        }
        Ok(slot)
    }
}

/// The slots by their place in first-seen order. Over numbers, so that it is compiled once and not for every stage.
fn first_seen(order: &[u64]) -> Vec<usize> {
    let mut slots: Vec<_> = (0..order.len()).collect();
    slots.sort_unstable_by_key(|slot| order[*slot]);
    slots
}

impl<S, K> Bank for Keyed<S, K> {
    type Stage = S;
    type Slot = usize;
    type Key = K;
    const KEYED: bool = true;

    #[inline]
    fn at(&mut self, slot: usize) -> (&mut S, bool) {
        (&mut self.states[slot].stage, std::mem::take(&mut self.fresh))
    }
    #[inline]
    fn ended(&mut self, slot: usize) -> Option<&mut bool> {
        Some(&mut self.states[slot].ended)
    }
    fn single(&mut self) -> Option<&mut S> {
        None
    }
    fn prototype(&mut self) -> &mut S {
        &mut self.prototype
    }
    #[inline]
    fn evicted(&mut self) -> Option<(K, S)> {
        if self.evicted.is_some() { self.evicted.take() } else { None }
    }
    fn drain(self, mut each: impl FnMut(K, S) -> Flow) -> Flow {
        let order = first_seen(&self.states.iter().map(|state| state.order).collect::<Vec<_>>());
        let mut states: Vec<_> = self.states.into_iter().map(Some).collect();
        for slot in order {
            if let Some(State { key, stage, .. }) = states[slot].take() {
                each(key, stage)?;
            }
        }
        Flow::Continue(())
    }
}

impl<S, K> std::fmt::Debug for Keyed<S, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("keys", &self.states.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bank, Keyed};
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
            let slot = bank.slot((name, n)).unwrap();
            bank.at(slot).0.0 += 1;
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
            let slot = bank.slot(key).unwrap();
            evicted.extend(bank.evicted().map(|(key, count)| (key, count.0)));
            bank.at(slot).0.0 += 1;
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
