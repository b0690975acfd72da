use millstream::prelude::*;

#[stage]
fn window(#[param(default = 1, default = 2)] size: usize, item: u32) -> usize {
    size + item as usize
}

fn main() {}
