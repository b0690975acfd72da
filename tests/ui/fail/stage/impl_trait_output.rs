use millstream::prelude::*;

#[stage]
fn shown(item: u32) -> impl std::fmt::Display {
    item
}

fn main() {}
