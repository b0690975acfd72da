use millstream::prelude::*;

#[record]
struct R {
    #[field(pattern = 5)]
    value: String,
}

fn main() {}
