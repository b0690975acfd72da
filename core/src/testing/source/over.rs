//! Sources over a reader, with a reader that fails.

use std::fmt::Debug;

use super::trace::{Ending, MOST_ITEMS, Trace, same_steps};
use super::{Sources, look_at_all};
use crate::resource::Resources;
use crate::source::Source;
use crate::testing::faults::{FaultReader, INJECTED};
use crate::testing::report::{
    Broken, Conformance, Held, Judged, Ledger, Promise, Verdict, Violations, caught, ensure, skipped, spread, text,
};

/// At how many bytes the reader is made to fail.
const FAULTS: usize = 300;

const CHUNKS: Promise = Promise {
    name: "chunks",
    says: "however few bytes a read gives, and however often it is interrupted, the items are the same",
};
const READ_ERROR: Promise = Promise {
    name: "read error",
    says: "a failed read is the source's error and never its end; the error tells the cause, and the items before it are the right ones",
};
const CUT_OFF: Promise = Promise {
    name: "cut off",
    says: "where the data ends early, the items before the cut are the right ones; what was cut may be rejected",
};
const TO_THE_END: Promise =
    Promise { name: "to the end", says: "a source that says it is at its end has read all that there was" };
const NO_DATA: Promise = Promise { name: "no data", says: "no bytes are an error or no item, and not a panic" };
const RELEASE: Promise = Promise {
    name: "release",
    says: "a source that was dropped, or could not be opened, holds nothing any more: its reader is gone",
};

/// Runs a source that reads `data` from a reader through all that [`check_source`](super::check_source) looks at, and makes
/// the reader fail: reads give one byte or few, they are interrupted, they fail at any byte, the data ends at any byte.
/// `make` gives a fresh source over the reader each time.
///
/// Data that has a rejected item between two good ones shows most.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::error::BoxError;
/// use millstream::source::{At, Source};
/// use millstream::testing::check_source_over;
/// use std::io::{self, BufRead, BufReader, Lines, Read};
///
/// /// The lines of a reader.
/// struct TextLines<R> {
///     lines: Lines<BufReader<R>>,
/// }
///
/// impl<R: Read> Source for TextLines<R> {
///     type Item<'a> = String where R: 'a;
///     type Reject = std::convert::Infallible;
///     type Error = io::Error;
///
///     fn name(&self) -> String {
///         "text".to_owned()
///     }
///
///     fn next(&mut self) -> io::Result<Option<(Result<String, Self::Reject>, At<'_>)>> {
///         let line = self.lines.next().transpose()?;
///         Ok(line.map(|line| (Ok(line), At::default())))
///     }
/// }
///
/// let found = check_source_over("one\ntwo\n\nfour", |reader| TextLines { lines: BufReader::new(reader).lines() })?;
/// assert_eq!(found.items(), 4);
/// assert!(found.kept().any(|promise| promise == "read error"));
/// # Ok::<(), millstream::testing::Violations>(())
/// ```
///
/// # Errors
/// When it breaks promises: which, and what was seen.
pub fn check_source_over<S>(
    data: impl AsRef<[u8]>,
    mut make: impl FnMut(FaultReader) -> S,
) -> Result<Conformance, Violations>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
{
    let data = data.as_ref();
    let mut ledger = Ledger::new("source", "?".to_owned());
    let resources = Resources::default();
    let whole = {
        let make = || make(FaultReader::new(data));
        look_at_all(&mut ledger, &mut Sources { make, resources: &resources })
    };
    if let Some(whole) = whole {
        let mut over = Over { data, make, whole };
        ledger.judge(CHUNKS, || over.chunks());
        ledger.judge(READ_ERROR, || over.read_error());
        ledger.judge(CUT_OFF, || over.cut_off());
        ledger.judge(TO_THE_END, || over.reads_all());
        ledger.judge(NO_DATA, || over.no_data());
        ledger.judge(RELEASE, || over.release());
    }
    ledger.close()
}

struct Over<'d, M> {
    data: &'d [u8],
    make: M,
    whole: Trace,
}

