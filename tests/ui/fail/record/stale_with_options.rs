use std::time::Duration;

use millstream::prelude::*;

#[record]
struct R {
    #[stale(after = "5m")]
    age: Option<Duration>,
}

fn main() {}
