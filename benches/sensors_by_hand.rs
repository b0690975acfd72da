//! The `sensors` example as one writes it without Millstream, with the csv crate and serde: what its build time is measured beside, by
//! `benches/build_time.sh`.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use clap::Parser;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// One row of the file.
#[derive(Deserialize)]
struct Row {
    timestamp: DateTime,
    /// Files of a single sensor have no such column.
    sensor: Option<String>,
    value: f64,
}

/// A reading beside those before it.
#[derive(Serialize)]
struct Scored<'a> {
    timestamp: DateTime,
    sensor: &'a str,
    value: f64,
    /// How many standard deviations above their mean.
    z: f64,
}

/// What the readings of a sensor come to.
#[derive(Serialize)]
struct Summary<'a> {
    sensor: &'a str,
    count: u64,
    mean: f64,
    min: f64,
    max: f64,
}

/// A row that is no reading.
#[derive(Serialize)]
struct Reject {
    line: u64,
    row: String,
    error: String,
}

/// The last readings of a sensor.
struct Window(VecDeque<f64>);

impl Window {
    /// Nothing while the readings are too few or all equal.
    #[allow(clippy::cast_precision_loss, reason = "no window is that long")]
    fn z(&self, value: f64) -> Option<f64> {
        let n = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / n;
        let squares: f64 = self.0.iter().map(|x| (x - mean).powi(2)).sum();
        let std = (squares / (n - 1.0)).sqrt();
        (std > 0.0).then(|| (value - mean) / std)
    }

    fn add(&mut self, value: f64, size: usize) {
        if self.0.len() == size {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }
}

/// All readings of a sensor.
struct Totals {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

struct Sensor {
    name: String,
    window: Window,
    totals: Totals,
}

impl Sensor {
    fn new(name: &str) -> Self {
        let totals = Totals { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };
        Sensor { name: name.to_owned(), window: Window(VecDeque::new()), totals }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn summary(&self) -> Summary<'_> {
        let Totals { count, sum, min, max } = self.totals;
        Summary { sensor: &self.name, count, mean: sum / count as f64, min, max }
    }
}

/// Finds anomalies in the readings of sensors, and sums up each sensor.
#[derive(Parser)]
struct Args {
    /// CSV with the header `timestamp,value` or `timestamp,sensor,value`; `-` is standard input
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sensors/water-flow.csv"), hide_default_value = true)]
    file: PathBuf,
    /// How many readings of its sensor each one is compared with
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..))]
    window: u32,
    /// How many standard deviations from their mean make an anomaly
    #[arg(long, default_value_t = 3.0)]
    threshold: f64,
    /// Where to write anomalies.jsonl, summary.jsonl and rejects.jsonl
    #[arg(long, default_value = "target/sensors_by_hand")]
    out: PathBuf,
}

fn write(out: &mut BufWriter<File>, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    let Args { file, window, threshold, out } = Args::parse();
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    fs::create_dir_all(&out)?;
    let create = |name: &str| File::create(out.join(name)).map(BufWriter::new);
    let (mut anomalies, mut summaries) = (create("anomalies.jsonl")?, create("summary.jsonl")?);
    let mut rejects = create("rejects.jsonl")?;

    let input: Box<dyn Read> =
        if file.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(&file)?) };
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let headers = rows.headers()?.clone();
    let (mut index, mut sensors) = (HashMap::<String, usize>::new(), Vec::<Sensor>::new());
    let (mut read, mut far, mut rejected) = (0_u64, 0_u64, 0_u64);
    let mut record = csv::StringRecord::new();
    while rows.read_record(&mut record)? {
        read += 1;
        let row = record.deserialize::<Row>(Some(&headers)).map_err(|error| error.to_string());
        let row =
            row.and_then(|row| if row.value.is_finite() { Ok(row) } else { Err("value is not finite".to_owned()) });
        let Row { timestamp, sensor, value } = match row {
            Ok(row) => row,
            Err(error) => {
                rejected += 1;
                let line = record.position().map_or(0, csv::Position::line);
                write(&mut rejects, &Reject { line, row: record.iter().collect::<Vec<_>>().join(","), error })?;
                continue;
            }
        };
        let sensor = sensor.as_deref().unwrap_or(&name);
        let at = match index.get(sensor) {
            Some(at) => *at,
            None => {
                sensors.push(Sensor::new(sensor));
                index.insert(sensor.to_owned(), sensors.len() - 1);
                sensors.len() - 1
            }
        };
        let Sensor { window: before, totals, .. } = &mut sensors[at];
        let z = before.z(value);
        before.add(value, window as usize);
        if let Some(z) = z.filter(|z| z.abs() > threshold) {
            far += 1;
            write(&mut anomalies, &Scored { timestamp, sensor, value, z })?;
        }
        totals.count += 1;
        totals.sum += value;
        totals.min = totals.min.min(value);
        totals.max = totals.max.max(value);
    }
    for sensor in &sensors {
        write(&mut summaries, &sensor.summary())?;
    }
    for file in [anomalies, summaries, rejects] {
        file.into_inner()?.sync_all()?;
    }
    println!("{read} read, {rejected} rejected, {far} anomalies of {} sensors in {}", sensors.len(), out.display());
    Ok(())
}
