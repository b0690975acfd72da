use millstream::prelude::*;

#[record]
enum R {
    A,
    B(u8),
}

fn main() {}
