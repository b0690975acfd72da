//! Reading a single row: one that a dead letter kept, or the first of a file that rows are added to.

use std::io::Read;

use super::fields::{Fields, Tail};
use super::header::Columns;
use super::options::{Dialect, Options};
use super::rows::Scan;
use super::source::{MOST_COLUMNS, Reject};
use crate::error::BoxError;
use crate::io::read::{DEFAULT_MAX_LINE, Input, RowEnd};
use crate::record::Schema;

/// What reads rows under a header, one at a time.
#[derive(Debug)]
pub(super) struct Replay {
    head: Option<Vec<u8>>,
    dialect: Dialect,
    pub(super) columns: Columns,
    pub(super) fields: Fields,
}

impl Replay {
    /// For rows of the source called `name` under the header `head`, or under the columns that `options` name.
    pub(super) fn new(name: &str, head: Option<&[u8]>, options: &Options, schema: &Schema) -> Result<Self, BoxError> {
        options.check()?;
        let dialect = options.dialect()?;
        let columns = match (&options.columns, head) {
            (Some(_), Some(_)) => {
                return Err("it holds a `head`, and the source reads files without a header: `header = false`".into());
            }
            (Some(names), None) => Columns::given(name, names.clone(), schema)?,
            (None, None) => {
                return Err("it holds no `head`: a row of CSV is read under the header of its file".into());
            }
            (None, Some(head)) => {
                let mut fields = Fields::of(MOST_COLUMNS, dialect);
                let has_quotes = quotes(head, dialect)?.has_quotes();
                fields.split(head, has_quotes).map_err(|tail| wrong_header("its `head`", head, tail))?;
                Columns::new(name, fields.of_row(head).iter(), &options.rename, schema)?
            }
        };
        let fields = Fields::of(columns.names.len(), dialect);
        Ok(Replay { head: head.map(<[u8]>::to_vec), dialect, columns, fields })
    }

    /// Whether it is for rows under that header.
    pub(super) fn is_of(&self, head: Option<&[u8]>) -> bool {
        self.head.as_deref() == head
    }

    /// Splits a row; what is wrong with it is as if it was the first line of a file.
    pub(super) fn split(&mut self, raw: &[u8]) -> Result<Result<(), Reject>, BoxError> {
        if raw.is_empty() {
            return Ok(Err(Reject::Blank));
        }
        let scan = quotes(raw, self.dialect)?;
        if let Some(offset) = scan.open_quote() {
            return Ok(Err(Reject::open_quote(1, raw, offset)));
        }
        if let Err(tail) = self.fields.split(raw, scan.has_quotes()) {
            return Ok(Err(Reject::after_quote(&self.columns.names, 1, raw, tail)));
        }
        Ok(match self.columns.wrong_count(self.fields.of_row(raw).count()) {
            Some(wrong) => Err(Reject::Fields(wrong)),
            None => Ok(()),
        })
    }
}

/// Looks for quotes in one row.
fn quotes(row: &[u8], dialect: Dialect) -> Result<Scan, BoxError> {
    let mut scan = Scan::of(dialect);
    match scan.find(row, true) {
        Some(_) => Err("its raw bytes are more than one row".into()),
        None => Ok(scan),
    }
}

/// Why the first row, which is `what`, is no header.
fn wrong_header(what: &str, row: &[u8], tail: Tail) -> BoxError {
    format!("{what}: {}", Reject::after_quote(&[], 1, row, tail)).into()
}

/// The fields of the first row; none of an empty file.
pub(super) fn first_row(file: Box<dyn Read>, dialect: Dialect) -> Result<Option<Vec<String>>, BoxError> {
    let Some(mut rows) = Input::reader("the file".to_owned(), file).open(DEFAULT_MAX_LINE)? else { return Ok(None) };
    let mut scan = Scan::of(dialect);
    if !rows.advance(&mut scan)? {
        return Ok(None);
    }
    let mut fields = Fields::of(MOST_COLUMNS, dialect);
    fields.split(rows.raw(), scan.has_quotes()).map_err(|tail| wrong_header("its first row", rows.raw(), tail))?;
    Ok(Some(fields.of_row(rows.raw()).iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()))
}
