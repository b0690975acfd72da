use millstream::prelude::*;

#[record(packed)]
struct R {
    value: u8,
}

fn main() {}
