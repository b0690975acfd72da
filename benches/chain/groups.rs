//! Items in groups: aggregated by key, and joined with a table.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use hashbrown::HashTable;
use millstream::moments::Moments;
use millstream::pipeline;

use crate::form::{Form, Job};

pub(crate) const JOBS: &[Job] = &[
    Job { name: "aggregate", forms: &[("hand", Form::Sum(hand_aggregate)), ("ours", Form::Sum(ours_aggregate))] },
    Job { name: "join", forms: &[("hand", Form::Sum(hand_join)), ("ours", Form::Sum(ours_join))] },
];

const KEYS: u64 = 1_000;

fn key(x: u64) -> u64 {
    x % KEYS
}

#[allow(clippy::cast_precision_loss, reason = "below 2^12")]
fn value(x: u64) -> f64 {
    (x >> 52) as f64
}

/// Count, sum and standard deviation of each key, in a table of the same kind.
#[inline(never)]
fn hand_aggregate(items: &[u64]) -> u64 {
    let hasher = DefaultHashBuilder::default();
    let mut index: HashTable<usize> = HashTable::new();
    let mut groups: Vec<(u64, u64, f64, Moments)> = Vec::new();
    for &x in items {
        let key = key(x);
        let hash = hasher.hash_one(key);
        let at = match index.find(hash, |&at| groups[at].0 == key) {
            Some(&at) => at,
            None => {
                index.insert_unique(hash, groups.len(), |&at| hasher.hash_one(groups[at].0));
                groups.push((key, 0, 0.0, Moments::new()));
                groups.len() - 1
            }
        };
        let (_, count, sum, moments) = &mut groups[at];
        *count += 1;
        *sum += value(x);
        moments.add(value(x));
    }
    groups.iter().fold(0, |all, (key, count, sum, moments)| {
        let std = if *count < 2 { 0.0 } else { moments.std() };
        digest(all, *key, *count, *sum, std)
    })
}

#[inline(never)]
fn ours_aggregate(items: &[u64]) -> u64 {
    let mut all = 0;
    pipeline!(
        from_iter(items.iter().copied())
            | aggregate(count(), sum(|x| value(*x)), std(|x| value(*x))).keyed(|x| key(*x))
            | for_each(|(key, (count, sum, std))| all = digest(all, key, count, sum, std.unwrap_or_default()))
    )
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    all
}

fn digest(all: u64, key: u64, count: u64, sum: f64, std: f64) -> u64 {
    all.rotate_left(5) ^ key ^ count ^ sum.to_bits() ^ std.to_bits()
}

/// Every key but each seventh has one row.
fn table() -> impl Iterator<Item = (u64, u64)> {
    (0..KEYS).filter(|key| key % 7 != 0).map(|key| (key, key * key))
}

#[inline(never)]
fn hand_join(items: &[u64]) -> u64 {
    let rows: hashbrown::HashMap<u64, u64> = table().collect();
    items.iter().filter_map(|x| rows.get(&key(*x)).map(|row| x ^ row)).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn ours_join(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | join(from_iter(table()), on = (|x| key(*x), |row| row.0))
            | for_each(|(x, row)| sum = sum.wrapping_add(x ^ row.1))
    )
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    sum
}
