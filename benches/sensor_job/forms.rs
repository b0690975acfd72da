//! The job in several forms: score each reading against the last 50 of its sensor, write those that are further than three
//! standard deviations from the mean to one file, and count, mean and maximum of each sensor to another.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use millstream::io::csv;
use millstream::prelude::*;
use millstream::source::Source as _;
use serde::{Deserialize, Serialize};

use crate::best;

pub(crate) const WINDOW: usize = 50;
pub(crate) const THRESHOLD: f64 = 3.0;

/// One way to write the job: reads the first path (`-` is standard input), writes anomalies to the second and summaries to the
/// third, and gives the number of rows that were no readings.
pub(crate) type Form = fn(&Path, &Path, &Path) -> Result<u64, Box<dyn Error + Send + Sync>>;

/// Each form with its name; the first is the one that the others are measured by.
pub(crate) const FORMS: &[(&str, Form)] =
    &[("hand", hand), ("hand-two-maps", hand_two_maps), ("ours", ours), ("best", best::best), ("idiomatic", idiomatic)];

/// One row.
#[record]
struct Reading<'a> {
    ts: Timestamp,
    sensor_id: &'a str,
    #[field(finite)]
    value: f64,
    unit: &'a str,
}

/// A reading beside those before it.
#[derive(Serialize)]
pub(crate) struct Scored<'a> {
    pub(crate) ts: Timestamp,
    pub(crate) sensor_id: &'a str,
    pub(crate) value: f64,
    pub(crate) unit: &'a str,
    pub(crate) z: f64,
}

#[derive(Serialize)]
pub(crate) struct Summary<'a> {
    pub(crate) sensor_id: &'a str,
    pub(crate) count: u64,
    pub(crate) mean: f64,
    pub(crate) max: f64,
}

/// Scores a reading against the last `size` readings of its sensor.
#[stage]
fn zscore<'a>(
    #[state(init = Moments::over(size))] window: &mut Moments,
    #[param(default = 50, range = 2..)] size: usize,
    reading: Reading<'a>,
) -> Option<Scored<'a>> {
    let Reading { ts, sensor_id, value, unit } = reading;
    let z = window.z(value);
    window.add(value);
    Some(Scored { ts, sensor_id, value, unit, z: z? })
}

/// Keeps what is far from the mean.
#[stage]
fn anomalous(#[param(default = 3.0, range = 0.0..)] threshold: f64, scored: &Scored<'_>) -> bool {
    scored.z.abs() > threshold
}

/// Sums up all readings of a sensor.
#[stage(finish = of_sensor)]
fn summary(#[state] all: &mut Moments, scored: &Scored<'_>) {
    all.add(scored.value);
}

/// What is written of a sensor at the end.
#[derive(Serialize)]
struct OwnSummary {
    sensor_id: String,
    count: u64,
    mean: f64,
    max: f64,
}

#[finish]
fn of_sensor(sensor: &str, all: Moments) -> Option<OwnSummary> {
    Some(OwnSummary { sensor_id: sensor.into(), count: all.count(), mean: all.mean(), max: all.max() })
}

fn ours(input: &Path, anomalies: &Path, summaries: &Path) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let report = pipeline!(
        csv::<Reading>(input).or_skip()
            | zscore(size = WINDOW).keyed(sensor_id)
            | tee(
                anomalous(threshold = THRESHOLD) | json_lines(anomalies),
                summary.keyed(sensor_id) | json_lines(summaries),
            )
    )
    .run()?;
    Ok(report.counts.first().map_or(0, |source| source.rejected))
}

/// The sink of the hand-written forms: whole and durable at the end, as a pipeline's.
pub(crate) struct Lines(BufWriter<File>);

impl Lines {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Lines(BufWriter::with_capacity(1 << 16, File::create(path)?)))
    }

    pub(crate) fn write(&mut self, item: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, item)?;
        self.0.write_all(b"\n")
    }

    pub(crate) fn close(self) -> io::Result<()> {
        self.0.into_inner()?.sync_all()
    }
}

/// What a sensor has, by its name; in the order in which they came first.
struct ByName<S> {
    index: hashbrown::HashMap<String, usize>,
    states: Vec<(String, S)>,
}

impl<S> ByName<S> {
    fn new() -> Self {
        ByName { index: hashbrown::HashMap::new(), states: Vec::new() }
    }

    fn of(&mut self, name: &str, new: impl FnOnce() -> S) -> &mut S {
        let index = match self.index.get(name) {
            Some(index) => *index,
            None => {
                self.index.insert(name.to_owned(), self.states.len());
                self.states.push((name.to_owned(), new()));
                self.states.len() - 1
            }
        };
        &mut self.states[index].1
    }
}

