use millstream::prelude::*;

#[record(max_size = 8)]
struct R {
    text: String,
    value: u8,
}

fn main() {}
