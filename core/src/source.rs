//! Where items come from.

pub(crate) mod in_memory;

use std::convert::Infallible;

use crate::error::BoxError;
use crate::resource::Resources;

/// Yields items one at a time; an item may borrow from the source until the next one is asked for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source: a pipeline starts with one",
    label = "this is not a source",
    note = "start with `csv::<T>(path)`, `json_lines::<T>(path)` or `from_iter(values)`"
)]
pub trait Source {
    /// One item.
    type Item<'a>
    where
        Self: 'a;
    /// Why one item is rejected while others may still follow; [`Infallible`] when none is.
    type Reject: Into<BoxError>;
    /// Why nothing more can be read; [`Infallible`] when that cannot happen.
    type Error: Into<BoxError>;

    /// What the source is called in errors and reports: a file's name, or what it reads from.
    fn name(&self) -> String;

    /// Takes what it shares with others; called once, before [`open`](Source::open).
    ///
    /// # Errors
    /// When something that it needs is missing; the run then fails before anything is opened.
    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        let _ = resources;
        Ok(())
    }

    /// Opens the source; called once, before the first item.
    ///
    /// # Errors
    /// When there is nothing to read from: a missing file, a wrong header.
    fn open(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    /// The next item with its position, or `None` at the end. Not called again after `None` or an error.
    ///
    /// # Errors
    /// When nothing more can be read.
    fn next(&mut self) -> Result<Option<(Result<Self::Item<'_>, Self::Reject>, At<'_>)>, Self::Error>;

    /// How many items are still to come: at least, and at most where that is known.
    fn size_hint(&self) -> (u64, Option<u64>) {
        (0, None)
    }

    /// Goes to a place that [`next`](Source::next) has given, in this or in an earlier run over the same data: the item from
    /// there comes next. Called after [`open`](Source::open).
    ///
    /// # Errors
    /// When it cannot: unless it says otherwise, a source only goes forward.
    fn seek(&mut self, position: Position) -> Result<(), BoxError> {
        Err(format!("{} cannot go to {position}: it only goes forward", self.name()).into())
    }

    /// What stands in front of the items and is needed to read one alone: the header of a CSV file, with the line's end left
    /// out. A dead letter keeps it beside the item's raw bytes.
    fn head(&self) -> Option<&[u8]> {
        None
    }

    /// Reads an item again from its raw bytes, and from what [`head`](Source::head) said then. Called on a source that is not
    /// open: what it once read from may be gone.
    ///
    /// # Errors
    /// When it cannot: unless it says otherwise, a source reads items only from where they are.
    fn replay<'a>(
        &'a mut self,
        head: Option<&[u8]>,
        raw: &'a [u8],
    ) -> Result<Result<Self::Item<'a>, Self::Reject>, BoxError> {
        let _ = (head, raw);
        Err(format!("{} cannot read an item again from its raw bytes", self.name()).into())
    }
}

/// Where an item came from.
#[derive(Clone, Copy, Debug, Default)]
pub struct At<'a> {
    /// Its place in the source.
    pub position: Position,
    /// The bytes it was read from, without the line's end, if the source has them.
    pub raw: Option<&'a [u8]>,
    /// The file it was read from, where a source reads several; `None` stands for the source's own name.
    pub file: Option<&'a str>,
    /// What stands in front of the items of `file`, as [`head`](Source::head) says it of a source.
    pub head: Option<&'a [u8]>,
}

impl At<'_> {
    /// Nowhere that the source says.
    pub(crate) const UNKNOWN: Self = At { position: Position::of_item(0), raw: None, file: None, head: None };
}

/// A place in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Which item, from 1; 0 at the end of the source. A source that counts its items from the first one may leave 0 here:
    /// the chain counts them.
    pub item: u64,
    /// Which line the item starts at, from 1, where the source has lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The offset of the item's first byte, where the source has bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
}

impl Position {
    /// The position of the `item`-th item, from 1, of a source that has neither lines nor bytes.
    pub const fn of_item(item: u64) -> Self {
        Position { item, line: None, byte: None }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.item, self.line) {
            (0, _) => f.write_str("the end"),
            (item, None) => write!(f, "item {item}"),
            (_, Some(line)) => write!(f, "line {line}"),
        }
    }
}

/// A source over anything that iterates; made by `from_iter`. `WAITS` says whether its items may be waited for: in a pipeline it
/// is `false` over those iterators of the standard library whose items are in memory, or are counted.
#[derive(Debug, Clone)]
pub struct FromIter<I, const WAITS: bool = true> {
    items: I,
}

/// The items of `items`, in order.
pub fn from_iter<I: IntoIterator>(items: I) -> FromIter<I::IntoIter> {
    FromIter { items: items.into_iter() }
}

impl<I: Iterator, const WAITS: bool> Source for FromIter<I, WAITS> {
    type Item<'a>
        = I::Item
    where
        Self: 'a;
    type Reject = Infallible;
    type Error = Infallible;

    fn name(&self) -> String {
        "from_iter".to_owned()
    }

    #[inline(always)]
    fn next(&mut self) -> Result<Option<(Result<I::Item, Infallible>, At<'_>)>, Infallible> {
        match self.items.next() {
            Some(item) => Ok(Some((Ok(item), At::UNKNOWN))),
            None => Ok(None),
        }
    }
}
