//! Writing a JSON array.

use std::io::{self, BufReader, ErrorKind, Read};
use std::path::PathBuf;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::error::BoxError;
use crate::io::file::Output;
use crate::io::finite::write_json;
use crate::io::{JsonWriteError, SinkError};
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// How much of a file is copied at a time.
const CHUNK: usize = 64 << 10;

/// Writes all items as one JSON array, each element on a line of its own, to the file at `path`; `-` is standard output.
/// Without items it is `[]`. Floats that JSON has no number for are refused.
///
/// A regular file appears, or is replaced, only when the run succeeds. Pipes and devices are written as items come; if the
/// run fails, the array there is not closed. Letters that are sent again become elements of the array in the file.
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
    Json { output: Output::new(path.into()), started: false, opened: false }
}

/// A sink of one JSON array; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct Json {
    output: Output,
    /// Whether an element was written.
    started: bool,
    /// Whether the start of the array was, as that of another is written again.
    opened: bool,
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

impl Json {
    /// Writes what the target holds again, up to the end of its array.
    fn reopen(&mut self) -> io::Result<()> {
        let Some(target) = self.output.target()? else { return Ok(()) };
        let Array { length, empty } = array(target)?;
        let Some(target) = self.output.target()? else { return Ok(()) };
        let (mut target, mut chunk) = (target.take(length), vec![0; CHUNK]);
        loop {
            let read = match target.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let _ = self.text(&chunk[..read]).map_err(io::Error::other)?;
        }
        (self.opened, self.started) = (true, !empty);
        Ok(())
    }
}

/// An array that can be added to.
#[derive(Debug, PartialEq)]
struct Array {
    /// The bytes up to the white space before its end.
    length: u64,
    /// Whether it has no element.
    empty: bool,
}

/// Finds the end of the one array in a file; an error if it holds anything else.
fn array(file: impl Read) -> io::Result<Array> {
    let mut file = Watched { file: BufReader::new(file), seen: 0, last: 0, before: 0 };
    // What is ignored takes up no memory.
    let elements: Vec<IgnoredAny> = serde_json::from_reader(&mut file)
        .map_err(|error| io::Error::other(format!("it does not hold one JSON array: {error}")))?;
    Ok(Array { length: file.before, empty: elements.is_empty() })
}

/// Notes where text ends that is read.
struct Watched<R> {
    file: R,
    seen: u64,
    /// Behind the last byte that is no white space,
    last: u64,
    /// and behind the one before.
    before: u64,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buf)?;
        for byte in buf.get(..read).unwrap_or_default() {
            self.seen += 1;
            if !byte.is_ascii_whitespace() {
                (self.before, self.last) = (self.last, self.seen);
            }
        }
        Ok(read)
    }
}

impl<T: Serialize> Sink<T> for Json {
    type Output = ();
    type Error = JsonWriteError;
    const MAY_END: bool = false;

    fn append(&mut self) -> Result<(), BoxError> {
        self.output.append();
        Ok(())
    }

    fn is_transactional(&self) -> bool {
        self.output.is_transactional()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.output.open_to_rewrite()?;
        if self.output.appends() {
            self.reopen().map_err(|cause| self.output.error("add to", cause))?;
        }
        if !self.opened {
            let _ = self.text(b"[")?;
        }
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
