use millstream::prelude::*;

#[stage(finish = total_of)]
fn total(#[state] sum: &mut u64, item: u64) {
    *sum += item;
}

#[finish]
fn total_of(sum: String) -> Option<String> {
    Some(sum)
}

fn main() {}
