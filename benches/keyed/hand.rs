//! Forms by hand: one hash map whose hasher is chosen, or an index over states in first-seen order.

use std::hash::{BuildHasher, Hash};

use hashbrown::{Equivalent, HashMap, HashTable};

use super::items::{Digest, Items, Owned, Reading, State};

/// By what a job keeps its states apart.
pub(crate) trait By {
    type Item: 'static;
    /// The key as it is looked up: borrowed.
    type Key<'i>: Hash + Equivalent<Self::Owned>;
    type Owned: Hash + Eq + Digest;

    fn items(items: &Items) -> &[Self::Item];
    fn key(item: &Self::Item) -> Self::Key<'_>;
    fn own(key: Self::Key<'_>) -> Self::Owned;
    fn value(item: &Self::Item) -> f64;
}

/// One look in a hash map for an item that is a hit.
#[inline(never)]
pub(crate) fn map<B: By, V: State, S: BuildHasher + Default>(items: &Items) -> u64 {
    let mut states: HashMap<B::Owned, V, S> = HashMap::default();
    for item in B::items(items) {
        let key = B::key(item);
        match states.get_mut(&key) {
            Some(state) => state.add(B::value(item)),
            None => states.entry(B::own(key)).or_default().add(B::value(item)),
        }
    }
    states.iter().fold(0, |all, (key, state)| all.wrapping_add(key.with(state)))
}

/// States in first-seen order, as the pipeline promises them, and an index that says where each is.
#[inline(never)]
pub(crate) fn index<B: By, V: State, S: BuildHasher + Default>(items: &Items) -> u64 {
    let hasher = S::default();
    let mut index: HashTable<u32> = HashTable::new();
    let mut states: Vec<(B::Owned, V)> = Vec::new();
    for item in B::items(items) {
        let key = B::key(item);
        let hash = hasher.hash_one(&key);
        let at = match index.find(hash, |at| key.equivalent(&states[*at as usize].0)) {
            Some(at) => *at,
            None => {
                let at = u32::try_from(states.len()).unwrap_or_else(|_| panic!("too many keys"));
                index.insert_unique(hash, at, |at| hasher.hash_one(&states[*at as usize].0));
                states.push((B::own(key), V::default()));
                at
            }
        };
        states[at as usize].1.add(B::value(item));
    }
    states.iter().fold(0, |all, (key, state)| all.wrapping_add(key.with(state)))
}

/// A text that finds a `String`.
#[derive(Hash)]
pub(crate) struct Name<'i>(&'i str);

impl Equivalent<String> for Name<'_> {
    #[inline]
    fn equivalent(&self, key: &String) -> bool {
        self.0 == key
    }
}

/// A number and a text that find a number and a `String`.
#[derive(Hash)]
pub(crate) struct Place<'i>(u32, &'i str);

impl Equivalent<(u32, String)> for Place<'_> {
    #[inline]
    fn equivalent(&self, key: &(u32, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

pub(crate) struct Id;
pub(crate) struct Sensor;
pub(crate) struct SiteSensor;
pub(crate) struct OwnedSensor;

macro_rules! by {
    ($($by:ty: $field:ident [$item:ty] $key:ty, |$it:ident| $of:expr, $owned:ty, |$lent:pat_param| $own:expr;)*) => { $(
        impl By for $by {
            type Item = $item;
            type Key<'i> = $key;
            type Owned = $owned;

            #[inline]
            fn items(items: &Items) -> &[$item] {
                &items.$field
            }
            #[inline]
    #[allow(clippy::elidable_lifetime_names, reason = "some of the keys name it")]
            fn key<'i>($it: &'i $item) -> Self::Key<'i> {
                $of
            }
            #[inline]
            fn own($lent: Self::Key<'_>) -> $owned {
                $own
            }
            #[inline]
            fn value(item: &$item) -> f64 {
                item.value
            }
        }
    )* };
}
by! {
    Id: lent [Reading<'static>] u64, |item| item.id, u64, |id| id;
    Sensor: lent [Reading<'static>] Name<'i>, |item| Name(item.sensor), String, |Name(name)| name.to_owned();
    SiteSensor: lent [Reading<'static>] Place<'i>, |item| Place(item.site, item.sensor), (u32, String), |Place(site, name)| (site, name.to_owned());
    OwnedSensor: owned [Owned] Name<'i>, |item| Name(&item.sensor), String, |Name(name)| name.to_owned();
}
