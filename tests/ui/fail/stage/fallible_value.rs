use millstream::prelude::*;

struct Row;

#[stage(fallible)]
fn row(item: u32) -> Row {
    let _ = item;
    Row
}

fn main() {}
