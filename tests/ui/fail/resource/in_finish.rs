use millstream::prelude::*;

#[stage(finish = total)]
fn sum(#[state] sum: &mut u32, n: u32) {
    *sum += n;
}

#[finish]
fn total(sum: u32, #[resource] list: &Vec<u32>) -> Option<u32> {
    list.first().map(|first| sum + first)
}

fn main() {}
