//! Sources over a reader that break one promise.

use std::io::{self, ErrorKind, Read};

use millstream::error::BoxError;
use millstream::source::{At, Source};
use millstream::testing::{FaultReader, check_source_over};

use crate::{Row, table};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    ChunkIsItem,
    Interrupts,
    ErrorIsEnd,
    ErrorIsItem,
    NoCause,
    NeverGivesUp,
    PanicsOnError,
    CutPanics,
    CutRepeats,
    EndsAtReject,
    OneOfNothing,
    PanicsOnNothing,
    Keeps,
}

/// The numbers of a reader, one a line.
struct Numbers {
    bug: Bug,
    reader: Option<FaultReader>,
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    ended: bool,
}

impl Numbers {
    /// One more chunk; whether there was one.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        let mut chunk = [0; 16];
        let read = loop {
            match reader.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted && self.bug != Bug::Interrupts => {}
                Err(_) if self.bug == Bug::NeverGivesUp => {}
                Err(_) if self.bug == Bug::ErrorIsEnd => break 0,
                Err(_) if self.bug == Bug::NoCause => return Err(io::Error::other("it did not work")),
                Err(error) if self.bug == Bug::PanicsOnError => panic!("{error}"),
                read => break read?,
            }
        };
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(read > 0)
    }
}

impl Source for Numbers {
    type Item<'a> = u32;
    type Reject = BoxError;
    type Error = io::Error;

    fn name(&self) -> String {
        "numbers".to_owned()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        if self.bug == Bug::PanicsOnNothing {
            let mut first = [0];
            let reader = self.reader.as_mut().unwrap();
            loop {
                match reader.read(&mut first) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => {
                        assert!(read? > 0, "no first byte");
                        break;
                    }
                }
            }
            self.buffer.push(first[0]);
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<(Result<u32, BoxError>, At<'_>)>> {
        if self.ended {
            return Ok(None);
        }
        let line = loop {
            let pending = &self.buffer[self.start..];
            if let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&pending[..end]).into_owned();
                self.start += end + 1;
                break line;
            }
            let (pending, before) = (pending.to_vec(), self.buffer.len());
            let more = match self.fill() {
                Err(_) if self.bug == Bug::ErrorIsItem && !pending.is_empty() => false,
                more => more?,
            };
            let chunk = more && self.bug == Bug::ChunkIsItem && before > 0 && !pending.is_empty();
            if !more || chunk {
                if !chunk {
                    self.ended = true;
                    let first_of_nothing = self.bug == Bug::OneOfNothing && self.line == 0;
                    if pending.is_empty() && !first_of_nothing {
                        return Ok(None);
                    }
                    assert!(self.bug != Bug::CutPanics || pending == b"11", "no line end");
                    self.ended = self.bug != Bug::CutRepeats || pending == b"11" || self.line > 5;
                }
                self.start = before - if self.ended { 0 } else { pending.len() };
                break String::from_utf8_lossy(&pending).into_owned();
            }
        };
        self.line += 1;
        let number = if line.is_empty() { Ok(0) } else { line.parse() };
        self.ended |= number.is_err() && self.bug == Bug::EndsAtReject;
        Ok(Some((number.map_err(Into::into), At::default())))
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        if self.bug == Bug::Keeps {
            std::mem::forget(self.reader.take());
        }
    }
}

#[test]
fn a_source_over_a_reader_that_breaks_one_promise_is_caught_by_that() {
    let rows: &[Row<Bug>] = &[
        (Bug::None, &[], ""),
        (Bug::ChunkIsItem, &["chunks", "read error"], "with reads of 1 bytes: item 1 was `20`, then `2`"),
        (Bug::Interrupts, &["chunks"], "bytes, interrupted: where item 1 was `20`, it gave the error `"),
        (Bug::ErrorIsEnd, &["read error"], "the read at byte 0 failed: after 0 items it gave the end"),
        (Bug::ErrorIsItem, &["read error"], "the read at byte 1 failed: item 1 was `20`, then `2`"),
        (
            Bug::NoCause,
            &["read error"],
            "the read at byte 0 failed with `injected fault`, but the source's error says `it did not work`",
        ),
        (
            Bug::NeverGivesUp,
            &["read error", "release"],
            "`next` after 0 items panicked: went on after the error `injected fault at byte 0`, 1000 times in a row",
        ),
        (
            Bug::PanicsOnError,
            &["read error", "release"],
            "the read at byte 0 failed: `next` after 0 items panicked: injected fault at byte 0",
        ),
        (Bug::CutPanics, &["cut off"], "the data was cut off at byte 1: `next` after 0 items panicked: no line end"),
        (Bug::CutRepeats, &["cut off"], "the data was cut off at byte 1: it gave 7 items, and 5 of all of the data"),
        (Bug::EndsAtReject, &["to the end"], "after 3 items it said that it is at its end, with 8 of 12 bytes read"),
        (Bug::OneOfNothing, &["no data"], "it made 1 items of no bytes"),
        (Bug::PanicsOnNothing, &["cut off", "no data"], "`connect` or `open` panicked: no first byte"),
        (Bug::Keeps, &["release"], "dropped after 0 items, it still holds its reader"),
    ];
    table(rows, |bug| {
        check_source_over("20\n30\nx\n5\n11", |reader| Numbers {
            bug,
            reader: Some(reader),
            buffer: Vec::new(),
            start: 0,
            line: 0,
            ended: false,
        })
    });
}
