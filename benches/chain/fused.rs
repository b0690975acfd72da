//! J1a: five cheap stages over integers, one of which can fail and one of which filters, into a sum.

use std::future::ready;

use futures::executor::block_on;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use millstream::pipeline;

use crate::form::{Failure, Form, Job};
use crate::jobs::{Refused, fold_down, lower, offset, scale, wanted};

pub(crate) const JOBS: &[Job] = &[Job {
    name: "fused",
    forms: &[
        ("hand", Form::Fallible(hand)),
        ("hand-inlined", Form::Fallible(hand_inlined)),
        ("hand-counting", Form::Fallible(hand_counting)),
        ("std-fold", Form::Fallible(std_fold)),
        ("std-result", Form::Fallible(std_result)),
        ("futures", Form::Fallible(futures_stream)),
        ("ours-stages", Form::Fallible(ours_stages)),
        ("ours-words", Form::Fallible(ours_words)),
        ("ours-fold", Form::Fallible(ours_fold)),
    ],
}];

#[inline(never)]
fn hand(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    for x in items {
        let x = lower(scale(*x))?;
        if wanted(&x) {
            sum = sum.wrapping_add(offset(fold_down(x)));
        }
    }
    Ok(sum)
}

/// As `hand`, the stages written out in place: what an unoptimised build saves by it.
#[inline(never)]
fn hand_inlined(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    for &x in items {
        let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if x < 16 {
            return Err(Refused::TooLow { item: x, least: 16 }.into());
        }
        if x == u64::MAX {
            return Err(Refused::Never(x).into());
        }
        let x = x - 1;
        if x & 63 != 7 {
            sum = sum.wrapping_add((x ^ (x >> 31)).wrapping_add(12_345));
        }
    }
    Ok(sum)
}

/// As `hand`, and knows at the end what a report knows: how many were read, how many passed, which one was refused.
#[inline(never)]
fn hand_counting(items: &[u64]) -> Result<u64, Failure> {
    let (mut sum, mut read, mut passed) = (0_u64, 0_u64, 0_u64);
    for x in items {
        read += 1;
        let x = lower(scale(*x)).map_err(|refused| format!("item {read}: {refused}"))?;
        if wanted(&x) {
            passed += 1;
            sum = sum.wrapping_add(offset(fold_down(x)));
        }
    }
    std::hint::black_box((read, passed));
    Ok(sum)
}

/// The iterator stops at an error, which is kept beside it.
#[inline(never)]
fn std_fold(items: &[u64]) -> Result<u64, Failure> {
    let mut error: Option<Refused> = None;
    let sum = items
        .iter()
        .copied()
        .map(scale)
        .map_while(|x| lower(x).map_err(|e| error = Some(e)).ok())
        .filter(wanted)
        .map(fold_down)
        .map(offset)
        .fold(0_u64, u64::wrapping_add);
    error.map_or(Ok(sum), |error| Err(error.into()))
}

/// Every item behind the fallible stage is a `Result`.
#[inline(never)]
fn std_result(items: &[u64]) -> Result<u64, Failure> {
    let mut results = items
        .iter()
        .copied()
        .map(scale)
        .map(lower)
        .filter(|x| x.as_ref().map_or(true, wanted))
        .map(|x| x.map(fold_down))
        .map(|x| x.map(offset));
    Ok(results.try_fold(0_u64, |sum, x| x.map(|x| sum.wrapping_add(x)))?)
}

#[inline(never)]
fn futures_stream(items: &[u64]) -> Result<u64, Failure> {
    let results = stream::iter(items.iter().copied())
        .map(scale)
        .map(lower)
        .try_filter(|x| ready(wanted(x)))
        .map_ok(fold_down)
        .map_ok(offset);
    Ok(block_on(results.try_fold(0_u64, |sum, x| ready(Ok(sum.wrapping_add(x)))))?)
}

#[inline(never)]
fn ours_stages(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | scale
            | lower
            | wanted
            | fold_down
            | offset
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn ours_words(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | map(|x| scale(x))
            | try_map(|x| lower(x))
            | filter(|x| wanted(x))
            | map(|x| fold_down(x))
            | map(|x| offset(x))
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

#[inline(never)]
fn ours_fold(items: &[u64]) -> Result<u64, Failure> {
    let report = pipeline!(
        from_iter(items.iter().copied())
            | scale
            | lower
            | wanted
            | fold_down
            | offset
            | fold(0_u64, |sum, x| sum.wrapping_add(x))
            | collect()
    )
    .run()?;
    Ok(report.output.first().copied().unwrap_or_default())
}
