// errors: 2
use millstream::prelude::*;

#[record(packed)]
struct Reading<'a> {
    sensor: &'a str,
    celsius: Option<f64>,
}

fn main() {
    let _ = Reading { sensor: "a", celsius: None };
}
