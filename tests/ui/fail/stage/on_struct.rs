use millstream::prelude::*;

#[stage]
struct Twice;

fn main() {}
