//! Databases and their transactions, and what the ends of one run know of each other.
//!
//! All sinks of a run that write to one database share a connection and its transaction: SQLite has one writer at a time,
//! and what they write is one commit.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::DatabaseError;
use crate::error::BoxError;
use crate::io::claims::{Claim, Use};
use crate::resource::Resources;
use crate::sink::Commit;

/// The database files of one run.
#[derive(Debug, Default)]
pub(super) struct Databases {
    written: RefCell<Vec<(PathBuf, Weak<RefCell<Writer>>)>>,
    read: RefCell<Vec<(PathBuf, Weak<()>)>>,
}

impl Databases {
    /// Those of the run with these resources.
    pub(super) fn of(resources: &Resources) -> Arc<Databases> {
        resources.get().unwrap_or_else(|_| {
            resources.insert(Databases::default());
            resources.get().unwrap_or_default()
        })
    }

    /// Notes that `path` will be read, until what is returned is dropped.
    pub(super) fn reads(&self, path: &Path) -> Result<Rc<()>, BoxError> {
        let reading = Rc::new(());
        self.read.borrow_mut().push((file(path)?, Rc::downgrade(&reading)));
        Ok(reading)
    }

    fn is_read(&self, file: &Path) -> bool {
        self.read.borrow().iter().any(|(read, reading)| read == file && reading.strong_count() > 0)
    }

    /// The database at `path` to write to, in a transaction.
    pub(super) fn write(&self, path: &Path, options: Options) -> Result<Rc<RefCell<Writer>>, BoxError> {
        let file = file(path)?;
        let mut written = self.written.borrow_mut();
        let shared = written.iter().find(|(other, _)| *other == file).and_then(|(_, writer)| writer.upgrade());
        if let Some(writer) = shared {
            writer.borrow_mut().join(options)?;
            return Ok(writer);
        }
        let is_read = self.is_read(&file);
        let writer = Rc::new(RefCell::new(Writer::open(path, &file, options, is_read)?));
        written.push((file, Rc::downgrade(&writer)));
        Ok(writer)
    }
}

/// Where the file is that `path` names, free of links. To SQLite an absolute path means no more than it says.
fn file(path: &Path) -> Result<PathBuf, BoxError> {
    let refused = |why: &str| Err(DatabaseError::other(path, "open", why).into());
    match path.to_str() {
        Some("-") => return refused("a database is a file, not standard input or output"),
        Some("") => return refused("the path is empty"),
        Some(":memory:") => return refused("a database in memory is gone with its connection; name a file"),
        _ => {}
    }
    if let Ok(file) = path.canonicalize() {
        return Ok(file);
    }
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    match (parent.canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) => Ok(parent.join(name)),
        _ => refused("its directory does not exist"),
    }
}

fn connect(path: &Path, flags: OpenFlags, wait: Duration) -> Result<(Connection, PathBuf, Claim), BoxError> {
    let failed = |error| DatabaseError::new(path, "open", error, wait);
    let file = file(path)?;
    if file.is_dir() {
        return Err(DatabaseError::other(path, "open", "it is a directory").into());
    }
    let claim = Claim::new(file.clone(), Use::Database)
        .map_err(|error| DatabaseError::other(path, "open", error.to_string()))?;
    let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&file, flags).map_err(failed)?;
    db.busy_timeout(wait).map_err(failed)?;
    Ok((db, file, claim))
}

/// Opens a database that is there, and begins to read: from here on it does not change.
pub(super) fn open_to_read(path: &Path, wait: Duration) -> Result<(Connection, Claim), BoxError> {
    if !path.exists() {
        return Err(DatabaseError::other(path, "open", "there is no such file").into());
    }
    // What a crash has left half done must be undone by writing, also before anything is read.
    let (db, _, claim) = connect(path, OpenFlags::empty(), wait)?;
    let begin = "PRAGMA query_only = ON; BEGIN; SELECT count(*) FROM sqlite_schema;";
    db.execute_batch(begin).map_err(|error| DatabaseError::new(path, "read", error, wait))?;
    Ok((db, claim))
}

/// How a database is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Makes the file if there is none.
    pub(super) create: bool,
    /// Commits after so many rows; otherwise once, at the end.
    pub(super) every: Option<u64>,
    pub(super) wait: Duration,
}

/// How what a transaction changes gets from memory to the file before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spill {
    /// SQLite does it when its cache is full: into the log, which keeps nobody waiting.
    ByItself,
    /// After so many rows, or bytes of their values. This takes the file from its readers, so SQLite waits for them; left to
    /// itself it would wait at each page, for as long as there is a reader, and never say so.
    InSteps,
    /// Only at the end: until then this run reads the file itself.
    AtTheEnd,
}

/// The rows of a step,
const STEP_ROWS: u64 = 4096;
/// or the bytes.
const STEP_BYTES: usize = 8 << 20;

/// A database that is written to.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) db: Connection,
    path: PathBuf,
    options: Options,
    /// Rows of the transaction that is open.
    rows: u64,
    spill: Spill,
    /// Rows and bytes since the last step.
    step: (u64, usize),
    /// Whether the connection is to have a transaction.
    begun: bool,
    broken: bool,
    published: bool,
    _new: NewFile,
    _claim: Claim,
}

