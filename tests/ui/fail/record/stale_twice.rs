use std::time::Duration;

use millstream::prelude::*;

#[record]
struct R {
    celsius: f64,
    #[stale]
    age: Option<Duration>,
    #[stale]
    since: Option<Duration>,
}

fn main() {}
