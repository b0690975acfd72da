use millstream::prelude::*;

#[record]
struct R {
    #[field(one_of = ["a", "b", "a"])]
    value: String,
}

fn main() {}
