//! The state of the words of `pipeline!`, and those words that are stages.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::error::BoxError;
use crate::key::Key;
use crate::stage::{AnyKey, Flow, Kind, Never, Rejected, Renew, Stage};

/// The state of `take_while`: whether an item was refused.
#[derive(Debug, Default)]
pub struct TakeWhile {
    pub(crate) ended: bool,
}

impl Renew for TakeWhile {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(TakeWhile::default())
    }
}

/// The state of `scan`.
#[derive(Debug)]
pub struct Scan<A> {
    pub(crate) value: A,
    pub(crate) ended: bool,
}

impl<A> Scan<A> {
    /// Starts from `value`.
    pub fn new(value: A) -> Self {
        Scan { value, ended: false }
    }
}

impl<A: Clone> Renew for Scan<A> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Scan::new(self.value.clone()))
    }
}

/// The state of `fold`; empty only while the closure works on it.
#[derive(Debug)]
pub struct Fold<A> {
    pub(crate) value: Option<A>,
}

impl<A> Fold<A> {
    /// Starts from `value`.
    pub fn new(value: A) -> Self {
        Fold { value: Some(value) }
    }

    /// Whether its value is gone, which it is only while the closure works on it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.value.is_none()
    }
}

impl<A: Clone> Renew for Fold<A> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Fold { value: self.value.clone() })
    }
}

/// What `cloned` takes.
#[diagnostic::on_unimplemented(
    message = "`cloned` cannot follow: it takes a reference to what is `Clone`, not `{Self}`",
    label = "receives `{Self}` from the stage before it",
    note = "items are references in the branches of a `tee`, but the last branch gets the item itself and needs no `cloned`; \
            elsewhere write `map(|item| item.clone())`"
)]
pub trait Lent {
    /// What it refers to.
    type Owned;
    /// A clone of that.
    fn to_owned_item(self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Lent for &T {
    type Owned = T;
    #[inline(always)]
    fn to_owned_item(self) -> T {
        self.clone()
    }
}

/// What `dedup` takes.
#[diagnostic::on_unimplemented(
    message = "`dedup` cannot follow: it compares and keeps items, and `{Self}` is not both `PartialEq` and `Clone`",
    label = "receives `{Self}` from the stage before it",
    note = "derive both, or say by what: `dedup(|item| ..)`"
)]
pub trait Repeats: PartialEq + Clone {}

#[diagnostic::do_not_recommend]
impl<T: PartialEq + Clone> Repeats for T {}

/// `dedup`: drops an item that equals the one before it.
#[derive(Debug)]
pub struct Dedup<K> {
    last: Option<K>,
}

impl<K> Dedup<K> {
    /// Has seen nothing.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Dedup { last: None }
    }
}

impl<K> Renew for Dedup<K> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Dedup::new())
    }
}

impl<K: PartialEq> Dedup<K> {
    /// Whether an item is wanted, of which this is compared.
    #[inline]
    pub(super) fn admit(&mut self, by: K) -> bool {
        let new = self.last.as_ref() != Some(&by);
        if new {
            self.last = Some(by);
        }
        new
    }
}

impl<T: Repeats> Stage<T> for Dedup<T> {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Filter;
    const MAY_END: bool = false;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        if self.last.as_ref() == Some(&item) {
            return Ok(Flow::Continue(()));
        }
        self.last = Some(item.clone());
        Ok(out(item))
    }
}

/// `unique`: drops an item that equals any before it, of the last `max` different ones if there is a bound.
#[derive(Debug)]
pub struct Unique<K> {
    seen: HashTable<(u64, K)>,
    order: VecDeque<u64>,
    max: Option<usize>,
    hasher: RandomState,
}

impl<K> Unique<K> {
    /// Has seen nothing.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Unique { seen: HashTable::new(), order: VecDeque::new(), max: None, hasher: RandomState::default() }
    }

    /// Remembers at most `max` items; the oldest is forgotten first.
    ///
    /// # Errors
    /// When `max` is 0.
    pub fn at_most(max: usize) -> Result<Self, BoxError> {
        if max == 0 {
            return Err("`unique` must have room for 1 item at least, got `max = 0`".into());
        }
        Ok(Unique { max: Some(max), ..Unique::new() })
    }
}

impl<K> Renew for Unique<K> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Unique { max: self.max, ..Unique::new() })
    }
}

