use millstream::prelude::*;

#[record]
struct R {
    #[key]
    value: f64,
}

fn main() {}
