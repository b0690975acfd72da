//! The tables of SQLite pass the kit.

use std::path::Path;

use millstream::io::sqlite;
use millstream::prelude::*;
use millstream::testing::{Target, check_sink, check_source};
use rusqlite::Connection;

use crate::ends::kept;

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    #[key]
    id: i64,
    value: f64,
}

fn readings(count: i64) -> Vec<Reading> {
    (0..count).map(|id| Reading { id, value: 0.5 }).collect()
}

fn held(dir: &Path) -> Vec<Reading> {
    let Ok(database) = Connection::open(dir.join("readings.db")) else { return Vec::new() };
    let Ok(mut query) = database.prepare("SELECT id, value FROM readings ORDER BY id") else { return Vec::new() };
    let rows = query.query_map([], |row| Ok(Reading { id: row.get(0)?, value: row.get(1)? })).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_table_read_keeps_what_it_promises() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("readings.db");
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch("CREATE TABLE readings (id, value); INSERT INTO readings VALUES (1, 2.5), ('x', 1.0), (3, 4.0)")
        .unwrap();
    kept(
        check_source(|| sqlite::table::<Reading>(&path, "readings")),
        (2, 1),
        &["raw bytes", "replay", "seek", "size hint"],
    );
}

#[test]
fn a_table_written_keeps_what_it_promises() {
    for count in [4, 5_000] {
        // The file itself changes before the commit: what counts is what a reader of the database sees. Without a write-ahead
        // log readers would have to wait for the commit.
        let target = Target::at(
            || {
                let dir = tempfile::tempdir().unwrap();
                let database = Connection::open(dir.path().join("readings.db")).unwrap();
                database.pragma_update(None, "journal_mode", "wal").unwrap();
                dir
            },
            |dir| sqlite::sink(dir.path().join("readings.db"), "readings").create(true).rows_of::<Reading>(),
            |dir| held(dir.path()),
        );
        let refused = Reading { id: -1, value: f64::NAN };
        let items = readings(count);
        kept(check_sink(target.refuses(refused), items.clone()), (items.len(), 0), &["append", "exclusive"]);
    }
}