impl<S, M> Over<'_, M>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
    M: FnMut(FaultReader) -> S,
{
    /// All that a source over `reader` gives; if it does not open, nothing but that error.
    fn read(&mut self, reader: FaultReader) -> Result<Trace, Broken> {
        let mut source = Held::new(caught("making the source", || (self.make)(reader))?);
        let opened = source.call("`connect` or `open`", |source| {
            source.connect(&Resources::default())?;
            source.open()
        })?;
        match opened {
            Ok(()) => Trace::read(&mut source, MOST_ITEMS),
            Err(error) => {
                Ok(Trace { steps: Vec::new(), end: Ending::Error(text(error)), hints: Vec::new(), head: None })
            }
        }
    }

    fn chunks(&mut self) -> Judged {
        let all = self.data.len().max(1);
        for (size, interrupted) in [(1, false), (2, false), (3, false), (7, false), (64, false), (all, true), (1, true)]
        {
            let mut reader = FaultReader::new(self.data).chunks_of(size);
            if interrupted {
                reader = reader.interrupted();
            }
            let found = self.read(reader).and_then(|trace| self.whole.same_behind(0, &trace));
            let how = if interrupted { ", interrupted" } else { "" };
            found.map_err(|Broken(observed)| Broken(format!("with reads of {size} bytes{how}: {observed}")))?;
        }
        Ok(Verdict::Kept)
    }

    fn read_error(&mut self) -> Judged {
        let mut told = false;
        for byte in spread(self.data.len(), FAULTS) {
            // A chunk of one byte also ends reads at every byte before the fault.
            for chunk in [usize::MAX, 1] {
                let reader = FaultReader::new(self.data).chunks_of(chunk).fails_at(byte);
                let here = |Broken(observed)| Broken(format!("the read at byte {byte} failed: {observed}"));
                let trace = self.read(reader.clone()).map_err(here)?;
                same_steps(&self.whole.steps, &trace.steps, 0).map_err(here)?;
                if !reader.has_failed() {
                    // It knew without reading on: then it must have given all.
                    self.whole.same_behind(0, &trace).map_err(here)?;
                    continue;
                }
                told = true;
                let after = trace.steps.len();
                match trace.end {
                    Ending::Error(why) => ensure(why.contains(INJECTED), || {
                        format!("the read at byte {byte} failed with `{INJECTED}`, but the source's error says `{why}`")
                    })?,
                    end => return Err(here(Broken(format!("after {after} items it gave {end}")))),
                }
            }
        }
        if told { Ok(Verdict::Kept) } else { skipped("it reads nothing of its reader") }
    }

    fn cut_off(&mut self) -> Judged {
        for byte in spread(self.data.len(), FAULTS) {
            let here = |Broken(observed)| Broken(format!("the data was cut off at byte {byte}: {observed}"));
            let trace = self.read(FaultReader::new(self.data).ends_at(byte)).map_err(here)?;
            // The last one may be what is left of an item, or the reject of it.
            let sure = trace.steps.len().saturating_sub(1);
            ensure(sure <= self.whole.steps.len(), || {
                let (cut, whole) = (trace.steps.len(), self.whole.steps.len());
                format!("the data was cut off at byte {byte}: it gave {cut} items, and {whole} of all of the data")
            })?;
            same_steps(&self.whole.steps, &trace.steps[..sure], 0).map_err(here)?;
        }
        Ok(Verdict::Kept)
    }

    fn reads_all(&mut self) -> Judged {
        if self.whole.end != Ending::End {
            return skipped(format!("it does not come to its end, but to {}", self.whole.end));
        }
        let reader = FaultReader::new(self.data).chunks_of(1);
        let trace = self.read(reader.clone())?;
        let (taken, all, items) = (reader.taken(), self.data.len(), trace.steps.len());
        ensure(taken == all || trace.end != Ending::End, || {
            format!("after {items} items it said that it is at its end, with {taken} of {all} bytes read")
        })?;
        Ok(Verdict::Kept)
    }

    fn no_data(&mut self) -> Judged {
        let trace = self.read(FaultReader::new(*b""))?;
        let items = trace.steps.len();
        ensure(items == 0, || format!("it made {items} items of no bytes"))?;
        Ok(Verdict::Kept)
    }

    fn release(&mut self) -> Judged {
        let last = self.whole.steps.len();
        for items in spread(last, 8) {
            let reader = FaultReader::new(self.data);
            let mut source = Held::new(caught("making the source", || (self.make)(reader.clone()))?);
            if source.call("`open`", Source::open)?.is_ok() {
                let _ = Trace::read(&mut source, items)?;
            }
            drop(source);
            ensure(!reader.is_held(), || format!("dropped after {items} items, it still holds its reader"))?;
        }
        let reader = FaultReader::new(self.data).fails_at(0);
        let _ = self.read(reader.clone())?;
        ensure(!reader.is_held(), || "dropped after its first read had failed, it still holds its reader".to_owned())?;
        Ok(Verdict::Kept)
    }
}
