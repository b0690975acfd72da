use millstream::prelude::*;

#[record(tagged = "type")]
enum Payment {
    Cash,
}

fn main() {}
