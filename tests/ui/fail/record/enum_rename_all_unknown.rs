use millstream::prelude::*;

#[record(rename_all = "snake-case")]
enum Payment {
    Cash,
}

fn main() {}
