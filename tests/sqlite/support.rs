//! Databases, and runs that are checked.

use std::fmt::Debug;
use std::path::PathBuf;

use millstream::Result;
use millstream::prelude::*;
use millstream::report::Report;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

/// One order of a shop.
#[record]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    #[key]
    pub(crate) id: u32,
    pub(crate) buyer: String,
    #[field(range = 0.0..)]
    pub(crate) amount: f64,
    pub(crate) note: Option<String>,
}

pub(crate) fn order(id: u32, buyer: &str, amount: f64) -> Order {
    Order { id, buyer: buyer.to_owned(), amount, note: None }
}

/// A folder with a database `shop.db` in it.
pub(crate) struct Shop {
    dir: TempDir,
    pub(crate) path: PathBuf,
}

impl Shop {
    /// One that no run has made.
    pub(crate) fn none() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shop.db");
        Shop { dir, path }
    }

    /// One made by these statements.
    pub(crate) fn of(sql: &str) -> Self {
        let shop = Shop::none();
        shop.run(sql);
        shop
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The names in the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    pub(crate) fn run(&self, sql: &str) {
        self.connect().execute_batch(sql).unwrap();
    }

    /// What a query gives, a line a row: `1|ann|NULL`.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let db = self.connect();
        let mut statement = db.prepare(sql).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|column| row.get::<_, Value>(column).map(show));
            Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        };
        statement.query_map([], row).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    pub(crate) fn count(&self, table: &str) -> u64 {
        self.rows(&format!("select count(*) from {table}"))[0].parse().unwrap()
    }
}

fn show(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(blob) => format!("x{blob:02x?}"),
    }
}

/// The report of a run that went well. Nothing disappeared uncounted in it.
#[track_caller]
pub(crate) fn ran<O>(result: Result<Report<O>>) -> Report<O> {
    let report = result.unwrap_or_else(|error| panic!("{error:?}"));
    report.check().unwrap_or_else(|error| panic!("{error}"));
    report
}

/// Why a run failed. Nothing disappeared uncounted in its report.
#[track_caller]
pub(crate) fn failed<O: Debug>(result: Result<Report<O>>) -> String {
    let error = result.expect_err("the run fails");
    error.report().expect("the error of a run has a report").check().unwrap_or_else(|error| panic!("{error}"));
    error.to_string()
}

/// The message with the path of the folder left out.
#[track_caller]
pub(crate) fn failed_in<O: Debug>(shop: &Shop, result: Result<Report<O>>) -> String {
    failed(result).replace(&format!("{}/", shop.dir.path().display()), "")
}
