//! Reading the elements of a JSON array.

use std::fmt;
use std::io::{Empty, Read};
use std::marker::PhantomData;

use crate::error::BoxError;
use crate::io::read::{FileSource, Format, Input, Problem, ReadError, Replayed, RowEnd, Rows};
use crate::record::{FromJson, Record, Scratch};

/// Reads a `T` from each element of the array in the file at `path`; `-` is standard input, and
/// [`files`](crate::io::files()), each with an array, are read one after the other.
///
/// Items borrow from the source's own buffer. An element that is not a `T` is rejected, and the next one is read. A file that
/// is not one array ends the run with an [`ArrayError`].
pub fn source<T: Record>(path: impl Into<Input>) -> JsonSource<T> {
    FileSource::new(path.into(), Elements::new())
}

/// Reads a `T` from each element of the array in `reader`, which errors and reports call `name`.
///
/// ```
/// use millstream_core::io::json;
/// # use millstream_core::record::{FromJson, Record};
/// # fn source<T: Record>() where for<'a> T::Of<'a>: FromJson<'a> {
/// let orders = json::from_reader::<T, _>("orders", r#"[{"id": 1}, {"id": 2}]"#.as_bytes()).max_item(1 << 10);
/// # }
/// ```
pub fn from_reader<T: Record, R: Read>(name: impl Into<String>, reader: R) -> JsonSource<T, R> {
    FileSource::new(Input::reader(name.into(), reader), Elements::new())
}

/// A source of records from a JSON array; made by [`source`] and [`from_reader`].
pub type JsonSource<T, R = Empty> = FileSource<Elements<T>, R>;

impl<T, R> JsonSource<T, R> {
    /// Sets the longest element that is read, in bytes (default [`DEFAULT_MAX_LINE`](crate::io::DEFAULT_MAX_LINE), 16 MiB). A
    /// longer one ends the run; memory stays within this and a chunk of 64 KiB.
    pub fn max_item(self, bytes: usize) -> Self {
        self.max_row(bytes)
    }
}

/// The format whose items are the elements of a JSON array, as records.
pub struct Elements<T> {
    scratch: Scratch,
    /// What comes next.
    next: Next,
    record: PhantomData<fn() -> T>,
}

impl<T> Elements<T> {
    fn new() -> Self {
        Elements { scratch: Scratch::default(), next: Next::First, record: PhantomData }
    }
}

impl<T: Record> Format for Elements<T>
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
    fn start<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<(), BoxError> {
        match rows.peek()? {
            Some(b'[') => rows.take_byte(),
            found => return Err(broken(rows, ArrayError::NotAnArray(found)).into()),
        }
        self.next = Next::First;
        Ok(())
    }

    fn resume(&mut self) {
        self.next = Next::Element;
    }

    #[allow(private_interfaces, reason = "formats are those of this crate")]
    fn advance<R: Read>(&mut self, rows: &mut Rows<R>) -> Result<Option<()>, ReadError> {
        match (rows.peek()?, self.next) {
            (None, _) => return Err(broken(rows, ArrayError::NotClosed)),
            (Some(_), Next::Element) => {}
            (Some(b']'), _) => {
                rows.take_byte();
                return match rows.peek()? {
                    None => Ok(None),
                    Some(found) => Err(broken(rows, ArrayError::Behind(found))),
                };
            }
            (Some(b','), Next::Comma) => {
                rows.take_byte();
                if let found @ (Some(b']' | b',') | None) = rows.peek()? {
                    return Err(broken(rows, found.map_or(ArrayError::NotClosed, ArrayError::NoElement)));
                }
            }
            (Some(found), Next::Comma) => return Err(broken(rows, ArrayError::NoComma(found))),
            (Some(b','), Next::First) => return Err(broken(rows, ArrayError::NoElement(b','))),
            (Some(_), Next::First) => {}
        }
        self.next = Next::Comma;
        let mut end = ElementEnd::default();
        if !rows.advance(&mut end)? || !end.found {
            rows.uncount();
            return Err(broken(rows, ArrayError::NotClosed));
        }
        let lines = memchr::memchr_iter(b'\n', rows.raw()).count();
        rows.spans(lines as u64);
        Ok(Some(()))
    }

    #[inline]
    fn item<'a>(&'a mut self, (): (), raw: &'a [u8]) -> Result<T::Of<'a>, Reject> {
        self.scratch.clear();
        T::Of::from_json(raw, &self.scratch).map_err(Reject::Record)
    }

    fn replay<'a>(&'a mut self, _name: &str, _head: Option<&[u8]>, raw: &'a [u8]) -> Replayed<T::Of<'a>, Reject> {
        Ok(self.item((), raw))
    }
}

