//! Two sources, one after the other and in turns, mapped and filtered into a sum.

use millstream::pipeline;

use crate::form::{Form, Job};

pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "chain",
        forms: &[
            ("std", Form::Sum(std_chain)),
            ("std-next", Form::Sum(std_chain_next)),
            ("ours", Form::Sum(ours_chain)),
            ("ours-iterator", Form::Sum(ours_chain_iterator)),
        ],
    },
    Job { name: "merge", forms: &[("hand", Form::Sum(hand_merge)), ("ours", Form::Sum(ours_merge))] },
    Job { name: "zip", forms: &[("std", Form::Sum(std_zip)), ("ours", Form::Sum(ours_zip))] },
];

fn scaled(x: u64) -> u64 {
    x.wrapping_mul(3) ^ 7
}

fn wanted(x: u64) -> bool {
    x & 7 != 0
}

fn halves(items: &[u64]) -> (&[u64], &[u64]) {
    items.split_at(items.len() / 2)
}

#[inline(never)]
fn std_chain(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    a.iter().copied().map(scaled).chain(b.iter().copied()).filter(|x| wanted(*x)).fold(0, u64::wrapping_add)
}

/// As a loop that asks for one item after the other, and cannot be split in two.
#[inline(never)]
fn std_chain_next(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    let mut sum = 0_u64;
    for x in a.iter().copied().map(scaled).chain(b.iter().copied()).filter(|x| wanted(*x)) {
        sum = sum.wrapping_add(x);
    }
    sum
}

#[inline(never)]
fn ours_chain(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    let mut sum = 0_u64;
    pipeline!(
        from_iter(a.iter().copied())
            | map(|x| scaled(x))
            | chain(from_iter(b.iter().copied()))
            | filter(|x| wanted(*x))
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    sum
}

#[inline(never)]
fn ours_chain_iterator(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    pipeline!(
        from_iter(a.iter().copied())
            | map(|x| scaled(x))
            | chain(from_iter(b.iter().copied()))
            | filter(|x| wanted(*x))
    )
    .fold(0, u64::wrapping_add)
}

#[inline(never)]
fn hand_merge(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    let (mut a, mut b) = (a.iter(), b.iter());
    let mut sum = 0_u64;
    let mut add = |x: u64| {
        if wanted(x) {
            sum = sum.wrapping_add(x);
        }
    };
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            return sum;
        }
        x.copied().map(scaled).map(&mut add);
        y.copied().map(&mut add);
    }
}

#[inline(never)]
fn ours_merge(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    let mut sum = 0_u64;
    pipeline!(
        from_iter(a.iter().copied())
            | map(|x| scaled(x))
            | merge(from_iter(b.iter().copied()))
            | filter(|x| wanted(*x))
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    sum
}

#[inline(never)]
fn std_zip(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    a.iter().copied().map(scaled).zip(b.iter().copied()).fold(0, |sum, (x, y)| sum.wrapping_add(x ^ y))
}

#[inline(never)]
fn ours_zip(items: &[u64]) -> u64 {
    let (a, b) = halves(items);
    let mut sum = 0_u64;
    pipeline!(
        from_iter(a.iter().copied())
            | map(|x| scaled(x))
            | zip(from_iter(b.iter().copied()))
            | for_each(|(x, y)| sum = sum.wrapping_add(x ^ y))
    )
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    sum
}
