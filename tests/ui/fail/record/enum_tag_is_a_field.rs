use millstream::prelude::*;

#[record(tag = "kind")]
enum Payment {
    Cash,
    Card { number: String, kind: String },
}

fn main() {}
