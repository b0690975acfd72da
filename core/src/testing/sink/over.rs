//! Sinks over a writer, with a writer that fails.

use std::fmt::Debug;

use super::session::Session;
use super::target::Target;
use super::{INJECTED, look_at_all, name_of};
use crate::resource::Resources;
use crate::sink::Sink;
use crate::testing::faults::FaultWriter;
use crate::testing::report::{
    Broken, Conformance, Held, Judged, Ledger, Promise, Verdict, Violations, caught, ensure, skipped, spread, text,
};

/// At how many bytes the writer is made to fail.
const FAULTS: usize = 300;

const SHORT_WRITES: Promise = Promise {
    name: "short writes",
    says: "however few bytes a write takes, and however often it is interrupted, all bytes are written, once and in order",
};
const WRITE_ERROR: Promise = Promise {
    name: "write error",
    says: "a failed write fails the run, with the cause, and what was written before is the start of what should have been",
};
const BROKEN: Promise = Promise {
    name: "broken",
    says: "a sink whose target failed says that it is broken, or fails when it closes: what it lost is not passed over",
};
const FLUSH: Promise =
    Promise { name: "flush", says: "a failed flush fails the run: what is buffered is not written yet" };
const RELEASE: Promise =
    Promise { name: "release", says: "a sink that was closed or dropped holds nothing any more: its writer is gone" };

/// Runs a sink that writes to a writer through all that [`check_sink`](super::check_sink) looks at, and makes the writer
/// fail: writes take one byte or few, they are interrupted, they fail at any byte, the disk is full, flushing fails. `make`
/// gives a fresh sink over the writer each time, and `read` the items that the bytes stand for.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::sink::{Closed, Sink};
/// use millstream::stage::Flow;
/// use millstream::testing::check_sink_over;
/// use std::io::{self, BufWriter, Write};
///
/// /// Writes numbers, one a line.
/// struct Numbers<W: Write>(BufWriter<W>);
///
/// impl<W: Write> Sink<u32> for Numbers<W> {
///     type Output = ();
///     type Error = io::Error;
///
///     fn write(&mut self, item: u32) -> io::Result<Flow> {
///         writeln!(self.0, "{item}")?;
///         Ok(Flow::Continue(()))
///     }
///
///     fn close(mut self) -> io::Result<Closed<()>> {
///         self.0.flush()?;
///         Ok(Closed::new(()))
///     }
/// }
///
/// let read = |bytes: &[u8]| -> Vec<u32> {
///     String::from_utf8_lossy(bytes).lines().map_while(|line| line.parse().ok()).collect()
/// };
/// let found = check_sink_over([20, 30, 50], |writer| Numbers(BufWriter::new(writer)), read)?;
/// assert!(found.kept().any(|promise| promise == "write error"));
/// # Ok::<(), millstream::testing::Violations>(())
/// ```
///
/// # Errors
/// When it breaks promises: which, and what was seen.
pub fn check_sink_over<T, K, V>(
    items: impl IntoIterator<Item = T>,
    mut make: impl FnMut(FaultWriter) -> K,
    mut read: impl FnMut(&[u8]) -> Vec<V>,
) -> Result<Conformance, Violations>
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    let items: Vec<T> = items.into_iter().collect();
    let mut ledger = Ledger::new("sink", name_of::<K>());
    let usable = {
        let make = |writer: &FaultWriter| make(writer.clone());
        let target = Target::at(FaultWriter::new, make, |writer| read(&writer.written())).once();
        look_at_all(&mut ledger, &mut Session { target, items: items.clone(), unwinds: true })
    };
    if usable {
        let mut over = Over { items, make };
        ledger.judge(SHORT_WRITES, || over.short_writes());
        ledger.judge(WRITE_ERROR, || over.write_error());
        ledger.judge(BROKEN, || over.broken());
        ledger.judge(FLUSH, || over.flush());
        ledger.judge(RELEASE, || over.release());
    }
    ledger.close()
}

struct Over<T, M> {
    items: Vec<T>,
    make: M,
}

