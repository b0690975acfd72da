//! What a sink writes, what it replaces, and which tables it refuses.

use millstream::prelude::*;

use crate::support::{Order, Shop, failed, failed_in, order, ran};

const ORDERS: &str = "create table orders (id integer primary key, buyer text not null, amount real, note text);";

/// An order without a key.
#[record]
#[derive(Debug, Clone, PartialEq)]
struct Line {
    id: u32,
    text: String,
}

fn line(id: u32, text: &str) -> Line {
    Line { id, text: text.to_owned() }
}

#[test]
fn a_record_with_a_key_takes_the_place_of_the_row_with_that_key() {
    let shop = Shop::of(ORDERS);
    shop.run("insert into orders values (1, 'ann', 1.0, 'old'), (9, 'zoe', 9.0, null)");
    let items = [order(1, "ann", 2.0), order(2, "bob", 2.5), order(2, "bob", 3.0)];
    for _ in 0..2 {
        let report = ran(pipeline!(from_iter(items.clone()) | sqlite(&shop.path, table = "orders")).run());
        assert_eq!(report.stage("sqlite").map(|counts| (counts.input, counts.absorbed)), Some((3, 3)));
        assert_eq!(shop.rows("select * from orders"), ["1|'ann'|2.0|NULL", "2|'bob'|3.0|NULL", "9|'zoe'|9.0|NULL"]);
    }
    assert_eq!(shop.files(), ["shop.db"]);
}

#[test]
fn a_record_without_a_key_is_a_new_row() {
    let shop = Shop::none();
    for _ in 0..2 {
        let items = [line(1, "a"), line(1, "a")];
        ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "lines", create = true)).run());
    }
    assert_eq!(shop.count("lines"), 4);
}

#[test]
fn a_key_of_several_fields_is_replaced_as_one() {
    #[record]
    #[derive(Clone)]
    struct Stock<'a> {
        #[key]
        shop: &'a str,
        n: u32,
        #[key]
        article: &'a str,
    }
    /// One that is its key.
    #[record]
    #[derive(Clone)]
    struct Seen<'a> {
        #[key]
        #[field(rename = "a \"name\"")]
        name: &'a str,
    }

    let shop = Shop::none();
    let stock = |shop, article, n| Stock { shop, n, article };
    let items = [stock("x", "pen", 1), stock("y", "pen", 2), stock("x", "pen", 3), stock("x", "ink", 4)];
    let seen = ["a", "b", "a"].map(|name| Seen { name });
    ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "stock", create = true)).run());
    assert_eq!(
        shop.rows("select shop, article, n from stock order by n"),
        ["'y'|'pen'|2", "'x'|'pen'|3", "'x'|'ink'|4"]
    );
    ran(pipeline!(from_iter(seen) | sqlite(&shop.path, table = "seen \"names\"", create = true)).run());
    assert_eq!(shop.rows("select * from \"seen \"\"names\"\"\""), ["'a'", "'b'"]);
}

#[test]
fn a_key_without_a_value_is_a_rejected_item() {
    #[record]
    #[derive(Clone)]
    struct Half {
        #[key]
        id: Option<u32>,
    }

    let shop = Shop::of("create table t (id integer primary key)");
    let write = || pipeline!(from_iter([Half { id: Some(1) }, Half { id: None }]) | sqlite(&shop.path, table = "t"));
    let error = failed(write().run());
    assert_eq!(error, "stage `sqlite` at item 2 of from_iter: field `id`: the key has no value");
    assert_eq!(shop.count("t"), 0);
}

