//! J1a and J1e over other items than integers: such as own memory, such as count when they are dropped, and such as borrow.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use millstream::prelude::*;

use crate::form::{Failure, Form, Job};
use crate::jobs::{scale, text};

pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "boxed",
        forms: &[("hand", Form::Sum(hand_boxed)), ("std", Form::Sum(std_boxed)), ("ours", Form::Fallible(ours_boxed))],
    },
    Job {
        name: "strings",
        forms: &[
            ("hand", Form::Texts(hand_strings)),
            ("std", Form::Texts(std_strings)),
            ("ours", Form::Texts(ours_strings)),
            ("ours-for", Form::Texts(ours_strings_for)),
        ],
    },
    Job {
        name: "dropped",
        forms: &[
            ("hand", Form::Sum(hand_dropped)),
            ("std", Form::Sum(std_dropped)),
            ("ours", Form::Fallible(ours_dropped)),
            ("ours-for", Form::Sum(ours_dropped_for)),
        ],
    },
    Job {
        name: "borrowed",
        forms: &[
            ("hand", Form::Texts(hand_borrowed)),
            ("std", Form::Texts(std_borrowed)),
            ("ours", Form::Texts(ours_borrowed)),
            ("ours-for", Form::Texts(ours_borrowed_for)),
        ],
    },
    Job {
        name: "lines",
        forms: &[("hand", Form::File(hand_lines)), ("std", Form::File(std_lines)), ("ours", Form::File(ours_lines))],
    },
];

/// Fifteen of sixteen are long enough.
#[stage]
fn long_enough(text: &[u8]) -> bool {
    text.len() > 1
}

/// Overwrites the first byte.
#[stage]
fn marked(text: &mut Box<[u8]>) {
    text[0] = 2;
}

/// Two bytes and the length, so that the text is needed.
#[stage]
#[allow(clippy::boxed_local, reason = "the item is the box")]
fn weight(text: Box<[u8]>) -> u64 {
    u64::from(text[0]) + u64::from(text[text.len() - 1]) + text.len() as u64
}

#[inline(never)]
fn hand_boxed(items: &[u64]) -> u64 {
    let mut sum = 0_u64;
    for x in items {
        let mut text = text(scale(*x));
        if long_enough(&text) {
            marked(&mut text);
            sum = sum.wrapping_add(weight(text));
        }
    }
    sum
}

#[inline(never)]
fn std_boxed(items: &[u64]) -> u64 {
    let texts = items.iter().copied().map(scale).map(text).filter(|text| long_enough(text));
    let marked = texts.map(|mut text| {
        marked(&mut text);
        text
    });
    marked.map(weight).fold(0, u64::wrapping_add)
}

#[inline(never)]
fn ours_boxed(items: &[u64]) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(items.iter().copied())
            | scale
            | text
            | filter(|text| long_enough(text))
            | marked
            | weight
            | for_each(|x| sum = sum.wrapping_add(x))
    )
    .run()?;
    Ok(sum)
}

/// Some begin with a letter.
#[stage]
fn letter_first(text: &str) -> bool {
    text.trim_ascii_start().starts_with(|c: char| c.is_ascii_lowercase())
}

/// One character more.
#[stage]
fn ended(text: &mut String) {
    text.push('.');
}

#[inline(never)]
fn hand_strings(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    for text in texts {
        let mut text = text.clone();
        if letter_first(&text) {
            ended(&mut text);
            sum = sum.wrapping_add(text.len() as u64);
        }
    }
    sum
}

#[inline(never)]
fn std_strings(texts: &[String]) -> u64 {
    let some = texts.iter().map(String::clone).filter(|text| letter_first(text));
    let ended = some.map(|mut text| {
        ended(&mut text);
        text
    });
    ended.fold(0, |sum, text| sum.wrapping_add(text.len() as u64))
}

#[inline(never)]
fn ours_strings(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(texts.iter().cloned())
            | filter(|text| letter_first(text))
            | ended
            | for_each(|text| sum = sum.wrapping_add(text.len() as u64))
    )
    .run()
    .map_or(0, |_| sum)
}

#[inline(never)]
fn ours_strings_for(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    for text in pipeline!(from_iter(texts.iter().cloned()) | filter(|text| letter_first(text)) | ended) {
        sum = sum.wrapping_add(text.len() as u64);
    }
    sum
}

