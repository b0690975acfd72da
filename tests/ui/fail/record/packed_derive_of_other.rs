use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Meters(f64);

#[record(packed)]
#[derive(PartialEq)]
struct R {
    level: u8,
    height: Option<Meters>,
}

fn main() {}
