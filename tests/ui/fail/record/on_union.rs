use millstream::prelude::*;

#[record]
union R {
    a: u8,
    b: u8,
}

fn main() {}
