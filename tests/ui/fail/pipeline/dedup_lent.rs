// errors: 4
use millstream::prelude::*;

#[record]
#[derive(Clone, PartialEq)]
struct Reading<'a> {
    sensor: &'a str,
    celsius: f64,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Reading>("readings.csv") | dedup | discard()).run()?;
    Ok(())
}