impl<T, K, M> Over<T, M>
where
    T: Clone + Debug,
    K: Sink<T>,
    M: FnMut(FaultWriter) -> K,
{
    /// A run up to its first failure; gives that.
    fn run(&mut self, writer: FaultWriter) -> Result<Result<(), String>, Broken> {
        let mut sink = caught("making the sink", || (self.make)(writer))?;
        caught("the sink", || {
            sink.connect(&Resources::default()).and_then(|()| sink.open()).map_err(text)?;
            for item in &self.items {
                if sink.write(item.clone()).map_err(text)?.is_break() {
                    break;
                }
            }
            if let Some(mut commit) = sink.close().map_err(text)?.commit {
                commit.sync().and_then(|()| commit.publish()).map_err(text)?;
            }
            Ok(())
        })
    }

    /// All bytes of a run without a fault.
    fn whole(&mut self) -> Result<Vec<u8>, Broken> {
        let writer = FaultWriter::new();
        let outcome = self.run(writer.clone())?;
        outcome.map_err(|error| Broken(format!("a run without a fault failed: {error}")))?;
        Ok(writer.written())
    }

    fn short_writes(&mut self) -> Judged {
        let whole = self.whole()?;
        let all = whole.len().max(1);
        for (size, interrupted) in [(1, false), (2, false), (7, false), (all, true), (1, true)] {
            let how = if interrupted { ", interrupted" } else { "" };
            let mut writer = FaultWriter::new().chunks_of(size);
            if interrupted {
                writer = writer.interrupted();
            }
            let here = |observed| Broken(format!("with writes of {size} bytes{how}: {observed}"));
            self.run(writer.clone())?.map_err(|error| here(format!("the run failed: {error}")))?;
            let written = writer.written();
            ensure(written == whole, || {
                format!(
                    "with writes of {size} bytes{how}, `{}` was written, and without, `{}`",
                    written.escape_ascii(),
                    whole.escape_ascii()
                )
            })?;
        }
        Ok(Verdict::Kept)
    }

    fn write_error(&mut self) -> Judged {
        let whole = self.whole()?;
        let Some(last) = whole.len().checked_sub(1) else { return skipped("it writes nothing to its writer") };
        for byte in spread(last, FAULTS) {
            let faults = [
                ("the write failed", FaultWriter::new().fails_at(byte), INJECTED),
                ("the disk was full", FaultWriter::new().full_at(byte), INJECTED),
                ("the writer took no more", FaultWriter::new().stuck_at(byte), ""),
            ];
            for (fault, writer, cause) in faults {
                let here = |observed| Broken(format!("{fault} at byte {byte}: {observed}"));
                let outcome = self.run(writer.clone()).map_err(|Broken(observed)| here(observed))?;
                let written = writer.written();
                match outcome {
                    Ok(()) => return Err(here("the run succeeded".to_owned())),
                    Err(why) if !why.contains(cause) => {
                        return Err(here(format!("the error does not tell the cause `{cause}`: {why}")));
                    }
                    Err(_) => {}
                }
                ensure(whole.starts_with(&written), || {
                    let (written, whole) = (written.escape_ascii(), whole.escape_ascii());
                    format!("{fault} at byte {byte}: `{written}` was written, which does not start `{whole}`")
                })?;
            }
        }
        Ok(Verdict::Kept)
    }

    fn broken(&mut self) -> Judged {
        let whole = self.whole()?;
        let Some(last) = whole.len().checked_sub(1) else { return skipped("it writes nothing to its writer") };
        let mut seen = false;
        for byte in spread(last, FAULTS) {
            let writer = FaultWriter::new().fails_at(byte);
            let mut sink = Held::new(caught("making the sink", || (self.make)(writer))?);
            let here = |observed| Broken(format!("the write at byte {byte} failed: {observed}"));
            let opened = sink.call("`open`", |sink| sink.connect(&Resources::default()).and_then(|()| sink.open()))?;
            if opened.is_err() {
                continue;
            }
            let mut lost = None;
            for (i, item) in self.items.iter().enumerate() {
                if sink.call("`write`", |sink| sink.write(item.clone()))?.is_err() {
                    lost.get_or_insert(i + 1);
                }
            }
            let Some(lost) = lost else { continue };
            seen = true;
            let says = sink.call("`is_broken`", |sink| sink.is_broken())?;
            let closed = sink.release().map(|sink| caught("`close`", || sink.close())).transpose()?;
            if !says && closed.is_some_and(|closed| closed.is_ok()) {
                return Err(here(format!(
                    "it lost item {lost}, does not say that it is broken, and closed: a run that skips rejected items \
                     would succeed"
                )));
            }
        }
        if seen {
            Ok(Verdict::Kept)
        } else {
            skipped("no fault is seen before it closes: it buffers more than these items")
        }
    }

    fn flush(&mut self) -> Judged {
        let writer = FaultWriter::new().flush_fails();
        let outcome = self.run(writer.clone())?;
        if !writer.has_failed() {
            return skipped("it does not flush its writer");
        }
        ensure(outcome.is_err(), || "a flush failed, and the run succeeded".to_owned())?;
        Ok(Verdict::Kept)
    }

    fn release(&mut self) -> Judged {
        let writer = FaultWriter::new();
        let _ = self.run(writer.clone())?;
        ensure(!writer.is_held(), || "closed, it still holds its writer".to_owned())?;
        let mut sink = Held::new(caught("making the sink", || (self.make)(writer.clone()))?);
        let _ = sink.call("`open`", Sink::open)?;
        drop(sink);
        ensure(!writer.is_held(), || "dropped, it still holds its writer".to_owned())?;
        Ok(Verdict::Kept)
    }
}