#[test]
fn differences_are_all_listed_before_anything_is_read() {
    #[record]
    #[derive(Clone)]
    struct Wide {
        #[key]
        id: u64,
        name: String,
        ratio: f64,
        at: Timestamp,
        data: Vec<u8>,
        flag: bool,
        missing: u8,
        twice: u8,
    }

    let shop = Shop::of(
        "create table t (id real, name integer, ratio text, at datetime, data text, flag boolean, twice as (flag * 2),
         extra text not null, filled text not null default 'x', number integer not null)",
    );
    let mut read = 0;
    let items = std::iter::from_fn(|| {
        read += 1;
        None::<Wide>
    });
    let error = failed_in(&shop, pipeline!(from_iter(items) | sqlite(&shop.path, table = "t")).run());
    let list = error.strip_prefix("stage `sqlite`: table `t` of shop.db does not fit `Wide`: ");
    let list: Vec<&str> = list.unwrap_or_else(|| panic!("{error}")).split("; ").collect();
    assert_eq!(
        list,
        [
            "column `id` is REAL, which does not keep a `u64` as it is: INTEGER does",
            "column `name` is INTEGER, which does not keep a `String` as it is: TEXT does",
            "column `ratio` is TEXT, which does not keep a `f64` as it is: REAL does",
            "column `data` is TEXT, which does not keep a `Vec<u8>` as it is: BLOB does",
            "no column `missing`: `\"missing\" INTEGER` does for a `u8`",
            "column `twice` is generated, so nothing can be written to it",
            "column `extra` is NOT NULL without a default, and the record has no such field",
            "column `number` is NOT NULL without a default, and the record has no such field",
            "no unique index on the record's key: `CREATE UNIQUE INDEX \"t_key\" ON \"t\" (\"id\")` makes one",
        ]
    );
    assert_eq!(read, 0);
}

#[test]
fn the_key_needs_an_index_that_is_unique_for_all_rows() {
    let columns = "id integer, buyer text, amount real, note text";
    let write = |sql: &str| {
        let shop = Shop::of(sql);
        pipeline!(from_iter([order(1, "a", 1.0), order(1, "b", 1.0)]) | sqlite(&shop.path, table = "orders"))
            .run()
            .map(|_| shop.rows("select buyer from orders"))
            .map_err(|error| error.to_string())
    };
    let one = Ok(vec!["'b'".to_owned()]);
    assert_eq!(write(&format!("create table orders ({columns}, unique (id))")), one);
    assert_eq!(write(&format!("create table orders ({columns}); create unique index i on orders (ID)")), one);
    assert_eq!(write("create table orders (id integer primary key, buyer, amount, note) without rowid"), one);
    assert_eq!(write("create table orders (id integer primary key, buyer text, amount real, note text) strict"), one);
    for sql in [
        format!("create table orders ({columns})"),
        format!("create table orders ({columns}); create index i on orders (id)"),
        format!("create table orders ({columns}); create unique index i on orders (id) where amount > 5"),
        format!("create table orders ({columns}); create unique index i on orders (id, buyer)"),
        format!("create table orders ({columns}); create unique index i on orders (abs(id))"),
    ] {
        let error = write(&sql).unwrap_err();
        assert!(error.contains("no unique index on the record's key: `CREATE UNIQUE INDEX"), "{sql}: {error}");
    }
}

#[test]
fn a_key_is_unique_byte_by_byte() {
    #[record]
    struct User {
        #[key]
        name: String,
        #[key]
        shop: u8,
    }

    let write = |sql: &str| {
        let shop = Shop::of(sql);
        let users = ["Ann", "ann"].map(|name| User { name: name.to_owned(), shop: 1 });
        ran(pipeline!(from_iter(users) | sqlite(&shop.path, table = "t")).run());
        assert_eq!(shop.count("t"), 2, "{sql}");
    };
    write("create table t (name text, shop integer collate nocase, primary key (name, shop))");
    write("create table t (name text collate nocase, shop integer, unique (name collate binary, shop))");

    let binary = "create unique index a on t (name collate binary, shop)";
    for (sql, collation) in [
        ("create table t (name text collate nocase, shop integer, primary key (name, shop))".to_owned(), "nocase"),
        ("create table t (name text, shop, primary key (name collate rtrim, shop)) without rowid".to_owned(), "rtrim"),
        (
            "create table t (name text, shop); create unique index i on t (shop, name collate nocase)".to_owned(),
            "nocase",
        ),
        (format!("create table t (name text collate nocase, shop, unique (name, shop)); {binary}"), "nocase"),
    ] {
        let shop = Shop::of(&sql);
        let error = failed_in(&shop, pipeline!(from_iter(Vec::<User>::new()) | sqlite(&shop.path, table = "t")).run());
        assert_eq!(
            error.to_lowercase(),
            format!(
                "stage `sqlite`: table `t` of shop.db does not fit `user`: column `name` of the record's key is unique by \
                 {collation}, which takes different texts for one: make it unique by `collate binary`"
            ),
            "{sql}"
        );
    }
}

