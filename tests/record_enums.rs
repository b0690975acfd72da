//! `#[record]` on an enum.

use millstream::prelude::*;
use millstream::record::{Constraint, FromJson, FromRow, Holds, Scratch};

#[path = "support/records.rs"]
mod records;

use records::{cells, json_error, row_error};

/// How an order is paid.
#[record(rename_all = "snake_case")]
#[derive(Debug, Clone, PartialEq)]
enum Payment<'a> {
    /// At the door.
    OnDelivery,
    /// By card.
    Card {
        #[field(pattern = "^[0-9]{4}$", secret)]
        number: &'a str,
        #[field(range = 1..=12)]
        month: u8,
        #[field(rename = "type", default = "debit")]
        kind: Short,
    },
    #[field(rename = "transfer")]
    Wire(Account<'a>),
    Voucher(#[field(range = 1..)] u32),
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Account<'a> {
    #[field(len = 4)]
    bank: &'a str,
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Order<'a> {
    id: u32,
    payment: Payment<'a>,
    #[field(default)]
    refunds: Vec<Payment<'a>>,
}

fn card(number: &str, month: u8) -> Payment<'_> {
    Payment::Card { number, month, kind: "debit".into() }
}

mod named {
    use super::*;

    fn error(text: &str) -> String {
        let scratch = Scratch::default();
        Payment::from_json(text.as_bytes(), &scratch).map_or_else(|error| error.to_string(), |_| "no error".to_owned())
    }

