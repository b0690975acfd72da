// errors: 12
use millstream::prelude::*;

#[record(packed = true, max_size = "big")]
struct R<'a> {
    #[event_time]
    at: u64,
    #[key]
    #[field(range = 0..=1, unit = "m")]
    sensor: &'a str,
    #[field(len = 1..=64, pattern = "a", rnage = 0..1)]
    celsius: f64,
    #[field(pattern = "(", one_of = [])]
    state: String,
    #[field(range = 9..=1, finite, default = 5)]
    count: u32,
}

/// What the record promises is still there.
fn promised(r: &R<'_>) {
    let _ = r.validate();
    let _ = R::SCHEMA;
}

fn main() {}
