use millstream::prelude::*;

#[record]
struct R {
    #[event_time]
    value: u64,
}

fn main() {}
