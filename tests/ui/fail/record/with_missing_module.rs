use millstream::prelude::*;

#[record]
struct R {
    #[field(with = nowhere)]
    value: u8,
}

fn main() {}
