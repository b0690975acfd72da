use std::time::Duration;

use millstream::prelude::*;

#[record(packed)]
struct R {
    #[stale]
    age: Duration,
}

fn main() {}
