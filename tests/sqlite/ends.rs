//! Several ends on one database in one run, batches, and transactions beside files.

use std::fs;

use millstream::prelude::*;
use rusqlite::Connection;

use crate::support::{Shop, failed, failed_in, order, ran};

const N: u64 = 4000;

/// A row with a number and a text that fills pages.
#[record]
#[derive(Debug, Clone)]
struct Row {
    #[key]
    n: u64,
    text: String,
}

/// A database with a table `a` of many rows and an empty table `b`.
fn filled(journal: &str) -> Shop {
    let shop = Shop::of(&format!(
        "pragma journal_mode = {journal}; create table a (n integer primary key, text text not null); create table b (n \
         integer primary key, text text not null)"
    ));
    shop.run(&format!(
        "insert into a with recursive c(n) as (select 1 union all select n + 1 from c where n < {N})
         select n, hex(zeroblob(1000)) from c"
    ));
    shop
}

fn journal(shop: &Shop) -> String {
    shop.rows("pragma journal_mode").concat()
}

#[test]
fn one_run_reads_one_table_and_writes_another_of_the_same_file() {
    for mode in ["delete", "wal"] {
        let shop = filled(mode);
        let copy = || pipeline!(sqlite::<Row>(&shop.path, table = "a") | sqlite(&shop.path, table = "b")).run();
        // More than the cache holds, so that pages must be written while the source still reads.
        for _ in 0..2 {
            ran(copy());
            assert_eq!(shop.rows("select count(*), sum(n) from b"), [format!("{N}|{}", N * (N + 1) / 2)], "{mode}");
        }
        assert_eq!(journal(&shop), format!("'{mode}'"), "the journal mode is as it was");
    }
}

#[test]
fn a_table_can_be_read_and_written_in_one_run() {
    for mode in ["delete", "wal"] {
        let shop = filled(mode);
        let next = |row: Row| Row { n: row.n + N, text: "new".to_owned() };
        // What is written is not read again.
        ran(pipeline!(sqlite::<Row>(&shop.path, table = "a") | map(next) | sqlite(&shop.path, table = "a")).run());
        assert_eq!(shop.rows("select count(*), max(n) from a"), [format!("{}|{}", 2 * N, 2 * N)], "{mode}");
    }
}

#[test]
fn a_source_that_is_left_early_does_not_keep_the_sink_from_its_commit() {
    let shop = filled("delete");
    let copy =
        pipeline!(sqlite::<Row>(&shop.path, table = "a") | take(3) | sqlite(&shop.path, table = "b", busy_timeout = 0));
    ran(copy.run());
    assert_eq!(shop.count("b"), 3);
}

#[test]
fn batches_beside_a_source_of_the_same_file_need_a_log() {
    let shop = filled("delete");
    let copy =
        || pipeline!(sqlite::<Row>(&shop.path, table = "a") | sqlite(&shop.path, table = "b", every = 1000)).run();
    assert_eq!(
        failed_in(&shop, copy()),
        "stage `sqlite#2`: cannot write shop.db: this run reads it too, and in journal mode delete nothing is committed \
         while it is read; leave out `every`, or set `PRAGMA journal_mode = wal` on the database once"
    );
    shop.run("pragma journal_mode = wal");
    ran(copy());
    assert_eq!(shop.count("b"), N);
}

#[test]
fn two_sinks_of_one_database_are_one_transaction() {
    let shop = filled("delete");
    let other = shop.connect();
    let seen = |table: &str| other.query_row(&format!("select count(*) from {table}"), [], |row| row.get::<_, u32>(0));
    let items = || (1..=10_u64).map(|n| Row { n: N + n, text: String::new() });
    let mut early = Vec::new();
    let run = |fails: bool, early: &mut Vec<u32>| {
        pipeline!(
            from_iter(items())
                | inspect(|row| if row.n == N + 10 {
                    early.push(seen("a").unwrap() + seen("b").unwrap());
                })
                | try_map(|row| if fails && row.n == N + 10 { Err("the last one") } else { Ok(row) })
                | tee(
                    sqlite(&shop.path, table = "a"),
                    sqlite(shop.path.parent().unwrap().join(".").join("shop.db"), table = "b")
                )
        )
        .run()
    };
    assert!(failed(run(true, &mut early)).contains("the last one"));
    assert_eq!((shop.count("a"), shop.count("b")), (N, 0));
    ran(run(false, &mut early));
    assert_eq!((shop.count("a"), shop.count("b")), (N + 10, 10));
    assert_eq!(early, [4000, 4000], "nothing is seen before the end");
}

