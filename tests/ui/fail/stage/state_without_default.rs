use millstream::prelude::*;

struct Table;

#[stage]
fn look_up(#[state] table: &mut Table, item: u32) -> u32 {
    let _ = table;
    item
}

fn main() {}
