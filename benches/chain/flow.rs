//! J1a and J1e where items do not go straight through: an early stop, a stage that expands, and one whose rejections are skipped and
//! whose panics are caught.

use std::panic::catch_unwind;

use millstream::prelude::*;

use crate::form::{Failure, Form, Job};
use crate::jobs::{fold_down, lower, offset, scale, wanted};

pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "take",
        forms: &[
            ("hand", Form::Sum(hand_take)),
            ("std", Form::Sum(std_take)),
            ("ours", Form::Fallible(ours_take)),
            ("ours-for", Form::Sum(ours_take_for)),
        ],
    },
    Job {
        name: "expand",
        forms: &[
            ("hand", Form::Sum(hand_expand)),
            ("std", Form::Sum(std_expand)),
            ("std-for", Form::Sum(std_expand_for)),
            ("ours", Form::Fallible(ours_expand)),
            ("ours-for", Form::Sum(ours_expand_for)),
        ],
    },
    Job {
        name: "skip",
        forms: &[
            ("hand", Form::Sum(hand_skip)),
            ("hand-catching", Form::Sum(hand_catching)),
            ("ours", Form::Fallible(ours_skip)),
        ],
    },
];

/// A limit that is reached before the end, if not long before it.
fn limit(items: &[u64]) -> usize {
    std::hint::black_box(items.len() - items.len() / 16)
}

#[inline(never)]
fn hand_take(items: &[u64]) -> u64 {
    let (mut sum, mut left) = (0_u64, limit(items));
    for x in items {
        let x = scale(*x);
        if wanted(&x) {
            if left == 0 {
                break;
            }
            left -= 1;
            sum = sum.wrapping_add(offset(fold_down(x)));
        }
    }
    sum
}

#[inline(never)]
fn std_take(items: &[u64]) -> u64 {
    let some = items.iter().copied().map(scale).filter(wanted).take(limit(items));
    some.map(fold_down).map(offset).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn ours_take(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | scale
            | wanted
            | take(limit(items))
            | fold_down
            | offset
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn ours_take_for(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in pipeline!(from_iter(items.iter().copied()) | scale | wanted | take(limit(items)) | fold_down | offset) {
        sum = sum.wrapping_add(x);
    }
    sum
}

/// None, one, two or three items of each.
#[stage]
fn several(x: u64) -> impl Iterator<Item = u64> {
    (0..(x & 3) as u32).map(move |n| x.rotate_left(n))
}

#[inline(never)]
fn hand_expand(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in items {
        for x in several(scale(*x)) {
            if wanted(&x) {
                sum = sum.wrapping_add(offset(x));
            }
        }
    }
    sum
}

#[inline(never)]
fn std_expand(items: &[u64]) -> u64 {
    items.iter().copied().map(scale).flat_map(several).filter(wanted).map(offset).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn std_expand_for(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in items.iter().copied().map(scale).flat_map(several).filter(wanted).map(offset) {
        sum = sum.wrapping_add(x);
    }
    sum
}

#[inline(never)]
fn ours_expand(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied()) | scale | several | wanted | offset | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn ours_expand_for(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in pipeline!(from_iter(items.iter().copied()) | scale | several | wanted | offset) {
        sum = sum.wrapping_add(x);
    }
    sum
}

/// A refused item is skipped and counted; a panic ends the job.
#[inline(never)]
fn hand_skip(items: &[u64]) -> u64 {
    let (mut sum, mut refused) = (0_u64, 0_u64);
    for x in items {
        let Ok(x) = lower(scale(*x)) else {
            refused += 1;
            continue;
        };
        if wanted(&x) {
            sum = sum.wrapping_add(offset(fold_down(x)));
        }
    }
    std::hint::black_box(refused);
    sum
}

/// A refused item is skipped and counted, and so is one over which the stage panics.
#[inline(never)]
fn hand_catching(items: &[u64]) -> u64 {
    let (mut sum, mut refused) = (0_u64, 0_u64);
    for x in items {
        let x = scale(*x);
        let Ok(Ok(x)) = catch_unwind(|| lower(x)) else {
            refused += 1;
            continue;
        };
        if wanted(&x) {
            sum = sum.wrapping_add(offset(fold_down(x)));
        }
    }
    std::hint::black_box(refused);
    sum
}

/// As `hand-catching`.
#[inline(never)]
fn ours_skip(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | scale
            | lower.or_skip()
            | wanted
            | fold_down
            | offset
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}
