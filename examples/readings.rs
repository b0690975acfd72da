//! Finds unusual temperatures, and sums up each sensor.

use millstream::prelude::*;

/// One temperature reading.
#[record]
struct Reading<'a> {
    #[event_time]
    at: Timestamp,
    #[key]
    #[field(len = 1..=64)]
    sensor: &'a str,
    #[field(range = -60.0..=160.0, unit = "celsius")]
    celsius: f64,
}

/// A reading, and how far it is from the mean of those before it.
#[record]
struct Scored<'a> {
    at: Timestamp,
    sensor: &'a str,
    celsius: f64,
    z: f64,
}

/// What the readings of a sensor come to.
#[record]
struct Summary {
    sensor: String,
    count: u64,
    mean: f64,
    max: f64,
}

/// Scores a reading against the last `size` readings of its sensor.
#[stage]
fn zscore<'a>(
    #[state(init = Moments::over(size))] window: &mut Moments,
    /// Readings in the sliding window.
    #[param(default = 50, range = 2..)]
    size: usize,
    reading: Reading<'a>,
) -> Option<Scored<'a>> {
    let Reading { at, sensor, celsius } = reading;
    let z = window.z(celsius);
    window.add(celsius);
    Some(Scored { at, sensor, celsius, z: z? })
}

/// True when the score is further from the mean than `threshold` deviations.
#[stage]
fn anomalous(#[param(default = 3.0, range = 0.0..)] threshold: f64, scored: &Scored<'_>) -> bool {
    scored.z.abs() > threshold
}

/// Count, mean and largest of each sensor, at the end.
#[stage(finish = of_sensor)]
fn summary(#[state] m: &mut Moments, scored: &Scored<'_>) {
    m.add(scored.celsius);
}

#[finish]
fn of_sensor(sensor: &str, m: Moments) -> Option<Summary> {
    Some(Summary { sensor: sensor.into(), count: m.count(), mean: m.mean(), max: m.max() })
}

fn main() -> millstream::Result<()> {
    let report = pipeline!(
        csv::<Reading>("readings.csv").or_dead_letter("rejects.jsonl")
            | zscore(size = 50).keyed(sensor)
            | tee(
                anomalous(threshold = 3.0) | json_lines("anomalies.jsonl"),
                summary.keyed(sensor) | json_lines("summary.jsonl"),
            )
    )
    .run()?;
    println!("{report}");
    Ok(())
}
