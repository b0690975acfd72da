use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 5..=1)]
    value: f64,
}

fn main() {}
