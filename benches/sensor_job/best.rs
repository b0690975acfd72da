//! The job as fast as it can be written by hand for files of this shape: nothing of the framework but the arithmetic, so that the
//! outputs are the same to the last digit.
//!
//! It knows the four columns and their order, that a time is nearly always `2024-03-01T00:00:00Z`, and that no field is quoted: a
//! file with a quote is refused.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hashbrown::HashMap;
use millstream::prelude::*;

use crate::forms::{Lines, Scored, Summary, THRESHOLD, WINDOW};

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const HEADER: &[u8] = b"ts,sensor_id,value,unit\n";
const CHUNK: usize = 64 << 10;

pub(crate) fn best(input: &Path, anomalies: &Path, summaries: &Path) -> Result<u64> {
    let mut reader: Box<dyn Read> =
        if input == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(input)?) };
    let mut job = Job::new(Lines::create(anomalies)?);
    let mut buffer = vec![0; CHUNK];
    let (mut kept, mut first) = (0, true);
    loop {
        if kept == buffer.len() {
            buffer.resize(2 * kept, 0);
        }
        let read = reader.read(&mut buffer[kept..])?;
        let end = kept + read;
        let mut start = 0;
        if first && (end >= HEADER.len() || read == 0) {
            if !buffer[..end].starts_with(HEADER) {
                return Err("not a file of readings".into());
            }
            (start, first) = (HEADER.len(), false);
        }
        if read == 0 {
            if start < end {
                // The last line need not end in a line break.
                buffer.truncate(end);
                buffer.push(b'\n');
                job.rows(&buffer[start..])?;
            }
            return job.close(summaries);
        }
        if !first {
            start += job.rows(&buffer[start..end])?;
        }
        buffer.copy_within(start..end, 0);
        kept = end - start;
    }
}

/// Texts are bytes until one is written; that they are UTF-8 is known by then.
#[derive(Clone, Copy)]
struct Reading<'a> {
    ts: Timestamp,
    sensor_id: &'a [u8],
    value: f64,
    unit: &'a [u8],
}

impl<'a> Reading<'a> {
    #[inline]
    fn parse(row: &'a [u8], [a, b, c]: [usize; 3], ascii: bool) -> Option<Self> {
        let (sensor_id, unit) = (row.get(a + 1..b)?, row.get(c + 1..)?);
        if !ascii && (str::from_utf8(sensor_id).is_err() || str::from_utf8(unit).is_err()) {
            return None;
        }
        Some(Reading { ts: timestamp(row.get(..a)?)?, sensor_id, value: number(row.get(b + 1..c)?)?, unit })
    }
}

