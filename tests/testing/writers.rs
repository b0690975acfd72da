//! Sinks over a writer that break one promise.

use std::io::{self, BufWriter, Write};

use millstream::error::BoxError;
use millstream::sink::{Closed, Sink};
use millstream::stage::Flow;
use millstream::testing::{FaultWriter, check_sink_over};

use crate::{Row, table};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    OneWrite,
    Interrupts,
    Swallows,
    SwallowsAtEnd,
    DropFlushes,
    NoCause,
    GoesOn,
    FlushIgnored,
    Keeps,
}

/// Writes numbers, one a line.
struct Numbers {
    bug: Bug,
    writer: Option<BufWriter<FaultWriter>>,
    failed: bool,
}

impl Numbers {
    fn line(&mut self, line: &str) -> Result<(), BoxError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let inner = writer.get_mut();
        match self.bug {
            Bug::OneWrite => {
                let _ = inner.write(line.as_bytes())?;
            }
            Bug::Interrupts => {
                let mut rest = line.as_bytes();
                while !rest.is_empty() {
                    let count = inner.write(rest)?;
                    if count == 0 {
                        return Err(io::Error::from(io::ErrorKind::WriteZero).into());
                    }
                    rest = &rest[count..];
                }
            }
            Bug::Swallows => drop(inner.write_all(line.as_bytes())),
            Bug::NoCause => inner.write_all(line.as_bytes()).map_err(|_| "it did not work")?,
            Bug::GoesOn => inner.write_all(line.as_bytes())?,
            _ => writer.write_all(line.as_bytes())?,
        }
        Ok(())
    }
}

impl Sink<u32> for Numbers {
    type Output = ();
    type Error = BoxError;

    fn write(&mut self, item: u32) -> Result<Flow, BoxError> {
        let written = self.line(&format!("{item}\n"));
        self.failed |= written.is_err();
        written.map(|()| Flow::Continue(()))
    }

    fn is_broken(&self) -> bool {
        self.failed && self.bug != Bug::GoesOn
    }

    fn close(mut self) -> Result<Closed<()>, BoxError> {
        let Some(mut writer) = self.writer.take() else { return Ok(Closed::new(())) };
        match self.bug {
            Bug::DropFlushes => drop(writer),
            Bug::SwallowsAtEnd => drop(writer.flush()),
            Bug::FlushIgnored => drop(writer.into_inner()?.flush()),
            Bug::Keeps => std::mem::forget(writer.into_inner()?),
            Bug::GoesOn => {}
            _ => writer.flush()?,
        }
        Ok(Closed::new(()))
    }
}

#[test]
fn a_sink_over_a_writer_that_breaks_one_promise_is_caught_by_that() {
    let rows: &[Row<Bug>] = &[
        (Bug::None, &[], ""),
        (
            Bug::OneWrite,
            &["short writes", "write error"],
            "with writes of 1 bytes, `235` was written, and without, `20\\n30\\n50\\n`",
        ),
        (Bug::Interrupts, &["short writes"], "bytes, interrupted: the run failed: "),
        (Bug::Swallows, &["write error"], "the write failed at byte 0: the run succeeded"),
        (Bug::SwallowsAtEnd, &["write error", "flush"], "the write failed at byte 0: the run succeeded"),
        (Bug::DropFlushes, &["write error"], "the write failed at byte 0: the run succeeded"),
        (
            Bug::NoCause,
            &["write error"],
            "the write failed at byte 0: the error does not tell the cause `injected fault`: it did not work",
        ),
        (
            Bug::GoesOn,
            &["broken"],
            "the write at byte 0 failed: it lost item 1, does not say that it is broken, and closed",
        ),
        (Bug::FlushIgnored, &["flush"], "a flush failed, and the run succeeded"),
        (Bug::Keeps, &["release"], "closed, it still holds its writer"),
    ];
    table(rows, |bug| {
        let read = |bytes: &[u8]| -> Vec<u32> {
            String::from_utf8_lossy(bytes).lines().map_while(|line| line.parse().ok()).collect()
        };
        let make = |writer| Numbers { bug, writer: Some(BufWriter::new(writer)), failed: false };
        check_sink_over([20, 30, 50], make, read)
    });
}
