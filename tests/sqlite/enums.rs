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
