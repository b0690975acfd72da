use millstream::prelude::*;

#[record(packed, packed)]
struct R {
    value: Option<u8>,
}

fn main() {}
