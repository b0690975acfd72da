use millstream::prelude::*;

#[record]
struct R {
    #[field(colour = 5)]
    value: u8,
}

fn main() {}
