use std::time::Duration;

use millstream::prelude::*;

#[record(tag = "type")]
enum Payment {
    Card {
        number: u64,
        #[stale]
        age: Option<Duration>,
    },
    Cash,
}

fn main() {}
