use millstream::prelude::*;

#[record(packed)]
struct Reading<'a> {
    sensor: &'a str,
    celsius: Option<f64>,
}

fn cool(reading: &mut Reading<'_>) {
    reading.celsius = None;
}

fn main() {}
