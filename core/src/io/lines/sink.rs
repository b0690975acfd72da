//! Writing lines.

use std::fmt::{self, Display, Write};
use std::path::PathBuf;

use crate::error::BoxError;
use crate::io::SinkError;
use crate::io::file::Output;
use crate::io::read::BOM;
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// Writes each item as one line of text, as [`Display`] shows it, to the file at `path`; `-` is standard output.
///
/// An item that would not come back as the line it was is refused: one that holds a line break, or a byte order mark at the
/// start of the file. A regular file appears, or is replaced, only when the run succeeds. Pipes and devices are written as
/// items come. Letters that are sent again are added to what the file holds.
///
/// ```
/// use millstream_core::io::lines;
/// use millstream_core::sink::Sink;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("numbers.txt");
/// let mut sink = lines::sink(&path);
/// Sink::<f64>::open(&mut sink)?;
/// let _ = sink.write(1.5)?;
/// let _ = sink.write("two")?;
/// assert!(sink.write("thr\nee").is_err());
/// if let Some(mut commit) = Sink::<f64>::close(sink)?.commit {
///     commit.sync()?;
///     commit.publish()?;
/// }
/// assert_eq!(std::fs::read_to_string(&path)?, "1.5\ntwo\n");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn sink(path: impl Into<PathBuf>) -> Lines {
    Lines { output: Output::new(path.into()), started: false }
}

/// A sink of lines; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct Lines {
    output: Output,
    /// Whether a line was written.
    started: bool,
}

#[cfg(test)]
impl Lines {
    pub(in crate::io) fn with_faults(mut self, faults: crate::io::faults::Faults) -> Self {
        self.output = self.output.with_faults(faults);
        self
    }
}

/// Lets `fmt` write into a line.
struct AsFmt<'a>(&'a mut Vec<u8>);

impl Write for AsFmt<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<T: Display> Sink<T> for Lines {
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
        self.output.open()?;
        self.started = self.output.appends() && self.output.target()?.is_some();
        Ok(())
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, WriteError> {
        let first = !self.started;
        let flow = self.output.row(|out| {
            let start = out.len();
            write!(AsFmt(out), "{item}").map_err(|_| WriteError::Display)?;
            let line = out.get(start..).unwrap_or_default();
            if memchr::memchr2(b'\n', b'\r', line).is_some() {
                return Err(WriteError::LineBreak);
            }
            if first && line.starts_with(BOM) {
                return Err(WriteError::Mark);
            }
            out.push(b'\n');
            Ok(())
        })?;
        self.started = true;
        Ok(flow)
    }

    fn is_broken(&self) -> bool {
        self.output.is_broken()
    }

    fn close(self) -> Result<Closed<()>, WriteError> {
        Ok(self.output.close()?)
    }
}

/// Why an item was not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// It holds a line break, so it would be read as several lines.
    LineBreak,
    /// It is the first, and begins with a byte order mark, which a reader skips.
    Mark,
    /// Its `Display` failed.
    Display,
    /// The target cannot be written.
    Target(SinkError),
}

impl From<SinkError> for WriteError {
    fn from(error: SinkError) -> Self {
        WriteError::Target(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::LineBreak => f.write_str(
                "the item holds a line break, so it is not one line; write it with `json_lines`, or replace it",
            ),
            WriteError::Mark => f.write_str("the first line begins with a byte order mark, which readers skip"),
            WriteError::Display => f.write_str("the item cannot be printed"),
            WriteError::Target(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WriteError::Target(error) => error.source(),
            _ => None,
        }
    }
}
