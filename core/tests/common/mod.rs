//! A record written by hand, and a source driven by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use millstream_core::error::BoxError;
use millstream_core::record::{
    Extra, Field, FromJson, FromRow, Layout, Path, Record, Row, Schema, Scratch, Validate, Violations,
};
use millstream_core::source::{At, Position};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// Borrows its text.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading<'a> {
    pub at: &'a str,
    pub sensor: &'a str,
    pub celsius: f64,
    pub note: Option<&'a str>,
}

impl Validate for Reading<'_> {
    fn validate_at(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

impl Record for Reading<'_> {
    type Of<'a> = Reading<'a>;
    const SCHEMA: &'static Schema = &Schema::new(
        "Reading",
        "",
        &[
            Field::new("at", "at", "&str", ""),
            Field::new("sensor", "sensor", "&str", ""),
            Field::new("celsius", "celsius", "f64", ""),
            Field::new("note", "note", "Option<&str>", "").optional(),
        ],
        Extra::Refuse,
    );
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

fn text<'a>(row: &impl Row<'a>, index: usize, name: &str) -> Result<&'a str, BoxError> {
    let bytes = row.field(index).ok_or_else(|| format!("no column `{name}`"))?;
    std::str::from_utf8(bytes).map_err(|error| format!("`{name}`: {error}").into())
}

impl<'a> FromRow<'a> for Reading<'a> {
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError> {
        let celsius = text(row, 2, "celsius")?;
        Ok(Reading {
            at: text(row, 0, "at")?,
            sensor: text(row, 1, "sensor")?,
            celsius: celsius.parse().map_err(|_| format!("`celsius`: `{celsius}` is not a number"))?,
            note: row.field(3).map(|_| text(row, 3, "note")).transpose()?,
        })
    }
}

impl<'a> FromJson<'a> for Reading<'a> {
    fn from_json(text: &'a [u8], _scratch: &'a Scratch) -> Result<Self, BoxError> {
        Ok(serde_json::from_slice(text)?)
    }
}

/// Owns its text, and takes any column beside it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
}

impl Validate for Named {
    fn validate_at(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

impl Record for Named {
    type Of<'a> = Named;
    const SCHEMA: &'static Schema =
        &Schema::new("Named", "", &[Field::new("name", "name", "String", "")], Extra::Ignore);
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

impl<'a> FromRow<'a> for Named {
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError> {
        Ok(Named { name: text(row, 0, "name")?.to_owned() })
    }
}

/// One line for everything that a source says: items, rejects, and the end or the error. (A function would ask
/// `for<'a> S::Item<'a>`, hence sources that live for ever.)
#[macro_export]
macro_rules! log {
    ($source:expr, $show:expr) => {{
        let mut source = $source;
        let mut log = Vec::new();
        match source.open() {
            Err(error) => log.push(format!("open: {error}")),
            Ok(()) => loop {
                match source.next() {
                    Ok(Some((Ok(item), at))) => log.push(common::line(at, &$show(item))),
                    Ok(Some((Err(reject), at))) => log.push(common::line(at, &format!("reject: {reject}"))),
                    Ok(None) => break,
                    Err(error) => {
                        log.push(format!("error: {error}"));
                        break;
                    }
                }
            },
        }
        log
    }};
}

/// `item:line:byte text <raw>`.
pub fn line(at: At<'_>, text: &str) -> String {
    let raw = String::from_utf8_lossy(at.raw.unwrap_or_default());
    let Position { item, line, byte } = at.position;
    format!("{item}:{}:{} {text} <{raw}>", line.unwrap_or_default(), byte.unwrap_or_default())
}

/// Hands out a few bytes at a time.
pub struct Trickle<'a> {
    pub text: &'a [u8],
    pub at_a_time: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = self.at_a_time.min(buf.len());
        self.text.read(&mut buf[..most])
    }
}
