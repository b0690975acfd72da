use millstream::prelude::*;

#[record]
struct Reading<'a> {
    sensor: &'a str,
    celsius: f64,
}

#[stage]
fn double(n: u32) -> u32 {
    n * 2
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Reading>("readings.csv").or_skip() | double | collect()).run()?;
    Ok(())
}
