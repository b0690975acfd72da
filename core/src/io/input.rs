//! Where sources read from, and reading it row by row in bounded memory.

use std::fmt;
use std::fs::File;
use std::io::{self, Empty, ErrorKind, Read, Stdin};
use std::path::{Path, PathBuf};

use super::claims::{Claim, Use};
use crate::error::BoxError;
use crate::source::{At, Position};

/// The longest row that a source takes unless told otherwise: 16 MiB, without the line's end.
pub const DEFAULT_MAX_LINE: usize = 16 << 20;

/// How much is asked for at a time.
const CHUNK: usize = 64 << 10;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What a source reads from: a path, standard input, or a reader of type `R`. Paths are opened when the source is.
#[derive(Debug)]
pub struct Input<R = Empty> {
    name: String,
    from: Origin<R>,
}

#[derive(Debug)]
enum Origin<R> {
    Path(PathBuf),
    Stdin,
    Reader(R),
    Opened,
}

impl Input {
    /// The file at `path`; `-` is standard input.
    pub(crate) fn path(path: PathBuf) -> Self {
        if path == Path::new("-") {
            Input { name: "standard input".to_owned(), from: Origin::Stdin }
        } else {
            Input { name: path.display().to_string(), from: Origin::Path(path) }
        }
    }
}

impl<R: Read> Input<R> {
    /// `reader`, called `name` in errors and reports.
    pub(crate) fn reader(name: String, reader: R) -> Self {
        Input { name, from: Origin::Reader(reader) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens it and skips a byte order mark.
    pub(crate) fn open(&mut self, max_line: usize) -> Result<Rows<R>, BoxError> {
        let opened = match std::mem::replace(&mut self.from, Origin::Opened) {
            Origin::Path(path) => {
                let (file, claim) = open_file(&path).map_err(|cause| cannot_open(&self.name, &cause))?;
                Opened::File { file, _claim: claim }
            }
            Origin::Stdin => Opened::Stdin(io::stdin()),
            Origin::Reader(reader) => Opened::Reader(reader),
            Origin::Opened => return Err(format!("{} is already open: a source runs once", self.name).into()),
        };
        let mut rows = Rows::new(self.name.clone(), opened, max_line);
        rows.skip_bom()?;
        Ok(rows)
    }
}

fn cannot_open(name: &str, cause: &io::Error) -> BoxError {
    match cause.kind() {
        ErrorKind::IsADirectory => format!("cannot read {name}: it is a directory").into(),
        _ => io::Error::new(cause.kind(), format!("cannot open {name}: {cause}")).into(),
    }
}

/// Only a regular file is claimed: what is read from a pipe or a device is gone, whoever writes there.
fn open_file(path: &Path) -> io::Result<(File, Option<Claim>)> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    // Opening a directory succeeds on Unix; it is the first read that would fail.
    if found.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    // A file that is open but has no path any more cannot be named by anybody else.
    let path = path.canonicalize().ok().filter(|_| found.is_file());
    let claim = path.map(|path| Claim::new(path, Use::Source)).transpose()?;
    Ok((file, claim))
}

#[derive(Debug)]
enum Opened<R> {
    File { file: File, _claim: Option<Claim> },
    Stdin(Stdin),
    Reader(R),
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Opened::File { file, .. } => file.read(buf),
            Opened::Stdin(stdin) => stdin.read(buf),
            Opened::Reader(reader) => reader.read(buf),
        }
    }
}

/// Finds where a row ends. A new one is made for each row; it keeps how far it got while more bytes are read.
pub(crate) trait RowEnd {
    /// The length of the row, and of the row with its line's end; `None` when `bytes` do not hold the end. `bytes` start
    /// with the row and are the ones of the call before, and more; `eof` says that nothing follows them.
    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)>;

    /// The offset at which a quote is open, if one is.
    fn open_quote(&self) -> Option<usize>;
}

/// Bytes cut into rows. The current row stays in the buffer until the next one is asked for; the buffer holds at most one
/// row of the longest allowed length and one chunk.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    name: String,
    buffer: Buffer<Opened<R>>,
    max_line: usize,
    /// Of the current row.
    position: Position,
    line: u64,
    byte: u64,
    len: usize,
    /// With its line's end.
    taken: usize,
    /// The lines that the current row takes up.
    lines: u64,
}

