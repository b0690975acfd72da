use millstream::prelude::*;

#[record(packed, max_size = 16)]
struct Reading<'a> {
    at: Timestamp,
    sensor: &'a str,
    celsius: Option<f64>,
    level: Option<u8>,
    is_valid: bool,
}

fn main() {}
