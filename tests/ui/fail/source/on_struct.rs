use millstream::prelude::*;

#[source]
struct Numbers;

fn main() {}
