use millstream::prelude::*;

#[stage]
fn nothing(#[param] limit: u32) -> u32 {
    limit
}

fn main() {}
