//! Reading a single row: one that a dead letter kept, or the first of a file that rows are added to.

use std::fs::File;

use super::header::Columns;
use super::rows::{Fields, Scan};
use super::source::{MOST_COLUMNS, Reject};
use crate::error::BoxError;
use crate::io::input::{DEFAULT_MAX_LINE, Input, Place, RowEnd};
use crate::record::Schema;

/// What reads rows under a header, one at a time.
#[derive(Debug)]
pub(super) struct Replay {
    head: Vec<u8>,
    pub(super) columns: Columns,
    pub(super) fields: Fields,
}

impl Replay {
    /// For rows of the source called `name` under the header `head`.
    pub(super) fn new(name: &str, head: &[u8], schema: &Schema) -> Result<Self, BoxError> {
        let mut fields = Fields::of(MOST_COLUMNS);
        fields.split(head, quotes(head)?.has_quotes());
        let columns = Columns::new(name, fields.iter(head), schema)?;
        fields = Fields::of(columns.names.len());
        Ok(Replay { head: head.to_vec(), columns, fields })
    }

    /// Whether it is for rows under that header.
    pub(super) fn is_of(&self, head: &[u8]) -> bool {
        self.head == head
    }

    /// Splits a row; what is wrong with it is as if it was the first line of a file.
    pub(super) fn split(&mut self, raw: &[u8]) -> Result<Result<(), Reject>, BoxError> {
        if raw.is_empty() {
            return Ok(Err(Reject::Blank));
        }
        let scan = quotes(raw)?;
        if let Some(offset) = scan.open_quote() {
            let Place { line, column } = Place::of(1, raw, offset);
            return Ok(Err(Reject::OpenQuote { line, column }));
        }
        self.fields.split(raw, scan.has_quotes());
        Ok(match self.columns.wrong_count(self.fields.count()) {
            Some(wrong) => Err(Reject::Fields(wrong)),
            None => Ok(()),
        })
    }
}

/// Looks for quotes in one row.
fn quotes(row: &[u8]) -> Result<Scan, BoxError> {
    let mut scan = Scan::default();
    match scan.find(row, true) {
        Some(_) => Err("its raw bytes are more than one row".into()),
        None => Ok(scan),
    }
}

/// The fields of the first row; none of an empty file.
pub(super) fn first_row(file: File) -> Result<Option<Vec<String>>, BoxError> {
    let mut rows = Input::reader("the file".to_owned(), file).open(DEFAULT_MAX_LINE)?;
    let mut scan = Scan::default();
    if !rows.advance(&mut scan)? {
        return Ok(None);
    }
    let mut fields = Fields::of(MOST_COLUMNS);
    fields.split(rows.raw(), scan.has_quotes());
    Ok(Some(fields.iter(rows.raw()).map(|field| String::from_utf8_lossy(field).into_owned()).collect()))
}
