//! A table of SQLite written and read, beside `rusqlite` by hand. `cargo bench --bench sqlite`.
//!
//! Forms take turns on new databases; the first figure is the median, the second its ratio to the hand-written form.

use std::path::Path;
use std::time::Instant;

use millstream::prelude::*;
use rusqlite::{Connection, Result, params};

const ROWS: u64 = 200_000;
const ROUNDS: usize = 7;

#[record]
struct Reading {
    #[key]
    id: u64,
    sensor: String,
    value: f64,
}

#[allow(clippy::cast_precision_loss, reason = "numbers are far below 2^52")]
fn readings() -> impl Iterator<Item = Reading> {
    (0..ROWS).map(|id| Reading { id, sensor: format!("sensor-{:03}", id % 500), value: (id * 37 % 1_000) as f64 / 8.0 })
}

fn write_by_hand(path: &Path) -> Result<()> {
    let mut database = Connection::open(path)?;
    let run = database.transaction()?;
    run.execute(
        "CREATE TABLE readings (id INTEGER NOT NULL PRIMARY KEY, sensor TEXT NOT NULL, value REAL NOT NULL)",
        [],
    )?;
    {
        let mut insert = run.prepare(
            "INSERT INTO readings (id, sensor, value) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET sensor = excluded.sensor, value = excluded.value",
        )?;
        for Reading { id, sensor, value } in readings() {
            insert.execute(params![i64::try_from(id).unwrap_or(i64::MAX), sensor, value])?;
        }
    }
    run.commit()
}

fn write_by_us(path: &Path) -> millstream::Result<()> {
    pipeline!(from_iter(readings()) | sqlite(path, table = "readings", create = true)).run().map(drop)
}

fn read_by_hand(path: &Path) -> Result<f64> {
    let database = Connection::open(path)?;
    let mut query = database.prepare("SELECT id, sensor, value FROM readings ORDER BY rowid")?;
    let rows = query.query_map([], |row| {
        let id: i64 = row.get(0)?;
        Ok(Reading { id: u64::try_from(id).unwrap_or_default(), sensor: row.get(1)?, value: row.get(2)? })
    })?;
    rows.map(|row| row.map(|reading| reading.value)).sum()
}

fn read_by_us(path: &Path) -> millstream::Result<f64> {
    let sum = pipeline!(
        sqlite::<Reading>(path, table = "readings") | fold(0.0, |sum, reading| sum + reading.value) | collect()
    );
    Ok(sum.run()?.output[0])
}

fn main() {
    let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory for the tables: {error}"));
    let (hand, ours) = (dir.path().join("hand.db"), dir.path().join("ours.db"));
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for path in [&hand, &ours] {
            let _ = std::fs::remove_file(path);
        }
        let mut taken = |form: usize, run: &mut dyn FnMut()| {
            let started = Instant::now();
            run();
            times[form].push(started.elapsed().as_secs_f64());
        };
        taken(0, &mut || write_by_hand(&hand).unwrap_or_else(|error| panic!("{error}")));
        taken(1, &mut || write_by_us(&ours).unwrap_or_else(|error| panic!("{error}")));
        let (mut by_hand, mut by_us) = (0.0, 1.0);
        taken(2, &mut || by_hand = read_by_hand(&ours).unwrap_or_else(|error| panic!("{error}")));
        taken(3, &mut || by_us = read_by_us(&hand).unwrap_or_else(|error| panic!("{error}")));
        assert!(by_hand.to_bits() == by_us.to_bits(), "{by_hand} by hand, {by_us} by us");
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let forms = [("write by hand", 0), ("write, pipeline!", 0), ("read by hand", 2), ("read, pipeline!", 2)];
    for ((name, base), median) in forms.into_iter().zip(medians) {
        println!("{name:<18} {median:6.3} s  {:5.2} x", median / medians[base]);
    }
}
