use millstream::prelude::*;

#[record(packed = true)]
struct R {
    value: Option<u8>,
}

fn main() {}
