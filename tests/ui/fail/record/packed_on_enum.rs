use millstream::prelude::*;

#[record(packed)]
enum Payment {
    Cash,
    Card { month: Option<u8> },
}

fn main() {}