#[test]
fn what_is_there_is_only_made_if_asked() {
    let shop = Shop::none();
    let write = || pipeline!(from_iter([order(1, "a", 1.0)]) | sqlite(&shop.path, table = "orders")).run();
    assert_eq!(
        failed_in(&shop, write()),
        "stage `sqlite`: cannot open shop.db: there is no such file; write `create = true` to make it and the table"
    );
    assert!(shop.files().is_empty());
    shop.run("create table other (id); create view orders as select 1 as id");
    assert_eq!(
        failed_in(&shop, write()),
        "stage `sqlite`: table `orders` of shop.db does not fit `Order`: it is a view; name a table"
    );
    shop.run("drop view orders");
    assert_eq!(
        failed_in(&shop, write()),
        "stage `sqlite`: cannot write shop.db: it has no table `orders`, but `other`; write `create = true` to make it"
    );
    ran(pipeline!(from_iter([order(1, "a", 1.0)]) | sqlite(&shop.path, table = "orders", create = true)).run());
    assert_eq!(shop.count("orders"), 1);
}

#[test]
fn items_that_are_no_records_have_no_columns() {
    // A function that is generic over its items says what they are.
    fn keep<T: serde::Serialize>(items: Vec<T>, path: &std::path::Path) -> millstream::Result<()> {
        pipeline!(from_iter(items) | sqlite::<Line>(path, table = "lines", create = true)).run()?;
        Ok(())
    }

    let shop = Shop::of("create table t (a)");
    let error = failed_in(&shop, pipeline!(from_iter([(1, 2)]) | sqlite(&shop.path, table = "t")).run());
    assert_eq!(
        error,
        "stage `sqlite`: cannot write shop.db: its columns are the fields of a record, and the items are none; write \
         `#[record]` on their type"
    );

    keep(vec![line(1, "a")], &shop.path).unwrap();
    assert_eq!(shop.rows("select * from lines"), ["1|'a'"]);
}

#[test]
fn borrowed_records_are_written_too() {
    let shop = Shop::of(ORDERS);
    ran(pipeline!(
        from_iter([order(1, "a", 1.0)])
            | tee(
                sqlite(&shop.path, table = "orders").or_skip(),
                map(|order| line(order.id, "copy")) | sqlite(&shop.path, table = "lines", create = true),
            )
    )
    .run());
    assert_eq!(shop.rows("select * from orders join lines using (id)"), ["1|'a'|1.0|NULL|'copy'"]);
}

#[test]
fn rows_that_break_rules_of_the_table_are_rejected_items() {
    let shop = Shop::of(
        "create table orders (id integer primary key, buyer text unique on conflict ignore, amount real check (amount < 10),
         note text references notes (note) on update cascade);
         create table notes (note text primary key);
         create trigger t before insert on orders when new.id = 5 begin select raise(ignore); end;
         create trigger u before insert on orders when new.id = 6 begin select raise(abort, 'no six'); end;",
    );
    let letters = shop.file("letters.jsonl");
    let noted = Order { note: Some("x".to_owned()), ..order(4, "d", 1.0) };
    let items =
        [order(1, "a", 1.0), order(2, "a", 1.0), order(3, "c", 10.0), noted, order(5, "e", 1.0), order(6, "f", 1.0)];
    let items = items.into_iter().chain([order(7, "g", 1.0)]);
    ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "orders").or_dead_letter(&letters)).run());
    assert_eq!(shop.rows("select id from orders"), ["1", "7"]);
    let letters = std::fs::read_to_string(letters).unwrap();
    let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let letters: Vec<String> =
        letters.iter().map(|l| format!("{}: {}", l["position"]["item"], l["error"][0])).collect();
    assert_eq!(
        letters,
        [
            "2: \"UNIQUE constraint failed: orders.buyer\"",
            "3: \"CHECK constraint failed: amount < 10\"",
            "4: \"FOREIGN KEY constraint failed\"",
            "5: \"the row was not written, as by a trigger of the table\"",
            "6: \"no six\"",
        ]
    );
}

#[test]
fn a_run_without_items_makes_the_table() {
    let shop = Shop::none();
    ran(pipeline!(from_iter(Vec::<Order>::new()) | sqlite(&shop.path, table = "orders", create = true)).run());
    assert_eq!(shop.count("orders"), 0);
    assert_eq!(
        shop.rows("select sql from sqlite_schema where name = 'orders'"),
        [
            "'CREATE TABLE \"orders\" (\"id\" INTEGER NOT NULL, \"buyer\" TEXT NOT NULL, \"amount\" REAL NOT NULL, \"note\" \
          TEXT, PRIMARY KEY (\"id\"))'"
        ]
    );
}
