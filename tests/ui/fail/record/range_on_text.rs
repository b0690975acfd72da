use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 1..=5)]
    value: String,
}

fn main() {}
