//! Where rows end.

use memchr::{memchr, memchr3};

use super::index::{Index, Special, WINDOW};
use super::options::Dialect;
use crate::io::read::RowEnd;

/// Finds the ends of one row after another: by the index where that knows, else by looking at the row itself.
#[derive(Debug)]
pub(super) struct RowEnds {
    index: Index,
    /// How the last row was found.
    way: Way,
    /// Of the row that is being looked at or, if none is, of the last one that was.
    scan: Scan,
    scanning: bool,
}

/// How a row was found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// By the index; it has no quotes.
    Index,
    /// By the index; it has quotes.
    Quoted(Special),
    /// By looking at it.
    Scan,
}

impl RowEnds {
    /// Will look for rows of this dialect.
    pub(super) fn of(dialect: Dialect) -> Self {
        RowEnds { index: Index::of(dialect), way: Way::Scan, scan: Scan::of(dialect), scanning: false }
    }

    /// The next row is not the one behind the last.
    pub(super) fn reset(&mut self) {
        self.index.reset();
        (self.scan, self.scanning) = (Scan::of(self.scan.dialect), false);
    }

    #[inline]
    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// What is known of the last row if it was found by looking at it.
    pub(super) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// What is known of the last row if it was found by the index.
    #[inline]
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// The same as `find`, for what the index does not know yet, or does not know at all.
    #[inline(never)]
    fn look(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)> {
        while !self.scanning {
            if let Some(found) = self.index.next(bytes) {
                self.way = Way::Index;
                return Some(found);
            }
            if let Some((found, special)) = self.index.next_quoted(bytes) {
                self.way = Way::Quoted(special);
                return Some(found);
            }
            if !self.index.extend(bytes) {
                if !eof && bytes.len() < WINDOW {
                    return None;
                }
                self.index.give_up();
                (self.scan, self.scanning) = (Scan::of(self.scan.dialect), true);
            }
        }
        let found = self.scan.find(bytes, eof);
        match found {
            Some((_, taken)) => self.index.skip(taken),
            // All that is left is the last row.
            None if eof => self.index.reset(),
            None => return None,
        }
        (self.way, self.scanning) = (Way::Scan, false);
        found
    }
}

impl RowEnd for RowEnds {
    #[inline]
    fn find(&mut self, bytes: &[u8], eof: bool) -> Option<(usize, usize)> {
        if !self.scanning
            && let Some(found) = self.index.next(bytes)
        {
            self.way = Way::Index;
            return Some(found);
        }
        self.look(bytes, eof)
    }

    fn open_quote(&self) -> Option<usize> {
        self.index.open_quote().or_else(|| self.scan.open_quote())
    }
}

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
