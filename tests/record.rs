//! `#[record]`: what a user gets.

use std::borrow::Cow;

use millstream::prelude::*;
use millstream::record::{Constraint, Extra, Path, Validate, Violations};

#[path = "support/records.rs"]
mod records;

use records::{Reading, cells, json_error, row_error, timestamp};

fn reading(sensor: &str, celsius: f64) -> Reading<'_> {
    Reading { at: timestamp("2014-04-01T00:00:00Z"), sensor, celsius }
}

/// What a check found, line by line.
fn lines(result: Result<(), Violations>) -> Vec<String> {
    result.err().into_iter().flatten().map(|violation| violation.to_string()).collect()
}

mod the_struct {
    use super::*;

    #[test]
    fn keeps_its_fields_its_size_and_its_patterns() {
        struct Bare<'a> {
            _at: i64,
            _sensor: &'a str,
            _celsius: f64,
        }
        assert_eq!(size_of::<Reading<'_>>(), size_of::<Bare<'_>>());
        let Reading { sensor, celsius, .. } = reading("a", 1.0);
        assert_eq!((sensor, celsius), ("a", 1.0));
    }

    #[test]
    fn its_schema_is_data() {
        let schema = Reading::SCHEMA;
        assert_eq!(
            (schema.name, schema.docs, schema.extra),
            ("Reading", "One temperature reading.\n\nTaken every second.", Extra::Refuse)
        );
        let [at, sensor, celsius] = schema.fields else { panic!("three fields") };
        assert_eq!((at.name, at.ty, at.event_time, at.key, at.constraints), ("at", "Timestamp", true, false, &[][..]));
        assert_eq!((sensor.ty, sensor.docs, sensor.key), ("&'a str", "The name on the box.", true));
        assert_eq!(sensor.constraints, [Constraint::Len("1..=8")]);
        assert_eq!((celsius.unit, celsius.constraints), (Some("celsius"), &[Constraint::Range("-60.0..=160.0")][..]));
        assert_eq!(schema.position("celsius"), Some(2));
    }

    #[test]
    fn of_another_lifetime_is_the_same_record() {
        fn shorter<'s>(reading: <Reading<'static> as Record>::Of<'s>) -> Reading<'s> {
            reading
        }
        assert_eq!(shorter(reading("a", 1.0)).sensor, "a");
    }
}

mod validate {
    use super::*;

    #[record]
    #[derive(Debug)]
    struct Address {
        #[field(pattern = "^[0-9]{5}$")]
        zip: String,
    }

    #[record]
    #[derive(Debug)]
    struct Item {
        #[field(range = 0..=10)]
        price: f64,
    }

    #[record(check = has_items)]
    #[derive(Debug)]
    struct Order {
        #[field(check = even)]
        id: u32,
        address: Address,
        #[field(len = ..3)]
        items: Vec<Item>,
        gift: Option<Address>,
        #[field(one_of = ["new", "paid"])]
        state: String,
        #[field(range = 1..10, len = 1..)]
        sizes: Vec<u8>,
        #[field(finite)]
        weight: Option<f32>,
        #[field(one_of = [1, -1])]
        sign: i8,
        #[field(len = 4, secret, pattern = "^[0-9]*$")]
        pin: String,
        #[field(one_of = ['a', 'b'])]
        class: char,
        #[field(range = ..100)]
        below: i64,
        #[field(range = ..=1.5)]
        most: f32,
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a check takes a reference")]
    fn even(id: &u32) -> Result<(), String> {
        if id.is_multiple_of(2) { Ok(()) } else { Err(format!("must be even, not {id}")) }
    }

    fn has_items(order: &Order) -> Result<(), &'static str> {
        if order.items.is_empty() && order.state == "paid" { Err("a paid order has items") } else { Ok(()) }
    }