impl Writer {
    fn open(path: &Path, file: &Path, options: Options, is_read: bool) -> Result<Self, BoxError> {
        let is_new = !file.exists();
        if is_new && !options.create {
            let why = "there is no such file; write `create = true` to make it and the table";
            return Err(DatabaseError::other(path, "open", why).into());
        }
        let flags = if options.create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let new = NewFile(is_new.then(|| file.to_owned()));
        let (db, _, claim) = connect(path, flags, options.wait)?;
        let mut writer = Writer {
            db,
            path: path.to_owned(),
            options,
            rows: 0,
            spill: Spill::ByItself,
            step: (0, 0),
            begun: false,
            broken: false,
            published: false,
            _new: new,
            _claim: claim,
        };
        writer.choose_spill(is_read)?;
        writer.begin()?;
        Ok(writer)
    }

    /// `is_read` says whether the run reads the same file.
    fn choose_spill(&mut self, is_read: bool) -> Result<(), BoxError> {
        let mode: String = self
            .db
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .map_err(|error| self.error("open", error))?;
        self.spill = match (mode.eq_ignore_ascii_case("wal"), is_read) {
            (true, _) => return Ok(()),
            (false, true) => Spill::AtTheEnd,
            (false, false) => Spill::InSteps,
        };
        if is_read && self.options.every.is_some() {
            let why = format!(
                "this run reads it too, and in journal mode {mode} nothing is committed while it is read; leave out \
                 `every`, or set `PRAGMA journal_mode = wal` on the database once"
            );
            return Err(DatabaseError::other(&self.path, "write", why).into());
        }
        // More pages than there are. Were it off, nothing would be written when it is asked for, either.
        self.db.execute_batch("PRAGMA cache_spill = 1000000000").map_err(|error| self.error("open", error).into())
    }

    /// One more sink writes to it.
    fn join(&mut self, options: Options) -> Result<(), BoxError> {
        if self.options.every != options.every {
            let why = "two sinks of this run write to it, and all share its transactions; give each the same `every`, \
                       or none";
            return Err(DatabaseError::other(&self.path, "write", why).into());
        }
        if options.wait > self.options.wait {
            self.options.wait = options.wait;
            self.db.busy_timeout(options.wait).map_err(|error| self.error("open", error))?;
        }
        self.begin()?;
        Ok(())
    }

    pub(super) fn error(&self, action: &'static str, cause: rusqlite::Error) -> DatabaseError {
        DatabaseError::new(&self.path, action, cause, self.options.wait)
    }

    /// Begins a transaction if there is none.
    pub(super) fn begin(&mut self) -> Result<(), DatabaseError> {
        if !self.begun {
            self.run("BEGIN IMMEDIATE")?;
            self.begun = true;
        }
        Ok(())
    }

    /// Ends the transaction, so that what it wrote is there.
    pub(super) fn commit(&mut self) -> Result<(), DatabaseError> {
        if self.begun {
            self.run("COMMIT")?;
            self.begun = false;
            self.rows = 0;
            self.step = (0, 0);
        }
        Ok(())
    }

    fn run(&mut self, sql: &str) -> Result<(), DatabaseError> {
        if self.broken {
            return Err(DatabaseError::other(&self.path, "write", "an earlier write failed"));
        }
        self.db.execute_batch(sql).map_err(|error| {
            self.broken = true;
            self.error("write", error)
        })
    }

    /// One more row is written, with so many bytes of values.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), DatabaseError> {
        self.rows += 1;
        if self.options.every.is_some_and(|every| self.rows >= every) {
            return self.commit();
        }
        if self.spill == Spill::InSteps {
            self.step = (self.step.0 + 1, self.step.1 + bytes);
            if self.step.0 >= STEP_ROWS || self.step.1 >= STEP_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// A statement failed in a way that is not about its row.
    pub(super) fn breaks(&mut self) {
        self.broken = true;
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether the database has ended the transaction by itself, so that rows are gone.
    pub(super) fn is_rolled_back(&self) -> bool {
        self.begun && self.db.is_autocommit()
    }

    /// Writes all to the file, or to the log beside it.
    fn flush(&mut self) -> Result<(), DatabaseError> {
        self.step = (0, 0);
        self.db.cache_flush().map_err(|error| {
            self.broken = true;
            self.error("write", error)
        })
    }
}

/// A file that this run made. It is removed again if nothing was ever committed to it.
#[derive(Debug)]
struct NewFile(Option<PathBuf>);

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(file) = self.0.take()
            && fs::metadata(&file).is_ok_and(|found| found.len() == 0)
        {
            let _ = fs::remove_file(file);
        }
    }
}

/// The end of the transaction of one sink, or of several that share it.
pub(super) struct Transaction(pub(super) Rc<RefCell<Writer>>);

impl Commit for Transaction {
    fn sync(&mut self) -> Result<(), BoxError> {
        Ok(self.0.borrow_mut().flush()?)
    }

    fn publish(&mut self) -> Result<(), BoxError> {
        let mut writer = self.0.borrow_mut();
        writer.commit()?;
        writer.published = true;
        Ok(())
    }

    fn is_published(&self) -> bool {
        self.0.borrow().published
    }
}
