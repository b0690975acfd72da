//! Where the rows and fields of the next bytes begin and end, found for many rows at once.

use super::fields::Split;
use super::marks::{BLOCK, Marks};
use super::options::Dialect;

/// How many bytes are looked at ahead: few enough to be in the nearest cache still, with what is known of them, when their rows
/// are read.
pub(super) const WINDOW: usize = 8 << 10;

/// Delimiters and stops of a window of the input. A stop is a line end, or a quote, whatever it means; so a row whose first
/// stop is a line end has no quotes, and its fields lie between its marks.
///
/// Offsets count from the start of the window, which is the start of a row.
#[derive(Debug)]
pub(super) struct Index {
    dialect: Dialect,
    /// Where delimiters and stops are. In front of them is one for the line end before the window, so that each field lies
    /// between two marks, and behind them one that is nowhere.
    marks: Vec<usize>,
    marked: usize,
    /// Which of the marks are stops, and behind them the mark that is nowhere.
    stops: Vec<usize>,
    stopped: usize,
    /// How many bytes have been looked at.
    seen: usize,
    row: Row,
    found: Found,
    /// What encloses each of its fields, if it has quotes.
    pairs: Vec<[usize; 2]>,
    /// Where a quote is open in the current row, from its start on, as far as is known.
    open_quote: Option<usize>,
}

/// The current row: where it starts, the mark before it, and which of the stops is its first.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    start: usize,
    mark: usize,
    stop: usize,
}

/// The row found last.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    start: usize,
    /// If it has no quotes, the mark before it and the one at its end: its fields lie between them.
    before: usize,
    end: usize,
}

/// What a row with quotes has beside them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Special {
    /// Some field is not just what lies between two quotes or two delimiters: it has a quote in it, or goes on behind one.
    pub(super) escapes: bool,
    /// Line ends, or what looks like them.
    pub(super) breaks: bool,
}

impl Index {
    /// Knows nothing yet.
    pub(super) fn of(dialect: Dialect) -> Self {
        let (row, found) = (Row::default(), Found::default());
        Index {
            dialect,
            marks: Vec::new(),
            marked: 0,
            stops: Vec::new(),
            stopped: 0,
            seen: 0,
            row,
            found,
            pairs: Vec::new(),
            open_quote: None,
        }
    }

    /// Starts a window at the next byte.
    pub(super) fn reset(&mut self) {
        if self.marks.is_empty() {
            self.marks = vec![0; 1 + WINDOW + BLOCK];
            self.stops = vec![0; WINDOW + BLOCK];
        }
        (self.marked, self.stopped, self.seen) = (0, 0, 0);
        (self.row, self.open_quote) = (Row::default(), None);
        self.push_mark(usize::MAX);
        self.close();
    }

    fn push_mark(&mut self, at: usize) {
        self.marks[self.marked] = at;
        self.marked += 1;
    }

    fn close(&mut self) {
        self.marks[self.marked] = usize::MAX;
        self.stops[self.stopped] = self.marked;
    }

