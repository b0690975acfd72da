use millstream::prelude::*;

#[record(packed)]
struct Reading<'a> {
    sensor: &'a str,
    celsius: Option<f64>,
}

fn warm(reading: &Reading<'_>) -> bool {
    reading.celsius > Some(20.0)
}

fn main() {}
