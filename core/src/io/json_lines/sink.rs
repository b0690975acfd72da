//! Writing JSON lines.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::BoxError;
use crate::io::JsonWriteError as WriteError;
use crate::io::file::Output;
use crate::io::finite::write_json;
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// Writes each item as one line of JSON to the file at `path`; `-` is standard output. An item with a float that JSON has no number
/// for, NaN or an infinity, is refused.
///
/// A regular file appears, or is replaced, only when the run succeeds. Pipes and devices are written as items come. Letters
/// that are sent again are added to what the file holds.
pub fn sink(path: impl Into<PathBuf>) -> JsonLines {
    JsonLines { output: Output::new(path.into()) }
}

/// A sink of JSON lines; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct JsonLines {
    output: Output,
}

#[cfg(test)]
impl JsonLines {
    pub(in crate::io) fn with_faults(mut self, faults: crate::io::faults::Faults) -> Self {
        self.output = self.output.with_faults(faults);
        self
    }
}

impl<T: Serialize> Sink<T> for JsonLines {
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
        Ok(self.output.open()?)
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, WriteError> {
        self.output.row(|line| {
            write_json(line, &item)?;
            line.push(b'\n');
            Ok(())
        })
    }

    fn is_broken(&self) -> bool {
        self.output.is_broken()
    }

    fn close(self) -> Result<Closed<()>, WriteError> {
        Ok(self.output.close()?)
    }
}
