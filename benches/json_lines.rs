//! JSON lines read and written, beside `serde_json`, `sonic-rs` and `simd-json` by hand. `cargo bench --bench json_lines`.
//!
//! Without arguments criterion times reading and writing 20,000 records in memory. `ratios [LINES]` lets the forms take turns
//! over 1,000,000 of them, in memory and in a file, and prints medians. `count JOB/FORM LINES` makes one pass and ends, for an
//! instruction counter; `list` prints the names of all forms.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use criterion::{Criterion, Throughput};
use millstream::prelude::*;
use serde::{Deserialize, Serialize};

const TIMED: u64 = 20_000;
const LINES: u64 = 1_000_000;
const ROUNDS: usize = 7;

#[record]
#[derive(Clone, Copy)]
struct Reading<'a> {
    at: Timestamp,
    sensor: &'a str,
    #[field(range = -60.0..=160.0)]
    celsius: f64,
    count: u64,
    note: Option<&'a str>,
    place: Place<'a>,
    state: State,
}

#[record]
#[derive(Clone, Copy)]
struct Place<'a> {
    floor: i8,
    room: &'a str,
}

#[record(rename_all = "lowercase")]
#[derive(Clone, Copy)]
enum State {
    Steady,
    Rising,
    Falling,
}

/// The same as serde alone reads it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Plain<'a> {
    at: Timestamp,
    sensor: &'a str,
    celsius: f64,
    count: u64,
    #[serde(borrow)]
    note: Option<Text<'a>>,
    #[serde(borrow)]
    place: PlainPlace<'a>,
    state: PlainState,
}

/// Borrowed, but for what has an escape.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PlainPlace<'a> {
    floor: i8,
    room: &'a str,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum PlainState {
    Steady,
    Rising,
    Falling,
}

/// What is kept of all records, so that forms can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Totals {
    records: u64,
    sum: u64,
}

impl Totals {
    #[inline]
    fn add(self, bits: impl IntoIterator<Item = u64>) -> Self {
        let sum = bits.into_iter().fold(self.sum, |sum, bits| sum.rotate_left(5).wrapping_add(bits));
        Totals { records: self.records + 1, sum }
    }

    #[inline]
    fn reading(self, r: &Reading<'_>) -> Self {
        self.add([micros(r.at), text(r.sensor), r.celsius.to_bits(), r.count, r.note.map_or(0, text)]).add([
            r.place.floor.cast_unsigned().into(),
            text(r.place.room),
            r.state as u64,
        ])
    }

    #[inline]
    fn plain(self, r: &Plain<'_>) -> Self {
        assert!((-60.0..=160.0).contains(&r.celsius));
        let note = r.note.as_ref().map_or(0, |note| text(&note.0));
        self.add([micros(r.at), text(r.sensor), r.celsius.to_bits(), r.count, note]).add([
            r.place.floor.cast_unsigned().into(),
            text(r.place.room),
            r.state as u64,
        ])
    }
}

#[inline]
fn micros(at: Timestamp) -> u64 {
    at.as_micros().cast_unsigned()
}

#[inline]
fn text(text: &str) -> u64 {
    text.len() as u64 + u64::from(text.bytes().last().unwrap_or_default())
}

/// The records of line `n`; one note of sixteen has an escape.
#[allow(clippy::cast_precision_loss, reason = "numbers are far below 2^52")]
fn lines(lines: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0..lines {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let (second, sensor, milli) = (n / 1000 % 86_400, mixed % 1000, mixed / 7 % 100_000);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let note = match mixed % 16 {
            0 => r#""door \"b\" open""#,
            1..6 => r#""calibrated""#,
            _ => "null",
        };
        let state = ["steady", "rising", "falling"][(mixed % 3) as usize];
        let celsius = milli as f64 / 1000.0;
        let (floor, room) = (mixed % 12, mixed % 40);
        or_panic(writeln!(
            out,
            r#"{{"at":"2024-03-01T{h:02}:{m:02}:{s:02}Z","sensor":"s{sensor:04}","celsius":{celsius},"count":{mixed},"note":{note},"place":{{"floor":{floor},"room":"room {room}"}},"state":"{state}"}}"#
        ));
    }
    out
}

/// Every line of what is in memory, without its end.
fn each(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', bytes).map(move |end| {
        let line = &bytes[start..end];
        start = end + 1;
        line
    })
}

