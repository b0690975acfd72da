use millstream::prelude::*;

#[record(packed)]
struct House {
    builder: String,
}

fn main() {}
