use millstream::prelude::*;

#[record]
struct R {
    #[field(finite = true)]
    value: f64,
}

fn main() {}
