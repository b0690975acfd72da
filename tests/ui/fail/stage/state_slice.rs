use millstream::prelude::*;

#[stage]
fn among(#[state] known: &[u32], item: &u32) -> bool {
    known.contains(item)
}

fn main() {}
