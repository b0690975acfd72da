use millstream::prelude::*;

#[record]
struct R {
    #[field(len = 1..=5)]
    value: f64,
}

fn main() {}
