use millstream::prelude::*;

#[record(tag = "type")]
struct Card {
    number: String,
}

fn main() {}
