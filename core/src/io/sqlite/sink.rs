//! Writing records to a table.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::ErrorCode;
use serde::Serialize;

use super::database::{Databases, Options, Transaction, Writer};
use super::error::{DatabaseError, TableError};
use super::kind::Kind;
use super::source::no_table;
use super::table::{Table, create_sql, insert_sql};
use super::timeout::{self, InvalidOption, Timeout};
use super::write::{RecordBinder, Target, Unbound};
use crate::error::BoxError;
use crate::io::RecordSink;
use crate::record::{Record, Schema};
use crate::resource::Resources;
use crate::sink::{Closed, Sink};
use crate::stage::Flow;

/// Writes each item, a record, as one row of the table `table` of the database at `path`. If the record has a key, its row
/// takes the place of the one with the same key.
///
/// All rows are one transaction: nothing is seen of them before the run succeeds, and nothing stays of a run that does not.
pub fn sink(path: impl Into<PathBuf>, table: impl Into<String>) -> Sqlite {
    Sqlite {
        path: path.into(),
        table: table.into(),
        options: Options { create: false, every: None, wait: timeout::DEFAULT },
        invalid: None,
        items: None,
        databases: Arc::default(),
        open: None,
    }
}

/// A sink of records to a SQLite table; made by [`sink`].
#[derive(Debug)]
#[must_use = "a sink writes nothing until a pipeline runs it"]
pub struct Sqlite {
    path: PathBuf,
    table: String,
    options: Options,
    invalid: Option<InvalidOption>,
    /// What the items are.
    items: Option<&'static Schema>,
    databases: Arc<Databases>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    writer: Rc<RefCell<Writer>>,
    sql: String,
    targets: Vec<Target>,
}

impl Sqlite {
    /// Makes the table from the schema of the records if there is none, and the database, too (default: no). A table that is
    /// there must fit.
    pub fn create(mut self, create: bool) -> Self {
        self.options.create = create;
        self
    }

    /// Commits after every `rows` rows, instead of once at the end: a run that fails leaves those that were committed, and
    /// others see them while it runs.
    pub fn every(mut self, rows: u64) -> Self {
        if rows == 0 {
            self.invalid = Some(InvalidOption("`every` is 1 row at least, got 0".to_owned()));
        }
        self.options.every = Some(rows);
        self
    }

    /// Sets how long it waits when another connection has locked the database (default 5 s).
    pub fn busy_timeout(mut self, wait: impl Timeout) -> Self {
        match wait.timeout() {
            Ok(wait) => self.options.wait = wait,
            Err(error) => self.invalid = Some(error),
        }
        self
    }

    /// Says what the items are, where that is not known: in a pipeline it is, outside of generic functions.
    pub fn rows_of<T: Record>(mut self) -> Self {
        self.items = Some(T::SCHEMA);
        self
    }

    /// Itself, if its options can be.
    ///
    /// # Errors
    /// When one of them is wrong. Otherwise it fails when it is opened.
    pub fn checked(mut self) -> Result<Self, InvalidOption> {
        match self.invalid.take() {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }

    fn prepare(&self, writer: &Writer, schema: &'static Schema) -> Result<Vec<Target>, BoxError> {
        let (db, name) = (&writer.db, self.table.as_str());
        if schema.fields.is_empty() {
            let record = schema.name;
            let advice = match schema.variants {
                [] => "give it a field",
                _ => "write `#[record(tag = \"type\")]` on it, which makes columns of its variants and of their fields",
            };
            let why = format!("its columns are the fields of a record, and `{record}` has none; {advice}");
            return Err(DatabaseError::other(&self.path, "write", why).into());
        }
        let failed = |error| writer.error("write", error);
        if self.options.create && Table::find(db, name).map_err(failed)?.is_none() {
            db.execute_batch(&create_sql(name, schema)).map_err(failed)?;
        }
        let Some(table) = Table::find(db, name).map_err(failed)? else {
            let names = Table::names(db).map_err(failed)?;
            let why = format!("{}; write `create = true` to make it", no_table(name, &names));
            return Err(DatabaseError::other(&self.path, "write", why).into());
        };
        let problems = table.differences(name, schema);
        if !problems.is_empty() {
            let what = format!("table `{name}` of {}", self.path.display());
            return Err(TableError { what, record: schema.name, problems }.into());
        }
        let targets = schema.fields.iter().filter_map(|field| {
            let column = table.column(field.name)?;
            Some(Target {
                name: field.name,
                kind: Kind::of(field),
                affinity: column.affinity,
                key: field.key,
                secret: field.secret,
            })
        });
        Ok(targets.collect())
    }
}

impl RecordSink for Sqlite {
    fn expect_items_of(&mut self, schema: Option<&'static Schema>) {
        self.items = self.items.or(schema);
    }
}

impl<T: Serialize> Sink<T> for Sqlite {
    type Output = ();
    type Error = WriteError;
    const MAY_END: bool = false;

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        self.databases = Databases::of(resources);
        Ok(())
    }