/// What may come next in an array, unless it ends.
#[derive(Clone, Copy, Debug)]
enum Next {
    First,
    /// A comma, and then an element.
    Comma,
    /// An element that was read before.
    Element,
}

#[cold]
fn broken<R: Read>(rows: &Rows<R>, error: ArrayError) -> ReadError {
    rows.error(Problem::Structure(error.into()))
}

/// Finds where an element ends. It looks at brackets and strings alone: whether what is between is JSON is for the decoder.
#[derive(Debug, Default)]
struct ElementEnd {
    seen: usize,
    depth: usize,
    in_string: bool,
    /// The end is the element's own, not that of the file.
    found: bool,
}

impl RowEnd for ElementEnd {
    const LIMIT: &'static str = "max_item";

    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)> {
        let ended = self.look(bytes);
        let scalar = self.depth == 0 && !self.in_string;
        match ended {
            // What stands alone at the end of the file is an element, whose array is not closed.
            None if eof && scalar && !bytes.is_empty() => {
                self.found = true;
                Some((bytes.len(), bytes.len()))
            }
            None => None,
            Some(end) => {
                self.found = true;
                Some((end, end))
            }
        }
    }
}

impl ElementEnd {
    fn look(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(rest) = bytes.get(self.seen..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                let Some(i) = memchr::memchr2(b'"', b'\\', rest) else {
                    self.seen = bytes.len();
                    return None;
                };
                if rest[i] == b'\\' {
                    if i + 1 == rest.len() {
                        // What it escapes is still to come.
                        self.seen += i;
                        return None;
                    }
                    self.seen += i + 2;
                    continue;
                }
                self.seen += i + 1;
                self.in_string = false;
                if self.depth == 0 {
                    return Some(self.seen);
                }
                continue;
            }
            match rest[0] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => return Some(self.seen),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.seen += 1;
                        return Some(self.seen);
                    }
                }
                _ => {}
            }
            self.seen += 1;
        }
        None
    }
}

/// Why a file is not one JSON array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArrayError {
    /// It begins with something else than `[`; nothing if it is empty.
    NotAnArray(Option<u8>),
    /// An element is followed by this, and not by a comma or the end of the array.
    NoComma(u8),
    /// This stands where an element must be.
    NoElement(u8),
    /// The file ends inside the array.
    NotClosed,
    /// This follows the end of the array.
    Behind(u8),
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |byte: u8| byte.escape_ascii();
        match *self {
            ArrayError::NotAnArray(None) => f.write_str("the file is empty; an array begins with `[`"),
            ArrayError::NotAnArray(Some(b'{')) => {
                f.write_str("expected an array, which begins with `[`, found `{`; one value a line is `json_lines`")
            }
            ArrayError::NotAnArray(Some(byte)) => {
                write!(f, "expected an array, which begins with `[`, found `{}`", shown(byte))
            }
            ArrayError::NoComma(byte) => write!(f, "expected `,` or `]` behind an element, found `{}`", shown(byte)),
            ArrayError::NoElement(byte) => write!(f, "expected an element, found `{}`", shown(byte)),
            ArrayError::NotClosed => f.write_str("the file ends, but the array is not closed by `]`"),
            ArrayError::Behind(byte) => write!(f, "the array has ended, but `{}` follows", shown(byte)),
        }
    }
}

impl std::error::Error for ArrayError {}

/// Why an element was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reject {
    /// It is not JSON, or not the record's.
    Record(BoxError),
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Record(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Reject {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Reject::Record(cause) => cause.source(),
        }
    }
}
