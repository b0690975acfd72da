// errors: 2
use millstream::prelude::*;

#[record]
struct Reading<'a> {
    sensor: &'a str,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | zip(csv::<Reading>("readings.csv")) | discard()).run()?;
    Ok(())
}
