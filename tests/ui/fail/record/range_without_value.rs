use millstream::prelude::*;

#[record]
struct R {
    #[field(range)]
    value: u8,
}

fn main() {}
