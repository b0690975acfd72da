use millstream::prelude::*;

#[record]
struct R {
    #[stale]
    age: Option<f64>,
}

fn main() {}
