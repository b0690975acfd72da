// errors: 4
use millstream::prelude::*;

#[record]
struct Reading<'a> {
    sensor: &'a str,
    celsius: f64,
}

fn main() {
    let items = pipeline!(csv::<Reading>("readings.csv").or_skip());
    for reading in items.try_iter() {
        drop(reading);
    }
}
