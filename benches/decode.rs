//! What it takes to read a record from the cells of a row that is already split: `cargo bench --bench decode`. The forms take
//! turns; printed are the median time of each and the median of its ratio to the first, within a round. `count FORM ROWS` makes
//! one pass and ends, for an instruction counter.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use millstream::prelude::*;
use millstream::record::{FromRow, Row};

const ROWS: usize = 1 << 12;
const ROUNDS: usize = 301;

#[record]
#[derive(Debug, PartialEq)]
struct Reading<'a> {
    ts: Timestamp,
    sensor_id: &'a str,
    #[field(range = 0.0..=1000.0)]
    value: f64,
    #[field(one_of = ["celsius", "kelvin"])]
    unit: &'a str,
    count: u32,
    #[field(len = 1..=12)]
    place: Option<&'a str>,
}

/// The cells of a row.
struct Cells([Vec<u8>; 6]);

impl<'a> Row<'a> for &'a Cells {
    #[inline]
    fn field(&self, index: usize) -> Option<&'a [u8]> {
        self.0.get(index).map(Vec::as_slice)
    }
}

type Form = for<'a> fn(&'a Cells) -> Option<Reading<'a>>;

/// The first is the one that the others are measured by.
const FORMS: &[(&str, Form)] = &[("hand", hand), ("record", record), ("std", std_and_jiff)];

fn record(cells: &Cells) -> Option<Reading<'_>> {
    Reading::from_row(&cells).ok()
}

/// Every cell by the parser of its type.
fn std_and_jiff(cells: &Cells) -> Option<Reading<'_>> {
    let [ts, sensor_id, value, unit, count, place] = &cells.0;
    let ts: jiff::Timestamp = std::str::from_utf8(ts).ok()?.parse().ok()?;
    checked(Reading {
        ts: Timestamp::from_micros(ts.as_microsecond()),
        sensor_id: std::str::from_utf8(sensor_id).ok()?,
        value: std::str::from_utf8(value).ok()?.parse().ok()?,
        unit: std::str::from_utf8(unit).ok()?,
        count: std::str::from_utf8(count).ok()?.parse().ok()?,
        place: if place.is_empty() { None } else { Some(std::str::from_utf8(place).ok()?) },
    })
}

/// Every cell by code for the one shape that it has here, byte by byte.
fn hand(cells: &Cells) -> Option<Reading<'_>> {
    let [ts, sensor_id, value, unit, count, place] = &cells.0;
    checked(Reading {
        ts: Timestamp::from_micros(micros(ts)?),
        sensor_id: std::str::from_utf8(sensor_id).ok()?,
        value: decimal(value)?,
        unit: std::str::from_utf8(unit).ok()?,
        count: number(count)?,
        place: if place.is_empty() { None } else { Some(std::str::from_utf8(place).ok()?) },
    })
}

fn checked(reading: Reading<'_>) -> Option<Reading<'_>> {
    let Reading { value, unit, place, .. } = reading;
    let known = unit == "celsius" || unit == "kelvin";
    let right = (0.0..=1000.0).contains(&value) && known;
    (right && place.is_none_or(|place| (1..=12).contains(&place.chars().count()))).then_some(reading)
}

fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

/// `2024-03-01T12:34:56Z`.
fn micros(text: &[u8]) -> Option<i64> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'Z'] = text else {
        return None;
    };
    let pair = |a, b| number(&[a, b]);
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, pair(m0, m1)?, pair(d0, d1)?);
    let (hour, minute, second) = (pair(h0, h1)?, pair(n0, n1)?, pair(s0, s1)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (march, year) = if month > 2 { (month - 3, year) } else { (month + 9, year.checked_sub(1)?) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * march + 2) / 5 + day - 1;
    let seconds = (i64::from(days) - 719_468) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(seconds * 1_000_000)
}

/// `12.345`.
fn decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let (mut digits, mut places, mut point) = (0_u32, 0, false);
    for byte in text {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                digits = digits.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
                places += usize::from(point);
            }
            _ => return None,
        }
    }
    Some(f64::from(digits) / POWERS.get(places)?)
}

/// Rows whose numbers differ in length.
fn rows(n: usize) -> Vec<Cells> {
    let mut seed = 1_u64;
    let mut below = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut row = || {
        let (day, hour, minute, second) = (1 + below(28), below(24), below(60), below(60));
        let value = [below(10), below(100), below(1000)][usize::try_from(below(3)).unwrap_or(0)];
        let count = [below(10), below(1000), below(100_000)][usize::try_from(below(3)).unwrap_or(0)];
        Cells([
            format!("{}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", 1990 + below(40), 1 + below(12)).into(),
            format!("s{:04}", below(1000)).into(),
            format!("{value}.{:03}", below(1000)).into(),
            ["celsius", "kelvin"][usize::from(below(2) == 0)].into(),
            count.to_string().into(),
            if below(4) == 0 { Vec::new() } else { format!("room {}", below(100)).into() },
        ])
    };
    (0..n).map(|_| row()).collect()
}

fn pass(form: Form, rows: &[Cells]) {
    for row in rows {
        black_box(form(black_box(row)));
    }
}

fn compare() -> io::Result<()> {
    let rows = rows(ROWS);
    for row in &rows {
        let [first, others @ ..] = FORMS else { continue };
        let expected = first.1(row);
        for (name, form) in others {
            assert_eq!(form(row), expected, "{name}");
        }
    }
    let mut times = vec![Vec::new(); FORMS.len()];
    for _ in 0..ROUNDS {
        for ((_, form), times) in FORMS.iter().zip(&mut times) {
            let started = Instant::now();
            pass(*form, &rows);
            times.push(started.elapsed().as_secs_f64() * 1e9 / 4096.0);
        }
    }
    for (i, (name, _)) in FORMS.iter().enumerate() {
        let ratios = times[i].iter().zip(&times[0]).map(|(time, base)| time / base).collect();
        writeln!(io::stdout(), "{name:<8} {:6.1} ns {:5.2} x", median(times[i].clone()), median(ratios))?;
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let ["count", which, n] = words.as_slice() else { return compare() };
    let rows = rows(n.parse().map_err(io::Error::other)?);
    // `none` is what making the rows costs.
    if let Some((_, form)) = FORMS.iter().find(|(name, _)| name == which) {
        pass(*form, &rows);
    }
    Ok(())
}
