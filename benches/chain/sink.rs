//! J1b: the stages of J1a with a filter that cannot be predicted, in front of a sink that writes.
//!
//! What the filter looks at are hashed bits: a branch on it is mispredicted every other time when half of the items pass. The sink
//! writes memory, so the branch cannot become a conditional move. Beside it, filters that can be predicted.

use millstream::prelude::*;

use crate::form::{Failure, Form, Job};
use crate::jobs::{Refused, fold_down, lower, offset, scale};

pub(crate) const JOBS: &[Job] = &[
    Job { name: "sink-half", forms: Passing::<32>::ALL },
    Job { name: "sink-most", forms: Passing::<63>::ALL },
    Job { name: "sink-few", forms: Passing::<1>::ALL },
];

/// The forms with a filter that `OF` of 64 items pass.
struct Passing<const OF: u64>;

impl<const OF: u64> Passing<OF> {
    const ALL: &[(&str, Form)] = &[
        ("hand", Form::Writes(hand::<OF>)),
        ("hand-blocks", Form::Writes(hand_blocks::<OF>)),
        ("std", Form::Writes(std_iterator::<OF>)),
        ("ours-stages", Form::Writes(ours_stages::<OF>)),
        ("ours-words", Form::Writes(ours_words::<OF>)),
    ];
}

/// Lets `of` of 64 items pass.
#[stage]
fn passes(#[param] of: u64, x: &u64) -> bool {
    x >> 58 < of
}

#[inline(always)]
fn write(out: &mut Vec<u8>, x: u64) {
    out.extend_from_slice(&x.to_le_bytes());
}

#[inline(never)]
fn hand<const OF: u64>(items: &[u64], out: &mut Vec<u8>) -> Result<(), Failure> {
    for x in items {
        let x = lower(scale(*x))?;
        if passes(OF, &x) {
            write(out, offset(fold_down(x)));
        }
    }
    Ok(())
}

/// Without a branch on the filter: every item of a block is written down, and the place moves on only if it passed.
#[inline(never)]
fn hand_blocks<const OF: u64>(items: &[u64], out: &mut Vec<u8>) -> Result<(), Failure> {
    const BLOCK: usize = 1024;
    let mut block = [0; BLOCK];
    for items in items.chunks(BLOCK) {
        let mut kept = 0;
        let taken = items.iter().try_for_each(|x| {
            let x = lower(scale(*x))?;
            block[kept % BLOCK] = x;
            kept += usize::from(passes(OF, &x));
            Ok::<_, Refused>(())
        });
        for x in &block[..kept] {
            write(out, offset(fold_down(*x)));
        }
        taken?;
    }
    Ok(())
}

/// The iterator stops at an error, which is kept beside it.
#[inline(never)]
fn std_iterator<const OF: u64>(items: &[u64], out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut error: Option<Refused> = None;
    items
        .iter()
        .copied()
        .map(scale)
        .map_while(|x| lower(x).map_err(|e| error = Some(e)).ok())
        .filter(|x| passes(OF, x))
        .map(fold_down)
        .map(offset)
        .for_each(|x| write(out, x));
    error.map_or(Ok(()), |error| Err(error.into()))
}

#[inline(never)]
fn ours_stages<const OF: u64>(items: &[u64], out: &mut Vec<u8>) -> Result<(), Failure> {
    pipeline!(
        from_iter(items.iter().copied())
            | scale
            | lower
            | passes(of = OF)
            | fold_down
            | offset
            | for_each(|x| write(out, x))
    )
    .run()?;
    Ok(())
}

#[inline(never)]
fn ours_words<const OF: u64>(items: &[u64], out: &mut Vec<u8>) -> Result<(), Failure> {
    pipeline!(
        from_iter(items.iter().copied())
            | map(|x| scale(x))
            | try_map(|x| lower(x))
            | filter(|x| passes(OF, x))
            | map(|x| fold_down(x))
            | map(|x| offset(x))
            | for_each(|x| write(out, x))
    )
    .run()?;
    Ok(())
}
