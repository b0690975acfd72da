use millstream::prelude::*;

const LOW: u8 = 5;

#[record]
struct R {
    #[field(range = LOW..=1)]
    value: u8,
}

fn main() {}
