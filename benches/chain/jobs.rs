//! The stages of the jobs, and the items that they read.

use millstream::prelude::*;

/// Why an item is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Refused {
    /// It is below the least that is taken.
    TooLow { item: u64, least: u64 },
    /// It is one that is never taken.
    Never(u64),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::TooLow { item, least } => write!(f, "{item} is below {least}"),
            Refused::Never(item) => write!(f, "{item} is never taken"),
        }
    }
}

impl std::error::Error for Refused {}

/// Spreads the bits of an item upwards.
#[stage]
pub(crate) fn scale(x: u64) -> u64 {
    x.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// One less, if it may be.
#[stage]
pub(crate) fn lower(x: u64) -> Result<u64, Refused> {
    match x {
        0..16 => Err(Refused::TooLow { item: x, least: 16 }),
        u64::MAX => Err(Refused::Never(x)),
        _ => Ok(x - 1),
    }
}

/// Lets 63 of 64 items pass.
#[stage]
pub(crate) fn wanted(x: &u64) -> bool {
    x & 63 != 7
}

/// Spreads the bits of an item downwards.
#[stage]
pub(crate) fn fold_down(x: u64) -> u64 {
    x ^ (x >> 31)
}

/// Moves an item up.
#[stage]
pub(crate) fn offset(x: u64) -> u64 {
    x.wrapping_add(12_345)
}

/// A text of one to sixteen bytes, in memory of its own.
#[stage]
pub(crate) fn text(x: u64) -> Box<[u8]> {
    std::hint::black_box(vec![1; (x & 15) as usize + 1].into())
}

/// The items that all jobs read; none is refused.
pub(crate) fn items(n: usize) -> Vec<u64> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 20) | 1
    };
    std::iter::repeat_with(next).take(n).collect()
}