impl<K> Unique<K> {
    /// Whether an item with this key is wanted.
    #[inline]
    pub(super) fn admit(&mut self, key: &impl Key<Owned = K>) -> bool {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        let hash = hasher.finish();
        let new = self.seen.find(hash, |(_, owned)| key.is(owned)).is_none();
        if new {
            // Owned here: a key that is lent to a call would keep the item it borrows from out of registers.
            self.remember(hash, key.to_key());
        }
        new
    }

    #[cold]
    #[inline(never)]
    fn remember(&mut self, hash: u64, key: K) {
        if let Some(max) = self.max {
            while self.seen.len() >= max {
                self.forget();
            }
            self.order.push_back(hash);
        }
        self.seen.insert_unique(hash, (hash, key), |(hash, _)| *hash);
    }

    /// Forgets the oldest. Where two keys share all 64 bits of a hash either may go first.
    fn forget(&mut self) {
        if let Some(oldest) = self.order.pop_front()
            && let Ok(entry) = self.seen.find_entry(oldest, |(hash, _)| *hash == oldest)
        {
            entry.remove();
        }
    }
}

impl<T: Key> Stage<T> for Unique<T::Owned> {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Filter;
    const MAY_END: bool = false;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        Ok(if self.admit(&item) { out(item) } else { Flow::Continue(()) })
    }
}

/// `take`: passes `n` items and then ends.
#[derive(Debug)]
pub struct Take {
    n: usize,
    left: usize,
}

impl Take {
    /// Passes `n` items.
    pub fn new(n: usize) -> Self {
        Take { n, left: n }
    }

    /// Whether it wants no item at all.
    pub fn is_zero(&self) -> bool {
        self.n == 0
    }
}

impl Renew for Take {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Take::new(self.n))
    }
}

impl<T> Stage<T> for Take {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Filter;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        if self.left == 0 {
            return Ok(Flow::Break(()));
        }
        self.left -= 1;
        if out(item).is_break() {
            return Ok(Flow::Break(()));
        }
        Ok(if self.left == 0 { Flow::Break(()) } else { Flow::Continue(()) })
    }
}

/// `skip`: drops `n` items and passes the rest.
#[derive(Debug)]
pub struct Skip {
    n: usize,
    left: usize,
}

impl Skip {
    /// Drops `n` items.
    pub fn new(n: usize) -> Self {
        Skip { n, left: n }
    }
}

impl Renew for Skip {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(Skip::new(self.n))
    }
}

impl<T> Stage<T> for Skip {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Filter;
    const MAY_END: bool = false;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        if self.left > 0 {
            self.left -= 1;
            return Ok(Flow::Continue(()));
        }
        Ok(out(item))
    }
}

/// `chunks`: hands on `n` items at a time, and the rest at the end.
#[derive(Debug)]
pub struct Chunks<T> {
    n: usize,
    items: Vec<T>,
}

impl<T> Chunks<T> {
    /// Chunks of `n` items.
    ///
    /// # Errors
    /// When `n` is 0.
    pub fn new(n: usize) -> Result<Self, BoxError> {
        if n == 0 {
            return Err("`chunks` must be of 1 item at least, got 0".into());
        }
        Ok(Chunks { n, items: Vec::new() })
    }
}

impl<T> Renew for Chunks<T> {
    fn renew(&self) -> Result<Self, BoxError> {
        Chunks::new(self.n)
    }
}

impl<T> Stage<T> for Chunks<T> {
    type Out = Vec<T>;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Expand;
    const MAY_END: bool = false;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(Vec<T>) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        self.items.push(item);
        Ok(if self.items.len() == self.n { out(std::mem::take(&mut self.items)) } else { Flow::Continue(()) })
    }

    fn finish(self, _key: &AnyKey, mut out: impl FnMut(Vec<T>) -> Flow) -> Result<Flow, Never> {
        Ok(if self.items.is_empty() { Flow::Continue(()) } else { out(self.items) })
    }
}

/// `flatten`: hands on what an item is made of.
#[derive(Debug)]
pub struct Flatten;

impl<T: IntoIterator> Stage<T> for Flatten {
    type Out = T::Item;
    type Error = Never;
    type Key = AnyKey;
    const KIND: Kind = Kind::Expand;
    const MAY_END: bool = false;
    const STATELESS: bool = true;

    #[inline]
    fn process(&mut self, item: T, mut out: impl FnMut(T::Item) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        for item in item {
            if out(item).is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }
}
