//! J2a and J2b, the sensor job: `cargo bench --bench sensor_job [-- ROWS]` (5,000,000 unless told). The forms take turns; printed are
//! the median time of each and, within a round, the medians of its ratios to the first, which has our source (J2a), and to the
//! best, which has nothing of ours (J2b).
//!
//! `generate ROWS` writes the rows to standard output; `run FORM FILE [ANOMALIES SUMMARY]` makes one run (`-` is standard input) and
//! prints its time and the most memory that the process ever had: see `memory.sh` and `peers/run.sh`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

mod best;
mod forms;
mod rows;

use forms::FORMS;

const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", rows] => generate(rows.parse()?),
        ["run", form, file] => {
            let dir = tempfile::tempdir()?;
            run(form, Path::new(file), &dir.path().join("anomalies.jsonl"), &dir.path().join("summary.jsonl"))
        }
        ["run", form, file, anomalies, summary] => run(form, Path::new(file), Path::new(anomalies), Path::new(summary)),
        [rows] => compare(rows.parse()?),
        _ => compare(5_000_000),
    }
}

fn generate(rows: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    rows::write(&mut out, rows)?;
    Ok(out.flush()?)
}

fn run(form: &str, file: &Path, anomalies: &Path, summary: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (_, run) = FORMS.iter().find(|(name, _)| *name == form).ok_or("there is no such form")?;
    let started = Instant::now();
    let rejected = run(file, anomalies, summary)?;
    let took = started.elapsed().as_secs_f64();
    println!("{form}: {took:.3} s, {rejected} rows rejected, at most {} of memory", most_memory());
    Ok(())
}

/// `VmHWM`: the most memory that was ever resident.
fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "an unknown amount".to_owned(), |amount| amount.trim().to_owned())
}

fn compare(rows: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let dir = tempfile::tempdir()?;
    let input = dir.path().join("readings.csv");
    let mut out = BufWriter::with_capacity(1 << 16, File::create(&input)?);
    rows::write(&mut out, rows)?;
    out.into_inner()?.sync_all()?;
    println!("{rows} rows, {} MB", fs::metadata(&input)?.len() / 1_000_000);

    let outputs =
        |name: &str| [dir.path().join(format!("{name}.anomalies")), dir.path().join(format!("{name}.summary"))];
    let mut first: Option<(u64, [Vec<u8>; 2])> = None;
    let mut times = vec![Vec::new(); FORMS.len()];
    for round in 0..=ROUNDS {
        for ((name, form), times) in FORMS.iter().zip(&mut times) {
            let [anomalies, summaries] = outputs(name);
            let started = Instant::now();
            let rejected = form(&input, &anomalies, &summaries)?;
            let took = started.elapsed().as_secs_f64();
            if round > 0 {
                times.push(took);
                continue;
            }
            // The first round is not timed: its outputs are compared.
            let made = (rejected, [fs::read(&anomalies)?, fs::read(&summaries)?]);
            let first = first.get_or_insert_with(|| made.clone());
            assert!(first.0 == made.0 && first.1 == made.1, "{name} does not give what the first form gives");
        }
    }
    let bases = ["hand", "best"].map(|base| FORMS.iter().position(|(name, _)| *name == base));
    println!("{:<16} {:>6}  {:>9}  {:>9}", "", "s", "x of hand", "x of best");
    for ((name, _), of) in FORMS.iter().zip(&times) {
        let [hand, best] =
            bases.map(|base| ratio(of, base.and_then(|base| times.get(base)).map_or(&[], Vec::as_slice)));
        println!("{name:<16} {:6.3}  {hand:9.3}  {best:9.3}", median(of.clone()));
    }
    Ok(())
}

/// The median of the ratios within a round.
fn ratio(times: &[f64], base: &[f64]) -> f64 {
    median(times.iter().zip(base).map(|(time, base)| time / base).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
