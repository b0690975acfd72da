//! The example `warehouse`, against APIs that are whole, that stall, and that are gone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc;

use rusqlite::Connection;
use serde_json::json;

use super::program;

#[path = "../../examples/warehouse/server.rs"]
mod server;

use server::{Api, order};

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program("warehouse"));

fn run(database: &Path, url: &str) -> Output {
    Command::new(&*PROGRAM).arg(database).args(["--url", url]).output().unwrap()
}

/// Every row of the table.
fn rows(database: &Path) -> Vec<(i64, String, String, i64)> {
    let database = Connection::open(database).unwrap();
    let mut query = database.prepare("SELECT id, customer, product, cents FROM orders ORDER BY id").unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The rows that the first `count` orders are.
fn wanted(count: u64) -> Vec<(i64, String, String, i64)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let row = |order: serde_json::Value| {
        (
            order["id"].as_i64().unwrap(),
            text(&order["customer"]),
            text(&order["product"]),
            order["cents"].as_i64().unwrap(),
        )
    };
    (0..count).map(|number| row(order(number))).collect()
}

#[test]
fn run_twice_it_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("shop.db");
    let api = Api::serve(230, 50).unwrap();
    let first = run(&database, &api.url());
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(rows(&database), wanted(230));
    let printed = String::from_utf8(first.stdout).unwrap();
    let cents: i64 = wanted(230).iter().map(|row| row.3).sum();
    let totals = format!("230 orders of 40 customers, ${}.{:02}", cents / 100, cents % 100);
    assert!(printed.contains(&totals), "no {totals:?} in\n{printed}");

    assert!(run(&database, &api.url()).status.success());
    assert_eq!(rows(&database), wanted(230));
}

#[test]
fn killed_in_the_middle_and_run_again_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("shop.db");
    // The fourth page never comes; that it was asked for says that the third has gone through.
    let (asked, stalled) = mpsc::channel();
    let stalls = Api::serve_with(move |page| {
        if page > 3 {
            asked.send(()).unwrap();
            return None;
        }
        let orders: Vec<_> = ((page - 1) * 50..page * 50).map(order).collect();
        Some(json!({ "orders": orders, "next": page + 1 }))
    })
    .unwrap();
    let mut child =
        Command::new(&*PROGRAM).arg(&database).args(["--url", &stalls.url()]).stdout(Stdio::null()).spawn().unwrap();
    stalled.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(rows(&database), wanted(100), "what was committed is there, and nothing else");

    let whole = Api::serve(230, 50).unwrap();
    assert!(run(&database, &whole.url()).status.success());
    assert_eq!(rows(&database), wanted(230));
}

#[test]
fn says_what_is_wrong_with_the_api() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("shop.db");
    let broken = Api::serve_with(|_| Some(json!({ "orders": [{ "id": 1 }], "next": null }))).unwrap();
    let ran = run(&database, &broken.url());
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("stage `pages` at item 1 of pages"), "{said}");
    assert!(said.contains("missing fields `customer`, `product`, `cents`"), "{said}");
}
