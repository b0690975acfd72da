use millstream::prelude::*;

#[record]
struct R {
    #[field(default = 7, range = 0.0..=5.0)]
    value: f64,
}

fn main() {}
