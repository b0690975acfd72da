use millstream::prelude::*;

#[record]
struct R {
    #[field(one_of = [1, "b", 3])]
    value: u8,
}

fn main() {}
