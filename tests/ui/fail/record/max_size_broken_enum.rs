use millstream::prelude::*;

#[record(max_size = 24)]
enum Payment {
    Cash,
    Card { number: String, month: u8 },
    Transfer(u64),
}

fn main() {}
