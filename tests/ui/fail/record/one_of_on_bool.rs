use millstream::prelude::*;

#[record]
struct R {
    #[field(one_of = [true])]
    value: bool,
}

fn main() {}
