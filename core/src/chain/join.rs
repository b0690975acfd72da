//! `join`: items beside the rows of a finite side that have the same key.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::item::It;
use super::last::{Last, Signal};
use super::side::Pull;
use crate::error::BoxError;
use crate::key::Key;
use crate::run::Site;
use crate::stage::{Flow, Kind};

/// How many rows a side may have unless the pipeline says otherwise.
pub const MAX_ROWS: usize = 1_000_000;

/// The side of a `join`: where its rows come from, and the rows once they are there.
pub struct Join<P: Pull, K> {
    side: P,
    max: usize,
    rows: Vec<P::Item>,
    table: Table<K>,
}

/// Which rows have a key.
pub struct Table<K> {
    groups: HashTable<Group<K>>,
    /// For each row, the next one of its key; of the last one, itself.
    next: Vec<usize>,
    hasher: RandomState,
}

struct Group<K> {
    key: K,
    rows: Rows,
    hash: u64,
}

/// The rows of a key: the first, and the last of those that follow it.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    first: usize,
    last: usize,
}

/// Says that the keys of both sides are compared with each other.
#[diagnostic::on_unimplemented(
    message = "`join` compares keys, and those of the two sides are of different types: `{K}` and `{Self}`",
    label = "a key of type `{Self}`, where those of the items are `{K}`",
    note = "name fields of one type, or convert one of them: `on = (|left| .., |right| ..)`"
)]
pub trait KeyLike<K> {
    /// The key as that of the items.
    fn into_key(self) -> K;
    /// A key of the items as one of these.
    fn of_key(key: &K) -> &Self;
}

#[diagnostic::do_not_recommend]
impl<K> KeyLike<K> for K {
    fn into_key(self) -> K {
        self
    }
    fn of_key(key: &K) -> &Self {
        key
    }
}

/// What a `join` takes: an item goes on once for each match.
#[diagnostic::on_unimplemented(
    message = "`join` hands an item on once for each row that matches, and `{Self}` is not `Clone`",
    label = "receives `{Self}` from the stage before it",
    note = "derive `Clone`, or take from the item what is needed before: `map(|item| ..)`"
)]
pub trait Repeated: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Repeated for T {}

impl<K> Table<K> {
    fn hash(&self, key: &impl Key) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.hash_key(&mut hasher);
        hasher.finish()
    }

    /// The rows of this key.
    #[inline]
    pub fn find(&self, key: impl Key<Owned = K>) -> Option<Rows> {
        self.groups.find(self.hash(&key), |group| key.is(&group.key)).map(|group| group.rows)
    }

    /// Says of what key the next row is.
    pub fn insert<Q: Key>(&mut self, key: Q)
    where
        Q::Owned: KeyLike<K>,
    {
        let (hash, row) = (self.hash(&key), self.next.len());
        self.next.push(row);
        match self.groups.find_mut(hash, |group| key.is(KeyLike::of_key(&group.key))) {
            Some(group) => {
                self.next[group.rows.last] = row;
                group.rows.last = row;
            }
            None => {
                let group = Group { key: key.to_key().into_key(), rows: Rows { first: row, last: row }, hash };
                self.groups.insert_unique(hash, group, |group| group.hash);
            }
        }
    }
}

impl<P: Pull, K> Join<P, K> {
    /// The side as it comes, with at most [`MAX_ROWS`] rows.
    pub fn new(side: P) -> Self {
        let table = Table { groups: HashTable::new(), next: Vec::new(), hasher: RandomState::default() };
        Join { side, max: MAX_ROWS, rows: Vec::new(), table }
    }

    /// The side with at most `max` rows.
    ///
    /// # Errors
    /// When `max` is 0.
    pub fn at_most(max: usize, side: P) -> Result<Self, BoxError> {
        if max == 0 {
            return Err("`join` must have room for 1 row at least, got `max = 0`".into());
        }
        Ok(Join { max, ..Join::new(side) })
    }

    /// Reads the whole side.
    #[cold]
    fn load(&mut self, site: Site<'_>, mut key: impl FnMut(&mut Table<K>, &P::Item)) {
        while let Some(row) = self.side.pull(site.run) {
            if self.rows.len() == self.max {
                let source = site.run.name_of(self.side.source());
                let max = self.max;
                site.fail(format!("{source} has more than {max} rows, which is all that `join` has room for; for more write `max = n`"), None);
                return;
            }
            site.guarded_aside(|| key(&mut self.table, &row));
            self.rows.push(row);
        }
        if !site.run.failed() {
            let rows = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
            site.holds(self.side.source(), rows, self.bytes());
        }
    }

    /// The memory of the table.
    fn bytes(&self) -> u64 {
        let Table { groups, next, .. } = &self.table;
        let bytes = self.rows.capacity() * size_of::<P::Item>()
            + next.capacity() * size_of::<usize>()
            + groups.allocation_size();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl<P: Pull, K> std::fmt::Debug for Join<P, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl<K> std::fmt::Debug for Table<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("keys", &self.groups.len()).finish_non_exhaustive()
    }
}