    #[test]
    fn goes_to_json_and_back() {
        for (payment, text) in [
            (Payment::OnDelivery, r#""on_delivery""#),
            (card("1234", 5), r#"{"card":{"number":"1234","month":5,"type":"debit"}}"#),
            (Payment::Wire(Account { bank: "GENO" }), r#"{"transfer":{"bank":"GENO"}}"#),
            (Payment::Voucher(7), r#"{"voucher":7}"#),
        ] {
            assert_eq!(serde_json::to_string(&payment).unwrap(), text);
            assert_eq!(serde_json::from_str::<Payment<'_>>(text).unwrap(), payment);
            let scratch = Scratch::default();
            assert_eq!(Payment::from_json(text.as_bytes(), &scratch).unwrap(), payment);
        }
    }

    #[test]
    fn borrows_from_the_text() {
        let text = br#"{"card": {"month": 5, "number": "1234"}}"#;
        let scratch = Scratch::default();
        let Payment::Card { number, .. } = Payment::from_json(text, &scratch).unwrap() else { panic!("a card") };
        assert_eq!(number.as_ptr(), text[33..].as_ptr());
        let escaped = br#"{"card": {"month": 5, "number": "\u0031234"}}"#;
        assert_eq!(Payment::from_json(escaped, &scratch).unwrap(), card("1234", 5));
    }

    #[test]
    fn is_validated_with_paths_through_its_variants() {
        let order = Order { id: 1, payment: card("12", 13), refunds: vec![Payment::Voucher(0), Payment::OnDelivery] };
        assert_eq!(
            order.validate().unwrap_err().to_string(),
            "payment.card.number must match \"^[0-9]{4}$\"; payment.card.month must be in 1..=12, got 13; \
             refunds[0].voucher must be at least 1, got 0"
        );
        let wire = Order { id: 1, payment: Payment::Wire(Account { bank: "G" }), refunds: Vec::new() };
        assert_eq!(wire.validate().unwrap_err().to_string(), "payment.transfer.bank must have 4 characters, got 1");
    }

    #[test]
    fn says_where_and_what() {
        let errors = [
            r#""cash""#,
            r#"{"credit": {}}"#,
            "7",
            r#""card""#,
            r#"{"on_delivery": 5}"#,
            r#"{"card": {"number": "1234", "month": "x"}}"#,
            r#"{"card": {"number": 77, "month": 5}}"#,
            r#"{"card": {"month": 5, "year": 7}}"#,
            r#"{"transfer": {"bank": 5}}"#,
            r#"{"voucher": -1}"#,
            r#"{"voucher": 0}"#,
            r#"{"card": {"number": "1234", "month": 5}, "voucher": 3}"#,
        ]
        .map(error);
        assert_eq!(
            errors,
            [
                "unknown variant `cash`: Payment is `on_delivery`, `card`, `transfer` or `voucher`, at column 1",
                "unknown variant `credit`: Payment is `on_delivery`, `card`, `transfer` or `voucher`, at column 9",
                "expected value, at column 1",
                "field `card`: invalid type: unit variant, expected struct variant",
                "field `on_delivery`: invalid type: integer `5`, expected unit, at column 17",
                "field `card.month`: invalid type: string \"x\", expected u8, at column 38",
                "field `card.number`: the text is not what the field expects, at column 21",
                "field `card`: missing field `number`; unknown field `year`: the record Payment::Card has `number`, `month`, `type`, at column 10",
                "field `transfer.bank`: invalid type: integer `5`, expected a borrowed string, at column 23",
                "field `voucher`: `-1` is out of range for u32, which is 0..=4294967295, at column 13",
                "voucher must be at least 1, got 0",
                "expected value, at column 39",
            ]
        );
        let scratch = Scratch::default();
        let order = br#"{"id": 1, "payment": {"card": {"number": "1234", "month": 500}}}"#;
        assert_eq!(
            Order::from_json(order, &scratch).unwrap_err().to_string(),
            "field `payment.card.month`: `500` is out of range for u8, which is 0..=255, at column 59"
        );
    }
}

mod tagged {
    use std::fs;

    use super::*;

    /// What a user did.
    #[record(tag = "event", rename_all = "lowercase")]
    #[derive(Debug, Clone, PartialEq)]
    enum Event<'a> {
        Login {
            #[field(len = 1..)]
            user: &'a str,
        },
        Purchase {
            user: &'a str,
            #[field(range = 0.0..)]
            amount: f64,
            coupon: Option<&'a str>,
        },
        Tick,
    }

    fn error(text: &str) -> String {
        let scratch = Scratch::default();
        Event::from_json(text.as_bytes(), &scratch).map_or_else(|error| error.to_string(), |_| "no error".to_owned())
    }

    fn events() -> [Event<'static>; 3] {
        [Event::Login { user: "U001" }, Event::Purchase { user: "U002", amount: 1.5, coupon: None }, Event::Tick]
    }

    #[test]
    fn goes_to_json_and_back() {
        let texts = [
            r#"{"event":"login","user":"U001"}"#,
            r#"{"event":"purchase","user":"U002","amount":1.5,"coupon":null}"#,
            r#"{"event":"tick"}"#,
        ];
        for (event, text) in events().iter().zip(texts) {
            assert_eq!(serde_json::to_string(event).unwrap(), text);
            assert_eq!(serde_json::from_str::<Event<'_>>(text).unwrap(), *event);
        }
    }

    #[test]
    fn the_tag_may_stand_anywhere() {
        let scratch = Scratch::default();
        let text = br#"{"user": "U\u0030\u00302", "amount": 1.5, "event": "purchase", "coupon": "x\n"}"#;
        let expected = Event::Purchase { user: "U002", amount: 1.5, coupon: Some("x\n") };
        assert_eq!(Event::from_json(text, &scratch).unwrap(), expected);
        let plain = br#"{"user": "U001", "event": "login"}"#;
        let Event::Login { user } = Event::from_json(plain, &scratch).unwrap() else { panic!("a login") };
        assert_eq!(user.as_ptr(), plain[10..].as_ptr());
    }

    #[test]
    fn says_where_and_what() {
        let errors = [
            r#"{"user": "U001"}"#,
            r#"{"event": "logout"}"#,
            r#"{"event": 5}"#,
            r#"{"event": "login", "event": "login", "user": "a"}"#,
            r#"{"user": "a", "event": "login", "user": "a"}"#,
            r#"{"event": "login", "user": "a", "amount": 5}"#,
            r#"{"amount": 5, "event": "login", "user": "a"}"#,
            r#"{"event": "tick", "user": "a"}"#,
            r#"{"event": "purchase", "user": "a", "amount": "x"}"#,
            r#"{"user": "a", "amount": "x", "event": "purchase"}"#,
            r#"{"event": "purchase", "user": "a", "amount": -1}"#,
            r#""login""#,
            r#"{"event": "login", "user": "#,
        ]
        .map(error);
        assert_eq!(
            errors,
            [
                "missing field `event`, at column 1",
                "field `event`: unknown variant `logout`: Event is `login`, `purchase` or `tick`, at column 11",
                "field `event`: invalid type: integer `5`, expected `login`, `purchase` or `tick`, at column 11",
                "duplicate field `event`, at column 26",
                "duplicate field `user`, at column 38",
                "unknown field `amount`: the record Event::Login has `user`, at column 1",
                "unknown field `amount`: the record Event::Login has `user`, at column 1",
                "unknown field `user`: `tick` has none, at column 1",
                "field `amount`: invalid type: string \"x\", expected f64, at column 46",
                "`amount`: invalid type: string \"x\", expected f64, at column 1",
                "amount must be at least 0.0, got -1",
                "invalid type: string \"login\", expected record Event with the tag `event`, at column 1",
                "field `user`: EOF while parsing a value, at column 27",
            ]
        );
    }

    #[test]
    fn reads_from_rows_by_its_tag() {
        let row = |cells_of: [&'static str; 4]| cells(&cells_of);
        assert_eq!(Event::from_row(&row(["login", "U001", "", ""])).unwrap(), events()[0]);
        assert_eq!(Event::from_row(&row(["purchase", "U002", "1.5", ""])).unwrap(), events()[1]);
        assert_eq!(Event::from_row(&row(["tick", "", "", ""])).unwrap(), events()[2]);
        let errors = [
            ["logout", "U001", "", ""],
            ["", "U001", "", ""],
            ["login", "", "", ""],
            ["login", "U001", "1.5", ""],
            ["tick", "U001", "1.5", "x"],
            ["purchase", "U001", "x", ""],
        ]
        .map(|cells_of| {
            Event::from_row(&row(cells_of)).map_or_else(|error| error.to_string(), |_| "no error".to_owned())
        });
        assert_eq!(
            errors,
            [
                "column `event`: expected `login`, `purchase` or `tick`, read `logout`",
                "column `event`: expected the name of a variant, but it is empty",
                "user must have at least 1 characters, got 0",
                "column `amount`: `login` has no such field, read `1.5`",
                "column `user`: `tick` has no such field, read `U001`; column `amount`: `tick` has no such field, read `1.5`; column `coupon`: `tick` has no such field, read `x`",
                "column `amount`: expected a number, read `x`",
            ]
        );
    }

    #[test]
    fn csv_keeps_all_variants_in_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("events.csv"), folder.path().join("copy.csv"));
        let report = pipeline!(from_iter(events()) | csv(&path)).run().unwrap();
        report.check().unwrap();
        let text = "event,user,amount,coupon\nlogin,U001,,\npurchase,U002,1.5,\ntick,,,\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let report = pipeline!(csv::<Event<'_>>(&path) | csv(&copy)).run().unwrap();
        report.check().unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), text);
    }

    #[test]
    fn formats_that_may_have_no_names_keep_the_variant_around_its_content() {
        for event in events() {
            let mut bytes = Vec::new();
            ciborium::into_writer(&event, &mut bytes).unwrap();
            let value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
            assert!(value.as_map().is_none_or(|map| map.len() == 1), "{value:?}");
            // CBOR is read from a reader, so nothing can be borrowed from it.
            let read: Result<Owned, _> = ciborium::from_reader(bytes.as_slice());
            assert_eq!(serde_json::to_string(&read.unwrap()).unwrap(), serde_json::to_string(&event).unwrap());
        }
    }

    /// The same event, owned.
    #[record(tag = "event", rename_all = "lowercase")]
    #[derive(Debug)]
    enum Owned {
        Login { user: Short },
        Purchase { user: Short, amount: f64, coupon: Option<Short> },
        Tick,
    }

    #[test]
    fn is_read_from_json_lines() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("events.jsonl"), folder.path().join("copy.jsonl"));
        pipeline!(from_iter(events()) | json_lines(&path)).run().unwrap().check().unwrap();
        pipeline!(json_lines::<Event<'_>>(&path) | json_lines(&copy)).run().unwrap().check().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), fs::read_to_string(&copy).unwrap());
    }

    #[test]
    fn its_schema_has_a_column_for_each_name() {
        let fields = Event::SCHEMA.fields.iter().map(|field| (field.name, field.ty, field.optional));
        let expected = [
            ("event", "Event", false),
            ("user", "&'a str", true),
            ("amount", "f64", true),
            ("coupon", "Option<&'a str>", true),
        ];
        assert!(fields.eq(expected));
        assert_eq!(Event::SCHEMA.tag, Some("event"));
        let tags = &[Constraint::OneOf(&["\"login\"", "\"purchase\"", "\"tick\""])];
        assert_eq!(Event::SCHEMA.fields[0].constraints, tags);
        assert_eq!(Event::SCHEMA.fields[1].constraints, []);
    }
}

mod plain {
    use std::fs;

