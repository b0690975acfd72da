use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 5)]
    value: u8,
}

fn main() {}
