use millstream::prelude::*;

#[stage(finish = total_of)]
fn total(#[state] sum: &mut u64, #[param] limit: u64, item: u64) {
    *sum += item.min(limit);
}

#[finish]
fn total_of(sum: u64, #[param] at_least: u64) -> Option<u64> {
    (sum >= at_least).then_some(sum)
}

fn main() {}
