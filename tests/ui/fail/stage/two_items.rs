use millstream::prelude::*;

#[stage]
fn both(limit: u32, item: u32) -> bool {
    item > limit
}

fn main() {}
