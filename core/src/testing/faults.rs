//! Readers and writers with faults on demand.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a fault is repeated before whoever asks again is taken to be in an endless loop.
const MOST_REPEATS: u32 = 1_000;

/// What a fault's error says.
pub(super) const INJECTED: &str = "injected fault";

/// A reader over bytes in memory that does what readers may do: give few bytes at a time, be interrupted, fail, end early.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::testing::FaultReader;
/// use std::io::Read;
///
/// let mut reader = FaultReader::new(*b"one,two").chunks_of(1).fails_at(3);
/// let mut text = String::new();
/// let error = reader.read_to_string(&mut text).unwrap_err();
/// assert_eq!(error.to_string(), "injected fault at byte 3");
/// assert_eq!(reader.taken(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct FaultReader {
    data: Arc<[u8]>,
    chunk: usize,
    interrupted: bool,
    fails_at: Option<usize>,
    ends_at: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// How many bytes were read, or written.
    taken: usize,
    written: Vec<u8>,
    /// The next call is not interrupted.
    calm: bool,
    /// How often it has failed.
    failed: u32,
}

impl State {
    fn interrupt(&mut self) -> Result<()> {
        self.calm = !self.calm;
        if self.calm { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// Fails once more.
    fn fail(&mut self, kind: ErrorKind, what: &str) -> Error {
        self.failed += 1;
        let failed = self.failed;
        assert!(failed < MOST_REPEATS, "went on after the error `{INJECTED} {what}`, {failed} times in a row");
        Error::new(kind, format!("{INJECTED} {what}"))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FaultReader {
    /// Reads `data`, without a fault.
    pub fn new(data: impl Into<Vec<u8>>) -> Self {
        let data: Arc<[u8]> = data.into().into();
        let ends_at = data.len();
        FaultReader { data, chunk: usize::MAX, interrupted: false, fails_at: None, ends_at, state: Arc::default() }
    }

    /// Gives at most `bytes` bytes (at least 1) a call.
    #[must_use]
    pub fn chunks_of(mut self, bytes: usize) -> Self {
        self.chunk = bytes.max(1);
        self
    }

    /// Every other call fails with [`ErrorKind::Interrupted`]: whoever reads calls again.
    #[must_use]
    pub fn interrupted(mut self) -> Self {
        self.interrupted = true;
        self
    }

    /// After `byte` bytes every call fails.
    ///
    /// # Panics
    /// [`read`](Read::read) panics if it is called a thousand times after it has failed: that would never end.
    #[must_use]
    pub fn fails_at(mut self, byte: usize) -> Self {
        self.fails_at = Some(byte);
        self
    }

    /// The data ends after `byte` bytes, as if it had been cut off.
    #[must_use]
    pub fn ends_at(mut self, byte: usize) -> Self {
        self.ends_at = byte.min(self.data.len());
        self
    }

    /// How many bytes were read, by this reader and its clones: they share one place.
    pub fn taken(&self) -> usize {
        lock(&self.state).taken
    }

    /// Whether anybody was told of the fault at [`fails_at`](FaultReader::fails_at).
    pub fn has_failed(&self) -> bool {
        lock(&self.state).failed > 0
    }

    /// Whether a clone of it is still alive.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.state) > 1
    }
}

impl Read for FaultReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut state = lock(&self.state);
        if self.interrupted {
            state.interrupt()?;
        }
        let mut end = self.ends_at;
        if let Some(at) = self.fails_at.filter(|at| *at <= end) {
            if state.taken >= at && !buf.is_empty() {
                return Err(state.fail(ErrorKind::Other, &format!("at byte {at}")));
            }
            end = at;
        }
        let rest = self.data.get(state.taken..end).unwrap_or_default();
        let count = rest.len().min(buf.len()).min(self.chunk);
        buf[..count].copy_from_slice(&rest[..count]);
        state.taken += count;
        Ok(count)
    }
}

/// A writer into memory that does what writers may do: take few bytes at a time, be interrupted, fail, be full. Clones
/// share what was written.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::testing::FaultWriter;
/// use std::io::{ErrorKind, Write};
///
/// let writer = FaultWriter::new().full_at(4);
/// let error = writer.clone().write_all(b"too much").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::StorageFull);
/// assert_eq!(writer.written(), b"too ");
/// ```
#[derive(Clone, Debug)]
pub struct FaultWriter {
    chunk: usize,
    interrupted: bool,
    fault: Option<(usize, Fault)>,
    flush_fails: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Error,
    Full,
    Zero,
}

impl Default for FaultWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl FaultWriter {
    /// Writes without a fault.
    pub fn new() -> Self {
        let state = Arc::default();
        FaultWriter { chunk: usize::MAX, interrupted: false, fault: None, flush_fails: false, state }
    }

