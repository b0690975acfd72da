use millstream::prelude::*;

#[record(packed)]
#[derive(PartialEq, Eq)]
struct R {
    level: u8,
    celsius: Option<f64>,
}

fn main() {}
