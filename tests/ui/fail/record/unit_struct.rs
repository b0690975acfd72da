use millstream::prelude::*;

#[record]
struct R;

fn main() {}
