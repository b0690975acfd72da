//! Reading items from files: one source for every format that is made of rows.

mod error;
mod input;
mod rows;

use std::fmt;
use std::io::{Empty, Read};

pub(crate) use self::error::Problem;
pub use self::error::{ReadError, ReadErrorKind};
use self::error::{SeekError, WhyNot};
pub use self::input::Input;
pub use self::rows::DEFAULT_MAX_LINE;
pub(crate) use self::rows::{BOM, LineEnd, Place, RowEnd, Rows, breaks};
use crate::error::BoxError;
use crate::source::{At, Position, Source};

/// What the bytes of a file are to a [`FileSource`].
pub trait Format {
    /// What the end of a row says about it.
    #[doc(hidden)]
    type Found;
    /// One item.
    type Item<'a>
    where
        Self: 'a;
    /// Why a row is rejected.
    type Reject: Into<BoxError>;

    /// Whether the options fit each other; asked before anything is opened.
    #[doc(hidden)]
    fn check(&self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Reads what comes before the first row of a file.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "formats are those of this crate")]
    fn start<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<(), BoxError> {
        let _ = rows;
        Ok(())
    }

    /// The next row starts where one was found before, and not behind the last one.
    #[doc(hidden)]
    fn resume(&mut self) {}

    /// Moves to the next row; `None` at the end of the file.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "formats are those of this crate")]
    fn advance<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<Option<Self::Found>, ReadError>;

    /// The item in a row.
    #[doc(hidden)]
    fn item<'a>(&'a mut self, found: Self::Found, raw: &'a [u8]) -> Result<Self::Item<'a>, Self::Reject>;

    /// As [`Source::replay`], of the source called `name`.
    #[doc(hidden)]
    fn replay<'a>(
        &'a mut self,
        name: &str,
        head: Option<&[u8]>,
        raw: &'a [u8],
    ) -> Replayed<Self::Item<'a>, Self::Reject>;
}

/// What comes of raw bytes: an item or why they are rejected, unless they cannot be read again at all.
pub(crate) type Replayed<T, E> = Result<Result<T, E>, BoxError>;

/// A format whose rows are lines.
pub trait ByLine {}

/// A source of items in a file, or in several, one after the other. Items borrow from its own buffer.
///
/// It is made by the `source` and `from_reader` of [`csv`](crate::io::csv), [`json_lines`](crate::io::json_lines),
/// [`json`](crate::io::json) and [`lines`](crate::io::lines), which are formats `F`.
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct FileSource<F, R = Empty> {
    input: Input<R>,
    max_row: usize,
    rows: Option<Rows<R>>,
    pub(crate) format: F,
}

impl<F, R> FileSource<F, R> {
    pub(crate) fn new(input: Input<R>, format: F) -> Self {
        FileSource { input, max_row: DEFAULT_MAX_LINE, rows: None, format }
    }

    pub(crate) fn max_row(mut self, bytes: usize) -> Self {
        self.max_row = bytes;
        self
    }
}

impl<F: ByLine, R> FileSource<F, R> {
    /// Sets the longest line that is read, in bytes without the line's end (default [`DEFAULT_MAX_LINE`]). A longer one
    /// ends the run; memory stays within this and a chunk of 64 KiB.
    pub fn max_line(self, bytes: usize) -> Self {
        self.max_row(bytes)
    }
}

impl<F, R> fmt::Debug for FileSource<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource").field("max_row", &self.max_row).finish_non_exhaustive()
    }
}

impl<F: Format, R: Read> Source for FileSource<F, R> {
    type Item<'a>
        = F::Item<'a>
    where
        Self: 'a;
    type Reject = F::Reject;
    type Error = ReadError;

    fn name(&self) -> String {
        self.input.name().to_owned()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.format.check()?;
        self.rows = self.input.open(self.max_row)?;
        match &mut self.rows {
            Some(rows) => self.format.start(rows),
            None => Ok(()),
        }
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<F::Item<'_>, F::Reject>, At<'_>)>, ReadError> {
        let Some(rows) = &mut self.rows else {
            return if self.input.is_open() { Ok(None) } else { Err(ReadError::not_open(self.input.name())) };
        };
        let found = loop {
            if let Some(found) = self.format.advance(rows)? {
                break found;
            }
            if !next_file(&mut self.input, &mut self.format, rows)? {
                return Ok(None);
            }
        };
        let rows = &*rows;
        let raw = rows.raw();
        Ok(Some((self.format.item(found, raw), rows.at(raw))))
    }

    fn head(&self) -> Option<&[u8]> {
        self.rows.as_ref().and_then(Rows::head)
    }

    fn replay<'a>(&'a mut self, head: Option<&[u8]>, raw: &'a [u8]) -> Replayed<F::Item<'a>, F::Reject> {
        self.format.replay(self.input.name(), head, raw)
    }

    /// A file is read from there on, one that is compressed up to there once more. What is no file only goes forward, and
    /// of several files a position does not say which it is.
    fn seek(&mut self, position: Position) -> Result<(), BoxError> {
        Ok(seek(self, position)?)
    }
}

/// What [`Rows::seek`] needs of a source.
fn seek<F: Format, R: Read>(source: &mut FileSource<F, R>, to: Position) -> Result<(), SeekError> {
    let Some(rows) = &mut source.rows else {
        return Err(SeekError { name: source.input.name().to_owned(), to, why: WhyNot::NotOpen });
    };
    rows.seek(to)?;
    source.format.resume();
    Ok(())
}

/// Goes on with the next file, if there is one.
#[cold]
fn next_file<F: Format, R: Read>(input: &mut Input<R>, format: &mut F, rows: &mut Rows<R>) -> Result<bool, ReadError> {
    let next = input.next_file(rows).and_then(|more| if more { format.start(rows).map(|()| true) } else { Ok(false) });
    next.map_err(|cause| rows.error(Problem::Next(cause)))
}
