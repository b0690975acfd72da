//! Reading records from rows.

use std::fmt;
use std::io::{Empty, Read};
use std::marker::PhantomData;

use super::fields::{Fields, Split, Tail};
use super::header::Columns;
use super::options::{Dialect, OptionError, Options};
use super::replay::Replay;
use super::rows::{RowEnds, Scan, Way};
use crate::error::BoxError;
use crate::io::read::{ByLine, FileSource, Format, Input, Place, ReadError, Replayed, RowEnd, Rows, breaks};
use crate::record::{FromRow, Record, Row};

/// The most columns that a file may have.
pub(super) const MOST_COLUMNS: usize = 1 << 16;

/// Reads a `T` from each row of the file at `path`; `-` is standard input, and [`files`](crate::io::files()) are read one
/// after the other. The first row of a file is its header: it names the columns, in any order.
///
/// Items borrow from the source's own buffer. A row that is not a `T` is rejected, and the next one is read.
pub fn source<T: Record>(path: impl Into<Input>) -> CsvSource<T> {
    FileSource::new(path.into(), CsvRows::new())
}

/// Reads a `T` from each row of `reader`, which errors and reports call `name`.
pub fn from_reader<T: Record, R: Read>(name: impl Into<String>, reader: R) -> CsvSource<T, R> {
    FileSource::new(Input::reader(name.into(), reader), CsvRows::new())
}

/// A source of records from CSV; made by [`source`] and [`from_reader`].
pub type CsvSource<T, R = Empty> = FileSource<CsvRows<T>, R>;

/// The format whose items are the rows of CSV, as records.
pub struct CsvRows<T> {
    options: Options,
    ends: RowEnds,
    fields: Fields,
    columns: Columns,
    replay: Option<Replay>,
    record: PhantomData<fn() -> T>,
}

impl<T> CsvRows<T> {
    fn new() -> Self {
        CsvRows {
            options: Options::default(),
            ends: RowEnds::of(Dialect::default()),
            fields: Fields::of(0, Dialect::default()),
            columns: Columns::default(),
            replay: None,
            record: PhantomData,
        }
    }
}

impl<T> ByLine for CsvRows<T> {}

impl<T, R> CsvSource<T, R> {
    /// Sets what stands between fields: one ASCII character, as a `char` or a byte (default `,`). Letters, digits, `+`, `-`,
    /// `.` and line ends are refused.
    pub fn delimiter(mut self, delimiter: impl Into<char>) -> Self {
        self.format.options.delimiter = delimiter.into();
        self
    }

    /// Sets what encloses a field that holds delimiters or line ends (default `"`); the same characters are refused.
    pub fn quote(mut self, quote: impl Into<char>) -> Self {
        self.format.options.quote = quote.into();
        self
    }

    /// Whether the first row names the columns (default `true`). Without it, [`columns`](Self::columns) does.
    pub fn header(mut self, header: bool) -> Self {
        self.format.options.header = header;
        self
    }

    /// Names the columns of a file without a header, in their order.
    pub fn columns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.format.options.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// For files whose header has other names: pairs of a column's name and that of the field it is read into. A column
    /// that a file does not have, or that is named twice, is an error.
    ///
    /// ```
    /// use millstream_core::io::csv;
    /// # use millstream_core::record::{FromRow, Record};
    /// # fn source<T: Record>() where for<'a> T::Of<'a>: FromRow<'a> {
    /// let orders = csv::source::<T>("orders.csv").rename([("Customer ID", "user_id")]);
    /// # }
    /// ```
    pub fn rename<A: Into<String>, B: Into<String>>(mut self, names: impl IntoIterator<Item = (A, B)>) -> Self {
        self.format.options.rename = names.into_iter().map(|(from, to)| (from.into(), to.into())).collect();
        self
    }

    #[doc(hidden)]
    /// The same, if its options can be right.
    ///
    /// # Errors
    /// When they cannot.
    pub fn checked(self) -> Result<Self, OptionError> {
        self.format.options.check()?;
        Ok(self)
    }
}

