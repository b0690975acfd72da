// errors: 4
use millstream::prelude::*;

#[record]
struct Reading<'a> {
    sensor: &'a str,
    celsius: f64,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Reading>("readings.csv") | collect()).run()?;
    Ok(())
}
