// errors: 2
use millstream::prelude::*;

#[stage]
fn named(#[param(range = 1..9)] name: String, #[param(range = 0..1)] on: bool, item: u32) -> usize {
    name.len() + usize::from(on) + item as usize
}

fn main() {}
