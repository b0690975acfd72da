use millstream::prelude::*;

#[stage(finish = last_of)]
fn pairs(#[state] last: &mut Option<u32>, item: u32) -> Option<u32> {
    last.replace(item)
}

#[finish]
fn last_of(last: Option<u32>) -> Option<String> {
    last.map(|last| last.to_string())
}

fn main() {}
