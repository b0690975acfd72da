//! J7, lean records: bytes a record and the time of a full scan, over 1,000,000 records of ten fields, six of them optional.
//! `cargo bench --bench records [-- [csv] RECORDS]`. Bytes are what the process has resident with the records and had not without them,
//! so they hold what the records point to as well. Needs /proc. Beside Python's objects: `benches/peers/records.py`.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "all numbers are below 2^52"
)]

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use millstream::prelude::*;

const ROUNDS: usize = 15;

/// Reads every field of every record and gives a sum.
type Scan = Box<dyn Fn() -> f64>;

/// Each form, by name, makes its records and how they are read; the first is the one that the others are measured by.
const FORMS: &[(&str, fn(u64) -> Scan)] = &[("plain", plain), ("map", maps)];

/// Ten fields as they stand.
#[record]
struct Reading {
    id: u64,
    at: Timestamp,
    sensor: String,
    celsius: f64,
    humidity: Option<f64>,
    pressure: Option<f64>,
    battery: Option<f32>,
    site: Option<u32>,
    fault: Option<u16>,
    retries: Option<u8>,
}

/// The `n`th record; each optional field is there in every second one, in a pattern that repeats after 64.
fn reading(n: u64) -> Reading {
    let there = |bit: u32| n >> bit & 1 == 0;
    let number = f64::from((n % 1000) as u16);
    Reading {
        id: n,
        at: Timestamp::from_micros(1_700_000_000_000_000 + n as i64),
        sensor: format!("sensor-{:03}", n % 1000),
        celsius: number,
        humidity: there(0).then_some(number),
        pressure: there(1).then_some(number),
        battery: there(2).then_some(number as f32),
        site: there(3).then_some((n % 50) as u32),
        fault: there(4).then_some((n % 7) as u16),
        retries: there(5).then_some((n % 3) as u8),
    }
}

fn plain(records: u64) -> Scan {
    let all: Vec<Reading> = (0..records).map(reading).collect();
    Box::new(move || {
        all.iter().fold(0.0, |sum, r| {
            let present = r.humidity.unwrap_or_default()
                + r.pressure.unwrap_or_default()
                + f64::from(r.battery.unwrap_or_default())
                + f64::from(r.site.unwrap_or_default())
                + f64::from(r.fault.unwrap_or_default())
                + f64::from(r.retries.unwrap_or_default());
            sum + (r.id as f64) + (r.at.as_micros() as f64) + (r.sensor.len() as f64) + r.celsius + present
        })
    })
}

/// What a field can be where fields are found by name.
enum Value {
    Whole(i64),
    Float(f64),
    Text(String),
}

impl Value {
    fn number(&self) -> f64 {
        match self {
            Value::Whole(n) => *n as f64,
            Value::Float(n) => *n,
            Value::Text(text) => text.len() as f64,
        }
    }
}

fn maps(records: u64) -> Scan {
    let all: Vec<HashMap<&'static str, Value>> = (0..records).map(|n| map(reading(n))).collect();
    let fields = ["id", "at", "sensor", "celsius", "humidity", "pressure", "battery", "site", "fault", "retries"];
    Box::new(move || {
        all.iter()
            .fold(0.0, |sum, r| fields.iter().fold(sum, |sum, field| sum + r.get(field).map_or(0.0, Value::number)))
    })
}

fn map(r: Reading) -> HashMap<&'static str, Value> {
    let always = [
        ("id", Value::Whole(r.id as i64)),
        ("at", Value::Whole(r.at.as_micros())),
        ("sensor", Value::Text(r.sensor)),
        ("celsius", Value::Float(r.celsius)),
    ];
    let optional = [
        ("humidity", r.humidity.map(Value::Float)),
        ("pressure", r.pressure.map(Value::Float)),
        ("battery", r.battery.map(|n| Value::Float(n.into()))),
        ("site", r.site.map(|n| Value::Whole(n.into()))),
        ("fault", r.fault.map(|n| Value::Whole(n.into()))),
        ("retries", r.retries.map(|n| Value::Whole(n.into()))),
    ];
    let present = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(present).collect()
}

fn main() {
    let csv = std::env::args().any(|arg| arg == "csv");
    let records = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let made: Vec<(Scan, u64)> = FORMS
        .iter()
        .map(|(_, make)| {
            let before = resident();
            let scan = make(records);
            (scan, (resident() - before) / records)
        })
        .collect();
    let mut times = vec![Vec::new(); FORMS.len()];
    for _ in 0..ROUNDS {
        for ((scan, _), times) in made.iter().zip(&mut times) {
            let started = Instant::now();
            black_box(scan());
            times.push(started.elapsed().as_secs_f64() * 1e9 / records as f64);
        }
    }
    for (((name, _), (scan, bytes)), of) in FORMS.iter().zip(&made).zip(&times) {
        // Sums of floats in different orders.
        let apart = scan() / made[0].0() - 1.0;
        assert!(apart.abs() < 1e-9, "{name} holds other records");
        let ratios = of.iter().zip(&times[0]).map(|(time, base)| time / base);
        let (time, ratio) = (median(of.iter().copied()), median(ratios));
        if csv {
            println!(
                "records,{name},{bytes},bytes a record\nrecords,{name},{time:.3},ns a record\nrecords,{name},{ratio:.3},x"
            );
            continue;
        }
        println!("{name:<8} {bytes:5} bytes a record  {time:8.2} ns a record scanned  {ratio:6.2} x");
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The bytes of memory that the process has.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|amount| amount.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    1024 * kib.unwrap_or_else(|| panic!("/proc/self/status does not say what is resident"))
}
