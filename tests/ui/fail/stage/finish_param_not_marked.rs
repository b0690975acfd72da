use millstream::prelude::*;

#[stage(finish = total_of)]
fn total(#[state] sum: &mut u64, #[param] least: u64, item: u64) {
    *sum += item;
}

#[finish]
fn total_of(sum: u64, least: u64) -> u64 {
    sum.max(least)
}

fn main() {}
