//! Writing rows.

use std::io;
use std::path::PathBuf;

use serde::Serialize;

use super::encode::{Header, RowSerializer, WriteError};
use super::options::{OptionError, Options};
use super::replay::first_row;
use crate::error::BoxError;
use crate::io::file::Output;
use crate::io::{RecordSink, SinkError};
use crate::record::{Record, Schema};
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// Writes each item as one row to the file at `path`; `-` is standard output. The names of the first item's fields are the
/// header; tuples have none. In a pipeline, a sink of records that gets no item writes the header of the record. Floats that are no
/// numbers are `NaN`, `inf` and `-inf`, which the source reads back unless the field has a `range` or is `finite`.
///
/// A regular file appears, or is replaced, only when the run succeeds. Pipes and devices are written as items come. Letters
/// that are sent again are added to what the file holds, which must have the same columns.
pub fn sink(path: impl Into<PathBuf>) -> Csv {
    Csv { output: Output::new(path.into()), options: Options::default(), header: Header::default(), items: None }
}

/// A sink of CSV; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct Csv {
    output: Output,
    options: Options,
    header: Header,
    /// What the items are, if they are records.
    items: Option<&'static Schema>,
}

impl Csv {
    #[cfg(test)]
    pub(in crate::io) fn with_faults(mut self, faults: crate::io::faults::Faults) -> Self {
        self.output = self.output.with_faults(faults);
        self
    }

    /// Takes the header from the schema of `T`, so that it is written even when no item comes.
    pub fn columns_of<T: Record>(mut self) -> Self {
        self.header.set(T::SCHEMA);
        self
    }

    /// Sets what stands between fields: one ASCII character, as a `char` or a byte (default `,`). Letters, digits, `+`, `-`,
    /// `.` and line ends are refused.
    pub fn delimiter(mut self, delimiter: impl Into<char>) -> Self {
        self.options.delimiter = delimiter.into();
        self
    }

    /// Sets what encloses a field that holds delimiters, quotes or line ends (default `"`); the same characters are refused.
    pub fn quote(mut self, quote: impl Into<char>) -> Self {
        self.options.quote = quote.into();
        self
    }

    /// Whether the names of the columns are written before the first row (default `true`).
    pub fn header(mut self, header: bool) -> Self {
        self.header.written = header;
        self
    }

    #[doc(hidden)]
    /// The same, if its options can be right.
    ///
    /// # Errors
    /// When they cannot.
    pub fn checked(mut self) -> Result<Self, OptionError> {
        self.header.dialect = self.options.dialect()?;
        Ok(self)
    }
}

impl RecordSink for Csv {
    /// If no item comes, the header is that of `schema`. If items come, it is what they serialize to.
    fn expect_items_of(&mut self, schema: Option<&'static Schema>) {
        self.items = schema;
    }
}

impl<T: Serialize> Sink<T> for Csv {
    type Output = ();
    type Error = WriteError;
    const MAY_END: bool = false;

    fn append(&mut self) -> Result<(), BoxError> {
        self.output.append();
        Ok(())
    }

    fn is_transactional(&self) -> bool {
        self.output.is_transactional()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.header.dialect = self.options.dialect()?;
        self.output.open()?;
        if self.output.appends() {
            let target = self.output.target().map_err(|error| self.output.error("add to", error))?;
            let first = target.map(|file| first_row(file, self.header.dialect)).transpose().map_err(io::Error::other);
            let followed = first.and_then(|first| self.header.follow(first.flatten(), self.items));
            followed.map_err(|error| self.output.error("add to", error))?;
        }
        let header = &mut self.header;
        let _ = self.output.row(|row| {
            header.write(row);
            Ok::<_, SinkError>(())
        })?;
        Ok(())
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, WriteError> {
        let header = &mut self.header;
        self.output.row(|row| item.serialize(RowSerializer::new(row, header)))
    }

    fn is_broken(&self) -> bool {
        self.output.is_broken()
    }

    fn close(mut self) -> Result<Closed<()>, WriteError> {
        if let Some(schema) = self.items.filter(|_| !self.header.is_known()) {
            self.header.set(schema);
            let header = &self.header;
            let _ = self.output.row(|row| {
                header.write(row);
                Ok::<_, SinkError>(())
            })?;
        }
        Ok(self.output.close()?)
    }
}