    /// The length of the row that `bytes` start with, and of the row with its line's end; the index then goes on to the next
    /// row. `None` if the end is not known, or a quote comes before it.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        let Row { start, mark: before, stop } = self.row;
        let end = *self.stops.get(stop)?;
        let len = *self.marks.get(end)? - start;
        let taken = match bytes.get(len)? {
            b'\n' => len + 1,
            b'\r' => len + 1 + usize::from(*bytes.get(len + 1)? == b'\n'),
            _ => return None,
        };
        self.found = Found { start, before, end };
        self.row = Row { start: start + taken, mark: end, stop: stop + 1 };
        if taken == len + 2 {
            self.skip_stops();
        }
        Some((len, taken))
    }

    /// The fields of the row that [`next`](Index::next) found, which is `raw`.
    #[inline]
    pub(super) fn fields<'a>(&'a self, raw: &'a [u8]) -> Split<'a> {
        let Found { start, before, end } = self.found;
        Split::between(raw, self.marks.get(before..end + 1).unwrap_or_default(), start)
    }

    /// The same as [`next`](Index::next) for a row that has quotes, and what is special about it.
    pub(super) fn next_quoted(&mut self, bytes: &[u8]) -> Option<((usize, usize), Special)> {
        let Index { dialect: Dialect { delimiter, quote }, row: Row { start, mark, .. }, .. } = *self;
        if start >= self.seen {
            // Marks are of rows before.
            return None;
        }
        let mut special = Special::default();
        let (mut field, mut open, mut close) = (start, false, None);
        self.pairs.clear();
        self.open_quote = None;
        let mut marks = self.marks.get(mark + 1..self.marked)?.iter().copied().peekable();
        while let Some(at) = marks.next() {
            let byte = *bytes.get(at - start)?;
            if open && byte != quote {
                special.breaks |= byte != delimiter;
            } else if open && *bytes.get(at + 1 - start)? == quote {
                special.escapes = true;
                // Were it not known yet, the row's end would not be either.
                marks.next_if_eq(&(at + 1))?;
            } else if open {
                (open, close) = (false, Some(at));
                self.open_quote = None;
            } else if byte == quote {
                // A quote opens a field only at its start; elsewhere it stands for itself.
                open = at == field;
                self.open_quote = open.then_some(at - start);
            } else {
                special.escapes |= close.is_some_and(|close| close + 1 != at);
                self.pairs.push(match close {
                    Some(close) => [field, close],
                    None => [field.wrapping_sub(1), at],
                });
                (field, close) = (at + 1, None);
                if byte != delimiter {
                    let more = byte == b'\r' && *bytes.get(field - start)? == b'\n';
                    let (len, taken) = (at - start, field - start + usize::from(more));
                    self.found.start = start;
                    self.skip(taken);
                    return Some(((len, taken), special));
                }
            }
        }
        None
    }

    /// The fields of the row that [`next_quoted`](Index::next_quoted) found, which is `raw`, if it has no escapes.
    pub(super) fn quoted_fields<'a>(&'a self, raw: &'a [u8]) -> Split<'a> {
        Split::within(raw, &self.pairs, self.found.start)
    }

    /// Where a quote is open in the current row, when [`next_quoted`](Index::next_quoted) did not find its end.
    pub(super) fn open_quote(&self) -> Option<usize> {
        self.open_quote
    }

    /// The current row is looked at without the index, which no longer knows what is open in it.
    pub(super) fn give_up(&mut self) {
        self.open_quote = None;
    }

    /// Goes on `taken` bytes behind the start of the current row, where the next one starts.
    pub(super) fn skip(&mut self, taken: usize) {
        self.row.start += taken;
        self.open_quote = None;
        self.skip_stops();
    }

    /// Passes the stops before the current row. The last byte of a row is a stop, so the last of them is the mark before the
    /// row, unless the row starts behind all that was seen.
    #[inline]
    fn skip_stops(&mut self) {
        let Row { start, mark, stop } = &mut self.row;
        while let Some(next) = self.stops.get(*stop)
            && self.marks.get(*next).is_some_and(|at| at < start)
        {
            *mark = *next;
            *stop += 1;
        }
    }

    /// Looks at more of `bytes`, which start with the current row; `false` if there are none, or a window is full of them.
    pub(super) fn extend(&mut self, bytes: &[u8]) -> bool {
        if self.row.start != 0 || self.marks.is_empty() {
            self.reset();
        }
        let window = bytes.get(..WINDOW).unwrap_or(bytes);
        let new = window.get(self.seen..).unwrap_or_default();
        let (blocks, rest) = new.as_chunks::<BLOCK>();
        for block in blocks {
            self.add(Marks::of(block, self.dialect));
        }
        if !rest.is_empty() {
            self.add(Marks::of_part(rest, self.dialect));
        }
        self.seen = window.len();
        self.close();
        !new.is_empty()
    }

    #[inline]
    fn add(&mut self, Marks { mut all, stops: ends }: Marks) {
        let marks = self.marks.get_mut(self.marked..).and_then(<[usize]>::first_chunk_mut::<BLOCK>);
        let stops = self.stops.get_mut(self.stopped..).and_then(<[usize]>::first_chunk_mut::<BLOCK>);
        let (Some(marks), Some(stops)) = (marks, stops) else { return };
        let (mut marked, mut stopped) = (0, 0);
        while all != 0 {
            let bit = all.trailing_zeros();
            marks[marked % BLOCK] = self.seen + bit as usize;
            // Always written, and kept if it is one: nothing for the processor to guess.
            stops[stopped % BLOCK] = self.marked + marked;
            stopped += usize::from(ends >> bit & 1 == 1);
            marked += 1;
            all &= all - 1;
        }
        self.marked += marked;
        self.stopped += stopped;
        self.seen += BLOCK;
    }
}
