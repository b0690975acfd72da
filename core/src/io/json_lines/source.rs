//! Reading records from JSON lines.

use std::fmt;
use std::io::{Empty, Read};
use std::marker::PhantomData;
use std::path::PathBuf;

use crate::error::BoxError;
use crate::io::input::{DEFAULT_MAX_LINE, Input, ReadError, RowEnd, Rows};
use crate::record::{FromJson, Record, Scratch};
use crate::source::{At, Source};

/// Reads a `T` from each line of the file at `path`; `-` is standard input.
///
/// Items borrow from the source's own buffer. A line that is not a `T` is rejected, and the next one is read.
pub fn source<T: Record>(path: impl Into<PathBuf>) -> JsonLinesSource<T> {
    JsonLinesSource::new(Input::path(path.into()))
}

/// Reads a `T` from each line of `reader`, which errors and reports call `name`.
pub fn from_reader<T: Record, R: Read>(name: impl Into<String>, reader: R) -> JsonLinesSource<T, R> {
    JsonLinesSource::new(Input::reader(name.into(), reader))
}

/// A source of records from JSON lines; made by [`source`] and [`from_reader`].
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct JsonLinesSource<T, R = Empty> {
    input: Input<R>,
    max_line: usize,
    rows: Option<Rows<R>>,
    scratch: Scratch,
    record: PhantomData<fn() -> T>,
}

impl<T, R> JsonLinesSource<T, R> {
    fn new(input: Input<R>) -> Self {
        let scratch = Scratch::default();
        JsonLinesSource { input, max_line: DEFAULT_MAX_LINE, rows: None, scratch, record: PhantomData }
    }

    /// Sets the longest line that is read, in bytes without the line's end (default [`DEFAULT_MAX_LINE`]). A longer one
    /// ends the run; memory stays within this and a chunk of 64 KiB.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }
}

impl<T, R> fmt::Debug for JsonLinesSource<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLinesSource").field("max_line", &self.max_line).finish_non_exhaustive()
    }
}

impl<T: Record, R: Read> Source for JsonLinesSource<T, R>
where
    for<'a> T::Of<'a>: FromJson<'a>,
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
        self.rows = Some(self.input.open(self.max_line)?);
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<T::Of<'_>, Reject>, At<'_>)>, ReadError> {
        let Some(rows) = &mut self.rows else {
            return Err(ReadError::not_open(self.input.name()));
        };
        if !rows.advance(&mut LineEnd::default())? || (rows.raw().is_empty() && rows.is_last()?) {
            return Ok(None);
        }
        let at = rows.at();
        if rows.raw().trim_ascii().is_empty() {
            return Ok(Some((Err(Reject::Blank), at)));
        }
        self.scratch.clear();
        Ok(Some((T::Of::from_json(rows.raw(), &self.scratch).map_err(Reject::Record), at)))
    }

    fn replay<'a>(&'a mut self, _head: Option<&[u8]>, raw: &'a [u8]) -> Result<Result<T::Of<'a>, Reject>, BoxError> {
        if raw.trim_ascii().is_empty() {
            return Ok(Err(Reject::Blank));
        }
        self.scratch.clear();
        Ok(T::Of::from_json(raw, &self.scratch).map_err(Reject::Record))
    }
}

/// Finds the end of a line.
#[derive(Debug, Default)]
struct LineEnd {
    seen: usize,
}

impl RowEnd for LineEnd {
    #[inline]
    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)> {
        let Some(end) = memchr::memchr(b'\n', bytes.get(self.seen..)?).map(|i| self.seen + i) else {
            self.seen = bytes.len();
            // The last line may end in a `\r` whose `\n` was cut off.
            return (eof && bytes.ends_with(b"\r")).then(|| (bytes.len() - 1, bytes.len()));
        };
        let cut = usize::from(bytes[..end].ends_with(b"\r"));
        Some((end - cut, end + 1))
    }

    fn open_quote(&self) -> Option<usize> {
        None
    }
}

/// Why a line was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reject {
    /// It is empty, and not the last one.
    Blank,
    /// It is not JSON, or not the record's.
    Record(BoxError),
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Blank => f.write_str("the line is empty"),
            Reject::Record(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Reject {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Reject::Record(cause) => cause.source(),
            Reject::Blank => None,
        }
    }
}
