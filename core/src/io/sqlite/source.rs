//! Reading records from a table or a query.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use rusqlite::Connection;

use super::database::{Databases, open_to_read};
use super::decode::{Columns, decode};
use super::error::{DatabaseError, TableError};
use super::reader::{Block, Reader};
use super::table::{Table, matched, quoted};
use super::timeout::{self, InvalidOption, Timeout};
use crate::error::BoxError;
use crate::io::claims::Claim;
use crate::record::Record;
use crate::record::generated::FromValues;
use crate::resource::Resources;
use crate::source::{At, Position, Source};

/// Reads a `T` from each row of the table or view `table` of the database at `path`, by the names of the columns.
///
/// Rows come in the order of their numbers (`rowid`), or of the primary key where the table has none; those of a view in its
/// own order.
pub fn table<T>(path: impl Into<PathBuf>, table: impl Into<String>) -> SqliteSource<T> {
    SqliteSource::new(path.into(), From::Table(table.into()))
}

/// Reads a `T` from each row that the query gives on the database at `path`, by the names of its columns, in its order.
pub fn query<T>(path: impl Into<PathBuf>, sql: impl Into<String>) -> SqliteSource<T> {
    SqliteSource::new(path.into(), From::Query(sql.into()))
}

/// A source of records from a SQLite database; made by [`table`] and [`query`].
///
/// It reads the database as it was when the source opened, whatever others write, and changes nothing. The rows are read in
/// blocks by a thread of its own, which ends with the source.
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct SqliteSource<T> {
    path: PathBuf,
    from: From,
    wait: Result<Duration, InvalidOption>,
    reading: Option<Rc<()>>,
    open: Option<Open>,
    record: PhantomData<fn() -> T>,
}

enum From {
    Table(String),
    Query(String),
}

struct Open {
    reader: Reader,
    block: Block,
    /// The next row of the block.
    row: usize,
    /// The rows so far.
    read: u64,
    /// How many columns there are, and which of them each field is read from.
    count: usize,
    columns: Columns,
    _claim: Claim,
}

impl<T> SqliteSource<T> {
    fn new(path: PathBuf, from: From) -> Self {
        SqliteSource { path, from, wait: Ok(timeout::DEFAULT), reading: None, open: None, record: PhantomData }
    }

    /// Sets how long it waits when another connection has locked the database (default 5 s).
    pub fn busy_timeout(mut self, wait: impl Timeout) -> Self {
        self.wait = wait.timeout();
        self
    }

    /// Itself, if its options can be.
    ///
    /// # Errors
    /// When the timeout is not one. Otherwise it fails when it is opened.
    pub fn checked(self) -> Result<Self, InvalidOption> {
        match &self.wait {
            Ok(_) => Ok(self),
            Err(error) => Err(error.clone()),
        }
    }
}

impl<T: Record> SqliteSource<T> {
    /// The statement to read, the names of its columns, and which of them each field is read from.
    fn prepare(&self, db: &Connection, wait: Duration) -> Result<(String, usize, Vec<Option<usize>>), BoxError> {
        let failed = |error| DatabaseError::new(&self.path, "read", error, wait);
        let misfit = |problems| TableError { what: self.what(), record: T::SCHEMA.name, problems };
        match &self.from {
            From::Table(name) => {
                let Some(table) = Table::find(db, name).map_err(failed)? else {
                    let names = Table::names(db).map_err(failed)?;
                    return Err(DatabaseError::other(&self.path, "read", no_table(name, &names)).into());
                };
                let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
                let columns = matched(&names, T::SCHEMA).map_err(misfit)?;
                // Only what is wanted is read, field by field.
                let wanted: Vec<String> =
                    columns.iter().flatten().filter_map(|at| names.get(*at)).map(|name| quoted(name)).collect();
                let mut place = 0..;
                let columns = columns.iter().map(|at| at.and_then(|_| place.next())).collect();
                let none = if wanted.is_empty() { "NULL" } else { "" };
                let sql = format!("SELECT {none}{} FROM main.{}{}", wanted.join(", "), quoted(name), table.order());
                Ok((sql, wanted.len(), columns))
            }
            From::Query(sql) => {
                let statement = db.prepare(sql).map_err(failed)?;
                let refused = |why| Err(DatabaseError::other(&self.path, "read", why).into());
                if !statement.readonly() {
                    return refused("`query` writes to the database; write a `SELECT`");
                }
                if statement.column_count() == 0 {
                    return refused("`query` gives no rows; write a `SELECT`");
                }
                if statement.parameter_count() > 0 {
                    return refused("`query` has parameters, which nothing fills; write their values");
                }
                let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
                let columns = matched(&names, T::SCHEMA).map_err(misfit)?;
                Ok((sql.clone(), names.len(), columns))
            }
        }
    }

