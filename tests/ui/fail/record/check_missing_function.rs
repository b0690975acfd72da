use millstream::prelude::*;

#[record]
struct R {
    #[field(check = nowhere)]
    value: u8,
}

fn main() {}
