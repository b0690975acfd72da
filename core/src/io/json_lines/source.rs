//! Reading records from JSON lines.

use std::fmt;
use std::io::{Empty, Read};
use std::marker::PhantomData;

use crate::error::BoxError;
use crate::io::read::{ByLine, FileSource, Format, Input, LineEnd, ReadError, Replayed, Rows};
use crate::record::{FromJson, Record, Scratch};

/// Reads a `T` from each line of the file at `path`; `-` is standard input, and [`files`](crate::io::files()) are read one
/// after the other.
///
/// Items borrow from the source's own buffer. A line that is not a `T` is rejected, and the next one is read.
pub fn source<T: Record>(path: impl Into<Input>) -> JsonLinesSource<T> {
    FileSource::new(path.into(), JsonRows::new())
}

/// Reads a `T` from each line of `reader`, which errors and reports call `name`.
pub fn from_reader<T: Record, R: Read>(name: impl Into<String>, reader: R) -> JsonLinesSource<T, R> {
    FileSource::new(Input::reader(name.into(), reader), JsonRows::new())
}

/// A source of records from JSON lines; made by [`source`] and [`from_reader`].
pub type JsonLinesSource<T, R = Empty> = FileSource<JsonRows<T>, R>;

/// The format whose items are lines of JSON, as records.
pub struct JsonRows<T> {
    scratch: Scratch,
    record: PhantomData<fn() -> T>,
}

impl<T> JsonRows<T> {
    fn new() -> Self {
        JsonRows { scratch: Scratch::default(), record: PhantomData }
    }
}

impl<T> ByLine for JsonRows<T> {}

impl<T: Record> Format for JsonRows<T>
where
    for<'a> T::Of<'a>: FromJson<'a>,
{
    type Found = ();
    type Item<'a>
        = T::Of<'a>
    where
        Self: 'a;
    type Reject = Reject;

    #[allow(private_interfaces, reason = "formats are those of this crate")]
    #[inline]
    fn advance<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<Option<()>, ReadError> {
        let more = rows.advance(&mut LineEnd::default())? && !(rows.raw().is_empty() && rows.is_last()?);
        Ok(more.then_some(()))
    }

    #[inline]
    fn item<'a>(&'a mut self, (): (), raw: &'a [u8]) -> Result<T::Of<'a>, Reject> {
        if raw.trim_ascii().is_empty() {
            return Err(Reject::Blank);
        }
        self.scratch.clear();
        T::Of::from_json(raw, &self.scratch).map_err(Reject::Record)
    }

    fn replay<'a>(&'a mut self, _name: &str, _head: Option<&[u8]>, raw: &'a [u8]) -> Replayed<T::Of<'a>, Reject> {
        Ok(self.item((), raw))
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
