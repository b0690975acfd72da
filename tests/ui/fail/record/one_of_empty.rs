use millstream::prelude::*;

#[record]
struct R {
    #[field(one_of = [])]
    value: String,
}

fn main() {}
