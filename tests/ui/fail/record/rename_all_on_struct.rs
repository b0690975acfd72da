use millstream::prelude::*;

#[record(rename_all = "UPPERCASE")]
struct Card {
    number: String,
}

fn main() {}
