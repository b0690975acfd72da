use millstream::prelude::*;

#[record(max_size = "64")]
struct R {
    value: u8,
}

fn main() {}