/// The loop that one would write, over the same decoder: one table of sensors, one look into it per reading.
fn hand(input: &Path, anomalies: &Path, summaries: &Path) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let mut rows = csv::source::<Reading<'_>>(input);
    rows.open().map_err(|error| error.to_string())?;
    let mut lines = Lines::create(anomalies)?;
    let mut sensors = ByName::new();
    // In the order in which sensors were first scored.
    let mut totals: Vec<(String, Moments)> = Vec::new();
    let mut rejected = 0;
    while let Some((row, _)) = rows.next()? {
        let Ok(Reading { ts, sensor_id, value, unit }) = row else {
            rejected += 1;
            continue;
        };
        let (window, all) = sensors.of(sensor_id, || (Moments::over(WINDOW), None));
        let z = window.z(value);
        window.add(value);
        if let Some(z) = z {
            if z.abs() > THRESHOLD {
                lines.write(&Scored { ts, sensor_id, value, unit, z })?;
            }
            let all = *all.get_or_insert_with(|| {
                totals.push((sensor_id.to_owned(), Moments::new()));
                totals.len() - 1
            });
            totals[all].1.add(value);
        }
    }
    lines.close()?;
    let mut lines = Lines::create(summaries)?;
    for (sensor_id, all) in &totals {
        lines.write(&Summary { sensor_id, count: all.count(), mean: all.mean(), max: all.max() })?;
    }
    lines.close()?;
    Ok(rejected)
}

/// As `hand`, with one table for the windows and one for the summaries, as in a program of independent steps.
fn hand_two_maps(input: &Path, anomalies: &Path, summaries: &Path) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let mut rows = csv::source::<Reading<'_>>(input);
    rows.open().map_err(|error| error.to_string())?;
    let mut lines = Lines::create(anomalies)?;
    let (mut windows, mut totals) = (ByName::new(), ByName::new());
    let mut rejected = 0;
    while let Some((row, _)) = rows.next()? {
        let Ok(Reading { ts, sensor_id, value, unit }) = row else {
            rejected += 1;
            continue;
        };
        let window = windows.of(sensor_id, || Moments::over(WINDOW));
        let z = window.z(value);
        window.add(value);
        let Some(z) = z else { continue };
        if z.abs() > THRESHOLD {
            lines.write(&Scored { ts, sensor_id, value, unit, z })?;
        }
        totals.of(sensor_id, Moments::new).add(value);
    }
    lines.close()?;
    let mut lines = Lines::create(summaries)?;
    for (sensor_id, all) in &totals.states {
        lines.write(&Summary { sensor_id, count: all.count(), mean: all.mean(), max: all.max() })?;
    }
    lines.close()?;
    Ok(rejected)
}

/// A row as most programs have it.
#[derive(Deserialize)]
struct OwnReading {
    ts: jiff::Timestamp,
    sensor_id: String,
    value: f64,
    unit: String,
}

#[derive(Serialize)]
struct OwnScored<'a> {
    ts: jiff::Timestamp,
    sensor_id: &'a str,
    value: f64,
    unit: &'a str,
    z: f64,
}

/// The crates that most programs use: csv with serde, the standard library's map.
fn idiomatic(input: &Path, anomalies: &Path, summaries: &Path) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let reader: Box<dyn Read> =
        if input == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(input)?) };
    let mut lines = Lines::create(anomalies)?;
    let mut sensors: std::collections::HashMap<String, (Moments, Option<Moments>)> = std::collections::HashMap::new();
    let mut order = Vec::new();
    let mut rejected = 0;
    for row in ::csv::Reader::from_reader(reader).deserialize() {
        let Ok(OwnReading { ts, sensor_id, value, unit }) = row else {
            rejected += 1;
            continue;
        };
        if !value.is_finite() {
            rejected += 1;
            continue;
        }
        let (window, all) = sensors.entry(sensor_id.clone()).or_insert_with(|| (Moments::over(WINDOW), None));
        let z = window.z(value);
        window.add(value);
        if let Some(z) = z {
            if z.abs() > THRESHOLD {
                lines.write(&OwnScored { ts, sensor_id: &sensor_id, value, unit: &unit, z })?;
            }
            let all = all.get_or_insert_with(|| {
                order.push(sensor_id.clone());
                Moments::new()
            });
            all.add(value);
        }
    }
    lines.close()?;
    let mut lines = Lines::create(summaries)?;
    for sensor_id in &order {
        if let Some((_, Some(all))) = sensors.get(sensor_id) {
            lines.write(&Summary { sensor_id, count: all.count(), mean: all.mean(), max: all.max() })?;
        }
    }
    lines.close()?;
    Ok(rejected)
}
