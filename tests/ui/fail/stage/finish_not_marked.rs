use millstream::prelude::*;

#[stage(finish = total_of)]
fn total(#[state] sum: &mut u64, item: u64) {
    *sum += item;
}

fn total_of(sum: u64) -> Option<u64> {
    Some(sum)
}

fn main() {}
