//! Lean records, J7: what a record of 10 fields takes, of which 6 may be missing, and how long a scan over a million takes.
//!
//! `cargo bench --bench records` for criterion's statistics; `-- ratios` times the forms in turns and prints medians, and the bytes of a
//! record, `-- ratios 4096` for as many records; `-- count FORM RECORDS` makes one scan and ends, for an instruction counter (`benches/records_instructions.sh`); `-- list`
//! prints the names of all forms.

use std::hash::RandomState;
use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput};
use hashbrown::HashMap;
use millstream::prelude::*;

const RECORDS: usize = 1_000_000;

macro_rules! station {
    ($($options:tt)*) => {
        #[millstream::record $($options)*]
        pub(crate) struct Station {
            pub(crate) at: millstream::record::Timestamp,
            pub(crate) channel: u8,
            pub(crate) is_valid: bool,
            pub(crate) is_calibrated: bool,
            pub(crate) celsius: Option<f64>,
            pub(crate) humidity: Option<f64>,
            pub(crate) pascal: Option<f64>,
            pub(crate) events: Option<i64>,
            pub(crate) serviced_at: Option<millstream::record::Timestamp>,
            pub(crate) firmware: Option<u32>,
        }
    };
}

/// The fields as they stand.
mod plain {
    station!();
}

/// The same fields, packed.
mod packed {
    station!((packed));
}

/// A value of any type.
#[derive(Clone, Copy)]
enum Value {
    Float(f64),
    Whole(i64),
}

/// A record as dynamic languages have it.
type Dynamic = HashMap<&'static str, Value, RandomState>;

/// What a scan comes to: a sum for each field.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    floats: [f64; 3],
    whole: [i64; 7],
}

const FLOATS: [&str; 3] = ["celsius", "humidity", "pascal"];
const WHOLE: [&str; 7] = ["at", "channel", "is_valid", "is_calibrated", "events", "serviced_at", "firmware"];

/// One random number after the other: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// There in three of four records.
    fn maybe<T>(&mut self, value: impl FnOnce(u32) -> T) -> Option<T> {
        let next = self.next();
        (next >> 62 != 0).then(|| value(u32::try_from(next & 0xFFFF).unwrap_or_default()))
    }
}

fn plain(random: &mut Random, n: usize) -> plain::Station {
    let at = Timestamp::from_micros(1_400_000_000_000_000 + i64::try_from(n).unwrap_or_default());
    plain::Station {
        at,
        channel: (random.next() >> 60) as u8,
        is_valid: random.next() >> 60 != 0,
        is_calibrated: random.next() >> 63 == 0,
        celsius: random.maybe(|n| f64::from(n) / 1000.0),
        humidity: random.maybe(|n| f64::from(n) / 65536.0),
        pascal: random.maybe(|n| 65_000.0 + f64::from(n)),
        events: random.maybe(i64::from),
        serviced_at: random.maybe(|n| Timestamp::from_micros(i64::from(n))),
        firmware: random.maybe(|n| n),
    }
}