impl<T: Record> Format for CsvRows<T>
where
    for<'a> T::Of<'a>: FromRow<'a>,
{
    type Found = Found;
    type Item<'a>
        = T::Of<'a>
    where
        Self: 'a;
    type Reject = Reject;

    fn check(&self) -> Result<(), BoxError> {
        Ok(self.options.check()?)
    }

    fn resume(&mut self) {
        self.ends.reset();
    }

    #[allow(private_interfaces, reason = "formats are those of this crate")]
    fn start<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<(), BoxError> {
        let dialect = self.options.dialect()?;
        self.columns = match &self.options.columns {
            Some(names) => Columns::given(rows.name(), names.clone(), T::SCHEMA)?,
            None => self.read_header(rows, dialect)?,
        };
        self.ends = RowEnds::of(dialect);
        self.fields = Fields::of(self.columns.names.len(), dialect);
        Ok(())
    }

    #[allow(private_interfaces, reason = "formats are those of this crate")]
    #[inline]
    fn advance<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<Option<Found>, ReadError> {
        if !rows.advance(&mut self.ends)? {
            return Ok(None);
        }
        if rows.is_blank() {
            return Ok(if rows.is_last()? { None } else { Some(Found::Blank) });
        }
        Ok(Some(if let Way::Index = self.ends.way() { Found::Plain } else { look_again(rows, &self.ends) }))
    }

    #[inline]
    fn item<'a>(&'a mut self, found: Found, raw: &'a [u8]) -> Result<T::Of<'a>, Reject> {
        let fields = match found {
            Found::Plain => self.ends.index().fields(raw),
            found => split(&self.ends, &mut self.fields, &self.columns, found, raw)?,
        };
        if let Some(wrong) = self.columns.wrong_count(fields.count()) {
            return Err(Reject::Fields(wrong));
        }
        match T::Of::from_row(&FieldsOf { fields, columns: &self.columns.of_field }) {
            Ok(record) => Ok(record),
            Err(cause) => Err(Reject::Record(cause)),
        }
    }

    fn replay<'a>(&'a mut self, name: &str, head: Option<&[u8]>, raw: &'a [u8]) -> Replayed<T::Of<'a>, Reject> {
        let known = self.replay.take().filter(|replay| replay.is_of(head));
        let replay = self.replay.insert(match known {
            Some(replay) => replay,
            None => Replay::new(name, head, &self.options, T::SCHEMA)?,
        });
        if let Err(reject) = replay.split(raw)? {
            return Ok(Err(reject));
        }
        let row = FieldsOf { fields: replay.fields.of_row(raw), columns: &replay.columns.of_field };
        Ok(T::Of::from_row(&row).map_err(Reject::Record))
    }
}

impl<T: Record> CsvRows<T> {
    fn read_header<R: Read>(&self, rows: &mut Rows<R>, dialect: Dialect) -> Result<Columns, BoxError> {
        let mut scan = Scan::of(dialect);
        if !rows.advance(&mut scan)? {
            return Err(format!("{} is empty: it has no header", rows.name()).into());
        }
        if rows.raw().is_empty() {
            return Err(format!("the first line of {} is empty: it has no header", rows.name()).into());
        }
        let wrong = |reject| BoxError::from(format!("the header of {}: {reject}", rows.name()));
        if let Some(open) = scan.open_quote() {
            return Err(wrong(Reject::open_quote(rows.line(), rows.raw(), open)));
        }
        let mut fields = Fields::of(MOST_COLUMNS, dialect);
        fields
            .split(rows.raw(), scan.has_quotes())
            .map_err(|tail| wrong(Reject::after_quote(&[], rows.line(), rows.raw(), tail)))?;
        count_lines(rows);
        rows.uncount();
        rows.keep_head();
        let fields = fields.of_row(rows.raw());
        if fields.count() > MOST_COLUMNS {
            let (name, count) = (rows.name(), fields.count());
            return Err(format!("{name} has {count} columns; {MOST_COLUMNS} are the most that are read").into());
        }
        Ok(Columns::new(rows.name(), fields.iter(), &self.options.rename, T::SCHEMA)?)
    }
}

/// What a row looks like from outside.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// It is empty, and not the last line.
    Blank,
    /// Its fields are known, and none is in quotes.
    Plain,
    /// Its fields are known without their quotes.
    Quoted,
    /// Its fields are still to be found, and its quotes to be taken away if it has any; it starts at `line`.
    Whole {
        /// From 1.
        line: u64,
        /// Whether there are any.
        has_quotes: bool,
    },
    /// The quote at `offset` is never closed; it starts at `line`.
    Open {
        /// From 1.
        line: u64,
        /// In the row.
        offset: usize,
    },
}

