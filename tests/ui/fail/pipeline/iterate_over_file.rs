use millstream::prelude::*;

#[record]
struct Reading {
    sensor: String,
    celsius: f64,
}

fn main() {
    for reading in pipeline!(csv::<Reading>("readings.csv").or_skip()) {
        println!("{}", reading.sensor);
    }
}
