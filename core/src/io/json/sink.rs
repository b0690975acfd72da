//! Writing a JSON array.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::BoxError;
use crate::io::file::Output;
use crate::io::finite::write_json;
use crate::io::{JsonWriteError, SinkError};
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// Writes all items as one JSON array, each element on a line of its own, to the file at `path`; `-` is standard output.
/// Without items it is `[]`. Floats that JSON has no number for are refused.
///
/// A regular file appears, or is replaced, only when the run succeeds. Pipes and devices are written as items come; if the
/// run fails, the array there is not closed.
///
/// ```
/// use millstream_core::io::json;
/// use millstream_core::sink::Sink;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("numbers.json");
/// let mut sink = json::sink(&path);
/// Sink::<u32>::open(&mut sink)?;
/// for n in [1_u32, 2] {
///     let _ = sink.write(n)?;
/// }
/// if let Some(mut commit) = Sink::<u32>::close(sink)?.commit {
///     commit.sync()?;
///     commit.publish()?;
/// }
/// assert_eq!(std::fs::read_to_string(&path)?, "[\n1,\n2\n]\n");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn sink(path: impl Into<PathBuf>) -> Json {
    Json { output: Output::new(path.into()), started: false }
}

/// A sink of one JSON array; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct Json {
    output: Output,
    /// Whether an element was written.
    started: bool,
}

#[cfg(test)]
impl Json {
    pub(in crate::io) fn with_faults(mut self, faults: crate::io::faults::Faults) -> Self {
        self.output = self.output.with_faults(faults);
        self
    }
}

impl Json {
    fn text(&mut self, text: &[u8]) -> Result<Flow, SinkError> {
        self.output.row(|out| {
            out.extend_from_slice(text);
            Ok(())
        })
    }
}

impl<T: Serialize> Sink<T> for Json {
    type Output = ();
    type Error = JsonWriteError;

    fn open(&mut self) -> Result<(), BoxError> {
        self.output.open()?;
        let _ = self.text(b"[")?;
        Ok(())
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, JsonWriteError> {
        let before: &[u8] = if self.started { b",\n" } else { b"\n" };
        let flow = self.output.row(|out| {
            out.extend_from_slice(before);
            write_json(out, &item)
        })?;
        self.started = true;
        Ok(flow)
    }

    fn is_broken(&self) -> bool {
        self.output.is_broken()
    }

    fn close(mut self) -> Result<Closed<()>, JsonWriteError> {
        let _ = self.text(if self.started { b"\n]\n" } else { b"]\n" })?;
        Ok(self.output.close()?)
    }
}
