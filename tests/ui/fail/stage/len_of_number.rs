use millstream::prelude::*;

#[stage]
fn window(#[param(len = 1..9)] size: usize, item: u32) -> usize {
    size + item as usize
}

fn main() {}
