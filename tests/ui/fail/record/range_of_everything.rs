use millstream::prelude::*;

#[record]
struct R {
    #[field(range = ..)]
    value: f64,
}

fn main() {}
