//! Reads twenty sensors, some of which fail and stall: without policies, with one after the other, and in a pipeline.
//!
//!     cargo run --release --example flaky_sensors

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use millstream::policy::{CircuitOpen, Deadline};
use millstream::prelude::*;
use ureq::Agent;

mod server;

use server::{Sensors, gateway};

/// What a sensor says.
#[record]
#[derive(Clone)]
struct Reading {
    sensor: u32,
    /// When it was measured.
    round: u32,
    celsius: f64,
    #[stale]
    age: Option<Duration>,
}

/// Why there is no reading.
#[derive(Debug)]
enum ReadError {
    Http(ureq::Error),
    Open(CircuitOpen),
}

impl ReadError {
    /// A sensor that is not there will not be there when it is asked again.
    fn is_transient(&self) -> bool {
        !matches!(self, ReadError::Http(ureq::Error::StatusCode(404)))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Http(error) => error.fmt(f),
            ReadError::Open(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<ureq::Error> for ReadError {
    fn from(error: ureq::Error) -> Self {
        ReadError::Http(error)
    }
}

impl From<CircuitOpen> for ReadError {
    fn from(error: CircuitOpen) -> Self {
        ReadError::Open(error)
    }
}

struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    fn new(sensors: &Sensors) -> Self {
        Client { agent: Agent::new_with_defaults(), url: sensors.url() }
    }

    /// Asks a sensor, and waits for it no longer than this.
    fn get(&self, sensor: u32, limit: Option<Duration>) -> Result<Reading, ReadError> {
        let request = self.agent.get(format!("{}/{sensor}", self.url));
        let request = request.config().timeout_global(limit).build();
        Ok(request.call()?.body_mut().read_json()?)
    }
}

fn bare(client: &Client, sensor: u32) -> Result<Reading, ReadError> {
    client.get(sensor, None)
}

#[timeout("50ms")]
fn with_timeout(client: &Client, sensor: u32, #[deadline] deadline: Deadline) -> Result<Reading, ReadError> {
    client.get(sensor, deadline.remaining())
}

#[retry(attempts = 3, backoff = constant("2ms"), when = ReadError::is_transient)]
#[timeout("50ms")]
fn with_retry(client: &Client, sensor: u32, #[deadline] deadline: Deadline) -> Result<Reading, ReadError> {
    client.get(sensor, deadline.remaining())
}

#[circuit_breaker(failures = 3, reset_after = "150ms", when = ReadError::is_transient, key = gateway(sensor))]
#[retry(attempts = 3, backoff = constant("2ms"), when = ReadError::is_transient)]
#[timeout("50ms")]
fn with_breaker(client: &Client, sensor: u32, #[deadline] deadline: Deadline) -> Result<Reading, ReadError> {
    client.get(sensor, deadline.remaining())
}

#[fallback(stale_if_error, max_age = "5m", key = sensor)]
#[circuit_breaker(failures = 3, reset_after = "150ms", when = ReadError::is_transient, key = gateway(sensor))]
#[retry(attempts = 3, backoff = constant("2ms"), when = ReadError::is_transient)]
#[timeout("50ms")]
fn with_fallback(client: &Client, sensor: u32, #[deadline] deadline: Deadline) -> Result<Reading, ReadError> {
    client.get(sensor, deadline.remaining())
}

/// The whole stack, as a stage.
#[stage]
#[fallback(stale_if_error, max_age = "5m", key = sensor)]
#[circuit_breaker(failures = 3, reset_after = "150ms", when = ReadError::is_transient, key = gateway(sensor))]
#[retry(attempts = 3, backoff = constant("2ms"), when = ReadError::is_transient)]
#[timeout("50ms")]
fn reading(#[resource] client: &Client, sensor: u32, #[deadline] deadline: Deadline) -> Result<Reading, ReadError> {
    client.get(sensor, deadline.remaining())
}

/// Reads twenty sensors, some of which fail and stall: without policies, with one after the other, and in a pipeline.
#[derive(Parser)]
struct Args {
    /// The directory that the pipeline writes into
    #[arg(long, default_value = "target/flaky_sensors")]
    out: PathBuf,
}

fn main() -> millstream::Result<()> {
    let Args { out } = Args::parse();
    std::fs::create_dir_all(&out)?;
    let (readings, rejects) = (out.join("readings.jsonl"), out.join("rejects.jsonl"));

    let lines = [
        "                   fresh  stale  lost  calls  of them to the sick     took   oldest".to_owned(),
        line("no policies", bare)?,
        line("timeout", with_timeout)?,
        line("+ retry", with_retry)?,
        line("+ circuit breaker", with_breaker)?,
        line("+ fallback", with_fallback)?,
    ];
    print(&format!("{}\n\n{}\n\n", lines.join("\n"), reading::describe()))?;

    let sensors = Sensors::serve().map_err(millstream::Error::new)?;
    let report = pipeline!(from_iter(sensors.rounds()) | reading.or_dead_letter(&rejects) | json_lines(&readings))
        .with(Client::new(&sensors))
        .run()?;
    print(&format!("{report}\n"))
}

/// Reads every sensor in every round, and says how that went.
fn line(name: &str, read: impl Fn(&Client, u32) -> Result<Reading, ReadError>) -> millstream::Result<String> {
    let sensors = Sensors::serve().map_err(millstream::Error::new)?;
    let client = Client::new(&sensors);
    let (mut fresh, mut lost, mut ages) = (0, 0, Vec::new());
    let began = Instant::now();
    for sensor in sensors.rounds() {
        match read(&client, sensor).map(|reading| reading.age) {
            Ok(None) => fresh += 1,
            Ok(Some(age)) => ages.push(age),
            Err(_) => lost += 1,
        }
    }
    let took = began.elapsed().as_millis();
    let oldest = ages.iter().max().map_or_else(String::new, |age| format!("{} ms", age.as_millis()));
    let (stale, calls) = (ages.len(), sensors.calls());
    let counts = format!("{fresh:>5}  {stale:>5}  {lost:>4}  {:>5}  {:>19}", calls.all(), calls.sick);
    Ok(format!("{name:<17}  {counts}  {took:>4} ms  {oldest:>7}").trim_end().to_owned())
}

fn print(text: &str) -> millstream::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