    /// Takes at most `bytes` bytes (at least 1) a call.
    #[must_use]
    pub fn chunks_of(mut self, bytes: usize) -> Self {
        self.chunk = bytes.max(1);
        self
    }

    /// Every other call of [`write`](Write::write) fails with [`ErrorKind::Interrupted`]: whoever writes calls again.
    #[must_use]
    pub fn interrupted(mut self) -> Self {
        self.interrupted = true;
        self
    }

    /// After `byte` bytes every call fails.
    ///
    /// # Panics
    /// [`write`](Write::write) panics if it is called a thousand times after it has failed: that would never end. The same
    /// holds for the other faults.
    #[must_use]
    pub fn fails_at(self, byte: usize) -> Self {
        self.fault(byte, Fault::Error)
    }

    /// After `byte` bytes every call fails with [`ErrorKind::StorageFull`].
    #[must_use]
    pub fn full_at(self, byte: usize) -> Self {
        self.fault(byte, Fault::Full)
    }

    /// After `byte` bytes every call takes none, and gives `Ok(0)`.
    #[must_use]
    pub fn stuck_at(self, byte: usize) -> Self {
        self.fault(byte, Fault::Zero)
    }

    /// [`flush`](Write::flush) fails.
    #[must_use]
    pub fn flush_fails(mut self) -> Self {
        self.flush_fails = true;
        self
    }

    fn fault(mut self, byte: usize, fault: Fault) -> Self {
        self.fault = Some((byte, fault));
        self
    }

    /// What was written so far.
    pub fn written(&self) -> Vec<u8> {
        lock(&self.state).written.clone()
    }

    /// Whether anybody was told of a fault.
    pub fn has_failed(&self) -> bool {
        lock(&self.state).failed > 0
    }

    /// Whether a clone of it is still alive.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.state) > 1
    }
}

impl Write for FaultWriter {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let mut state = lock(&self.state);
        if self.interrupted {
            state.interrupt()?;
        }
        let mut count = buf.len().min(self.chunk);
        if let Some((at, fault)) = self.fault {
            if state.taken >= at && count > 0 {
                let kind = if fault == Fault::Full { ErrorKind::StorageFull } else { ErrorKind::Other };
                let error = state.fail(kind, &format!("at byte {at}"));
                return if fault == Fault::Zero { Ok(0) } else { Err(error) };
            }
            count = count.min(at - state.taken);
        }
        state.written.extend_from_slice(&buf[..count]);
        state.taken += count;
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        if self.flush_fails {
            return Err(lock(&self.state).fail(ErrorKind::Other, "while flushing"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::{FaultReader, FaultWriter};

    #[test]
    fn chunks_interrupts_and_early_ends_give_the_bytes_all_the_same() {
        let mut text = String::new();
        FaultReader::new(*b"abcdef").chunks_of(2).interrupted().ends_at(5).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcde");

        let writer = FaultWriter::new().chunks_of(2).interrupted();
        writer.clone().write_all(b"abcdef").unwrap();
        assert_eq!(writer.written(), b"abcdef");
    }

    #[test]
    fn faults_come_where_they_were_asked_for() {
        let mut reader = FaultReader::new(*b"abc").fails_at(3);
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 3);
        assert!(!reader.has_failed());
        assert!(reader.read(&mut [0; 9]).is_err() && reader.has_failed());

        let writer = FaultWriter::new().stuck_at(1);
        assert_eq!(writer.clone().write_all(b"abc").unwrap_err().kind(), std::io::ErrorKind::WriteZero);
        assert!(writer.has_failed());
        assert!(FaultWriter::new().flush_fails().flush().is_err());
    }

    #[test]
    #[should_panic(expected = "went on after the error `injected fault at byte 0`, 1000 times in a row")]
    fn whoever_never_gives_up_is_stopped() {
        let mut reader = FaultReader::new(*b"").fails_at(0);
        while reader.read(&mut [0]).is_err() {}
    }
}
