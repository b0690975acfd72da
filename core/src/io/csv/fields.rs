//! The fields of a row.

use memchr::{memchr, memchr_iter};

use super::options::Dialect;

/// The fields of one row, in place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split<'a> {
    text: &'a [u8],
    /// What stands before a field and what stands behind it, one byte each; one mark is both unless fields have their own.
    marks: &'a [usize],
    /// From one field's marks to the next one's.
    step: usize,
    /// What an offset of a mark is at the start of `text`.
    start: usize,
    count: usize,
}

impl<'a> Split<'a> {
    /// Fields that lie between these marks.
    #[inline]
    pub(super) fn between(text: &'a [u8], marks: &'a [usize], start: usize) -> Self {
        Split { text, marks, step: 1, start, count: marks.len().saturating_sub(1) }
    }

    /// Fields that have a pair of marks each.
    #[inline]
    pub(super) fn within(text: &'a [u8], pairs: &'a [[usize; 2]], start: usize) -> Self {
        Split { text, marks: pairs.as_flattened(), step: 2, start, count: pairs.len() }
    }

    /// How many fields there are, here or not.
    #[inline]
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// The text of the `column`-th field.
    #[inline]
    pub(super) fn get(self, column: usize) -> Option<&'a [u8]> {
        let [before, behind] = *self.marks.get(column * self.step..)?.first_chunk()?;
        self.text.get(before.wrapping_add(1).wrapping_sub(self.start)..behind.wrapping_sub(self.start))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..).map_while(move |column| self.get(column))
    }
}

/// Something stands between the closing quote of a field and what ends the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The index of the field.
    pub(super) field: usize,
    /// Where it stands in the row.
    pub(super) offset: usize,
}

/// Splits rows one by one, and takes their quotes away.
#[derive(Debug)]
pub(super) struct Fields {
    dialect: Dialect,
    /// What a [`Split`] lies between.
    marks: Vec<usize>,
    /// How many fields are kept; a row of commas must not take many times its own size.
    most: usize,
    count: usize,
    unquoted: Vec<u8>,
    copied: bool,
}

impl Fields {
    /// Will keep the first `most` fields of each row, and count the others.
    pub(super) fn of(most: usize, dialect: Dialect) -> Self {
        Fields { dialect, marks: Vec::new(), most, count: 0, unquoted: Vec::new(), copied: false }
    }

    /// Ends a field.
    #[inline]
    fn mark(&mut self, end: usize) {
        self.count += 1;
        if self.marks.len() <= self.most {
            self.marks.push(end);
        }
    }

    /// Splits a row that [`Scan`](super::rows::Scan) found.
    ///
    /// # Errors
    /// When there is a [`Tail`]: with it, two texts would be the same field. Nothing is known of the row then.
    pub(super) fn split(&mut self, raw: &[u8], has_quotes: bool) -> Result<(), Tail> {
        self.marks.clear();
        self.marks.push(usize::MAX);
        self.count = 0;
        self.copied = has_quotes;
        if has_quotes {
            return self.unquote(raw);
        }
        for delimiter in memchr_iter(self.dialect.delimiter, raw) {
            self.mark(delimiter);
        }
        self.mark(raw.len());
        Ok(())
    }

    fn unquote(&mut self, raw: &[u8]) -> Result<(), Tail> {
        let Dialect { delimiter, quote } = self.dialect;
        self.unquoted.clear();
        let mut rest = raw;
        loop {
            if let Some(quoted) = rest.strip_prefix(&[quote]) {
                rest = self.take_quoted(quoted);
                if rest.first().is_some_and(|next| *next != delimiter) {
                    return Err(Tail { field: self.count, offset: raw.len() - rest.len() });
                }
            }
            let end = memchr(delimiter, rest).unwrap_or(rest.len());
            self.unquoted.extend_from_slice(&rest[..end]);
            self.mark(self.unquoted.len());
            match rest.get(end + 1..) {
                Some(next) => rest = next,
                None => return Ok(()),
            }
            self.unquoted.push(delimiter);
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

    /// The fields of the row that was split last, which is `raw`: those that are kept, and the number of all.
    pub(super) fn of_row<'a>(&'a self, raw: &'a [u8]) -> Split<'a> {
        let text = if self.copied { &self.unquoted } else { raw };
        Split { count: self.count, ..Split::between(text, &self.marks, 0) }
    }
}
