//! `#[record(packed)]`: all that works on a record works on a packed one, and it takes fewer bytes.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::fs;
use std::hash::{Hash, Hasher};

use millstream::prelude::*;
use millstream::record::{FromJson, FromRow, Scratch, Violations};

#[path = "support/records.rs"]
mod records;

use records::{Cells, cells, json_error, row_error, timestamp};

/// A type of the user's own, which copies and has a default.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
struct Meters(f64);

/// One that does neither.
#[derive(Debug, Clone, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
struct Box3(f64, f64, f64);

mod hundredths {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::ref_option, reason = "a reader and a writer take what the field holds")]
    pub(super) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&(value * 100.0)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.map(|value| value / 100.0))
    }
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "a check takes what the field holds")]
fn even(value: &Option<u32>) -> bool {
    value.is_none_or(|value| value % 2 == 0)
}

/// The same record twice: as it is, and packed.
macro_rules! both {
    ($($fields:tt)*) => {
        mod plain {
            use super::*;
            #[record(check = in_order)]
            #[derive(Debug, Clone, PartialEq, PartialOrd)]
            pub(super) struct Reading<'a> { $($fields)* }
            fn in_order(reading: &Reading<'_>) -> Result<(), &'static str> {
                if reading.low > reading.high { Err("the low is above the high") } else { Ok(()) }
            }
        }
        mod packed {
            use super::*;
            #[record(packed, check = in_order)]
            #[derive(Debug, Clone, PartialEq, PartialOrd)]
            pub(super) struct Reading<'a> { $($fields)* }
            fn in_order(reading: &Reading<'_>) -> Result<(), &'static str> {
                if reading.low() > reading.high() { Err("the low is above the high") } else { Ok(()) }
            }
        }
    };
}

both! {
    #[event_time]
    pub(super) at: Timestamp,
    /// The name on the box.
    #[key]
    #[field(len = 1..=8)]
    pub(super) sensor: &'a str,
    #[field(range = -60.0..=160.0, unit = "celsius")]
    pub(super) celsius: Option<f64>,
    #[field(check = even)]
    pub(super) count: Option<u32>,
    #[field(default = 7, rename = "level")]
    pub(super) r#type: u8,
    pub(super) low: Option<i64>,
    pub(super) high: Option<i64>,
    pub(super) is_valid: bool,
    pub(super) is_checked: Option<bool>,
    #[field(secret, pattern = "^[a-z]*$")]
    pub(super) note: Option<String>,
    #[field(zone = "Europe/Berlin")]
    pub(super) seen: Option<Timestamp>,
    #[field(with = hundredths)]
    pub(super) share: Option<f64>,
    #[field(one_of = ["a", "b"])]
    pub(super) tag: Option<&'a str>,
}

/// Rows of cells, good and bad in many ways.
const ROWS: &[[&str; 13]] = &[
    ["2014-04-01T00:00:00Z", "a", "", "", "", "", "", "true", "", "", "", "", ""],
    ["2014-04-01T00:00:00Z", "a", "0", "0", "0", "0", "0", "false", "false", "", "2024-07-01 12:00:00", "0", "a"],
    ["2014-04-01T00:00:00Z", "a", "1.5", "4", "9", "-1", "1", "true", "true", "ab", "2024-07-01 12:00:00", "1", "b"],
    ["2014-04-01T00:00:00Z", "a", "-1", "4", "9", "", "1", "false", "true", "ab", "", "", ""],
    ["2014-04-01T00:00:00Z", "a", "200", "3", "9", "2", "1", "false", "true", "AB", "", "", "c"],
    ["2014", "", "x", "-3", "300", "z", "1.5", "", "maybe", "AB", "2024-10-27 02:30:00", "x", ""],
    ["2014-04-01T00:00:00Z", "123456789", "inf", "1", "1", "", "", "true", "", "", "", "", ""],
];

fn read<'a, T: FromRow<'a> + serde::Serialize + Debug>(row: &[&'a str; 13]) -> Result<(String, String), String> {
    match T::from_row(&cells(row)) {
        Ok(record) => Ok((format!("{record:#?}"), serde_json::to_string(&record).unwrap())),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn rows_read_and_are_refused_as_those_of_the_plain_record() {
    for row in ROWS {
        assert_eq!(read::<packed::Reading<'_>>(row), read::<plain::Reading<'_>>(row));
    }
    assert_eq!(ROWS.iter().filter(|row| read::<packed::Reading<'_>>(row).is_ok()).count(), 4);
    let missing = Cells(vec![Some(b"2014-04-01T00:00:00Z")]);
    assert_eq!(row_error::<packed::Reading<'_>>(&missing), row_error::<plain::Reading<'_>>(&missing));
}

#[test]
fn json_goes_both_ways_as_that_of_the_plain_record() {
    for row in ROWS {
        let Ok((_, json)) = read::<plain::Reading<'_>>(row) else { continue };
        let plain: plain::Reading<'_> = serde_json::from_str(&json).unwrap();
        let packed: packed::Reading<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&packed).unwrap(), serde_json::to_string(&plain).unwrap());
        let scratch = Scratch::default();
        assert_eq!(packed::Reading::from_json(json.as_bytes(), &scratch).unwrap(), packed);
        let bytes = |value: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            value(&mut bytes);
            bytes
        };
        assert_eq!(
            bytes(&|to| ciborium::into_writer(&packed, to).unwrap()),
            bytes(&|to| ciborium::into_writer(&plain, to).unwrap()),
        );
    }
}

#[test]
fn wrong_json_has_the_same_errors() {
    #[record(packed, extra = "ignore")]
    #[derive(Debug)]
    struct Packed {
        #[field(range = 0..=9)]
        count: Option<u32>,
        #[field(secret)]
        note: Option<u8>,
    }
    #[record(extra = "ignore")]
    #[derive(Debug)]
    #[allow(dead_code, reason = "only read")]
    struct Plain {
        #[field(range = 0..=9)]
        count: Option<u32>,
        #[field(secret)]
        note: Option<u8>,
    }
    for text in
        [r#"{"count": 10}"#, r#"{"count": "x"}"#, r#"{"note": "deep"}"#, r#"{"count": 1, "count": 1}"#, "[]", "{"]
    {
        let wrong = json_error::<Packed>(text).replace("Packed", "Plain");
        assert_eq!(wrong, json_error::<Plain>(text));
        assert_ne!(wrong, "no error");
    }
    let packed: Packed = serde_json::from_str(r#"{"count": 3, "more": 1}"#).unwrap();
    assert_eq!((packed.count(), packed.note()), (Some(3), None));
}

#[test]
fn the_schema_is_that_of_the_plain_record() {
    let plain = plain::Reading::SCHEMA;
    assert_eq!(packed::Reading::SCHEMA.fields.len(), 13);
    assert_eq!(packed::Reading::SCHEMA, plain);
}

/// A record that borrows nothing but the name, most of it left out.
fn reading(celsius: Option<f64>) -> packed::Reading<'static> {
    let at = timestamp("2014-04-01T00:00:00Z");
    packed::Reading::builder().at(at).sensor("a").celsius(celsius).is_valid(true).build().unwrap()
}

#[test]
fn the_builder_and_the_setters_check() {
    let at = timestamp("2014-04-01T00:00:00Z");
    let wrong = packed::Reading::builder().at(at).sensor("a").celsius(1e9).count(3).is_valid(true).build();
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "celsius must be in -60.0..=160.0, got 1000000000; count must satisfy `even`",
    );
    let mut reading = reading(None);
    assert_eq!(reading.r#type(), 7);
    assert_eq!(reading.set_celsius(Some(20.0)), Ok(()));
    let wrong: Result<(), Violations> = reading.set_celsius(Some(f64::NAN));
    assert_eq!(wrong.unwrap_err().to_string(), "celsius must be in -60.0..=160.0, got NaN");
    assert_eq!(reading.celsius(), Some(20.0));
    assert_eq!(reading.set_high(Some(3)), Ok(()));
    assert_eq!(reading.set_low(Some(4)).unwrap_err().to_string(), "the low is above the high");
    assert_eq!((reading.low(), reading.high()), (None, Some(3)));
    assert_eq!(reading.set_is_checked(Some(false)), Ok(()));
    assert_eq!((reading.is_checked(), reading.is_valid()), (Some(false), true));
    assert_eq!(reading.set_celsius(None), Ok(()));
    assert_eq!(reading.celsius(), None);
}

#[test]
fn what_is_left_out_is_equal_whatever_was_there_before() {
    let mut reading = reading(Some(20.0));
    reading.set_celsius(None).unwrap();
    assert_eq!(reading, self::reading(None));
    assert_ne!(reading, self::reading(Some(0.0)));
    assert!(reading < self::reading(Some(-1.0)), "nothing comes before something");
}

#[test]
fn derives_say_what_those_of_the_plain_record_do() {
    #[record]
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    struct Plain {
        first: Option<u8>,
        is_last: Option<bool>,
        second: i64,
        flag: bool,
    }
    #[record(packed)]
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    struct Packed {
        first: Option<u8>,
        is_last: Option<bool>,
        second: i64,
        flag: bool,
    }
    fn hash(value: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    }
    let mut all = Vec::new();
    for first in [None, Some(0), Some(9)] {
        for is_last in [None, Some(false), Some(true)] {
            for (second, flag) in [(-1, true), (0, false), (0, true)] {
                let packed = Packed::builder().first(first).is_last(is_last).second(second).flag(flag).build().unwrap();
                all.push((Plain { first, is_last, second, flag }, packed));
            }
        }
    }
    for (plain, packed) in &all {
        assert_eq!(format!("{packed:?} {packed:#?}").replace("Packed", "Plain"), format!("{plain:?} {plain:#?}"));
        let copy = *packed;
        assert_eq!((copy, hash(&copy)), (*packed, hash(plain)));
        for (other_plain, other_packed) in &all {
            assert_eq!(packed == other_packed, plain == other_plain);
            assert_eq!(packed.cmp(other_packed), plain.cmp(other_plain));
            assert_eq!(packed.partial_cmp(other_packed), plain.partial_cmp(other_plain));
        }
    }
    assert_eq!(format!("{:?}", Packed::default()).replace("Packed", "Plain"), format!("{:?}", Plain::default()));
}

#[test]
fn a_derive_under_a_condition_is_of_the_fields_as_well() {
    #[record(packed)]
    #[cfg_attr(all(), derive(Debug, PartialEq), cfg_attr(all(), derive(PartialOrd)))]
    struct Level {
        value: Option<i32>,
    }
    let level = |value| Level::builder().value(value).build().unwrap();
    assert_eq!(format!("{:?}", level(None)), "Level { value: None }");
    assert!(level(None) < level(Some(-1)));
}

#[test]
fn accessors_give_values_of_what_copies_and_borrow_the_rest() {
    #[record(packed)]
    struct Parcel<'a> {
        to: &'a str,
        from: Option<&'a str>,
        height: Option<Meters>,
        size: Option<Box3>,
        depth: Meters,
        tags: Vec<u8>,
        initial: Option<char>,
    }
    let text = "Berlin, Paris".to_owned();
    let (to, from, tags) = {
        let (to, from) = text.split_once(", ").unwrap();
        let parcel = Parcel::builder().to(to).from(from).depth(Meters(2.0)).tags(vec![1]);
        let parcel = parcel.height(Meters(0.0)).size(Box3(1.0, 2.0, 3.0)).initial('x').build().unwrap();
        assert_eq!((parcel.height(), parcel.depth()), (Some(&Meters(0.0)), &Meters(2.0)));
        assert_eq!((parcel.size(), parcel.initial()), (Some(&Box3(1.0, 2.0, 3.0)), Some('x')));
        // What the record borrows outlives it.
        (parcel.to(), parcel.from(), parcel.tags().clone())
    };
    assert_eq!((to, from, tags), ("Berlin", Some("Paris"), vec![1]));
    let empty = Parcel::builder().to("a").depth(Meters(0.0)).tags(vec![]).build().unwrap();
    assert_eq!((empty.height(), empty.size(), empty.from(), empty.initial()), (None, None, None, None));
}

#[test]
fn a_lifetime_can_still_be_shortened() {
    fn shorter<'s>(reading: packed::Reading<'static>, _: &'s str) -> packed::Reading<'s> {
        reading
    }
    let local = String::from("x");
    assert_eq!(shorter(reading(None), &local).sensor(), "a");
}

#[test]
fn packed_records_hold_and_are_held_by_others() {
    #[record(packed)]
    #[derive(Debug, Clone, PartialEq)]
    struct Item {
        #[field(range = 0.0..=10.0)]
        price: Option<f64>,
        parts: Vec<Item>,
        spare: Option<Box<Item>>,
    }
    #[record(packed)]
    struct Order {
        first: Option<Item>,
        #[field(len = 1..)]
        items: Vec<Item>,
    }
    let item = |price| Item::builder().price(price).parts(vec![]).build().unwrap();
    let text = r#"{"first": {"price": 1, "parts": []}, "items": [{"parts": [{"price": 1, "parts": []}, {"price": -5, "parts": []}]}]}"#;
    assert_eq!(
        json_error::<Order>(text),
        "field `items[0].parts[1]`: price must be in 0.0..=10.0, got -5, at column 86"
    );
    let order = Order::builder().first(item(1.0)).items(vec![item(2.0)]).build().unwrap();
    assert_eq!(order.first().and_then(Item::price), Some(1.0));
    assert_eq!(order.items()[0].spare(), None);
}

mod layout {
    use super::*;

    #[record(packed, max_size = 24)]
    struct Small {
        at: Timestamp,
        celsius: Option<f64>,
        level: u8,
        is_valid: bool,
        is_checked: Option<bool>,
    }

    #[test]
    fn options_and_truth_values_share_a_byte() {
        assert_eq!(size_of::<Small>(), 24);
        assert_eq!(
            Small::LAYOUT.to_string(),
            "Small takes 24 bytes, aligned to 8; 6 are padding

offset  bytes    bits  field       type
     0      8          at          Timestamp
     8      8       0  celsius     Option<f64>
    16      1          level       u8
            0       1  is_valid    bool
            0   2..=3  is_checked  Option<bool>
    17      1          (bits)      4 of 8 are used
    18      6          (padding)"
        );
    }

    #[test]
    fn more_than_eight_bits_take_more_bytes() {
        #[record(packed)]
        struct Wide {
            a: Option<u8>,
            b: Option<u8>,
            c: Option<u8>,
            d: Option<bool>,
            e: Option<bool>,
            f: bool,
            g: Option<u16>,
        }
        assert_eq!(size_of::<Wide>(), 8);
        let bits = Wide::LAYOUT.bits.map(|bits| (bits.size, bits.bits));
        assert_eq!(bits, Some((2, 9)));
        let mut wide = Wide::builder().f(true).build().unwrap();
        wide.set_g(Some(0)).unwrap();
        let all = (wide.a(), wide.b(), wide.c(), wide.d(), wide.e(), wide.f(), wide.g());
        assert_eq!(all, (None, None, None, None, None, true, Some(0)));
    }

    #[test]
    fn plain_records_and_enums_have_one_too() {
        #[record]
        #[allow(dead_code, reason = "only its layout is of interest")]
        struct Plain<'a> {
            level: u8,
            sensor: &'a str,
            celsius: Option<f64>,
        }
        #[record]
        #[allow(dead_code, reason = "only its layout is of interest")]
        enum Payment {
            Cash,
            Card { number: String, month: u8 },
            Wire(u64),
        }
        assert_eq!((Plain::LAYOUT.size, Plain::LAYOUT.padding()), (40, 7));
        let offsets: Vec<usize> = Plain::LAYOUT.fields.iter().map(|field| field.offset).collect();
        assert_eq!(
            offsets,
            [
                std::mem::offset_of!(Plain<'_>, level),
                std::mem::offset_of!(Plain<'_>, sensor),
                std::mem::offset_of!(Plain<'_>, celsius),
            ]
        );
        assert_eq!(
            Payment::LAYOUT.to_string(),
            "Payment takes 32 bytes, aligned to 8

offset  bytes    bits  variant    holds
            0          Cash       nothing
           32          Card       number, month
            8          Wire       u64"
        );
    }
}

mod in_a_pipeline {
    use super::*;

    #[record(packed)]
    #[derive(Debug, Clone)]
    struct Sale<'a> {
        shop: &'a str,
        amount: Option<u32>,
        is_online: bool,
        price: f64,
    }

    const CSV: &str = "shop,amount,is_online,price\na,1,true,2.0\nb,,false,3.0\na,3,true,4.0\n";

    #[stage]
    fn with_default(amount: &mut Sale<'_>) -> Result<(), Violations> {
        amount.set_amount(Some(amount.amount().unwrap_or(1)))
    }

    #[stage]
    fn nth<'a>(#[state] n: &mut u32, sale: Sale<'a>) -> (u32, Sale<'a>) {
        *n += 1;
        (*n, sale)
    }

    #[test]
    fn accessors_are_keys_and_what_aggregates_are_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.csv");
        fs::write(&path, CSV).unwrap();
        let mut seen = Vec::new();
        let report = pipeline!(
            csv::<Sale>(&path)
                | with_default
                | nth.keyed(shop())
                | for_each(|(n, sale)| seen.push(format!("{} {n} {:?}", sale.shop(), sale.amount())))
        )
        .run()
        .unwrap();
        assert_eq!(report.check(), Ok(()));
        assert_eq!(seen, ["a 1 Some(1)", "b 1 Some(1)", "a 2 Some(3)"]);

        let totals = pipeline!(
            csv::<Sale>(&path) | aggregate(count(), sum(price()), max(shop())).keyed((shop(), is_online())) | collect()
        );
        let totals = totals.run().unwrap().output;
        assert_eq!(
            totals,
            [
                (("a".to_owned(), true), (2, 6.0, Some("a".to_owned()))),
                (("b".to_owned(), false), (1, 3.0, Some("b".to_owned()))),
            ]
        );
    }

    #[test]
    fn accessors_are_what_two_sides_have_in_common() {
        let sale = |shop, price| Sale::builder().shop(shop).is_online(false).price(price).build().unwrap();
        let towns = [("a", "Bern"), ("b", "Bonn")];
        let joined = pipeline!(
            from_iter([sale("b", 1.0), sale("c", 2.0)])
                | join(from_iter(towns), on = (shop(), 0))
                | map(|(sale, (_, town))| (sale.price(), *town))
                | collect()
        );
        assert_eq!(joined.run().unwrap().output, [(1.0, "Bonn")]);
    }
}