impl<I> It<I> {
    /// `join`: the item beside each row of its key; dropped where there is none.
    #[inline(always)]
    pub fn join_inner<'s, P: Pull, K>(
        self,
        join: &'s mut Join<P, K>,
        key: impl FnOnce(&Table<K>, &I) -> Option<Rows>,
        _row_key: impl FnMut(&mut Table<K>, &P::Item),
        site: Site<'_>,
        count: &mut u64,
        mut out: impl FnMut(It<(I, &'s P::Item)>) -> Flow,
    ) -> Flow
    where
        I: Repeated,
    {
        let Join { rows, table, .. } = join;
        match site.guarded(|| key(table, &self.0)) {
            Some(of_key) => self.beside_each(rows, table, of_key, site, count, |item, row| out(It((item, row)))),
            None => {
                site.count_dropped();
                Flow::Continue(())
            }
        }
    }

    /// `join` with `kind = left`: the item beside each row of its key, or beside nothing.
    #[inline(always)]
    pub fn join_left<'s, P: Pull, K>(
        self,
        join: &'s mut Join<P, K>,
        key: impl FnOnce(&Table<K>, &I) -> Option<Rows>,
        _row_key: impl FnMut(&mut Table<K>, &P::Item),
        site: Site<'_>,
        count: &mut u64,
        mut out: impl FnMut(It<(I, Option<&'s P::Item>)>) -> Flow,
    ) -> Flow
    where
        I: Repeated,
    {
        let Join { rows, table, .. } = join;
        match site.guarded(|| key(table, &self.0)) {
            Some(of_key) => self.beside_each(rows, table, of_key, site, count, |item, row| out(It((item, Some(row))))),
            None => {
                *count += 1;
                out(It((self.0, None)))
            }
        }
    }

    #[inline(always)]
    fn beside_each<'s, R, K>(
        self,
        rows: &'s [R],
        table: &Table<K>,
        of_key: Rows,
        site: Site<'_>,
        count: &mut u64,
        mut out: impl FnMut(I, &'s R) -> Flow,
    ) -> Flow
    where
        I: Repeated,
    {
        let mut row = of_key.first;
        while row != of_key.last {
            *count += 1;
            let item = site.guarded(|| self.0.clone());
            out(item, &rows[row])?;
            row = table.next[row];
        }
        *count += 1;
        out(self.0, &rows[row])
    }
}

impl<'r, I, F> Last<'r, I, F> {
    /// `join`
    #[cold]
    #[inline(never)]
    pub fn join_inner<'s, P: Pull, K>(
        self,
        join: &'s mut Option<Join<P, K>>,
        key: impl FnOnce(&Table<K>, &I) -> Option<Rows>,
        row_key: impl FnMut(&mut Table<K>, &P::Item),
        site: Site<'_>,
        count: &mut u64,
        mut out: impl FnMut(Last<'r, (I, &'s P::Item), (F, P::Failures)>) -> Flow,
    ) -> Flow
    where
        I: Repeated,
    {
        match self.parts() {
            (Ok(item), run) => match join {
                Some(join) => {
                    It(item).join_inner(join, key, row_key, site, count, |item| out(Last::of_item(item.0, run)))
                }
                None => Flow::Break(()),
            },
            (Err(signal), run) => {
                if signal == Signal::Describe {
                    site.describe::<I, (I, &P::Item)>(Kind::Expand);
                }
                tell(join, signal, row_key, site);
                out(Last::of_signal(signal, run))
            }
        }
    }

    /// `join` with `kind = left`
    #[cold]
    #[inline(never)]
    pub fn join_left<'s, P: Pull, K>(
        self,
        join: &'s mut Option<Join<P, K>>,
        key: impl FnOnce(&Table<K>, &I) -> Option<Rows>,
        row_key: impl FnMut(&mut Table<K>, &P::Item),
        site: Site<'_>,
        count: &mut u64,
        mut out: impl FnMut(Last<'r, (I, Option<&'s P::Item>), (F, P::Failures)>) -> Flow,
    ) -> Flow
    where
        I: Repeated,
    {
        match self.parts() {
            (Ok(item), run) => match join {
                Some(join) => {
                    It(item).join_left(join, key, row_key, site, count, |item| out(Last::of_item(item.0, run)))
                }
                None => Flow::Break(()),
            },
            (Err(signal), run) => {
                if signal == Signal::Describe {
                    site.describe::<I, (I, Option<&P::Item>)>(Kind::Expand);
                }
                tell(join, signal, row_key, site);
                out(Last::of_signal(signal, run))
            }
        }
    }
}

/// Hands a signal to the side. Once its source is open, the side is read.
fn tell<P: Pull, K>(
    join: &mut Option<Join<P, K>>,
    signal: Signal,
    row_key: impl FnMut(&mut Table<K>, &P::Item),
    site: Site<'_>,
) {
    let Some(join) = join else { return };
    // It has come to its end when it was opened, and dead letters are those of the line.
    if matches!(signal, Signal::End | Signal::Letter | Signal::Finish) {
        return;
    }
    join.side.signal(site.run, signal);
    if signal == Signal::Open && !site.run.failed() {
        join.load(site, row_key);
    }
}
