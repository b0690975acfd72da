//! Reading the rows of a statement in blocks, on a thread of their own.
//!
//! A statement borrows its connection, so a source cannot hold both. A thread can, on its stack: it steps through the
//! statement and hands over blocks of rows. So any query is read once, from its first row to its last, in one snapshot, and
//! never more than three blocks are in memory: the one that is read from, one that waits, and one that is filled.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle};

use super::error::DatabaseError;

/// A block is full with so many rows,
const ROWS: usize = 512;
/// or with so many bytes of texts and blobs.
const BYTES: usize = 256 << 10;

/// Some rows.
#[derive(Debug, Default)]
pub(super) struct Block {
    rows: usize,
    /// Row by row.
    cells: Vec<Cell>,
    /// The texts and blobs of all of them.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    /// From here to there in the bytes.
    Text(usize, usize),
    Blob(usize, usize),
}

impl Block {
    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// One value. `columns` is how many a row has.
    #[inline]
    pub(super) fn value(&self, row: usize, column: usize, columns: usize) -> ValueRef<'_> {
        let bytes = |from: usize, to: usize| self.bytes.get(from..to).unwrap_or_default();
        match self.cells.get(row * columns + column) {
            Some(Cell::Integer(value)) => ValueRef::Integer(*value),
            Some(Cell::Real(value)) => ValueRef::Real(*value),
            Some(Cell::Text(from, to)) => ValueRef::Text(bytes(*from, *to)),
            Some(Cell::Blob(from, to)) => ValueRef::Blob(bytes(*from, *to)),
            Some(Cell::Null) | None => ValueRef::Null,
        }
    }

    fn keep(&mut self, value: ValueRef<'_>) {
        let from = self.bytes.len();
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Integer(value),
            ValueRef::Real(value) => Cell::Real(value),
            ValueRef::Text(text) => {
                self.bytes.extend_from_slice(text);
                Cell::Text(from, self.bytes.len())
            }
            ValueRef::Blob(blob) => {
                self.bytes.extend_from_slice(blob);
                Cell::Blob(from, self.bytes.len())
            }
        };
        self.cells.push(cell);
    }
}

/// The thread that reads, and the blocks that it has read.
pub(super) struct Reader {
    /// A block without rows is the last.
    blocks: Option<Receiver<Result<Block, DatabaseError>>>,
    stop: InterruptHandle,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts to read what `sql` gives. `db` has begun to read already, so that nothing changes any more.
    pub(super) fn start(
        db: Connection,
        path: PathBuf,
        sql: String,
        columns: usize,
        wait: Duration,
    ) -> std::io::Result<Self> {
        let (sender, blocks) = sync_channel(1);
        let stop = db.get_interrupt_handle();
        let thread = thread::Builder::new().name("sqlite".to_owned()).spawn(move || {
            let mut last = Block::default();
            let read = read(&db, &sql, columns, &mut last, &sender);
            // Its lock is gone before the last row is seen.
            drop(db);
            let end = match read {
                Ok(Wanted::More) => Ok(Block::default()),
                Ok(Wanted::NoMore) => return,
                Err(error) => Err(DatabaseError::new(&path, "read", error, wait)),
            };
            if last.rows == 0 || sender.send(Ok(last)).is_ok() {
                let _ = sender.send(end);
            }
        })?;
        Ok(Reader { blocks: Some(blocks), stop, thread: Some(thread) })
    }

    /// The next block; one without rows is the last.
    pub(super) fn next(&self) -> Option<Result<Block, DatabaseError>> {
        self.blocks.as_ref()?.recv().ok()
    }
}

/// Whether anybody takes the blocks.
enum Wanted {
    More,
    NoMore,
}

/// Hands over all blocks that are full, and leaves the rest in `block`.
fn read(
    db: &Connection,
    sql: &str,
    columns: usize,
    block: &mut Block,
    sender: &SyncSender<Result<Block, DatabaseError>>,
) -> rusqlite::Result<Wanted> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            block.keep(row.get_ref(column)?);
        }
        block.rows += 1;
        if (block.rows >= ROWS || block.bytes.len() >= BYTES) && sender.send(Ok(std::mem::take(block))).is_err() {
            return Ok(Wanted::NoMore);
        }
    }
    Ok(Wanted::More)
}

impl Drop for Reader {
    fn drop(&mut self) {
        // What it would hand over nobody takes; a long step, such as a sort, is cut short.
        self.blocks = None;
        self.stop.interrupt();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
