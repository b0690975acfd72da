use millstream::prelude::*;

#[record]
struct R {
    #[field(rnage = 0..=5)]
    value: u8,
}

fn main() {}
