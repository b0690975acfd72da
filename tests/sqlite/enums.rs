//! Enums as rows.

use millstream::prelude::*;

use crate::support::{Shop, failed_in, ran};

/// What a user does in a shop.
#[record(tag = "event", rename_all = "lowercase")]
#[derive(Debug, Clone, PartialEq)]
enum Event {
    Login {
        user: String,
    },
    Purchase {
        user: String,
        #[field(range = 0.0..)]
        amount: f64,
        note: Option<String>,
    },
    Logout,
}

fn events() -> Vec<Event> {
    let user = || "ann".to_owned();
    vec![
        Event::Login { user: user() },
        Event::Purchase { user: user(), amount: 2.5, note: Some("gift".to_owned()) },
        Event::Logout,
        Event::Purchase { user: user(), amount: 3.0, note: None },
    ]
}

#[test]
fn columns_that_not_every_variant_has_may_be_null() {
    let shop = Shop::none();
    // The second run finds the table as the first has made it.
    for run in 1..=2 {
        ran(pipeline!(from_iter(events()) | sqlite(&shop.path, table = "events", create = true)).run());
        assert_eq!(shop.count("events"), 4 * run);
    }
    assert_eq!(
        shop.rows("select * from events limit 4"),
        [
            "'login'|'ann'|NULL|NULL",
            "'purchase'|'ann'|2.5|'gift'",
            "'logout'|NULL|NULL|NULL",
            "'purchase'|'ann'|3.0|NULL"
        ]
    );
    assert_eq!(
        shop.rows("select name from pragma_table_info('events') where \"notnull\""),
        ["'event'"],
        "the tag is in every row"
    );
}

#[test]
fn a_column_of_all_variants_is_never_null() {
    #[record(tag = "is")]
    enum Shape {
        Circle { n: u8, size: u32 },
        Square { n: u8, size: Option<u32> },
        Text { n: u8, size: String },
    }

    let shop = Shop::none();
    let items = [
        Shape::Circle { n: 1, size: 2 },
        Shape::Square { n: 2, size: None },
        Shape::Text { n: 3, size: "4".to_owned() },
    ];
    ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "shapes", create = true)).run());
    assert_eq!(shop.rows("select * from shapes"), ["'Circle'|1|2", "'Square'|2|NULL", "'Text'|3|'4'"]);
    assert_eq!(shop.rows("select name from pragma_table_info('shapes') where \"notnull\""), ["'is'", "'n'"]);
}

#[test]
fn what_has_no_columns_is_refused() {
    #[record]
    enum Untagged {
        Login { user: String },
        Logout,
    }

    for create in [true, false] {
        let shop = Shop::of("create table t (a)");
        let items = [Untagged::Login { user: "ann".to_owned() }, Untagged::Logout];
        let write = pipeline!(from_iter(items) | sqlite(&shop.path, table = "t", create = create)).run();
        assert_eq!(
            failed_in(&shop, write),
            "stage `sqlite`: cannot write shop.db: its columns are the fields of a record, and `Untagged` has none; write \
             `#[record(tag = \"type\")]` on it, which makes columns of its variants and of their fields"
        );
    }
}

#[test]
fn an_enum_with_a_tag_is_read_as_it_was_written() {
    let shop = Shop::none();
    ran(pipeline!(from_iter(events()) | sqlite(&shop.path, table = "events", create = true)).run());
    let read = pipeline!(sqlite::<Event>(&shop.path, table = "events") | collect()).run();
    assert_eq!(ran(read).output, events());
    // Columns come in any order; one that no row needs may be missing.
    let sql = "select user, event from events where event = 'login'";
    let read = pipeline!(sqlite::<Event>(&shop.path, query = sql) | collect()).run();
    assert_eq!(ran(read).output, events()[..1]);
}

#[test]
fn rows_that_are_no_variant_are_refused_in_words() {
    let shop = Shop::none();
    let read = |sql: &str| {
        shop.run("create table if not exists t (a)");
        failed_in(&shop, pipeline!(sqlite::<Event>(&shop.path, query = sql) | collect()).run())
    };
    for (sql, why) in [
        (
            "select 'buy' as event, 'ann' as user",
            "column `event`: expected `login`, `purchase` or `logout`, read the text `buy`",
        ),
        ("select null as event", "column `event`: expected `login`, `purchase` or `logout`, read NULL"),
        (
            "select 'login' as event, 1 as user, 2.5 as amount",
            "column `user`: expected a string, read the integer 1; column `amount`: `login` has no such field, read the \
             number 2.5",
        ),
        ("select 'logout' as event, 'ann' as user", "column `user`: `logout` has no such field, read the text `ann`"),
        ("select 'purchase' as event, 'ann' as user", "column `amount`: there is none"),
        ("select 'purchase' as event, 'ann' as user, null as amount", "column `amount`: expected f64, read NULL"),
        ("select 'purchase' as event, 'ann' as user, -1.0 as amount", "amount must be at least 0.0, got -1"),
    ] {
        let error = read(sql);
        assert!(error.ends_with(why), "{error}\n{why}");
    }
    assert!(read("select 'ann' as user").ends_with("does not fit `Event`: no column `event`"));
}

#[test]
fn an_enum_may_borrow_and_pass_over_what_it_does_not_know() {
    #[record(tag = "event", extra = "ignore")]
    enum Brief<'a> {
        Login { user: &'a str },
        Purchase { amount: f64 },
    }

    let shop = Shop::of(
        "create table t (event, user, amount, color);
         insert into t values ('Login', 'ann', 2.5, 'red'), ('Purchase', 'ann', 2.5, null)",
    );
    let read = pipeline!(
        sqlite::<Brief>(&shop.path, table = "t")
            | map(|event| match event {
                Brief::Login { user } => user.to_owned(),
                Brief::Purchase { amount } => amount.to_string(),
            })
            | collect()
    );
    assert_eq!(ran(read.run()).output, ["ann", "2.5"]);
}
