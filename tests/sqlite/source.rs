//! What a source reads, in which order, and what it refuses to open.

use std::fs;

use millstream::prelude::*;

use crate::support::{Order, Shop, failed_in, order, ran};

const ORDERS: &str = "create table orders (id integer primary key, buyer text not null, amount real, note text);";

#[test]
fn a_table_is_read_in_the_order_of_its_rows() {
    let shop = Shop::of(ORDERS);
    shop.run("insert into orders values (3, 'cy', 1.5, 'late'), (1, 'ann', 2, null), (2, 'bob', 0.25, '')");
    let report = ran(pipeline!(sqlite::<Order>(&shop.path, table = "orders") | collect()).run());
    let late = Order { note: Some("late".to_owned()), ..order(3, "cy", 1.5) };
    let empty = Order { note: Some(String::new()), ..order(2, "bob", 0.25) };
    assert_eq!(report.output, [order(1, "ann", 2.0), empty, late]);
    assert_eq!(shop.files(), ["shop.db"], "nothing is left beside it");
}

#[test]
fn a_table_without_row_numbers_is_read_in_the_order_of_its_key() {
    #[record]
    struct Stock {
        place: String,
        n: u8,
    }
    #[record(extra = "ignore")]
    struct Loose {
        place: String,
        n: u8,
    }

    let shop = Shop::of(
        "create table stock (place text, rowid integer, n integer, primary key (n desc, place)) without rowid;
         insert into stock values ('b', 1, 1), ('a', 2, 1), ('a', 3, 2)",
    );
    let read =
        pipeline!(sqlite::<Loose>(&shop.path, table = "STOCK") | map(|s| format!("{}{}", s.place, s.n)) | collect());
    assert_eq!(ran(read.run()).output, ["a1", "b1", "a2"]);
    // Without `extra = "ignore"` the column that nobody asked for is an error.
    let refused = pipeline!(sqlite::<Stock>(&shop.path, table = "stock") | map(|s| (s.n, s.place)) | collect()).run();
    let error = failed_in(&shop, refused);
    assert!(error.contains("table `stock` of shop.db does not fit `Stock`: unknown column `rowid`"), "{error}");
}

#[test]
fn a_column_named_rowid_does_not_hide_the_order() {
    #[record(extra = "ignore")]
    struct Named {
        name: String,
    }

    let shop =
        Shop::of("create table t (rowid text, name text); insert into t values ('z', 'a'), ('y', 'b'), ('x', 'c')");
    let read = pipeline!(sqlite::<Named>(&shop.path, table = "t") | map(|named| named.name) | collect());
    assert_eq!(ran(read.run()).output, ["a", "b", "c"]);
}

#[test]
fn a_query_is_read_in_its_own_order() {
    #[record]
    struct Total<'a> {
        buyer: &'a str,
        total: f64,
    }

    let shop = Shop::of(ORDERS);
    shop.run("insert into orders values (1, 'ann', 1, null), (2, 'bob', 2, null), (3, 'ann', 3, null)");
    let sql = "select sum(amount) as total, buyer from orders group by buyer order by total, buyer desc";
    let read = pipeline!(
        sqlite::<Total>(&shop.path, query = sql) | map(|total| format!("{} {}", total.buyer, total.total)) | collect()
    );
    assert_eq!(ran(read.run()).output, ["bob 2", "ann 4"]);
    let view = Shop::of("create view v as select 2 as id, 'b' as buyer, 1.0 as amount union all select 1, 'a', 2.0");
    let read = pipeline!(sqlite::<Order>(&view.path, table = "v") | map(|order| order.id) | collect());
    assert_eq!(ran(read.run()).output, [2, 1]);
}

#[test]
fn many_rows_are_read_through_all_blocks() {
    #[record]
    struct Row<'a> {
        n: u64,
        text: &'a str,
    }

    let shop = Shop::of("create table t (n integer, text text)");
    shop.run(
        "insert into t with recursive c(n) as (select 1 union all select n + 1 from c where n < 5000)
         select n, substr(hex(zeroblob(150)), 1, n % 300) from c",
    );
    let mut expected = 0;
    let read = pipeline!(
        sqlite::<Row>(&shop.path, table = "t")
            | for_each(|row| {
                expected += 1;
                assert_eq!((row.n, row.text.len() as u64), (expected, expected % 300));
            })
    );
    ran(read.run());
    assert_eq!(expected, 5000);
}

#[test]
fn a_source_that_is_left_early_stops_reading() {
    #[record]
    struct Row {
        n: u64,
    }

    let shop = Shop::of("create table t (n integer)");
    shop.run(
        "insert into t with recursive c(n) as (select 1 union all select n + 1 from c where n < 9000) select n from c",
    );
    let read = pipeline!(sqlite::<Row>(&shop.path, table = "t") | take(3) | map(|row| row.n) | collect());
    assert_eq!(ran(read.run()).output, [1, 2, 3]);
    // Its lock is gone.
    shop.run("drop table t");

    // This one would never end.
    let endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select n from c";
    let read = pipeline!(
        sqlite::<Row>(&shop.path, query = endless) | take(2000) | fold(0, |sum, row| sum + row.n) | collect()
    );
    assert_eq!(ran(read.run()).output, [2_001_000]);
}

