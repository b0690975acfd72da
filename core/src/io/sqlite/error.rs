//! What goes wrong with a database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

/// How many problems one message lists.
const MOST_SHOWN: usize = 20;

/// Why a database cannot be read or written: what was tried, on which path, and the cause.
#[derive(Debug)]
pub struct DatabaseError {
    path: PathBuf,
    action: &'static str,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Sqlite(rusqlite::Error),
    /// It stayed locked for so long.
    Locked(Duration),
    Other(String),
}

impl DatabaseError {
    pub(super) fn new(path: &Path, action: &'static str, cause: rusqlite::Error, waited: Duration) -> Self {
        let cause = match cause.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Locked(waited),
            _ => Cause::Sqlite(cause),
        };
        DatabaseError { path: path.to_owned(), action, cause }
    }

    pub(super) fn other(path: &Path, action: &'static str, cause: impl Into<String>) -> Self {
        DatabaseError { path: path.to_owned(), action, cause: Cause::Other(cause.into()) }
    }

    /// The path of the database, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another connection holds a lock that it needs: the same may work later.
    pub fn is_locked(&self) -> bool {
        matches!(self.cause, Cause::Locked(_))
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: ", self.action, self.path.display())?;
        match &self.cause {
            Cause::Sqlite(cause) => cause.fmt(f),
            Cause::Locked(waited) => write!(
                f,
                "another connection has locked it, for more than {waited:?}; close that connection, or wait longer with \
                 `busy_timeout = \"30s\"`"
            ),
            Cause::Other(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for DatabaseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            // The message includes it.
            Cause::Sqlite(cause) => cause.source(),
            Cause::Locked(_) | Cause::Other(_) => None,
        }
    }
}

/// Why a table, or what a query gives, does not fit the record: everything that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// What does not fit: ``table `orders` of shop.db``.
    pub(super) what: String,
    pub(super) record: &'static str,
    pub(super) problems: Vec<String>,
}

impl TableError {
    /// What is different, one difference a column.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.problems.get(..MOST_SHOWN).unwrap_or(&self.problems);
        write!(f, "{} does not fit `{}`: {}", self.what, self.record, shown.join("; "))?;
        match self.problems.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for TableError {}