/// What a line is, or the end of the bench.
fn or_panic<T, E: Display>(read: Result<T, E>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

fn read_serde_json(bytes: &[u8]) -> Totals {
    each(bytes).fold(Totals::default(), |totals, line| totals.plain(&or_panic(serde_json::from_slice(line))))
}

fn read_sonic(bytes: &[u8]) -> Totals {
    each(bytes).fold(Totals::default(), |totals, line| totals.plain(&or_panic(sonic_rs::from_slice(line))))
}

fn read_simd(bytes: &[u8]) -> Totals {
    let (mut text, mut buffers) = (Vec::new(), simd_json::Buffers::default());
    each(bytes).fold(Totals::default(), |totals, line| {
        // It writes into its input.
        text.clear();
        text.extend_from_slice(line);
        totals.plain(&or_panic(simd_json::serde::from_slice_with_buffers(&mut text, &mut buffers)))
    })
}

fn read_ours(bytes: &[u8]) -> Totals {
    let source = millstream::io::json_lines::from_reader::<Reading<'_>, _>("readings", bytes);
    let run =
        pipeline!({ source } | fold(Totals::default(), |totals, reading| totals.reading(&reading)) | collect()).run();
    or_panic(run).output[0]
}

fn read_file_by_hand(path: &Path) -> io::Result<Totals> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let (mut line, mut totals) = (Vec::new(), Totals::default());
    while file.read_until(b'\n', &mut line)? > 0 {
        totals = totals.plain(&serde_json::from_slice(&line)?);
        line.clear();
    }
    Ok(totals)
}

fn read_file_by_us(path: &Path) -> millstream::Result<Totals> {
    let totals = pipeline!(
        json_lines::<Reading<'_>>(path)
            | fold(Totals::default(), |totals, reading| totals.reading(&reading))
            | collect()
    );
    Ok(totals.run()?.output[0])
}

fn plain(n: u64) -> Plain<'static> {
    let Reading { at, sensor, celsius, count, note, place, state } = reading(n);
    let state = match state {
        State::Steady => PlainState::Steady,
        State::Rising => PlainState::Rising,
        State::Falling => PlainState::Falling,
    };
    let note = note.map(|note| Text(Cow::Borrowed(note)));
    Plain { at, sensor, celsius, count, note, place: PlainPlace { floor: place.floor, room: place.room }, state }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "numbers are far below 2^52")]
fn reading(n: u64) -> Reading<'static> {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    Reading {
        at: Timestamp::from_micros(1_709_251_200_000_000 + (n / 1000).cast_signed() * 1_000_000),
        sensor: ["s0001", "s0002", "s0003"][(mixed % 3) as usize],
        celsius: (mixed / 7 % 100_000) as f64 / 1000.0,
        count: mixed,
        note: [None, Some("calibrated"), Some("door \"b\" open")][(mixed % 5 % 3) as usize],
        place: Place { floor: (mixed % 12) as i8, room: "room 101" },
        state: [State::Steady, State::Rising, State::Falling][(mixed % 3) as usize],
    }
}

