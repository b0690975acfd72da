use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 0..=5, range = 1..=2)]
    value: u8,
}

fn main() {}
