use millstream::prelude::*;

#[record]
struct R {
    #[field]
    value: u8,
}

fn main() {}