/// What a row looks like that the index did not find, or that has quotes.
#[cold]
fn look_again<R: Read>(rows: &mut Rows<R>, ends: &RowEnds) -> Found {
    match ends.way() {
        Way::Index => Found::Plain,
        Way::Quoted(special) => {
            if special.breaks {
                count_lines(rows);
            }
            if special.escapes { Found::Whole { line: rows.line(), has_quotes: true } } else { Found::Quoted }
        }
        Way::Scan => {
            let (line, has_quotes) = (rows.line(), ends.scan().has_quotes());
            if has_quotes {
                count_lines(rows);
            }
            match ends.scan().open_quote() {
                Some(offset) => Found::Open { line, offset },
                None => Found::Whole { line, has_quotes },
            }
        }
    }
}

/// The fields of a row of any kind.
#[cold]
fn split<'a>(
    ends: &'a RowEnds,
    fields: &'a mut Fields,
    columns: &Columns,
    found: Found,
    raw: &'a [u8],
) -> Result<Split<'a>, Reject> {
    match found {
        Found::Blank => Err(Reject::Blank),
        Found::Open { line, offset } => Err(Reject::open_quote(line, raw, offset)),
        Found::Plain => Ok(ends.index().fields(raw)),
        Found::Quoted => Ok(ends.index().quoted_fields(raw)),
        Found::Whole { line, has_quotes } => match fields.split(raw, has_quotes) {
            Ok(()) => Ok(fields.of_row(raw)),
            Err(tail) => Err(Reject::after_quote(&columns.names, line, raw, tail)),
        },
    }
}

/// Counts the lines of a row that has quotes.
fn count_lines<R: Read>(rows: &mut Rows<R>) {
    let lines = 1 + breaks(rows.raw());
    rows.spans(lines);
}

/// A row as the record's decoder sees it.
struct FieldsOf<'a> {
    fields: Split<'a>,
    columns: &'a [usize],
}

impl<'a> Row<'a> for FieldsOf<'a> {
    #[inline]
    fn field(&self, index: usize) -> Option<&'a [u8]> {
        self.fields.get(*self.columns.get(index)?)
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
        /// How many lines it takes in: its own, and all that follow.
        lines: u64,
    },
    /// A field goes on here, lines and columns (in bytes) from 1, behind its closing quote.
    AfterQuote {
        /// The name of the field's column; `None` in a header, and behind the last column.
        name: Option<String>,
        /// The line of what follows the quote.
        line: u64,
        /// Its column.
        column: usize,
    },
    /// Its fields are not the record's.
    Record(BoxError),
}

impl Reject {
    /// The quote at `offset` of the row, which starts at `line`, is never closed.
    #[cold]
    pub(super) fn open_quote(line: u64, row: &[u8], offset: usize) -> Self {
        let Place { line, column } = Place::of(line, row, offset);
        let taken = row.get(offset..).unwrap_or_default();
        let taken = taken.strip_suffix(b"\n").unwrap_or(taken);
        let taken = taken.strip_suffix(b"\r").unwrap_or(taken);
        Reject::OpenQuote { line, column, lines: 1 + breaks(taken) }
    }

    /// The row, which starts at `line` and has columns of these names, has such a tail.
    #[cold]
    pub(super) fn after_quote(names: &[String], line: u64, row: &[u8], Tail { field, offset }: Tail) -> Self {
        let Place { line, column } = Place::of(line, row, offset);
        Reject::AfterQuote { name: names.get(field).cloned(), line, column }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Blank => f.write_str("the line is empty"),
            Reject::Fields(wrong) => f.write_str(wrong),
            Reject::OpenQuote { line, column, lines } => {
                let lines = if *lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
                write!(
                    f,
                    "the quote opened at line {line}, column {column} is never closed: it takes in all up to the end \
                           of the file, {lines}"
                )
            }
            Reject::AfterQuote { name, line, column } => {
                if let Some(name) = name {
                    write!(f, "column `{name}`: ")?;
                }
                write!(
                    f,
                    "text follows the closing quote, at line {line}, column {column}; a quote in a quoted field is \
                           written twice"
                )
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
