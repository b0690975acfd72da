use millstream::prelude::*;

#[record]
struct R {
    #[field(len = 5..=1)]
    value: String,
}

fn main() {}