    use super::*;

    #[record(rename_all = "lowercase")]
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Kind {
        Purchase,
        #[field(rename = "money back")]
        Refund,
    }

    #[record]
    #[derive(Debug, Clone, PartialEq)]
    struct Sale {
        #[key]
        kind: Kind,
        before: Option<Kind>,
        #[field(default = Kind::Refund)]
        after: Kind,
    }

    #[test]
    fn is_a_cell() {
        let sale = Sale::from_row(&cells(&["purchase", "", ""])).unwrap();
        assert_eq!(sale, Sale { kind: Kind::Purchase, before: None, after: Kind::Refund });
        assert_eq!(
            row_error::<Sale>(&cells(&["", "buy", "Refund"])),
            "column `kind`: expected `purchase` or `money back`, but it is empty; \
             column `before`: expected `purchase` or `money back`, read `buy`; \
             column `after`: expected `purchase` or `money back`, read `Refund`"
        );
    }

    #[test]
    fn is_a_text_in_json() {
        let sale: Sale = serde_json::from_str(r#"{"kind": "money back", "before": "purchase"}"#).unwrap();
        assert_eq!(sale, Sale { kind: Kind::Refund, before: Some(Kind::Purchase), after: Kind::Refund });
        assert_eq!(
            json_error::<Sale>(r#"{"kind": "buy"}"#),
            "field `kind`: unknown variant `buy`: Kind is `purchase` or `money back`, at column 10"
        );
    }

    /// Counts the sales of a kind.
    #[stage(finish = of_kind)]
    fn count(#[state] count: &mut u32, _sale: &Sale) {
        *count += 1;
    }

    #[finish]
    fn of_kind(kind: &Kind, count: u32) -> Option<(Kind, u32)> {
        Some((*kind, count))
    }

    #[test]
    fn is_a_key_and_is_written_to_csv() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kinds.csv");
        let sale = |kind| Sale { kind, before: None, after: Kind::Refund };
        let sales = [sale(Kind::Refund), sale(Kind::Purchase), sale(Kind::Refund)];
        let report = pipeline!(from_iter(sales) | count.keyed(kind) | csv(&path)).run().unwrap();
        report.check().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "money back,2\npurchase,1\n");
    }

