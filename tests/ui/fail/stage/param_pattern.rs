use millstream::prelude::*;

#[stage]
fn within(#[param] (low, high): (u32, u32), item: &u32) -> bool {
    (low..high).contains(item)
}

fn main() {}
