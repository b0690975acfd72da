//! A report as a table that people like to read.

use std::fmt;
use std::time::Duration;

use super::{Counts, Report};
use crate::plan::{Line, Role};

/// A column: its head, its number, and whether it is there when every number is 0.
type Column = (&'static str, fn(&Counts) -> u64, bool);

const COLUMNS: [Column; 14] = [
    ("in", |counts| counts.input, true),
    ("out", |counts| counts.output, true),
    ("dropped", |counts| counts.dropped, false),
    ("absorbed", |counts| counts.absorbed, false),
    ("emitted", |counts| counts.emitted, false),
    ("rejected", |counts| counts.rejected, false),
    ("in flight", |counts| counts.in_flight, false),
    ("retries", |counts| counts.policies.retries, false),
    ("timeouts", |counts| counts.policies.timeouts, false),
    ("opened", |counts| counts.policies.opened, false),
    ("refused", |counts| counts.policies.refused, false),
    ("fallbacks", |counts| counts.policies.fallbacks, false),
    ("stale", |counts| counts.policies.stale, false),
    ("cached", |counts| counts.policies.cached, false),
];

impl<O> fmt::Display for Report<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(_, number, always): &&Column| *always || self.counts.iter().any(|counts| number(counts) > 0);
        let columns: Vec<_> = COLUMNS.iter().filter(shown).collect();
        let mut rows = vec![(String::from("stage"), columns.iter().map(|(head, ..)| (*head).to_owned()).collect())];
        for line in self.plan.lines() {
            let counts = self.counts.get(line.index).copied().unwrap_or_default();
            let cells = columns.iter().map(|(head, number, _)| cell(&line, head, number(&counts)));
            rows.push((format!("{}{}", line.tree, line.node.label), cells.collect::<Vec<_>>()));
        }
        let first = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
        let width = |column: usize| rows.iter().map(|(_, cells)| cells[column].len()).max().unwrap_or_default();
        let widths: Vec<_> = (0..columns.len()).map(width).collect();
        for (label, cells) in &rows {
            let row = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
            writeln!(f, "{}", format!("{label:first$}{}", row.collect::<String>()).trim_end())?;
        }
        self.footer(f)
    }
}

impl<O> Report<O> {
    fn footer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.read();
        write!(f, "\n{}: {} in {}", self.source, items(read, "item"), duration(self.elapsed))?;
        if let Some(rate) = rate(read, self.elapsed) {
            write!(f, ", {} items/s", thousands(rate))?;
        }
        for side in &self.sides {
            let rows = items(side.rows, "row");
            write!(f, "\n{}: {rows} held by {}, {}", side.source, side.stage, bytes(side.bytes))?;
        }
        for (path, letters) in &self.letters {
            write!(f, "\n{}: {}", path.display(), items(*letters, "dead letter"))?;
        }
        if let Some(redriven) = &self.redriven {
            write!(f, "\n{redriven}")?;
        }
        Ok(())
    }
}

/// A number; nothing where there is nothing to say, so that those that matter stand out.
fn cell(line: &Line<'_>, head: &str, number: u64) -> String {
    let expected = match head {
        "in" => true,
        "out" => line.node.role != Role::Sink,
        _ => false,
    };
    if number > 0 || expected { thousands(number) } else { String::new() }
}

/// `1,234,567`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 item`, `2 items`.
fn items(number: u64, name: &str) -> String {
    format!("{} {name}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// Three digits, down to the byte: `640 bytes`, `1.25 kB`, `12.3 MB`.
fn bytes(bytes: u64) -> String {
    match u128::from(bytes) {
        0..1_000 => format!("{bytes} bytes"),
        kilo @ 1_000..1_000_000 => three_digits(kilo, "kB"),
        mega @ 1_000_000..1_000_000_000 => three_digits(mega / 1_000, "MB"),
        giga => three_digits(giga / 1_000_000, "GB"),
    }
}

/// Three digits, down to the microsecond: `12.3 ms`, `1.25 s`, `2 min 5 s`, `3 h 20 min`.
fn duration(time: Duration) -> String {
    let (micros, secs) = (time.as_micros(), time.as_secs());
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => three_digits(micros, "ms"),
        1_000_000..60_000_000 => three_digits(micros / 1_000, "s"),
        60_000_000..3_600_000_000 => format!("{} min {} s", secs / 60, secs % 60),
        _ => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
    }
}

/// The first three digits of so many thousandths of a unit, cut and not rounded, so that 59.99 s do not read as 60.
fn three_digits(thousandths: u128, unit: &str) -> String {
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    match whole {
        0..10 => format!("{whole}.{:02} {unit}", part / 10),
        10..100 => format!("{whole}.{} {unit}", part / 100),
        _ => format!("{whole} {unit}"),
    }
}

/// Items a second, if the time was long enough to say.
fn rate(items: u64, time: Duration) -> Option<u64> {
    let per_second = u128::from(items).checked_mul(1_000_000_000)?.checked_div(time.as_nanos())?;
    u64::try_from(per_second).ok()
}
