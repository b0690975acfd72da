use millstream::prelude::*;

#[record]
struct R(u8, f64);

fn main() {}
