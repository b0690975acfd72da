use millstream::prelude::*;

type Flag = bool;

#[stage]
fn even(item: &u32) -> Flag {
    item % 2 == 0
}

fn main() {}