    fn order() -> Order {
        Order {
            id: 2,
            address: Address { zip: "12345".into() },
            items: vec![],
            gift: None,
            state: "new".into(),
            sizes: vec![1],
            weight: Some(1.0),
            sign: -1,
            pin: "0000".into(),
            class: 'a',
            below: 99,
            most: 1.5,
        }
    }

    #[test]
    fn finds_nothing_in_a_good_record() {
        assert_eq!(order().validate(), Ok(()));
    }

    #[test]
    fn finds_everything_with_its_path() {
        let order = Order {
            id: 3,
            address: Address { zip: "x".into() },
            items: vec![Item { price: 1.0 }, Item { price: 2.0 }, Item { price: 3.0 }, Item { price: -5.0 }],
            gift: Some(Address { zip: String::new() }),
            state: "lost".into(),
            sizes: vec![5, 10],
            weight: Some(f32::NEG_INFINITY),
            sign: 0,
            pin: "secret".into(),
            class: 'c',
            below: 100,
            most: 2.0,
        };
        assert_eq!(
            lines(order.validate()),
            [
                "id must be even, not 3",
                "address.zip must match \"^[0-9]{5}$\", got \"x\"",
                "items must have fewer than 3 elements, got 4",
                "items[3].price must be in 0.0..=10.0, got -5",
                "gift.zip must match \"^[0-9]{5}$\", got \"\"",
                "state must be one of \"new\", \"paid\", got \"lost\"",
                "sizes[1] must be in 1..10, got 10",
                "weight must be finite, got -inf",
                "sign must be one of 1, -1, got 0",
                "pin must have 4 characters",
                "pin must match \"^[0-9]*$\"",
                "class must be one of 'a', 'b', got 'c'",
                "below must be below 100, got 100",
                "most must be at most 1.5, got 2",
            ]
        );
    }

    #[test]
    fn crosses_fields() {
        let order = Order { state: "paid".into(), ..order() };
        assert_eq!(lines(order.validate()), ["a paid order has items"]);
        let violations = order.validate().unwrap_err();
        let violation = violations.iter().next().unwrap();
        assert_eq!((violation.path(), violation.rule(), violation.got()), ("", "a paid order has items", None));
    }

    #[test]
    fn counts_characters_not_bytes() {
        assert_eq!(reading("äöüßäöüß", 0.0).validate(), Ok(()));
        assert_eq!(lines(reading("äöüßäöüßx", 0.0).validate()), ["sensor must have 1..=8 characters, got 9"]);
        assert_eq!(lines(reading("", 0.0).validate()), ["sensor must have 1..=8 characters, got 0"]);
    }

    #[test]
    fn a_range_implies_finite() {
        #[record]
        struct Open {
            #[field(range = 0.0..)]
            value: f64,
        }
        assert_eq!(lines(Open { value: f64::INFINITY }.validate()), ["value must be at least 0.0, got inf"]);
        assert_eq!(lines(Open { value: f64::NAN }.validate()), ["value must be at least 0.0, got NaN"]);
        assert_eq!(lines(reading("a", f64::NAN).validate()), ["celsius must be in -60.0..=160.0, got NaN"]);
    }

    #[test]
    fn bounds_may_be_constants() {
        const LOW: u8 = 3;
        #[record]
        struct Bounded {
            #[field(range = LOW..=u8::MAX / 2)]
            value: u8,
        }
        assert_eq!(lines(Bounded { value: 2 }.validate()), ["value must be in 3..=127, got 2"]);
    }

    #[test]
    fn times_have_ranges_too() {
        const START: CivilTime = CivilTime::from_micros(0);
        #[record]
        struct Since {
            #[field(range = START..)]
            at: CivilTime,
        }
        let before = Since { at: CivilTime::from_micros(-1) };
        assert_eq!(
            lines(before.validate()),
            ["at must be at least 1970-01-01T00:00:00, got 1969-12-31T23:59:59.999999"]
        );
    }

