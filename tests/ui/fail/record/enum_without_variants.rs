use millstream::prelude::*;

#[record]
enum Payment {}

fn main() {}
