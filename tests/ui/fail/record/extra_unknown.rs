use millstream::prelude::*;

#[record(extra = "drop")]
struct R {
    value: u8,
}

fn main() {}
