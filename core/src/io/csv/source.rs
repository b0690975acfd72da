//! Reading records from rows.

use std::fmt;
use std::io::{Empty, Read};
use std::marker::PhantomData;
use std::path::PathBuf;

use super::header::Columns;
use super::replay::Replay;
use super::rows::{Fields, Scan};
use crate::error::BoxError;
use crate::io::input::{DEFAULT_MAX_LINE, Input, Place, ReadError, RowEnd, Rows, breaks};
use crate::record::{FromRow, Record, Row};
use crate::source::{At, Source};

/// The most columns that a file may have.
pub(super) const MOST_COLUMNS: usize = 1 << 16;

/// Reads a `T` from each row of the file at `path`; `-` is standard input. The first row is the header: it names the
/// columns, in any order.
///
/// Items borrow from the source's own buffer. A row that is not a `T` is rejected, and the next one is read.
pub fn source<T: Record>(path: impl Into<PathBuf>) -> CsvSource<T> {
    CsvSource::new(Input::path(path.into()))
}

/// Reads a `T` from each row of `reader`, which errors and reports call `name`.
pub fn from_reader<T: Record, R: Read>(name: impl Into<String>, reader: R) -> CsvSource<T, R> {
    CsvSource::new(Input::reader(name.into(), reader))
}

/// A source of records from CSV; made by [`source`] and [`from_reader`].
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct CsvSource<T, R = Empty> {
    input: Input<R>,
    max_line: usize,
    open: Option<Open<R>>,
    replay: Option<Replay>,
    record: PhantomData<fn() -> T>,
}

struct Open<R> {
    rows: Rows<R>,
    fields: Fields,
    columns: Columns,
    /// The header as it was read.
    head: Vec<u8>,
}

impl<T, R> CsvSource<T, R> {
    fn new(input: Input<R>) -> Self {
        CsvSource { input, max_line: DEFAULT_MAX_LINE, open: None, replay: None, record: PhantomData }
    }

    /// Sets the longest row that is read, in bytes without the line's end (default [`DEFAULT_MAX_LINE`]). A longer one
    /// ends the run; memory stays within this and a chunk of 64 KiB.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }
}

impl<T, R> fmt::Debug for CsvSource<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvSource").field("max_line", &self.max_line).finish_non_exhaustive()
    }
}

impl<T: Record, R: Read> Source for CsvSource<T, R>
where
    for<'a> T::Of<'a>: FromRow<'a>,
{
    type Item<'a>
        = T::Of<'a>
    where
        Self: 'a;
    type Reject = Reject;
    type Error = ReadError;

    fn name(&self) -> String {
        self.input.name().to_owned()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        let mut rows = self.input.open(self.max_line)?;
        let mut scan = Scan::default();
        if !rows.advance(&mut scan)? {
            return Err(format!("{} is empty: it has no header", rows.name()).into());
        }
        if rows.raw().is_empty() {
            return Err(format!("the first line of {} is empty: it has no header", rows.name()).into());
        }
        if let Some(reject) = settle(&mut rows, &scan) {
            return Err(format!("the header of {}: {reject}", rows.name()).into());
        }
        rows.uncount();
        let mut fields = Fields::of(MOST_COLUMNS);
        fields.split(rows.raw(), scan.has_quotes());
        if fields.count() > MOST_COLUMNS {
            let (name, count) = (rows.name(), fields.count());
            return Err(format!("{name} has {count} columns; {MOST_COLUMNS} are the most that are read").into());
        }
        let columns = Columns::new(rows.name(), fields.iter(rows.raw()), T::SCHEMA)?;
        fields = Fields::of(columns.names.len());
        let head = rows.raw().to_vec();
        self.open = Some(Open { rows, fields, columns, head });
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<T::Of<'_>, Reject>, At<'_>)>, ReadError> {
        let Some(Open { rows, fields, columns, .. }) = &mut self.open else {
            return Err(ReadError::not_open(self.input.name()));
        };
        let mut scan = Scan::default();
        if !rows.advance(&mut scan)? {
            return Ok(None);
        }
        if rows.raw().is_empty() {
            if rows.is_last()? {
                return Ok(None);
            }
            return Ok(Some((Err(Reject::Blank), rows.at())));
        }
        if scan.has_quotes()
            && let Some(reject) = settle(rows, &scan)
        {
            return Ok(Some((Err(reject), rows.at())));
        }
        fields.split(rows.raw(), scan.has_quotes());
        let (rows, fields) = (&*rows, &*fields);
        if let Some(wrong) = columns.wrong_count(fields.count()) {
            return Ok(Some((Err(Reject::Fields(wrong)), rows.at())));
        }
        let row = FieldsOf { raw: rows.raw(), fields, columns: &columns.of_field };
        Ok(Some((T::Of::from_row(&row).map_err(Reject::Record), rows.at())))
    }

    fn head(&self) -> Option<&[u8]> {
        self.open.as_ref().map(|open| open.head.as_slice())
    }

    fn replay<'a>(&'a mut self, head: Option<&[u8]>, raw: &'a [u8]) -> Result<Result<T::Of<'a>, Reject>, BoxError> {
        let Some(head) = head else {
            return Err("it holds no `head`: a row of CSV is read under the header of its file".into());
        };
        if !self.replay.as_ref().is_some_and(|replay| replay.is_of(head)) {
            self.replay = Some(Replay::new(self.input.name(), head, T::SCHEMA)?);
        }
        let Some(replay) = &mut self.replay else { return Err(Box::new(ReadError::not_open(self.input.name()))) };
        if let Err(reject) = replay.split(raw)? {
            return Ok(Err(reject));
        }
        let row = FieldsOf { raw, fields: &replay.fields, columns: &replay.columns.of_field };
        Ok(T::Of::from_row(&row).map_err(Reject::Record))
    }
}

/// Counts the lines of a row that has quotes; a quote that is still open rejects it.
fn settle<R: Read>(rows: &mut Rows<R>, scan: &Scan) -> Option<Reject> {
    let reject = scan.open_quote().map(|offset| {
        let place = Place::of(rows.line(), rows.raw(), offset);
        Reject::OpenQuote { line: place.line, column: place.column }
    });
    let lines = 1 + breaks(rows.raw());
    rows.spans(lines);
    reject
}

/// A row as the record's decoder sees it.
struct FieldsOf<'a> {
    raw: &'a [u8],
    fields: &'a Fields,
    columns: &'a [Option<usize>],
}

impl<'a> Row<'a> for FieldsOf<'a> {
    #[inline]
    fn field(&self, index: usize) -> Option<&'a [u8]> {
        self.fields.get(self.raw, (*self.columns.get(index)?)?)
    }
}

/// Why a row was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reject {
    /// It is empty, and not the last line.
    Blank,
    /// It has too few or too many fields: what it has and what was expected.
    Fields(String),
    /// A quote opened here, lines and columns (in bytes) from 1, and was still open at the end of the file.
    OpenQuote {
        /// The line of the quote.
        line: u64,
        /// Its column.
        column: usize,
    },
    /// Its fields are not the record's.
    Record(BoxError),
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Blank => f.write_str("the line is empty"),
            Reject::Fields(wrong) => f.write_str(wrong),
            Reject::OpenQuote { line, column } => {
                write!(f, "the quote opened at line {line}, column {column} is never closed")
            }
            Reject::Record(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Reject {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Reject::Record(cause) => cause.source(),
            _ => None,
        }
    }
}
