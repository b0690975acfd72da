//! Finds anomalies in the readings of sensors, and sums up each sensor:
//!
//!     cargo run --release --example sensors -- FILE --window 50 --threshold 3

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use clap::Parser;
use millstream::prelude::*;

/// One row of the file.
#[record]
struct Row<'a> {
    timestamp: CivilTime,
    /// Files of a single sensor have no such column.
    sensor: Option<&'a str>,
    #[field(finite)]
    value: f64,
}

/// One reading of a sensor that has a name.
struct Reading<'a> {
    timestamp: CivilTime,
    sensor: &'a str,
    value: f64,
}

/// A reading beside those before it.
#[record]
struct Scored<'a> {
    timestamp: CivilTime,
    sensor: &'a str,
    value: f64,
    /// How many standard deviations above their mean; nothing while they are too few or all equal.
    z: Option<f64>,
}

/// What the readings of a sensor come to.
#[record]
struct Summary {
    sensor: String,
    count: u64,
    mean: f64,
    min: f64,
    max: f64,
}

/// Scores a reading against the last `window` readings of its sensor.
#[stage]
fn zscore<'a>(
    #[state(init = Moments::over(window))] before: &mut Moments,
    /// How many readings to compare with.
    #[param(default = 50, range = 2..)]
    window: usize,
    reading: Reading<'a>,
) -> Scored<'a> {
    let Reading { timestamp, sensor, value } = reading;
    let z = before.z(value);
    before.add(value);
    Scored { timestamp, sensor, value, z }
}

/// Keeps the readings that are further than `threshold` standard deviations from the mean.
#[stage]
fn anomalous(#[param(default = 3.0, range = 0.0..)] threshold: f64, scored: &Scored<'_>) -> bool {
    scored.z.is_some_and(|z| z.abs() > threshold)
}

/// Sums up all readings of a sensor.
#[stage(finish = of_sensor)]
fn summary(#[state] all: &mut Moments, scored: &Scored<'_>) {
    all.add(scored.value);
}

#[finish]
fn of_sensor(sensor: &str, all: Moments) -> Option<Summary> {
    Some(Summary { sensor: sensor.into(), count: all.count(), mean: all.mean(), min: all.min(), max: all.max() })
}

/// Finds anomalies in the readings of sensors, and sums up each sensor.
#[derive(Parser)]
struct Args {
    /// CSV with the header `timestamp,value` or `timestamp,sensor,value`; `-` is standard input
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sensors/water-flow.csv"), hide_default_value = true)]
    file: PathBuf,
    /// How many readings of its sensor each one is compared with
    #[arg(long, default_value_t = 50)]
    window: usize,
    /// How many standard deviations from their mean make an anomaly
    #[arg(long, default_value_t = 3.0)]
    threshold: f64,
    /// Where to write anomalies.jsonl, summary.jsonl and rejects.jsonl
    #[arg(long, default_value = "target/sensors")]
    out: PathBuf,
}

fn main() -> millstream::Result<()> {
    let Args { file, window, threshold, out } = Args::parse();
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    fs::create_dir_all(&out)
        .map_err(|cause| millstream::Error::new(format!("cannot make {}: {cause}", out.display())))?;

    let report = pipeline!(
        csv::<Row>(&file).or_dead_letter(out.join("rejects.jsonl"))
            | map(|Row { timestamp, sensor, value }| Reading { timestamp, sensor: sensor.unwrap_or(&name), value })
            | zscore(window = window).keyed(sensor)
            | tee(
                anomalous(threshold = threshold) | json_lines(out.join("anomalies.jsonl")),
                summary.keyed(sensor) | json_lines(out.join("summary.jsonl")),
            )
    )
    .run()?;

    match writeln!(io::stdout(), "{report}\n\nThe results are in {}.", out.display()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
