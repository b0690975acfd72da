use millstream::prelude::*;

#[record(packed)]
struct Pair(Option<u8>, u8);

fn main() {}
