use millstream::prelude::*;

#[record(tag = "")]
enum Payment {
    Cash,
    Card { number: String },
}

fn main() {}
