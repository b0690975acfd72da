//! A record and rows of cells to read it from, for the tests of `#[record]`.
#![allow(dead_code, reason = "each test file uses a part")]

use millstream::prelude::*;
use millstream::record::{FromJson, FromRow, Row, Scratch};

/// One temperature reading.
///
/// Taken every second.
#[record]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading<'a> {
    #[event_time]
    pub(crate) at: Timestamp,
    /// The name on the box.
    #[key]
    #[field(len = 1..=8)]
    pub(crate) sensor: &'a str,
    #[field(range = -60.0..=160.0, unit = "celsius")]
    pub(crate) celsius: f64,
}

pub(crate) fn timestamp(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A row of cells; `None` stands for a column that is not there.
pub(crate) struct Cells<'a>(pub(crate) Vec<Option<&'a [u8]>>);

impl<'a> Row<'a> for Cells<'a> {
    fn field(&self, index: usize) -> Option<&'a [u8]> {
        self.0.get(index).copied().flatten()
    }
}

pub(crate) fn cells<'a>(cells: &[&'a str]) -> Cells<'a> {
    Cells(cells.iter().map(|cell| Some(cell.as_bytes())).collect())
}

pub(crate) fn row_error<'a, T: FromRow<'a>>(row: &impl Row<'a>) -> String {
    match T::from_row(row) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn json_error<T: for<'a> FromJson<'a>>(text: &str) -> String {
    let scratch = Scratch::default();
    match T::from_json(text.as_bytes(), &scratch) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}
