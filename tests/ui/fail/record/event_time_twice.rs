use millstream::prelude::*;

#[record]
struct R {
    #[event_time]
    at: Timestamp,
    #[event_time]
    seen: Timestamp,
}

fn main() {}
