//! Reading lines.

use std::fmt;
use std::io::{Empty, Read};

use crate::io::read::{ByLine, FileSource, Format, Input, LineEnd, ReadError, Replayed, Rows};

/// Reads the lines of the file at `path`, as `&str`; `-` is standard input, and [`files`](crate::io::files()) are read one
/// after the other.
///
/// Items borrow from the source's own buffer. A line that is not UTF-8 is rejected, and the next one is read.
pub fn source(path: impl Into<Input>) -> LinesSource {
    FileSource::new(path.into(), TextRows {})
}

/// Reads the lines of `reader`, which errors and reports call `name`.
///
/// ```
/// use millstream_core::io::lines;
/// use millstream_core::source::Source;
///
/// let mut source = lines::from_reader("poem", "one\r\n\ntwo".as_bytes());
/// source.open()?;
/// let mut read = Vec::new();
/// while let Some((line, at)) = source.next()? {
///     read.push((line?.to_owned(), at.position.line));
/// }
/// assert_eq!(read, [("one".to_owned(), Some(1)), (String::new(), Some(2)), ("two".to_owned(), Some(3))]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn from_reader<R: Read>(name: impl Into<String>, reader: R) -> LinesSource<R> {
    FileSource::new(Input::reader(name.into(), reader), TextRows {})
}

/// A source of lines; made by [`source`] and [`from_reader`].
pub type LinesSource<R = Empty> = FileSource<TextRows, R>;

/// The format whose items are lines of text.
#[derive(Debug)]
pub struct TextRows {}

impl ByLine for TextRows {}

impl Format for TextRows {
    type Found = ();
    type Item<'a> = &'a str;
    type Reject = NotUtf8;

    #[allow(private_interfaces, reason = "formats are those of this crate")]
    #[inline]
    fn advance<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<Option<()>, ReadError> {
        Ok(rows.advance(&mut LineEnd::default())?.then_some(()))
    }

    #[inline]
    fn item<'a>(&'a mut self, (): (), raw: &'a [u8]) -> Result<&'a str, NotUtf8> {
        std::str::from_utf8(raw).map_err(|error| NotUtf8::new(raw, &error))
    }

    fn replay<'a>(&'a mut self, _name: &str, _head: Option<&[u8]>, raw: &'a [u8]) -> Replayed<&'a str, NotUtf8> {
        if raw.contains(&b'\n') {
            return Err("its raw bytes are more than one line".into());
        }
        Ok(self.item((), raw))
    }
}

/// A line was rejected, as it is not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    offset: usize,
    byte: u8,
}

impl NotUtf8 {
    #[cold]
    fn new(raw: &[u8], error: &std::str::Utf8Error) -> Self {
        let offset = error.valid_up_to();
        NotUtf8 { offset, byte: raw.get(offset).copied().unwrap_or_default() }
    }

    /// The offset in the line of the first byte that is not UTF-8, from 0.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the line is not UTF-8: byte {:#04x} at column {}", self.byte, self.offset + 1)
    }
}

impl std::error::Error for NotUtf8 {}