    /// It only ever adds. With `every`, each row is committed on its own, so that none waits for others.
    fn append(&mut self) -> Result<(), BoxError> {
        self.options.every = self.options.every.map(|_| 1);
        Ok(())
    }

    fn is_transactional(&self) -> bool {
        self.options.every.is_none()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        if let Some(error) = self.invalid.take() {
            return Err(error.into());
        }
        let Some(schema) = self.items else {
            let why = "its columns are the fields of a record, and the items are none; write `#[record]` on their type";
            return Err(DatabaseError::other(&self.path, "write", why).into());
        };
        let writer = self.databases.write(&self.path, self.options)?;
        let targets = self.prepare(&writer.borrow(), schema)?;
        if self.options.every.is_some() {
            // Nobody is kept out before there is a row.
            writer.borrow_mut().commit()?;
        }
        self.open = Some(Open { writer, sql: insert_sql(&self.table, schema), targets });
        Ok(())
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, WriteError> {
        let Some(Open { writer, sql, targets }) = &self.open else {
            return Err(DatabaseError::other(&self.path, "write", "it was not opened").into());
        };
        let mut writer = writer.borrow_mut();
        writer.begin()?;
        match insert(&writer, sql, targets, &item) {
            Ok((1.., bytes)) => writer.count(bytes)?,
            Ok((0, _)) => {
                return Err(WriteError::Item("the row was not written, as by a trigger of the table".to_owned()));
            }
            Err(Unbound::Nested) => return Err(WriteError::Item("it has fields inside".to_owned())),
            Err(Unbound::Refused(why)) => return Err(WriteError::Item(why)),
            Err(Unbound::Sqlite(error)) => return Err(failed(&mut writer, error)),
        }
        Ok(Flow::Continue(()))
    }

    fn is_broken(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.writer.borrow().is_broken())
    }

    fn close(self) -> Result<Closed<()>, WriteError> {
        let commit = self.open.map(|open| Box::new(Transaction(open.writer)) as Box<dyn crate::sink::Commit>);
        Ok(Closed { output: (), commit })
    }
}

/// Writes one row; how many were written, and the bytes of their values.
#[inline]
fn insert<T: Serialize>(writer: &Writer, sql: &str, targets: &[Target], item: &T) -> Result<(usize, usize), Unbound> {
    let mut statement = writer.db.prepare_cached(sql).map_err(Unbound::Sqlite)?;
    let bytes = item.serialize(RecordBinder { statement: &mut statement, targets })?;
    let rows = statement.raw_execute().map_err(Unbound::Sqlite)?;
    Ok((rows, bytes))
}

/// A row that breaks a rule of the table is a rejected item; anything else is wrong with the database.
#[cold]
fn failed(writer: &mut Writer, error: rusqlite::Error) -> WriteError {
    let of_row = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    );
    if of_row && !writer.is_rolled_back() {
        return WriteError::Item(error.to_string());
    }
    writer.breaks();
    writer.error("write", error).into()
}

/// Why an item was not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// The table does not take it, or SQLite cannot hold it.
    Item(String),
    /// The database cannot be written.
    Database(DatabaseError),
}

impl From<DatabaseError> for WriteError {
    fn from(error: DatabaseError) -> Self {
        WriteError::Database(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Item(why) => f.write_str(why),
            WriteError::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WriteError::Item(_) => None,
            WriteError::Database(error) => error.source(),
        }
    }
}
