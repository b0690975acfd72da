//! Where rows and fields begin and end: the one place that parses CSV.

use memchr::{memchr, memchr_iter, memchr3};

use super::options::Dialect;
use crate::io::read::RowEnd;

/// Finds the end of a row: a line break that is not inside quotes.
#[derive(Debug)]
pub(super) struct Scan {
    dialect: Dialect,
    /// How far the row has been looked at.
    seen: usize,
    quoted: bool,
    /// Where the last quoted field opened.
    opened: Option<usize>,
}

impl Scan {
    /// Will look for rows of this dialect.
    #[inline]
    pub(super) fn of(dialect: Dialect) -> Self {
        Scan { dialect, seen: 0, quoted: false, opened: None }
    }

    /// Whether any field is quoted.
    #[inline]
    pub(super) fn has_quotes(&self) -> bool {
        self.opened.is_some()
    }
}

impl RowEnd for Scan {
    #[inline]
    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)> {
        let Dialect { delimiter, quote: mark } = self.dialect;
        loop {
            let rest = bytes.get(self.seen..)?;
            if self.quoted {
                let Some(quote) = memchr(mark, rest).map(|i| self.seen + i) else {
                    self.seen = bytes.len();
                    return None;
                };
                match bytes.get(quote + 1) {
                    Some(byte) if *byte == mark => self.seen = quote + 2,
                    None if !eof => {
                        self.seen = quote;
                        return None;
                    }
                    _ => {
                        self.quoted = false;
                        self.seen = quote + 1;
                    }
                }
                continue;
            }
            let Some(i) = memchr3(b'\n', b'\r', mark, rest).map(|i| self.seen + i) else {
                self.seen = bytes.len();
                return None;
            };
            match bytes[i] {
                b'\n' => return Some((i, i + 1)),
                b'\r' => match bytes.get(i + 1) {
                    Some(b'\n') => return Some((i, i + 2)),
                    None if !eof => {
                        self.seen = i;
                        return None;
                    }
                    _ => return Some((i, i + 1)),
                },
                _ => {
                    // A quote opens a field only at its start; elsewhere it stands for itself.
                    if i == 0 || bytes[i - 1] == delimiter {
                        self.quoted = true;
                        self.opened = Some(i);
                    }
                    self.seen = i + 1;
                }
            }
        }
    }

    #[inline]
    fn open_quote(&self) -> Option<usize> {
        if self.quoted { self.opened } else { None }
    }
}

/// The fields of one row: ranges of the row itself, or of a copy without quotes if it has any.
#[derive(Debug)]
pub(super) struct Fields {
    dialect: Dialect,
    bounds: Vec<(usize, usize)>,
    /// How many bounds are kept; a row of commas must not take many times its own size.
    most: usize,
    count: usize,
    unquoted: Vec<u8>,
    copied: bool,
}

impl Fields {
    /// Will keep the first `most` fields of each row, and count the others.
    pub(super) fn of(most: usize, dialect: Dialect) -> Self {
        Fields { dialect, bounds: Vec::new(), most, count: 0, unquoted: Vec::new(), copied: false }
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize) {
        self.count += 1;
        if self.bounds.len() < self.most {
            self.bounds.push((start, end));
        }
    }

    /// Splits a row that [`Scan`] found.
    #[inline]
    pub(super) fn split(&mut self, raw: &[u8], has_quotes: bool) {
        self.bounds.clear();
        self.count = 0;
        self.copied = has_quotes;
        if has_quotes {
            self.unquote(raw);
            return;
        }
        let mut start = 0;
        for comma in memchr_iter(self.dialect.delimiter, raw) {
            self.push(start, comma);
            start = comma + 1;
        }
        self.push(start, raw.len());
    }

    fn unquote(&mut self, raw: &[u8]) {
        let Dialect { delimiter, quote } = self.dialect;
        self.unquoted.clear();
        let mut rest = raw;
        loop {
            let start = self.unquoted.len();
            if let Some(quoted) = rest.strip_prefix(&[quote]) {
                rest = self.take_quoted(quoted);
            }
            // What follows a closing quote stands for itself.
            let end = memchr(delimiter, rest).unwrap_or(rest.len());
            self.unquoted.extend_from_slice(&rest[..end]);
            self.push(start, self.unquoted.len());
            match rest.get(end + 1..) {
                Some(next) => rest = next,
                None => return,
            }
        }
    }

    /// Copies up to the closing quote and gives what follows it.
    fn take_quoted<'r>(&mut self, mut rest: &'r [u8]) -> &'r [u8] {
        let mark = self.dialect.quote;
        while let Some(quote) = memchr(mark, rest) {
            self.unquoted.extend_from_slice(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix(&[mark]) {
                Some(next) => {
                    self.unquoted.push(mark);
                    rest = next;
                }
                None => return rest,
            }
        }
        self.unquoted.extend_from_slice(rest);
        &[]
    }

    /// How many fields the row has.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The text of the `column`-th field of the row `raw` that was split last.
    #[inline]
    pub(super) fn get<'a>(&'a self, raw: &'a [u8], column: usize) -> Option<&'a [u8]> {
        let (start, end) = *self.bounds.get(column)?;
        let text = if self.copied { &self.unquoted } else { raw };
        text.get(start..end)
    }

    pub(super) fn iter<'a>(&'a self, raw: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        (0..self.bounds.len()).filter_map(move |column| self.get(raw, column))
    }
}