fn write_serde_json(lines: u64, to: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, File::create(to)?);
    for n in 0..lines {
        serde_json::to_writer(&mut out, &plain(n))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn write_sonic(lines: u64, to: &Path) -> io::Result<()> {
    let mut out = sonic_rs::writer::BufferedWriter::new(BufWriter::with_capacity(1 << 16, File::create(to)?));
    for n in 0..lines {
        sonic_rs::to_writer(&mut out, &plain(n)).map_err(io::Error::other)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn write_ours(lines: u64, to: &Path) -> millstream::Result<()> {
    pipeline!(from_iter((0..lines).map(reading)) | json_lines(to)).run().map(drop)
}

/// What all forms work on.
struct Data {
    lines: u64,
    bytes: Vec<u8>,
    file: tempfile::NamedTempFile,
}

impl Data {
    fn new(n: u64) -> Self {
        let file = or_panic(tempfile::NamedTempFile::new());
        let bytes = lines(n);
        or_panic(std::fs::write(file.path(), &bytes));
        Data { lines: n, bytes, file }
    }
}

/// A form over the data; it gives what it read.
type Form = fn(&Data) -> Totals;

/// A device takes what is written, so that no disk is measured.
const NOWHERE: &str = "/dev/null";

const FORMS: &[(&str, &str, Form)] = &[
    ("memory", "serde_json", |data| read_serde_json(&data.bytes)),
    ("memory", "sonic-rs", |data| read_sonic(&data.bytes)),
    ("memory", "simd-json", |data| read_simd(&data.bytes)),
    ("memory", "pipeline!", |data| read_ours(&data.bytes)),
    ("file", "serde_json", |data| or_panic(read_file_by_hand(data.file.path()))),
    ("file", "pipeline!", |data| or_panic(read_file_by_us(data.file.path()))),
    ("write", "serde_json", |data| written(write_serde_json(data.lines, NOWHERE.as_ref()))),
    ("write", "sonic-rs", |data| written(write_sonic(data.lines, NOWHERE.as_ref()))),
    ("write", "pipeline!", |data| written(write_ours(data.lines, NOWHERE.as_ref()))),
];

fn written<E: Display>(result: Result<(), E>) -> Totals {
    or_panic(result);
    Totals::default()
}

/// All forms read the same, and write the same.
fn check(data: &Data) {
    for job in FORMS.chunk_by(|(a, ..), (b, ..)| a == b) {
        for (job, name, form) in job {
            let (found, expected) = (form(data), job_base(job)(data));
            assert!(found == expected, "{job}/{name} reads {found:?}, and not {expected:?}");
        }
    }
    let dir = or_panic(tempfile::tempdir());
    let paths = ["serde_json", "sonic", "ours"].map(|name| dir.path().join(name));
    written(write_serde_json(data.lines, &paths[0]));
    written(write_sonic(data.lines, &paths[1]));
    written(write_ours(data.lines, &paths[2]));
    let [expected, sonic, ours] = paths.map(|path| or_panic(std::fs::read(path)));
    assert!(expected == sonic && expected == ours, "what is written differs");
}

fn job_base(job: &str) -> Form {
    let job = if job == "file" { "memory" } else { job };
    FORMS.iter().find(|(of, ..)| *of == job).map_or_else(|| panic!("no form of `{job}`"), |(.., form)| *form)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => FORMS.iter().for_each(|(job, name, _)| println!("{job}/{name}")),
        ["count", which, lines] => count(which, number(lines)),
        ["ratios"] => ratios(LINES),
        ["ratios", lines] => ratios(number(lines)),
        _ => time(),
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("how many lines is `{text}`?"))
}

/// One pass, not timed.
fn count(which: &str, lines: u64) {
    let data = Data::new(lines);
    let made = |_: &Data| Totals::default();
    let found = FORMS.iter().find(|(job, name, _)| format!("{job}/{name}") == which).map(|(.., form)| *form);
    let form = found.or((which == "no/form").then_some(made as Form));
    black_box(form.unwrap_or_else(|| panic!("there is no form `{which}`; `list` names all"))(black_box(&data)));
}

fn time() {
    let data = Data::new(TIMED);
    check(&data);
    let mut criterion = Criterion::default().configure_from_args();
    for job in FORMS.chunk_by(|(a, ..), (b, ..)| a == b) {
        let mut group = criterion.benchmark_group(format!("json_lines/{}", job[0].0));
        group.throughput(Throughput::Elements(TIMED));
        for (_, name, form) in job {
            group.bench_function(*name, |b| b.iter(|| form(black_box(&data))));
        }
        group.finish();
    }
    criterion.final_summary();
}

/// The median time of each form, and of its ratio to the first of its job within a round.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios(lines: u64) {
    let data = Data::new(lines);
    check(&data);
    println!("{lines} lines, {} MB", data.bytes.len() / 1_000_000);
    let mut times = vec![Vec::new(); FORMS.len()];
    for _ in 0..ROUNDS {
        for ((.., form), times) in FORMS.iter().zip(&mut times) {
            let started = Instant::now();
            black_box(form(black_box(&data)));
            times.push(started.elapsed().as_secs_f64() * 1e9 / lines as f64);
        }
    }
    for (i, (job, name, _)) in FORMS.iter().enumerate() {
        let base = FORMS.iter().position(|(of, ..)| of == job).unwrap_or(i);
        let ratios = times[i].iter().zip(&times[base]).map(|(time, base)| time / base).collect();
        println!("{job}/{name:<12} {:8.1} ns a line  {:5.2} x", median(times[i].clone()), median(ratios));
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