impl<R: Read> Rows<R> {
    fn new(name: String, reader: Opened<R>, max_line: usize) -> Self {
        Rows {
            name,
            buffer: Buffer { reader, bytes: Vec::new(), start: 0, end: 0, eof: false },
            max_line,
            position: Position::default(),
            line: 1,
            byte: 0,
            len: 0,
            taken: 0,
            lines: 0,
        }
    }

    fn skip_bom(&mut self) -> Result<(), BoxError> {
        while self.buffer.pending().len() < BOM.len() && !self.buffer.eof {
            self.fill()?;
        }
        if self.buffer.pending().starts_with(BOM) {
            self.taken = BOM.len();
        }
        Ok(())
    }

    /// Moves to the next row; `false` at the end of the input.
    #[inline]
    pub(crate) fn advance(&mut self, end: &mut impl RowEnd) -> Result<bool, ReadError> {
        self.buffer.start += self.taken;
        self.byte += self.taken as u64;
        self.line += self.lines;
        (self.len, self.taken, self.lines) = (0, 0, 0);
        loop {
            if let Some((len, taken)) = end.find(self.buffer.pending(), self.buffer.eof) {
                (self.len, self.taken) = (len, taken);
                break;
            }
            let pending = self.buffer.pending().len();
            if self.buffer.eof {
                if pending == 0 {
                    return Ok(false);
                }
                (self.len, self.taken) = (pending, pending);
                break;
            }
            // The two bytes more may be the line's end.
            if pending > self.max_line.saturating_add(2) {
                return Err(self.too_long(end));
            }
            self.fill()?;
        }
        if self.len > self.max_line {
            return Err(self.too_long(end));
        }
        self.lines = 1;
        self.position.item += 1;
        Ok(true)
    }

    /// The bytes of the current row, without the line's end.
    #[inline]
    pub(crate) fn raw(&self) -> &[u8] {
        self.buffer.pending().get(..self.len).unwrap_or_default()
    }

    /// Where the current row is.
    #[inline]
    pub(crate) fn at(&self) -> At<'_> {
        At { position: self.position(), raw: Some(self.raw()) }
    }

    #[inline]
    pub(crate) fn position(&self) -> Position {
        Position { item: self.position.item, line: Some(self.line), byte: Some(self.byte) }
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
        self.position.item -= 1;
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
    fn too_long(&self, end: &impl RowEnd) -> ReadError {
        let quote = end.open_quote().map(|offset| Place::of(self.line, self.buffer.pending(), offset));
        self.error(Problem::TooLong { limit: self.max_line, quote })
    }

    fn error(&self, problem: Problem) -> ReadError {
        let mut position = self.position();
        position.item += 1;
        ReadError { name: self.name.clone(), position, problem }
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

/// Why nothing more can be read from a source, and where.
#[derive(Debug)]
pub struct ReadError {
    name: String,
    position: Position,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Io(io::Error),
    TooLong { limit: usize, quote: Option<Place> },
    NotOpen,
}

impl ReadError {
    /// A source that was asked for an item before it was opened.
    pub(crate) fn not_open(name: &str) -> Self {
        ReadError { name: name.to_owned(), position: Position::default(), problem: Problem::NotOpen }
    }

    /// Where the row starts that could not be read.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The cause, which the message already includes, if reading itself failed.
    pub fn cause(&self) -> Option<&io::Error> {
        match &self.problem {
            Problem::Io(cause) => Some(cause),
            Problem::TooLong { .. } | Problem::NotOpen => None,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReadError { name, position, problem } = self;
        match problem {
            Problem::Io(cause) => write!(f, "cannot read {name} at {position}: {cause}"),
            Problem::TooLong { limit, quote } => {
                write!(f, "{position} of {name} is longer than {limit} bytes")?;
                match quote {
                    Some(place) => write!(f, "; the quote opened at {place} is not closed"),
                    None => f.write_str("; `max_line` sets the limit"),
                }
            }
            Problem::NotOpen => write!(f, "{name} was not opened"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause()?.source()
    }
}
