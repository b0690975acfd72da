use millstream::prelude::*;

#[record]
struct R {
    #[field(finite)]
    value: u32,
}

fn main() {}
