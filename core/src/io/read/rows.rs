//! Bytes cut into rows, in bounded memory.

use std::fmt;
use std::io::{self, ErrorKind, Read};

use super::error::{Problem, ReadError, SeekError, WhyNot};
use super::input::Opened;
use crate::source::{At, Position};

/// The longest row that a source takes unless told otherwise: 16 MiB, without the line's end.
pub const DEFAULT_MAX_LINE: usize = 16 << 20;

/// How much is asked for at a time.
const CHUNK: usize = 64 << 10;

pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Finds where a row ends, and keeps how far it got while more bytes are read. A new one is made for each row unless it says
/// that it goes on to the next by itself.
pub(crate) trait RowEnd {
    /// The length of the row, and of the row with its line's end; `None` when `bytes` do not hold the end. `bytes` start
    /// with the row and are the ones of the call before, and more; `eof` says that nothing follows them.
    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)>;

    /// The option that sets how long a row may be.
    const LIMIT: &'static str = "max_line";

    /// The offset at which a quote is open, if one is.
    fn open_quote(&self) -> Option<usize> {
        None
    }
}

/// Bytes cut into rows. The current row stays in the buffer until the next one is asked for; the buffer holds at most one
/// row of the longest allowed length and one chunk.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    name: String,
    /// Whether there are other files than this one.
    several: bool,
    buffer: Buffer<Opened<R>>,
    max_line: usize,
    /// Of the current row.
    item: u64,
    line: u64,
    byte: u64,
    len: usize,
    /// With its line's end.
    taken: usize,
    /// The lines that the current row takes up.
    lines: u64,
    /// The row of the file that is needed to read others of it.
    head: Option<Vec<u8>>,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(name: String, reader: Opened<R>, max_line: usize) -> Self {
        Rows {
            name,
            several: false,
            buffer: Buffer { reader, bytes: Vec::new(), start: 0, end: 0, eof: false },
            max_line,
            item: 0,
            line: 1,
            byte: 0,
            len: 0,
            taken: 0,
            lines: 0,
            head: None,
        }
    }

    /// Says that the source reads several files, so that items name theirs.
    pub(super) fn of_several(mut self) -> Self {
        self.several = true;
        self
    }

    /// Goes on with another file. Items are counted through; lines and bytes are those of the file.
    pub(super) fn restart(&mut self, name: String, reader: Opened<R>) {
        self.name = name;
        (self.buffer.reader, self.buffer.eof) = (reader, false);
        (self.buffer.start, self.buffer.end) = (0, 0);
        (self.line, self.byte, self.len, self.taken, self.lines) = (1, 0, 0, 0, 0);
        self.head = None;
    }

    pub(super) fn skip_bom(&mut self) -> Result<(), ReadError> {
        while self.buffer.pending().len() < BOM.len() && !self.buffer.eof {
            self.fill()?;
        }
        if self.buffer.pending().starts_with(BOM) {
            self.taken = BOM.len();
        }
        Ok(())
    }

    /// Goes to a place that [`at`](Rows::at) has given: the row that starts there comes next.
    pub(super) fn seek(&mut self, to: Position) -> Result<(), SeekError> {
        let name = self.name.clone();
        let error = |why| SeekError { name: name.clone(), to, why };
        if self.several {
            return Err(error(WhyNot::SeveralFiles));
        }
        let (Some(line), Some(byte), Some(before)) = (to.line, to.byte, to.item.checked_sub(1)) else {
            return Err(error(WhyNot::NotAPlace));
        };
        self.consume();
        let read = self.byte + self.buffer.pending().len() as u64;
        // What is in the buffer need not be read again.
        if (self.byte..read).contains(&byte) {
            self.buffer.start += usize::try_from(byte - self.byte).unwrap_or_default();
        } else {
            self.buffer.reader.seek(byte, read).map_err(|cause| error(WhyNot::Io(cause)))?;
            (self.buffer.start, self.buffer.end, self.buffer.eof) = (0, 0, false);
        }
        (self.item, self.line, self.byte) = (before, line, byte);
        Ok(())
    }

    /// Leaves the current row behind.
    #[inline]
    fn consume(&mut self) {
        self.pass();
        (self.len, self.taken, self.lines) = (0, 0, 0);
    }

    /// Goes behind the current row, whose measures stay what they are.
    #[inline]
    fn pass(&mut self) {
        self.buffer.start += self.taken;
        self.byte += self.taken as u64;
        self.line += self.lines;
    }

    /// Moves to the next row; `false` at the end of the input.
    #[inline]
    pub(crate) fn advance(&mut self, end: &mut impl RowEnd) -> Result<bool, ReadError> {
        self.pass();
        let (len, taken) = match end.find(self.buffer.pending(), self.buffer.eof) {
            Some(found) => found,
            None => match self.find_further(end)? {
                Some(found) => found,
                None => return Ok(false),
            },
        };
        (self.len, self.taken, self.lines) = (len, taken, 1);
        if len > self.max_line {
            return Err(self.too_long(end));
        }
        self.item += 1;
        Ok(true)
    }

    /// Reads on until the end of the row is found, which the buffer does not hold yet; `None` at the end of the input.
    #[cold]
    #[inline(never)]
    fn find_further(&mut self, end: &mut impl RowEnd) -> Result<Option<(usize, usize)>, ReadError> {
        (self.len, self.taken, self.lines) = (0, 0, 0);
        loop {
            let pending = self.buffer.pending().len();
            if self.buffer.eof {
                return Ok((pending > 0).then_some((pending, pending)));
            }
            // The two bytes more may be the line's end.
            if pending > self.max_line.saturating_add(2) {
                return Err(self.too_long(end));
            }
            self.fill()?;
            if let Some(found) = end.find(self.buffer.pending(), self.buffer.eof) {
                return Ok(Some(found));
            }
        }
    }

    /// Leaves the current row and white space of JSON behind; the byte that follows.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        self.consume();
        loop {
            let pending = self.buffer.pending();
            let end = pending.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            let (blank, next) = (end.unwrap_or(pending.len()), end.and_then(|end| pending.get(end).copied()));
            self.lines = memchr::memchr_iter(b'\n', pending.get(..blank).unwrap_or_default()).count() as u64;
            self.taken = blank;
            self.consume();
            if next.is_some() || self.buffer.eof {
                return Ok(next);
            }
            self.fill()?;
        }
    }

    /// Leaves the byte behind that was seen last.
    pub(crate) fn take_byte(&mut self) {
        self.taken = 1;
    }

    /// The bytes of the current row, without the line's end.
    #[inline]
    pub(crate) fn raw(&self) -> &[u8] {
        let start = self.buffer.start;
        self.buffer.bytes.get(start..start + self.len).unwrap_or_default()
    }

    /// Whether the current row has no bytes.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        self.len == 0
    }

    /// Where the current row is, which is `raw`.
    #[inline]
    pub(crate) fn at<'a>(&'a self, raw: &'a [u8]) -> At<'a> {
        At {
            position: self.position(),
            raw: Some(raw),
            file: if self.several { Some(&self.name) } else { None },
            head: if self.several { self.head() } else { None },
        }
    }

    #[inline]
    pub(crate) fn position(&self) -> Position {
        Position { item: self.item, line: Some(self.line), byte: Some(self.byte) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The line at which the current row starts.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Says that the current row takes up `lines` lines.
    pub(crate) fn spans(&mut self, lines: u64) {
        self.lines = lines;
    }

    /// Says that the current row was not an item (a header).
    pub(crate) fn uncount(&mut self) {
        self.item -= 1;
    }

    /// Says that the current row is needed to read others of the file.
    pub(crate) fn keep_head(&mut self) {
        self.head = Some(self.raw().to_vec());
    }

    pub(super) fn head(&self) -> Option<&[u8]> {
        self.head.as_deref()
    }

    /// Whether nothing follows the current row.
    pub(crate) fn is_last(&mut self) -> Result<bool, ReadError> {
        while self.buffer.pending().len() <= self.taken {
            if self.buffer.eof {
                return Ok(true);
            }
            self.fill()?;
        }
        Ok(false)
    }

    #[cold]
    fn fill(&mut self) -> Result<(), ReadError> {
        let max = self.max_line.saturating_add(CHUNK);
        self.buffer.fill(max).map_err(|cause| self.error(Problem::Io(cause)))
    }

    #[cold]
    fn too_long<E: RowEnd>(&self, end: &E) -> ReadError {
        let quote = end.open_quote().map(|offset| Place::of(self.line, self.buffer.pending(), offset));
        self.error(Problem::TooLong { limit: self.max_line, option: E::LIMIT, quote })
    }

    /// What is wrong with the input at the row after the current one.
    #[cold]
    pub(crate) fn error(&self, problem: Problem) -> ReadError {
        let mut position = self.position();
        position.item += 1;
        ReadError::new(self.name.clone(), position, problem)
    }
}

#[derive(Debug)]
struct Buffer<R> {
    reader: R,
    bytes: Vec<u8>,
    /// `start..end` is read and not yet consumed.
    start: usize,
    end: usize,
    eof: bool,
}

impl<R: Read> Buffer<R> {
    #[inline]
    fn pending(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads once, into a buffer of at most `max` bytes.
    fn fill(&mut self, max: usize) -> io::Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.bytes.len() {
            let len = self.bytes.len().saturating_mul(2).clamp(CHUNK, max.max(CHUNK));
            // `resize` alone would round the capacity up.
            self.bytes.reserve_exact(len - self.end);
            self.bytes.resize(len, 0);
        }
        loop {
            match self.reader.read(&mut self.bytes[self.end..]) {
                Ok(0) => {
                    self.eof = true;
                    return Ok(());
                }
                Ok(read) => {
                    self.end += read;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A line and a column, both from 1; columns count bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: usize,
}

impl Place {
    /// The place of `bytes[offset]`, where `bytes` start at `line`.
    pub(crate) fn of(line: u64, bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |end| end + 1);
        Place { line: line + breaks(before), column: before.len() - start + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The number of line breaks: `\n`, `\r\n`, or `\r` alone.
pub(crate) fn breaks(bytes: &[u8]) -> u64 {
    let returns = memchr::memchr_iter(b'\r', bytes).filter(|i| bytes.get(i + 1) != Some(&b'\n'));
    (memchr::memchr_iter(b'\n', bytes).count() + returns.count()) as u64
}

/// Finds the end of a line: `\n` or `\r\n`.
#[derive(Debug, Default)]
pub(crate) struct LineEnd {
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
}
