use millstream::prelude::*;

#[record]
fn r() {}

fn main() {}
