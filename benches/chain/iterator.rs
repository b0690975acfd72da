//! J1e: a pipeline without a sink, as an iterator of owned items, beside the iterator that std makes of the same stages.

use millstream::pipeline;

use crate::form::{Form, Job};
use crate::jobs::{fold_down, offset, scale, text, wanted};

pub(crate) const JOBS: &[Job] = &[
    Job { name: "iterator-fold", forms: &[("std", Form::Sum(std_fold)), ("ours", Form::Sum(ours_fold))] },
    Job { name: "iterator-for", forms: &[("std", Form::Sum(std_for)), ("ours", Form::Sum(ours_for))] },
    Job { name: "iterator-text-for", forms: &[("std", Form::Sum(std_text)), ("ours", Form::Sum(ours_text))] },
    Job {
        name: "iterator-stateful-for",
        forms: &[("std", Form::Sum(std_stateful)), ("ours", Form::Sum(ours_stateful))],
    },
];

fn std_items(items: &[u64]) -> impl Iterator<Item = u64> {
    items.iter().copied().map(scale).filter(wanted).map(fold_down).map(offset)
}

#[inline(never)]
fn std_fold(items: &[u64]) -> u64 {
    std_items(items).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn ours_fold(items: &[u64]) -> u64 {
    pipeline!(from_iter(items.iter().copied()) | scale | wanted | fold_down | offset).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn std_for(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in std_items(items) {
        sum = sum.wrapping_add(x);
    }
    sum
}

#[inline(never)]
fn ours_for(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in pipeline!(from_iter(items.iter().copied()) | scale | wanted | fold_down | offset) {
        sum = sum.wrapping_add(x);
    }
    sum
}

/// Items that own memory, so that they are dropped.
#[inline(never)]
fn std_text(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for text in items.iter().map(|x| scale(*x)).map(text).filter(|text| !text.is_empty()) {
        sum = sum.wrapping_add(text.len() as u64);
    }
    sum
}

#[inline(never)]
fn ours_text(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for text in
        pipeline!(from_iter(items.iter()) | map(|x| scale(*x)) | map(|x| text(x)) | filter(|text| !text.is_empty()))
    {
        sum = sum.wrapping_add(text.len() as u64);
    }
    sum
}

#[inline(never)]
fn std_stateful(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    let steps = items.iter().copied().map(scale).scan(0_u64, |last, x| {
        *last = last.wrapping_add(x);
        Some(*last)
    });
    for x in steps.skip(3).filter(wanted).map(offset) {
        sum = sum.wrapping_add(x);
    }
    sum
}

#[inline(never)]
fn ours_stateful(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in pipeline!(
        from_iter(items.iter().copied())
            | scale
            | scan(0_u64, |last, x| {
                *last = last.wrapping_add(x);
                Some(*last)
            })
            | skip(3)
            | wanted
            | offset
    ) {
        sum = sum.wrapping_add(x);
    }
    sum
}