#[test]
fn sinks_that_share_a_transaction_must_agree_when_it_ends() {
    let shop = filled("delete");
    let none = Vec::<Row>::new();
    let error = failed_in(
        &shop,
        pipeline!(from_iter(none) | tee(sqlite(&shop.path, table = "a", every = 5), sqlite(&shop.path, table = "b")))
            .run(),
    );
    assert_eq!(
        error,
        "stage `sqlite#2`: cannot write shop.db: two sinks of this run write to it, and all share its transactions; give \
         each the same `every`, or none"
    );
}

#[test]
fn batches_are_seen_and_stay_when_the_run_fails() {
    let shop = Shop::none();
    let items = (1..=10).map(|n| if n < 10 { Ok(order(n, "a", 1.0)) } else { Err("the tenth") });
    let mut seen = Vec::new();
    let write = pipeline!(
        from_iter(items)
            | inspect(|_| seen.push(
                Connection::open(&shop.path)
                    .and_then(|db| { db.query_row("select count(*) from orders", [], |row| row.get::<_, u32>(0)) })
            ))
            | try_map(|item| item)
            | sqlite(&shop.path, table = "orders", create = true, every = 4)
    );
    assert!(failed(write.run()).ends_with("the tenth"));
    let seen: Vec<u32> = seen.into_iter().map(Result::unwrap).collect();
    assert_eq!(seen, [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
    assert_eq!(shop.count("orders"), 8, "whole batches stay");

    let items = (1..=10).map(|n| order(n, "a", 1.0));
    ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "orders", every = 4)).run());
    assert_eq!(shop.count("orders"), 10, "the last batch, too");
}

#[test]
fn a_database_and_files_are_committed_together_or_not_at_all() {
    let shop = Shop::none();
    let file = shop.file("out.csv");
    let write = |last: &str| {
        let items = (1..=3).map(|n| order(n, if n == 3 { last } else { "a" }, 1.0));
        pipeline!(
            from_iter(items)
                | tee(
                    sqlite(&shop.path, table = "orders", create = true),
                    try_map(|order| if order.buyer == "x" { Err("no x") } else { Ok(order.id) }) | csv(&file),
                )
        )
        .run()
    };
    assert!(failed(write("x")).ends_with("no x"));
    assert!(shop.files().is_empty(), "{:?}", shop.files());
    ran(write("b"));
    assert_eq!(shop.files(), ["out.csv", "shop.db"]);
    assert_eq!((shop.count("orders"), fs::read_to_string(&file).unwrap().as_str()), (3, "1\n2\n3\n"));
    assert!(failed(write("x")).ends_with("no x"));
    assert_eq!(shop.rows("select buyer from orders where id = 3"), ["'b'"], "as it was");
}

#[test]
fn a_panic_leaves_the_table_as_it_was() {
    let shop = filled("delete");
    let panics = |n: u64| {
        assert!(n < 5, "five");
        Row { n, text: String::new() }
    };
    let error = failed(pipeline!(from_iter(1..10) | map(panics) | sqlite(&shop.path, table = "b")).run());
    assert_eq!(error, "stage `map`: panicked: five");
    assert_eq!(shop.count("b"), 0);
    assert_eq!(shop.files(), ["shop.db"]);
}

#[test]
fn readers_go_on_while_a_run_writes() {
    let shop = filled("wal");
    let other = shop.connect();
    let mut counts = Vec::new();
    let write = pipeline!(
        from_iter(1..=N)
            | map(|n| Row { n, text: "x".repeat(2000) })
            | inspect(|row| if row.n % 1000 == 0 {
                counts.push(other.query_row("select count(*) from b", [], |row| row.get::<_, u32>(0)).unwrap());
            })
            | sqlite(&shop.path, table = "b")
    );
    ran(write.run());
    assert_eq!(counts, [0; 4]);
    assert_eq!(shop.count("b"), N);
}

#[test]
fn a_file_that_is_a_database_is_nothing_else_in_the_same_run() {
    let shop = filled("delete");
    let copy = pipeline!(sqlite::<Row>(&shop.path, table = "a") | json_lines(&shop.path)).run();
    assert_eq!(failed_in(&shop, copy), "stage `json_lines`: cannot open shop.db: it is open as a database");
    let letters = pipeline!(sqlite::<Row>(&shop.path, table = "a").or_dead_letter(&shop.path) | discard()).run();
    assert!(failed_in(&shop, letters).ends_with("it is open as a database"));
    let sink = pipeline!(
        from_iter([order(1, "a", 1.0)])
            | tee(json_lines(shop.file("x")), sqlite(shop.file("x"), table = "t", create = true))
    );
    assert!(failed_in(&shop, sink.run()).ends_with("cannot open x: another sink is writing it"));
}
