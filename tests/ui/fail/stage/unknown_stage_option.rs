use millstream::prelude::*;

#[stage(finsh = total)]
fn window(item: u32) -> u32 {
    item
}

fn main() {}