/// Adds its number up when it is dropped: as cheap as a `Drop` can be that must run once for each item.
struct Counted<'a>(u64, &'a Cell<u64>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.1.set(self.1.get().wrapping_add(self.0));
    }
}

fn raised(mut item: Counted<'_>) -> Counted<'_> {
    item.0 = item.0.wrapping_add(1);
    item
}

fn even(item: &Counted<'_>) -> bool {
    item.0 & 63 != 7
}

#[inline(never)]
fn hand_dropped(items: &[u64]) -> u64 {
    let (dropped, mut sum) = (Cell::new(0), 0_u64);
    for x in items {
        let item = raised(Counted(scale(*x), &dropped));
        if even(&item) {
            sum ^= item.0;
        }
    }
    sum ^ dropped.get()
}

#[inline(never)]
fn std_dropped(items: &[u64]) -> u64 {
    let dropped = Cell::new(0);
    let counted = items.iter().map(|x| Counted(scale(*x), &dropped));
    let sum = counted.map(raised).filter(even).fold(0, |sum, item| sum ^ item.0);
    sum ^ dropped.get()
}

#[inline(never)]
fn ours_dropped(items: &[u64]) -> Result<u64, Failure> {
    let (dropped, mut sum) = (Cell::new(0), 0_u64);
    pipeline!(
        from_iter(items.iter())
            | map(|x| Counted(scale(*x), &dropped))
            | map(|item| raised(item))
            | filter(|item| even(item))
            | for_each(|item| sum ^= item.0)
    )
    .run()?;
    Ok(sum ^ dropped.get())
}

#[inline(never)]
fn ours_dropped_for(items: &[u64]) -> u64 {
    let (dropped, mut sum) = (Cell::new(0), 0_u64);
    for item in pipeline!(
        from_iter(items.iter())
            | map(|x| Counted(scale(*x), &dropped))
            | map(|item| raised(item))
            | filter(|item| even(item))
    ) {
        sum ^= item.0;
    }
    sum ^ dropped.get()
}

/// Without the space around it.
#[stage]
fn trimmed(text: &str) -> &str {
    text.trim_ascii()
}

#[inline(never)]
fn hand_borrowed(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    for text in texts {
        let text = trimmed(text);
        if letter_first(text) {
            sum = sum.wrapping_add(text.len() as u64);
        }
    }
    sum
}

#[inline(never)]
fn std_borrowed(texts: &[String]) -> u64 {
    let trimmed = texts.iter().map(String::as_str).map(trimmed);
    trimmed.filter(|text| letter_first(text)).fold(0, |sum, text| sum.wrapping_add(text.len() as u64))
}

#[inline(never)]
fn ours_borrowed(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    pipeline!(
        from_iter(texts.iter().map(String::as_str))
            | trimmed
            | letter_first
            | for_each(|text| sum = sum.wrapping_add(text.len() as u64))
    )
    .run()
    .map_or(0, |_| sum)
}

#[inline(never)]
fn ours_borrowed_for(texts: &[String]) -> u64 {
    let mut sum = 0_u64;
    for text in pipeline!(from_iter(texts.iter().map(String::as_str)) | trimmed | letter_first) {
        sum = sum.wrapping_add(text.len() as u64);
    }
    sum
}

/// One line after the other in the same buffer.
#[inline(never)]
fn hand_lines(path: &Path) -> Result<u64, Failure> {
    let (mut file, mut line, mut sum) = (BufReader::with_capacity(1 << 16, File::open(path)?), String::new(), 0_u64);
    while file.read_line(&mut line)? > 0 {
        let text = trimmed(&line);
        if letter_first(text) {
            sum = sum.wrapping_add(text.len() as u64);
        }
        line.clear();
    }
    Ok(sum)
}

/// Each line in memory of its own.
#[inline(never)]
fn std_lines(path: &Path) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    for line in BufReader::with_capacity(1 << 16, File::open(path)?).lines() {
        let line = line?;
        let text = trimmed(&line);
        if letter_first(text) {
            sum = sum.wrapping_add(text.len() as u64);
        }
    }
    Ok(sum)
}

#[inline(never)]
fn ours_lines(path: &Path) -> Result<u64, Failure> {
    let mut sum = 0_u64;
    pipeline!(lines(path) | trimmed | letter_first | for_each(|text| sum = sum.wrapping_add(text.len() as u64)))
        .run()?;
    Ok(sum)
}
