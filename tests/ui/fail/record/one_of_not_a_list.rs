use millstream::prelude::*;

#[record]
struct R {
    #[field(one_of = "a")]
    value: String,
}

fn main() {}