    #[test]
    fn need_not_be_comparable() {
        #[record]
        enum Side {
            Buy,
            Sell,
        }
        let side: Side = serde_json::from_str("\"Sell\"").unwrap();
        assert!(matches!(side, Side::Sell));
        assert!(Side::Buy.validate().is_ok());
    }
}

#[test]
fn the_schema_says_what_variants_hold() {
    let schema = Payment::SCHEMA;
    assert_eq!((schema.name, schema.docs, schema.fields.len()), ("Payment", "How an order is paid.", 0));
    let variants = schema.variants.iter().map(|variant| (variant.name, variant.ident, variant.holds, variant.docs));
    assert!(variants.eq([
        ("on_delivery", "OnDelivery", Holds::Nothing, "At the door."),
        ("card", "Card", Holds::Fields, "By card."),
        ("transfer", "Wire", Holds::Value, ""),
        ("voucher", "Voucher", Holds::Value, ""),
    ]));
    let card: Vec<&str> = schema.variants[1].fields.iter().map(|field| field.name).collect();
    assert_eq!(card, ["number", "month", "type"]);
    assert_eq!(schema.variants[3].fields[0].name, "voucher");
    assert_eq!(schema.variants[3].fields[0].constraints, [Constraint::Range("1..")]);
}

#[test]
fn a_check_crosses_variants() {
    #[record(check = Span::in_order)]
    enum Span {
        Open { start: u32 },
        Closed { start: u32, end: u32 },
    }
    impl Span {
        fn in_order(&self) -> Result<(), &'static str> {
            match self {
                Span::Closed { start, end } if start > end => Err("the start comes after the end"),
                Span::Open { .. } | Span::Closed { .. } => Ok(()),
            }
        }
    }
    let error = json_error::<Span>(r#"{"Closed": {"start": 2, "end": 1}}"#);
    assert_eq!(error, "the start comes after the end");
    assert_eq!(json_error::<Span>(r#"{"Open": {"start": 2}}"#), "no error");
}
