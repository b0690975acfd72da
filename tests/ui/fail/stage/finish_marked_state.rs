// errors: 2
use millstream::prelude::*;

#[finish]
fn total_of(#[state] sum: u64, #[param(default = 1)] by: u64) -> Option<u64> {
    Some(sum * by)
}

fn main() {}
