use millstream::prelude::*;

#[record(max_size = 8, max_size = 16)]
struct R {
    value: u8,
}

fn main() {}