    /// What it reads, in messages.
    fn what(&self) -> String {
        match &self.from {
            From::Table(table) => format!("table `{table}` of {}", self.path.display()),
            From::Query(_) => format!("the query of {}", self.path.display()),
        }
    }
}

/// Says which tables there are instead.
pub(super) fn no_table(name: &str, names: &[String]) -> String {
    const MOST_SHOWN: usize = 20;
    let shown: Vec<String> = names.iter().take(MOST_SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST_SHOWN) {
        _ if names.is_empty() => format!("it has no table `{name}`, nor any other"),
        0 => format!("it has no table `{name}`, but {}", shown.join(", ")),
        more => format!("it has no table `{name}`, but {} and {more} more", shown.join(", ")),
    }
}

impl<T> fmt::Debug for SqliteSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteSource").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<T: Record> Source for SqliteSource<T>
where
    for<'a> T::Of<'a>: FromValues<'a>,
{
    type Item<'a>
        = T::Of<'a>
    where
        Self: 'a;
    type Reject = Reject;
    type Error = DatabaseError;

    fn name(&self) -> String {
        self.what()
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        self.reading = Some(Databases::of(resources).reads(&self.path)?);
        Ok(())
    }

    fn open(&mut self) -> Result<(), BoxError> {
        let wait = self.wait.clone()?;
        let (db, claim) = open_to_read(&self.path, wait)?;
        let (sql, count, columns) = self.prepare(&db, wait)?;
        let columns = Columns::new(columns, T::SCHEMA);
        let reader = Reader::start(db, self.path.clone(), sql, count, wait)?;
        self.open = Some(Open { reader, block: Block::default(), row: 0, read: 0, count, columns, _claim: claim });
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Result<T::Of<'_>, Reject>, At<'_>)>, DatabaseError> {
        let Some(open) = &mut self.open else {
            return Err(DatabaseError::other(&self.path, "read", "it was not opened"));
        };
        if open.row == open.block.rows() {
            match open.reader.next() {
                Some(block) => (open.block, open.row) = (block?, 0),
                None => return Err(DatabaseError::other(&self.path, "read", "its reader has ended early")),
            }
            if open.block.rows() == 0 {
                return Ok(None);
            }
        }
        let row = open.row;
        open.row += 1;
        open.read += 1;
        let at = At { position: Position::of_item(open.read), ..At::default() };
        let Open { block, count, columns, .. } = &*open;
        Ok(Some((decode::<T::Of<'_>>(columns, |column| block.value(row, column, *count)), at)))
    }
}

/// Why a row was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reject {
    /// These columns do not hold what their fields expect.
    Columns(Vec<WrongColumn>),
    /// The record breaks its own rules.
    Record(BoxError),
}

/// One value that does not read as its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongColumn {
    /// The name of the column.
    pub column: &'static str,
    /// What was read, shortened: ``the text `abc` ``; `None` if the field is secret.
    pub read: Option<String>,
    /// What was expected.
    pub why: String,
}

impl fmt::Display for WrongColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column `{}`: {}", self.column, self.why)?;
        match &self.read {
            Some(read) => write!(f, ", read {read}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Columns(wrong) => wrong.iter().enumerate().try_for_each(|(i, wrong)| {
                let between = if i == 0 { "" } else { "; " };
                write!(f, "{between}{wrong}")
            }),
            Reject::Record(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Reject {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Reject::Columns(_) => None,
            Reject::Record(cause) => cause.source(),
        }
    }
}