/// `2024-03-01T00:00:00Z` in place; any other text as the framework reads it.
#[inline]
fn timestamp(text: &[u8]) -> Option<Timestamp> {
    let Ok(text) = <&[u8; 20]>::try_from(text) else { return uncommon(text) };
    let word = |from: usize| text[from..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    // All 20 bytes, in words that overlap: zeros are put where digits are expected.
    let date = word(0) ^ u64::from_le_bytes(*b"0000-00-");
    let middle = word(8) ^ u64::from_le_bytes(*b"00T00:00");
    let last = word(12) ^ u64::from_le_bytes(*b"0:00:00Z");
    let marks = (date & 0xFF00_00FF_0000_0000) | (middle & 0x0000_FF00_00FF_0000) | (last & 0xFF00_00FF_0000_FF00);
    let high = |digits: u64| (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0;
    if marks | high(date) | high(middle) | high(last) != 0 {
        return uncommon(text);
    }
    let [date, middle, last] = [date, middle, last].map(u64::to_le_bytes);
    let two = |digits: [u8; 8], at: usize| i64::from(digits[at]) * 10 + i64::from(digits[at + 1]);
    let (year, month, day) = (two(date, 0) * 100 + two(date, 2), two(date, 5), two(middle, 0));
    let (hour, minute, second) = (two(middle, 3), two(middle, 6), two(last, 5));
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) || hour > 23 || minute > 59 || second > 59 {
        return uncommon(text);
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp::from_micros(seconds * 1_000_000))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970, of the Gregorian calendar: years that start in March.
#[inline]
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

#[cold]
fn uncommon(text: &[u8]) -> Option<Timestamp> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// Up to 15 digits with a point among them, exactly; any other text as std reads it.
#[inline]
fn number(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (minus, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut value, mut point) = (0_u64, None);
    if digits.is_empty() || digits.len() > 16 {
        return uncommon_number(text);
    }
    for (i, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return uncommon_number(text),
        }
    }
    let decimals = point.map_or(0, |point| digits.len() - 1 - point);
    if value >= 1 << 53 || digits.len() == usize::from(point.is_some()) {
        return uncommon_number(text);
    }
    #[allow(clippy::cast_precision_loss, reason = "it is below 2^53")]
    let value = value as f64 / POWERS[decimals];
    Some(if minus { -value } else { value })
}

#[cold]
fn uncommon_number(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

struct Sensor {
    window: Moments,
    /// Where its total is.
    total: Option<usize>,
}

struct Job {
    anomalies: Lines,
    index: HashMap<Box<[u8]>, usize>,
    sensors: Vec<Sensor>,
    totals: Vec<(String, Moments)>,
    rejected: u64,
    /// Blank lines, unless it turns out that they were the last ones.
    blank: u64,
}

impl Job {
    fn new(anomalies: Lines) -> Self {
        Job { anomalies, index: HashMap::new(), sensors: Vec::new(), totals: Vec::new(), rejected: 0, blank: 0 }
    }

    /// Goes through all whole rows; how many bytes they take.
    fn rows(&mut self, bytes: &[u8]) -> Result<usize> {
        let (mut row, mut commas, mut count, ascii) = (0, [0; 3], 0, bytes.is_ascii());
        let (blocks, rest) = bytes.as_chunks::<64>();
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        for (i, block) in blocks.iter().chain([&last]).enumerate() {
            let mut marks = marks(block);
            while marks != 0 {
                let at = i * 64 + marks.trailing_zeros() as usize;
                marks &= marks - 1;
                match bytes[at] {
                    b',' => {
                        if let Some(comma) = commas.get_mut(count) {
                            *comma = at - row;
                        }
                        count += 1;
                    }
                    b'\n' => {
                        self.row(&bytes[row..at], commas, count, ascii)?;
                        (row, count) = (at + 1, 0);
                    }
                    _ => return Err("this form reads no quotes".into()),
                }
            }
        }
        Ok(row)
    }

    #[inline]
    fn row(&mut self, row: &[u8], commas: [usize; 3], count: usize, ascii: bool) -> Result<()> {
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        if row.is_empty() {
            self.blank += 1;
            return Ok(());
        }
        self.rejected += self.blank;
        self.blank = 0;
        match Reading::parse(row, commas, ascii) {
            Some(reading) if count == 3 => self.reading(reading),
            _ => {
                self.rejected += 1;
                Ok(())
            }
        }
    }

    #[inline]
    fn reading(&mut self, Reading { ts, sensor_id, value, unit }: Reading<'_>) -> Result<()> {
        let at = match self.index.get(sensor_id) {
            Some(at) => *at,
            None => {
                self.index.insert(sensor_id.into(), self.sensors.len());
                self.sensors.push(Sensor { window: Moments::over(WINDOW), total: None });
                self.sensors.len() - 1
            }
        };
        let Sensor { window, total } = &mut self.sensors[at];
        let z = window.z(value);
        window.add(value);
        let Some(z) = z else { return Ok(()) };
        if z.abs() > THRESHOLD {
            let [sensor_id, unit] = [sensor_id, unit].map(str::from_utf8);
            self.anomalies.write(&Scored { ts, sensor_id: sensor_id?, value, unit: unit?, z })?;
        }
        let total = *total.get_or_insert_with(|| {
            self.totals.push((String::from_utf8_lossy(sensor_id).into_owned(), Moments::new()));
            self.totals.len() - 1
        });
        self.totals[total].1.add(value);
        Ok(())
    }

    fn close(self, summaries: &Path) -> Result<u64> {
        self.anomalies.close()?;
        let mut lines = Lines::create(summaries)?;
        for (sensor_id, all) in &self.totals {
            lines.write(&Summary { sensor_id, count: all.count(), mean: all.mean(), max: all.max() })?;
        }
        lines.close()?;
        Ok(self.rejected + self.blank.saturating_sub(1))
    }
}

/// A bit for each comma, quote and line break.
#[cfg(target_arch = "x86_64")]
#[inline]
fn marks(block: &[u8; 64]) -> u64 {
    use safe_arch::{bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, move_mask_i8_m128i, set_splat_i8_m128i};

    let is = |bytes, byte: u8| cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(byte.cast_signed()));
    block.as_chunks::<16>().0.iter().rev().fold(0, |marks, bytes| {
        let bytes = load_unaligned_m128i(bytes);
        let found = bitor_m128i(bitor_m128i(is(bytes, b','), is(bytes, b'\n')), is(bytes, b'"'));
        marks << 16 | u64::from(move_mask_i8_m128i(found).cast_unsigned())
    })
}

/// A bit for each comma, quote and line break.
#[cfg(not(target_arch = "x86_64"))]
fn marks(block: &[u8; 64]) -> u64 {
    block.iter().rev().fold(0, |marks, byte| marks << 1 | u64::from(matches!(byte, b',' | b'\n' | b'"')))
}
