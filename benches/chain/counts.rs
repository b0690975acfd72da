//! J5: what it costs to count what goes into and out of every stage, on loops that LLVM vectorises.
//!
//! `hand` counts nothing, `hand-counting` each item at each of its four stages, `hand-blocks` once a block. Ours count always.

use millstream::prelude::*;

use crate::form::{Failure, Form, Job};
use crate::jobs::{fold_down, offset};

pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "counts-maps",
        forms: &[
            ("hand", Form::Sum(hand_maps)),
            ("hand-counting", Form::Sum(hand_counting_maps)),
            ("std", Form::Sum(std_maps)),
            ("ours-stages", Form::Fallible(stages_maps)),
            ("ours-words", Form::Fallible(words_maps)),
            ("ours-fold", Form::Fallible(fold_maps)),
        ],
    },
    Job {
        name: "counts-floats",
        forms: &[
            ("hand", Form::Floats(hand_floats)),
            ("std", Form::Floats(std_floats)),
            ("ours-stages", Form::Floats(stages_floats)),
            ("ours-fold", Form::Floats(fold_floats)),
        ],
    },
    Job {
        name: "counts-filter",
        forms: &[
            ("hand", Form::Sum(hand_filter)),
            ("hand-counting", Form::Sum(hand_counting_filter)),
            ("hand-blocks", Form::Sum(hand_blocks_filter)),
            ("std", Form::Sum(std_filter)),
            ("ours-stages", Form::Fallible(stages_filter)),
            ("ours-words", Form::Fallible(words_filter)),
            ("ours-fold", Form::Fallible(fold_filter)),
        ],
    },
];

/// Mixes an item with itself.
#[stage]
fn mixed(x: u64) -> u64 {
    x ^ (x << 13)
}

/// Keeps the lower bits.
#[stage]
fn masked(x: u64) -> u64 {
    x & 0xffff_ffff_ffff
}

/// Lets seven of eight items pass.
#[stage]
fn common(x: &u64) -> bool {
    x & 7 != 3
}

#[inline(never)]
fn hand_maps(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in items {
        sum = sum.wrapping_add(masked(offset(fold_down(mixed(*x)))));
    }
    sum
}

#[inline(never)]
fn hand_counting_maps(items: &[u64]) -> u64 {
    let (mut sum, mut counts) = (0_u64, [0_u64; 5]);
    for x in items {
        counts[0] += 1;
        let x = mixed(*x);
        counts[1] += 1;
        let x = fold_down(x);
        counts[2] += 1;
        let x = offset(x);
        counts[3] += 1;
        let x = masked(x);
        counts[4] += 1;
        sum = sum.wrapping_add(x);
    }
    std::hint::black_box(counts);
    sum
}

#[inline(never)]
fn std_maps(items: &[u64]) -> u64 {
    items.iter().copied().map(mixed).map(fold_down).map(offset).map(masked).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn stages_maps(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | mixed
            | fold_down
            | offset
            | masked
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn words_maps(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | map(|x| mixed(x))
            | map(|x| fold_down(x))
            | map(|x| offset(x))
            | map(|x| masked(x))
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn fold_maps(items: &[u64]) -> Result<u64, Failure> {
    let report = pipeline!(
        from_iter(items.iter().copied())
            | mixed
            | fold_down
            | offset
            | masked
            | fold(0_u64, |sum, x| sum.wrapping_add(x))
            | collect()
    )
    .run()?;
    Ok(report.output.first().copied().unwrap_or_default())
}

#[stage]
fn gain(x: f32) -> f32 {
    x * 1.5
}

#[stage]
fn raised(x: f32) -> f32 {
    x - 4096.0
}

#[stage]
fn magnitude(x: f32) -> f32 {
    x.abs()
}

/// A sum of floats has an order, in which it would have to be made one by one; one of their bits has none.
#[stage]
fn bits(x: f32) -> u32 {
    x.to_bits()
}

#[inline(never)]
fn hand_floats(items: &[f32]) -> u64 {
    let mut sum = 0_u32;
    for x in items {
        sum = sum.wrapping_add(bits(magnitude(raised(gain(*x)))));
    }
    sum.into()
}

#[inline(never)]
fn std_floats(items: &[f32]) -> u64 {
    items.iter().copied().map(gain).map(raised).map(magnitude).map(bits).fold(0, u32::wrapping_add).into()
}

#[inline(never)]
fn stages_floats(items: &[f32]) -> u64 {
    let mut sum = 0_u32;
    pipeline!(
        from_iter(items.iter().copied()) | gain | raised | magnitude | bits | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()
    .map_or(0, |_| sum.into())
}

#[inline(never)]
fn fold_floats(items: &[f32]) -> u64 {
    let run = pipeline!(
        from_iter(items.iter().copied())
            | gain
            | raised
            | magnitude
            | bits
            | fold(0_u32, |sum, x| sum.wrapping_add(x))
            | collect()
    )
    .run();
    run.map_or(0, |report| report.output.first().copied().unwrap_or_default().into())
}

#[inline(never)]
fn hand_filter(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in items {
        let x = fold_down(mixed(*x));
        if common(&x) {
            sum = sum.wrapping_add(offset(x));
        }
    }
    sum
}

#[inline(never)]
fn hand_counting_filter(items: &[u64]) -> u64 {
    let (mut sum, mut counts) = (0_u64, [0_u64; 5]);
    for x in items {
        counts[0] += 1;
        let x = mixed(*x);
        counts[1] += 1;
        let x = fold_down(x);
        counts[2] += 1;
        if common(&x) {
            counts[3] += 1;
            let x = offset(x);
            counts[4] += 1;
            sum = sum.wrapping_add(x);
        }
    }
    std::hint::black_box(counts);
    sum
}

#[inline(never)]
fn hand_blocks_filter(items: &[u64]) -> u64 {
    let (mut sum, mut counts) = (0_u64, [0_u64; 5]);
    for items in items.chunks(1024) {
        let mut passed = 0;
        for x in items {
            let x = fold_down(mixed(*x));
            if common(&x) {
                passed += 1;
                sum = sum.wrapping_add(offset(x));
            }
        }
        for (count, more) in counts.iter_mut().zip([items.len(), items.len(), items.len(), passed, passed]) {
            *count += more as u64;
        }
    }
    std::hint::black_box(counts);
    sum
}

#[inline(never)]
fn std_filter(items: &[u64]) -> u64 {
    items.iter().copied().map(mixed).map(fold_down).filter(common).map(offset).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn stages_filter(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | mixed
            | fold_down
            | common
            | offset
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn words_filter(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | map(|x| mixed(x))
            | map(|x| fold_down(x))
            | filter(|x| common(x))
            | map(|x| offset(x))
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn fold_filter(items: &[u64]) -> Result<u64, Failure> {
    let report = pipeline!(
        from_iter(items.iter().copied())
            | mixed
            | fold_down
            | common
            | offset
            | fold(0_u64, |sum, x| sum.wrapping_add(x))
            | collect()
    )
    .run()?;
    Ok(report.output.first().copied().unwrap_or_default())
}
