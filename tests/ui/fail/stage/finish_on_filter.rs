use millstream::prelude::*;

#[stage(finish = total_of)]
fn even(#[state] sum: &mut u64, item: &u64) -> bool {
    *sum += item;
    item % 2 == 0
}

#[finish]
fn total_of(sum: u64) -> Option<u64> {
    Some(sum)
}

fn main() {}