#[test]
fn what_others_write_meanwhile_is_not_seen() {
    #[record]
    struct Row {
        n: u64,
    }

    let shop = Shop::of("pragma journal_mode = wal; create table t (n integer)");
    shop.run(
        "insert into t with recursive c(n) as (select 1 union all select n + 1 from c where n < 3000) select n from c",
    );
    let other = shop.connect();
    let mut sum = 0;
    let read = pipeline!(
        sqlite::<Row>(&shop.path, table = "t")
            | for_each(|row| {
                sum += row.n;
                if row.n == 1 {
                    other.execute_batch("update t set n = 0; insert into t values (1000000)").unwrap();
                }
            })
    );
    ran(read.run());
    assert_eq!(sum, 3000 * 3001 / 2);
    assert_eq!(shop.rows("select sum(n) from t"), ["1000000"]);
}

#[test]
fn what_is_not_there_is_an_error_and_nothing_is_made() {
    let shop = Shop::none();
    let open = |table: &str| pipeline!(sqlite::<Order>(&shop.path, table = table) | collect()).run();
    assert_eq!(failed_in(&shop, open("orders")), "stage `sqlite`: cannot open shop.db: there is no such file");
    assert!(shop.files().is_empty());
    shop.run("create table old (id); create view names as select 1 as name");
    assert_eq!(
        failed_in(&shop, open("orders")),
        "stage `sqlite`: cannot read shop.db: it has no table `orders`, but `names`, `old`"
    );
    fs::write(shop.file("note.txt"), "not a database at all, but long enough to look at").unwrap();
    let text = pipeline!(sqlite::<Order>(shop.file("note.txt"), table = "orders") | collect()).run();
    assert_eq!(failed_in(&shop, text), "stage `sqlite`: cannot read note.txt: file is not a database");
    for (path, why) in [
        ("-", "a database is a file, not standard input or output"),
        ("", "the path is empty"),
        (":memory:", "a database in memory is gone with its connection; name a file"),
        ("no/such/shop.db", "its directory does not exist"),
    ] {
        let error = failed_in(&shop, pipeline!(sqlite::<Order>(path, table = "orders") | collect()).run());
        assert_eq!(error, format!("stage `sqlite`: cannot open {path}: {why}"));
    }
}

#[test]
fn columns_that_do_not_fit_are_all_listed() {
    let shop = Shop::of("create table orders (id integer, note text, color text, \"buyer\" text, size text)");
    let error = failed_in(&shop, pipeline!(sqlite::<Order>(&shop.path, table = "orders") | collect()).run());
    assert_eq!(
        error,
        "stage `sqlite`: table `orders` of shop.db does not fit `Order`: no column `amount`; unknown column `color` (`extra \
         = \"ignore\"` on the record skips such columns); unknown column `size`"
    );
    let sql = "select id, id as ID, buyer, 1.5 as amount from orders";
    let error = failed_in(&shop, pipeline!(sqlite::<Order>(&shop.path, query = sql) | collect()).run());
    assert_eq!(error, "stage `sqlite`: the query of shop.db does not fit `Order`: column 2 is a second `ID`");
}

#[test]
fn a_query_only_reads() {
    let shop = Shop::of(ORDERS);
    let open = |sql: &str| failed_in(&shop, pipeline!(sqlite::<Order>(&shop.path, query = sql) | collect()).run());
    let writes = "stage `sqlite`: cannot read shop.db: `query` writes to the database; write a `SELECT`";
    assert_eq!(open("delete from orders returning id, buyer, amount, note"), writes);
    assert!(open("select * from orders where id = ?1").contains("`query` has parameters"));
    assert!(open("begin").contains("`query` gives no rows"));
    assert!(open("selct 1").contains("near \"selct\": syntax error"));
}

#[test]
fn options_that_cannot_be_are_known_before_anything_opens() {
    let shop = Shop::none();
    let wait = String::from("soon");
    let error = failed_in(
        &shop,
        pipeline!(sqlite::<Order>(&shop.path, table = "orders", busy_timeout = wait) | collect()).run(),
    );
    assert_eq!(
        error,
        "stage `sqlite`: `busy_timeout` is a time, got `soon`; write a text such as `\"5s\"`, or a number of milliseconds"
    );
    let none = Vec::<Order>::new();
    let error = failed_in(&shop, pipeline!(from_iter(none) | sqlite(&shop.path, table = "orders", every = 0)).run());
    assert_eq!(error, "stage `sqlite`: `every` is 1 row at least, got 0");
}

#[test]
fn a_locked_database_is_an_error_that_says_so() {
    let shop = Shop::of(ORDERS);
    let other = shop.connect();
    other.execute_batch("begin exclusive").unwrap();
    let read = pipeline!(sqlite::<Order>(&shop.path, table = "orders", busy_timeout = 20) | collect()).run();
    assert_eq!(
        failed_in(&shop, read),
        "stage `sqlite`: cannot read shop.db: another connection has locked it, for more than 20ms; close that connection, \
         or wait longer with `busy_timeout = \"30s\"`"
    );
}
