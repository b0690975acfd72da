use millstream::prelude::*;

#[record]
struct Reading<'a> {
    sensor: &'a str,
    celsius: f64,
}

#[stage]
fn hottest(#[state] max: &mut f64, reading: &Reading<'_>) -> bool {
    let hotter = reading.celsius > *max;
    *max = max.max(reading.celsius);
    hotter
}

#[stage]
fn sum(#[state] total: &mut f64, celsius: f64) -> f64 {
    *total += celsius;
    *total
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Reading>("readings.csv") | hottest.keyed(sensor) | sum | discard()).run()?;
    Ok(())
}
