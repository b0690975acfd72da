// errors: 2
use millstream::prelude::*;

#[stage]
fn window(#[param(defualt = 1, unit = "items")] size: usize, item: u32) -> usize {
    size + item as usize
}

fn main() {}
