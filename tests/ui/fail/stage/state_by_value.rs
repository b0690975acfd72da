use millstream::prelude::*;

#[stage]
fn count(#[state] seen: u64, item: u32) -> u64 {
    seen + u64::from(item)
}

fn main() {}
