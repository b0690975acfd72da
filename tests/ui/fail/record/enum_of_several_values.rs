use millstream::prelude::*;

#[record]
enum Payment {
    Cash,
    Card(String, u8),
}

fn main() {}
