use millstream::prelude::*;

#[record(chekc = f)]
struct R {
    value: u8,
}

fn main() {}