    #[test]
    fn an_enum_and_a_map_of_records_can_be_followed() {
        use std::collections::BTreeMap;

        #[derive(serde::Serialize, serde::Deserialize)]
        enum Payment {
            Cash,
            Posted(Address),
        }
        impl Validate for Payment {
            fn validate_at(&self, at: &Path<'_>, found: &mut Violations) {
                if let Payment::Posted(address) = self {
                    address.validate_at(at, found);
                }
            }
        }
        #[record]
        struct Paid {
            by: Payment,
            known: BTreeMap<String, Address>,
        }
        let bad = || Address { zip: "?".into() };
        let paid = Paid { by: Payment::Posted(bad()), known: [("home".to_owned(), bad())].into() };
        assert_eq!(
            lines(paid.validate()),
            ["by.zip must match \"^[0-9]{5}$\", got \"?\"", "known[\"home\"].zip must match \"^[0-9]{5}$\", got \"?\""]
        );
        assert_eq!(Paid { by: Payment::Cash, known: BTreeMap::new() }.validate(), Ok(()));
    }

    #[test]
    fn a_secret_is_not_shown_wherever_it_is_read() {
        #[record]
        struct Login {
            #[field(secret, range = 1000..=9999)]
            pin: u16,
        }
        assert_eq!(lines(Login { pin: 77 }.validate()), ["pin must be in 1000..=9999"]);
        assert_eq!(
            row_error::<Login>(&cells(&["77x"])),
            "column `pin`: expected a whole number from 0 to 65535, read the text"
        );
        assert_eq!(
            row_error::<Login>(&cells(&["77777"])),
            "column `pin`: the text is out of range for u16, which is 0..=65535"
        );
        assert_eq!(
            json_error::<Login>(r#"{"pin": "77x"}"#),
            "field `pin`: the text is not what the field expects, at column 9"
        );
    }
}

mod build {
    use super::*;

    #[record]
    #[derive(Debug, PartialEq)]
    struct Tag<'a> {
        name: String,
        label: Cow<'a, str>,
        note: Option<u8>,
        #[field(default)]
        count: u32,
        #[field(default = 5, range = 0..)]
        level: f64,
        #[field(default = "none")]
        kind: String,
    }

    #[test]
    fn takes_fields_in_any_order_and_fills_defaults() {
        let tag = Tag::builder().label("l").name("n").build();
        let expected =
            Tag { name: "n".into(), label: "l".into(), note: None, count: 0, level: 5.0, kind: "none".into() };
        assert_eq!(tag, Ok(expected));
        assert_eq!(Tag::builder().name("n").label("l").note(3).build().map(|tag| tag.note), Ok(Some(3)));
    }

    #[test]
    fn checks() {
        let built = Reading::builder().sensor("").celsius(-61.0).at(Timestamp::default()).build();
        assert_eq!(
            built.unwrap_err().to_string(),
            "sensor must have 1..=8 characters, got 0; celsius must be in -60.0..=160.0, got -61"
        );
    }

    #[test]
    fn setters_check_and_leave_the_record_as_it_was() {
        let mut record = reading("a", 1.0);
        assert_eq!(lines(record.set_celsius(200.0)), ["celsius must be in -60.0..=160.0, got 200"]);
        assert_eq!(record, reading("a", 1.0));
        assert_eq!(record.set_celsius(2.0), Ok(()));
        assert_eq!(record.set_sensor("b"), Ok(()));
        assert_eq!(record, reading("b", 2.0));
    }

    #[test]
    fn setters_check_across_fields() {
        #[record(check = Span::in_order)]
        struct Span {
            start: u32,
            end: u32,
        }
        impl Span {
            fn in_order(&self) -> bool {
                self.start <= self.end
            }
        }
        let mut span = Span { start: 1, end: 2 };
        assert_eq!(lines(span.set_start(3)), ["must satisfy `Span::in_order`"]);
        assert_eq!((span.start, span.end), (1, 2));
        assert_eq!(span.set_end(9), Ok(()));
    }
}
