//! J1e: a pipeline without a sink, as an iterator of owned items, beside the iterator that std makes of the same stages.

use millstream::pipeline;

use crate::jobs::{fold_down, offset, scale, wanted};

/// One way to write the job.
pub(crate) type Form = fn(&[u64]) -> u64;

/// Each form with its name; `fold` and `for` are measured by std's.
pub(crate) const FORMS: &[(&str, Form)] = &[
    ("std-fold", std_fold),
    ("ours-fold", ours_fold),
    ("std-for", std_for),
    ("ours-for", ours_for),
    ("std-text-for", std_text),
    ("ours-text-for", ours_text),
    ("std-stateful-for", std_stateful),
    ("ours-stateful-for", ours_stateful),
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

fn text(x: u64) -> Box<[u8]> {
    std::hint::black_box(vec![1; (x & 15) as usize + 1].into())
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

/// All forms of one job agree.
pub(crate) fn check(items: &[u64]) {
    for pair in FORMS.chunks(2) {
        if let [(_, std), (name, ours)] = pair {
            assert_eq!(std(items), ours(items), "{name}");
        }
    }
}
