use millstream::prelude::*;

#[stage]
fn bump(item: &mut u32) -> u32 {
    *item += 1;
    *item
}

fn main() {}
