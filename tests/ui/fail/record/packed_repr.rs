use millstream::prelude::*;

#[record(packed)]
#[repr(C)]
struct R {
    value: Option<u8>,
}

fn main() {}
