//! `json::source` and `json::sink`.

mod common;

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use common::{Reading, Trickle};
use millstream_core::io::{ReadErrorKind, json};
use millstream_core::record::{Extra, Field, FromJson, Layout, Record, Schema, Scratch, Validate, Violations};
use millstream_core::sink::Sink;
use millstream_core::source::Source;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// Any JSON value.
struct Any(Value);

impl Validate for Any {
    fn validate_at(&self, _at: &millstream_core::record::Path<'_>, _found: &mut Violations) {}
}

impl Record for Any {
    type Of<'a> = Any;
    const SCHEMA: &'static Schema = &Schema::new("Any", "", &[Field::new("a", "a", "", "")], Extra::Refuse);
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

impl<'a> FromJson<'a> for Any {
    fn from_json(text: &'a [u8], _scratch: &'a Scratch) -> Result<Self, millstream_core::error::BoxError> {
        Ok(Any(serde_json::from_slice(text)?))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "called with what a source gives")]
fn show(any: Any) -> String {
    any.0.to_string()
}

/// The log of a text, which must not depend on how it is cut into reads.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = log!(json::from_reader::<Any, _>("in.json", text), show);
    for at_a_time in [1, 2, 3, 7] {
        let cut = log!(json::from_reader::<Any, _>("in.json", Trickle { text, at_a_time }), show);
        assert_eq!(cut, whole, "in reads of {at_a_time}");
    }
    whole
}

#[test]
fn elements_with_their_places() {
    assert_eq!(
        read("[1,\n {\"a\": [1,\n {\"b\": \"]}\\\"\"}]} ,\n\"x, ]\\\\\",null]\n"),
        [
            "1:1:1 1 <1>",
            "2:2:5 {\"a\":[1,{\"b\":\"]}\\\"\"}]} <{\"a\": [1,\n {\"b\": \"]}\\\"\"}]}>",
            "3:4:34 \"x, ]\\\\\" <\"x, ]\\\\\">",
            "4:4:43 null <null>",
        ]
    );
}

#[test]
fn an_array_may_be_empty_and_stand_in_white_space() {
    for text in ["[]", " [ ] ", "\u{feff}\n[\t\r\n]\n\n"] {
        assert_eq!(read(text), [""; 0], "{text:?}");
    }
}

#[test]
fn elements_are_records_that_borrow() {
    #[allow(clippy::needless_pass_by_value, reason = "called with what a source gives")]
    fn show(reading: Reading<'_>) -> String {
        format!("{} {} {}", reading.at, reading.sensor, reading.celsius)
    }
    let text = r#"[{"at":"t","sensor":"a","celsius":1}, {"at":"u"}, {"at":"v","sensor":"b","celsius":2}]"#;
    let log = log!(json::from_reader::<Reading<'_>, _>("in.json", text.as_bytes()), show);
    assert_eq!(log[0], "1:1:1 t a 1 <{\"at\":\"t\",\"sensor\":\"a\",\"celsius\":1}>");
    assert!(log[1].starts_with("2:1:38 reject: missing field"), "{}", log[1]);
    assert_eq!(log[2], "3:1:50 v b 2 <{\"at\":\"v\",\"sensor\":\"b\",\"celsius\":2}>");
}

#[test]
fn what_is_not_json_is_rejected_and_the_next_element_is_read() {
    let log = read("[tru, {\"a\" 1}, 2, [1}, \"\\x\", 3]");
    let kinds: Vec<_> = log.iter().map(|line| line.contains(" reject: ")).collect();
    assert_eq!(kinds, [true, true, false, true, true, false], "{log:#?}");
    assert_eq!(log[2], "3:1:15 2 <2>");
    assert_eq!(log[5], "6:1:29 3 <3>");
}

#[test]
fn a_file_that_is_not_one_array_ends_in_an_error_that_says_what_is_wrong() {
    let ends = |text: &str| read(text).pop().unwrap();
    assert_eq!(ends(""), "open: line 1 of in.json: the file is empty; an array begins with `[`");
    assert_eq!(
        ends("{\"a\": 1}"),
        "open: line 1 of in.json: expected an array, which begins with `[`, found `{`; one value a line is `json_lines`"
    );
    assert_eq!(ends("\n7"), "open: line 2 of in.json: expected an array, which begins with `[`, found `7`");
    let not_closed = "the file ends, but the array is not closed by `]`";
    for text in ["[", "[1", "[1,", "[1, {\"a\"", "[\"a", "[\"a\\", "[1, "] {
        assert_eq!(ends(text), format!("error: line 1 of in.json: {not_closed}"), "{text:?}");
    }
    assert_eq!(ends("[1\n2]"), "error: line 2 of in.json: expected `,` or `]` behind an element, found `2`");
    assert_eq!(ends("[1}"), "error: line 1 of in.json: expected `,` or `]` behind an element, found `}`");
    assert_eq!(ends("[1,]"), "error: line 1 of in.json: expected an element, found `]`");
    assert_eq!(ends("[,1]"), "error: line 1 of in.json: expected an element, found `,`");
    assert_eq!(ends("[1] [2]"), "error: line 1 of in.json: the array has ended, but `[` follows");
    assert_eq!(ends("[]\n]"), "error: line 2 of in.json: the array has ended, but `]` follows");
    // What was read before stays read.
    assert_eq!(read("[1, 2").len(), 3);
}

#[test]
fn an_element_longer_than_the_limit_ends_it_in_bounded_memory() {
    let endless = io::Cursor::new(b"[1, \"".to_vec()).chain(io::repeat(b'x'));
    let mut source = json::from_reader::<Any, _>("in.json", endless).max_item(1000);
    source.open().unwrap();
    assert!(source.next().unwrap().is_some());
    let error = source.next().err().unwrap();
    assert_eq!(error.kind(), ReadErrorKind::TooLong);
    let expected = "what starts at line 1 of in.json is longer than 1000 bytes; `max_item` sets the limit";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn endless_white_space_takes_no_memory() {
    let text = io::Cursor::new(b"[".to_vec()).chain(io::repeat(b' ').take(10 << 20)).chain(&b"7]"[..]);
    let mut source = json::from_reader::<Any, _>("in.json", text).max_item(10);
    source.open().unwrap();
    let (item, at) = source.next().unwrap().unwrap();
    assert_eq!((item.unwrap().0, at.position.byte), (Value::from(7), Some((10 << 20) + 1)));
    assert!(source.next().unwrap().is_none());
}

fn write<T: Serialize>(path: &Path, items: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut sink = json::sink(path);
    Sink::<T>::open(&mut sink).unwrap();
    let refused = items.into_iter().filter_map(|item| sink.write(item).err().map(|error| error.to_string())).collect();
    let mut commit = Sink::<T>::close(sink).unwrap().commit.unwrap();
    commit.sync().unwrap();
    commit.publish().unwrap();
    refused
}

#[test]
fn a_written_array_is_one_also_when_it_is_empty_or_items_were_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.json");
    assert!(write::<u32>(&path, []).is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), "[]\n");
    assert_eq!(write(&path, [f64::NAN, 1.5, f64::INFINITY, 2.0, f64::NAN]).len(), 3);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[\n1.5,\n2.0\n]\n");
    assert_eq!(write(&path, [f64::NAN]).len(), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[]\n");
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[\\]\\[{}\"\\\\, \na]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[\\]\"a{]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn elements_are_those_that_serde_json_reads(
        values in proptest::collection::vec(value(), 0..6), pretty: bool, at_a_time in 1_usize..9
    ) {
        let text = if pretty { serde_json::to_string_pretty(&values) } else { serde_json::to_string(&values) };
        let text = text.unwrap();
        let mut source = json::from_reader::<Any, _>("in.json", Trickle { text: text.as_bytes(), at_a_time });
        source.open().unwrap();
        let mut read = Vec::new();
        while let Some((item, at)) = source.next().unwrap() {
            let (start, raw) = (usize::try_from(at.position.byte.unwrap()).unwrap(), at.raw.unwrap());
            prop_assert_eq!(&text.as_bytes()[start..start + raw.len()], raw);
            prop_assert_eq!(at.position.line, Some(1 + text[..start].matches('\n').count() as u64));
            read.push(item.unwrap().0);
        }
        prop_assert_eq!(read, values);
    }

    #[test]
    fn a_text_is_an_array_for_us_if_it_is_one_for_serde_json(text in "[\\[\\]{}\", 1a:\n\\\\]{0,12}") {
        let ours = read(&text);
        let fails = ours.iter().any(|line| line.starts_with("open: ") || line.starts_with("error: "));
        let rejects = ours.iter().any(|line| line.contains(" reject: "));
        match serde_json::from_str::<Vec<Value>>(&text) {
            Ok(values) => prop_assert!(!fails && !rejects && ours.len() == values.len(), "{:?}", ours),
            Err(_) => prop_assert!(fails || rejects, "{:?}", ours),
        }
    }
}