fn packed(plain: &plain::Station) -> packed::Station {
    let builder = packed::Station::builder().at(plain.at).channel(plain.channel);
    let builder = builder.is_valid(plain.is_valid).is_calibrated(plain.is_calibrated);
    let builder = builder.celsius(plain.celsius).humidity(plain.humidity).pascal(plain.pascal);
    let builder = builder.events(plain.events).serviced_at(plain.serviced_at).firmware(plain.firmware);
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

fn dynamic(plain: &plain::Station) -> Dynamic {
    let mut map = Dynamic::with_hasher(RandomState::new());
    let floats = FLOATS.into_iter().zip([plain.celsius, plain.humidity, plain.pascal]);
    map.extend(floats.filter_map(|(name, value)| Some((name, Value::Float(value?)))));
    let whole = [
        Some(plain.at.as_micros()),
        Some(plain.channel.into()),
        Some(plain.is_valid.into()),
        Some(plain.is_calibrated.into()),
        plain.events,
        plain.serviced_at.map(Timestamp::as_micros),
        plain.firmware.map(i64::from),
    ];
    map.extend(WHOLE.into_iter().zip(whole).filter_map(|(name, value)| Some((name, Value::Whole(value?)))));
    map
}

/// The scan over records, of which a field is had by `$get`.
macro_rules! scan {
    ($records:expr, $($call:tt)*) => {{
        let mut sums = Sums::default();
        let ([celsius, humidity, pascal], [at, channel, is_valid, is_calibrated, events, serviced_at, firmware]) =
            (&mut sums.floats, &mut sums.whole);
        for record in $records {
            *at = at.wrapping_add(record.at $($call)*.as_micros());
            *channel += i64::from(record.channel $($call)*);
            *is_valid += i64::from(record.is_valid $($call)*);
            *is_calibrated += i64::from(record.is_calibrated $($call)*);
            if let Some(value) = record.celsius $($call)* { *celsius += value; }
            if let Some(value) = record.humidity $($call)* { *humidity += value; }
            if let Some(value) = record.pascal $($call)* { *pascal += value; }
            if let Some(value) = record.events $($call)* { *events += value; }
            if let Some(value) = record.serviced_at $($call)* { *serviced_at = serviced_at.wrapping_add(value.as_micros()); }
            if let Some(value) = record.firmware $($call)* { *firmware += i64::from(value); }
        }
        sums
    }};
}

fn scan_plain(records: &[plain::Station]) -> Sums {
    scan!(records,)
}

fn scan_packed(records: &[packed::Station]) -> Sums {
    scan!(records, ())
}

fn scan_dynamic(records: &[Dynamic]) -> Sums {
    let mut sums = Sums::default();
    for record in records {
        for (sum, name) in sums.floats.iter_mut().zip(FLOATS) {
            if let Some(Value::Float(value)) = record.get(name) {
                *sum += value;
            }
        }
        for (sum, name) in sums.whole.iter_mut().zip(WHOLE) {
            if let Some(Value::Whole(value)) = record.get(name) {
                *sum = sum.wrapping_add(*value);
            }
        }
    }
    sums
}

/// A form: its name, the bytes that a record takes, and a scan.
type Form = (&'static str, usize, Box<dyn Fn() -> Sums>);

/// Only the records of this form, or of all.
fn forms(n: usize, only: Option<&str>) -> Vec<Form> {
    let made: Vec<plain::Station> = {
        let mut random = Random(7);
        (0..n).map(|i| plain(&mut random, i)).collect()
    };
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let mut forms: Vec<Form> = Vec::new();
    if wanted("packed") {
        let records: Vec<_> = made.iter().map(packed).collect();
        forms.push(("packed", size_of::<packed::Station>(), Box::new(move || scan_packed(black_box(&records)))));
    }
    if wanted("map") {
        let records: Vec<_> = made.iter().map(dynamic).collect();
        let heap: usize = records.iter().map(HashMap::allocation_size).sum();
        let bytes = size_of::<Dynamic>() + heap / n.max(1);
        forms.push(("map", bytes, Box::new(move || scan_dynamic(black_box(&records)))));
    }
    if wanted("plain") {
        forms.insert(0, ("plain", size_of::<plain::Station>(), Box::new(move || scan_plain(black_box(&made)))));
    }
    forms
}

/// All forms come to the same.
fn checked(forms: Vec<Form>) -> Vec<Form> {
    let sums: Vec<Sums> = forms.iter().map(|(.., scan)| scan()).collect();
    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "the forms differ: {sums:?}");
    forms
}

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => println!("plain\npacked\nmap"),
        ["count", form, records] => count(form, records),
        ["ratios", records] => ratios(parsed(records)),
        ["ratios"] => ratios(RECORDS),
        ["csv"] => csv(),
        _ => time(),
    }
}

fn parsed(records: &str) -> usize {
    records.parse().unwrap_or_else(|_| panic!("how many records is `{records}`?"))
}

/// One scan, not timed. `no/form` makes the records and scans none.
fn count(form: &str, records: &str) {
    let forms = forms(parsed(records), Some(form.trim_start_matches("no/")));
    assert!(!forms.is_empty(), "there is no form `{form}`; `list` names all");
    if !form.starts_with("no/") {
        black_box(forms.iter().map(|(.., scan)| scan()).collect::<Vec<_>>());
    }
}

fn time() {
    let forms = checked(forms(RECORDS, None));
    let mut criterion = Criterion::default().configure_from_args();
    let mut timed = criterion.benchmark_group("records");
    timed.throughput(Throughput::Elements(RECORDS as u64)).sample_size(20);
    for (name, _, scan) in &forms {
        timed.bench_function(*name, |b| b.iter(scan));
    }
    timed.finish();
    criterion.final_summary();
}

/// The median time of a scan of each form, in nanoseconds a record, over many rounds, in each of which every form has its turn.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn medians(forms: &[Form], n: usize) -> Vec<f64> {
    // So many scans that one has a measurable time.
    let scans = RECORDS.div_ceil(n);
    let mut times = vec![Vec::new(); forms.len()];
    for _ in 0..21 {
        for ((.., scan), times) in forms.iter().zip(&mut times) {
            let started = Instant::now();
            for _ in 0..scans {
                black_box(scan());
            }
            times.push(started.elapsed().as_secs_f64() * 1e9 / (scans * n) as f64);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

/// The layouts, and each form beside the plain record.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios(n: usize) {
    println!("{}\n\n{}\n", plain::Station::LAYOUT, packed::Station::LAYOUT);
    let forms = checked(forms(n, None));
    let medians = medians(&forms, n);
    for ((name, bytes, _), median) in forms.iter().zip(&medians) {
        println!(
            "{name:<8} {bytes:4} bytes {:5.2} x   {median:7.2} ns a record {:6.2} x",
            *bytes as f64 / forms[0].1 as f64,
            median / medians[0]
        );
    }
}

/// Lines of `results.csv`.
fn csv() {
    let forms = checked(forms(RECORDS, None));
    let medians = medians(&forms, RECORDS);
    for ((name, bytes, _), median) in forms.iter().zip(&medians) {
        println!("records,{name},{bytes},bytes a record\nrecords,{name},{median:.3},ns a record");
        println!("records,{name},{:.3},x", median / medians[0]);
    }
}
