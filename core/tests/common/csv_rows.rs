//! What a reader of CSV must see, by the csv crate. The fuzz target includes this file as it is.
//!
//! Four differences are deliberate, and only these are taken out: an empty line is a rejected row for us, unless it is the last,
//! where the csv crate passes over it; a quote that is never closed is a rejected row, where the csv crate takes the rest of the
//! file for a field; so is a row with text behind a closing quote, which the csv crate adds to the field; and a byte order mark is
//! skipped in files without a header, too.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each user has its part")]

use std::io::{self, Read};

use millstream_core::error::BoxError;
use millstream_core::io::csv::{self, Reject};
use millstream_core::record::{Extra, Field, FromRow, Layout, Path, Record, Row, Schema, Validate, Violations};
use millstream_core::source::Source;

/// Reads a text, at most so many bytes at a time.
pub struct Pieces<'a> {
    text: &'a [u8],
    at_a_time: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.at_a_time);
        self.text.read(&mut buffer[..most])
    }
}

/// A record of every field of a row of `N`.
pub struct All<const N: usize>(Vec<Vec<u8>>);

impl<const N: usize> Validate for All<N> {
    fn validate_at(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

impl<const N: usize> Record for All<N> {
    type Of<'a> = All<N>;
    const SCHEMA: &'static Schema = &Schema::new("All", "", A_AND_B.split_at(N).0, Extra::Refuse);
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

pub const A_AND_B: &[Field] = &[Field::new("a", "a", "", ""), Field::new("b", "b", "", "")];

impl<'a, const N: usize> FromRow<'a> for All<N> {
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError> {
        Ok(All((0..N).filter_map(|index| row.field(index)).map(<[u8]>::to_owned).collect()))
    }
}

/// A row as both readers must see it: its line, its first byte and its fields, or how many these are.
#[derive(Debug, PartialEq)]
pub enum Seen {
    Fields(u64, Vec<Vec<u8>>),
    Count(usize),
    /// Text follows a closing quote of the row at this byte.
    AfterQuote(u64),
}

/// What stands between fields, what encloses them, and whether there is a header.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    pub header: bool,
}

pub const RFC: Dialect = Dialect { delimiter: b',', quote: b'"', header: true };

pub fn ours<const N: usize>(text: &[u8], at_a_time: usize, dialect: Dialect) -> (Vec<Seen>, Vec<u8>, bool) {
    let source = csv::from_reader::<All<N>, _>("in.csv", Pieces { text, at_a_time });
    let mut source = source.delimiter(dialect.delimiter).quote(dialect.quote).header(dialect.header);
    if !dialect.header {
        source = source.columns(A_AND_B.split_at(N).0.iter().map(|field| field.name));
    }
    source.open().unwrap();
    let (mut seen, mut raws, mut open) = (Vec::new(), Vec::new(), false);
    while let Some((item, at)) = source.next().unwrap() {
        let byte = at.position.byte.unwrap();
        let raw = at.raw.unwrap();
        let start = usize::try_from(byte).unwrap();
        assert_eq!(&text[start..start + raw.len()], raw, "the raw bytes are the source's");
        raws.extend_from_slice(raw);
        match item {
            Ok(All(fields)) => seen.push(Seen::Fields(byte, fields)),
            Err(Reject::Fields(why)) => seen.push(Seen::Count(why.split(' ').next().unwrap().parse().unwrap())),
            Err(Reject::OpenQuote { .. }) => open = true,
            Err(Reject::AfterQuote { .. }) => seen.push(Seen::AfterQuote(byte)),
            Err(Reject::Blank) => {}
            Err(reject) => panic!("{reject}"),
        }
    }
    (seen, raws, open)
}

pub fn theirs<const N: usize>(text: &[u8], dialect: Dialect) -> Vec<Seen> {
    let Dialect { delimiter, quote, header } = dialect;
    let mut reader = ::csv::ReaderBuilder::new();
    let reader = reader.flexible(true).delimiter(delimiter).quote(quote).has_headers(header);
    let mut reader = reader.from_reader(text);
    let mut seen = Vec::new();
    for record in reader.byte_records() {
        let record = record.unwrap();
        // The position is where the previous row ended: empty lines and the `\n` of `\r\n` lie before the row itself.
        let mut start = usize::try_from(record.position().unwrap().byte()).unwrap();
        while matches!(text.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        seen.push(match record.len() {
            _ if goes_on_behind_a_quote(&text[start..], dialect) => Seen::AfterQuote(start as u64),
            n if n == N => Seen::Fields(start as u64, record.iter().map(<[u8]>::to_owned).collect()),
            n => Seen::Count(n),
        });
    }
    seen
}

/// Whether text follows a closing quote of the row that `text` starts with. The csv crate does not say, so it is read byte by byte.
fn goes_on_behind_a_quote(text: &[u8], Dialect { delimiter, quote, .. }: Dialect) -> bool {
    #[derive(Clone, Copy)]
    enum In {
        Start,
        Plain,
        Quoted,
        /// Behind a quote in a quoted field.
        Quote,
    }
    let mut at = In::Start;
    for byte in text.iter().copied() {
        let ends = byte == b'\n' || byte == b'\r';
        at = match at {
            In::Quoted if byte == quote => In::Quote,
            In::Quoted => In::Quoted,
            In::Start | In::Quote if byte == quote => In::Quoted,
            In::Start | In::Plain | In::Quote if ends => return false,
            In::Start | In::Plain | In::Quote if byte == delimiter => In::Start,
            In::Quote => return true,
            In::Start | In::Plain => In::Plain,
        };
    }
    false
}

pub fn compare<const N: usize>(body: &[u8], at_a_time: usize, dialect: Dialect) {
    let header = match (dialect.header, N) {
        (false, _) => Vec::new(),
        (true, 1) => b"a\n".to_vec(),
        (true, _) => vec![b'a', dialect.delimiter, b'b', b'\n'],
    };
    let text = [&header, body].concat();
    let (ours, raws, open) = ours::<N>(&text, at_a_time, dialect);
    let mut theirs = theirs::<N>(&text, dialect);
    if open {
        theirs.pop();
    }
    assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&text));
    // Every byte is in some row, but for line ends.
    let no_ends = |bytes: &[u8]| bytes.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect::<Vec<_>>();
    assert_eq!(no_ends(&raws), no_ends(body));
}

/// Compares a file that any bytes describe: the first three say how it is read.
pub fn compare_any(bytes: &[u8]) {
    let [delimiter, quote, how, body @ ..] = bytes else { return };
    let pick = |from: &[u8], by: u8| from[usize::from(by) % from.len()];
    let dialect =
        Dialect { delimiter: pick(b",;\t| ~\x01\0", *delimiter), quote: pick(b"\"'`$", *quote), header: how & 1 == 0 };
    // A mark at the start of such a file is one of the differences.
    if !dialect.header && body.starts_with(b"\xEF\xBB\xBF") {
        return;
    }
    let at_a_time = [1, 2, 7, 63, 64, 65, 8191, 8192, 8193, 1 << 20][usize::from(how >> 1) % 10];
    compare::<1>(body, at_a_time, dialect);
    compare::<2>(body, at_a_time, dialect);
}
