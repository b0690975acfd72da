use millstream::prelude::*;

#[record(tag = "type")]
enum Payment {
    Cash,
    Card {
        #[field(range = 12..=1)]
        month: u8,
    },
}

fn main() {}
