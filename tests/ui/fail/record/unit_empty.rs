use millstream::prelude::*;

#[record]
struct R {
    #[field(unit = "")]
    value: f64,
}

fn main() {}
