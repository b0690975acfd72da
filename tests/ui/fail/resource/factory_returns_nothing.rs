use millstream::prelude::*;

#[resource]
fn db() {}

fn main() {}
