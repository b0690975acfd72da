//! `json_lines::source` and `json_lines::sink`.

mod common;

use std::io::{self, Read};

use common::Reading;
use millstream_core::io::json_lines;
use millstream_core::sink::Sink;
use millstream_core::source::Source;
use serde::Serialize;

#[allow(clippy::needless_pass_by_value, reason = "called with what a source gives")]
fn show(reading: Reading<'_>) -> String {
    format!("{} {} {} {:?}", reading.at, reading.sensor, reading.celsius, reading.note)
}

fn readings(text: impl AsRef<[u8]>) -> Vec<String> {
    log!(json_lines::from_reader::<Reading<'_>, _>("in.jsonl", text.as_ref()), show)
}

const ONE: &str = r#"{"at":"t","sensor":"a","celsius":1}"#;
const TWO: &str = r#"{"at":"u","sensor":"b","celsius":2.5,"note":"n"}"#;

#[test]
fn lines_with_their_places() {
    let expected = [format!("1:1:0 t a 1 None <{ONE}>"), format!("2:2:36 u b 2.5 Some(\"n\") <{TWO}>")];
    for text in [format!("{ONE}\n{TWO}\n"), format!("{ONE}\n{TWO}"), format!("{ONE}\n{TWO}\n\n")] {
        assert_eq!(readings(&text), expected, "{text:?}");
    }
}

#[test]
fn line_ends_may_have_a_return_and_a_mark_is_skipped() {
    let text = format!("\u{feff}{ONE}\r\n{TWO}\r");
    assert_eq!(readings(text), [format!("1:1:3 t a 1 None <{ONE}>"), format!("2:2:40 u b 2.5 Some(\"n\") <{TWO}>")]);
}

#[test]
fn an_empty_input_has_no_items() {
    for text in ["", "\n", "\r\n", "\u{feff}"] {
        assert!(readings(text).is_empty(), "{text:?}");
    }
}

#[test]
fn blank_lines_are_rejected_but_the_last() {
    let text = format!("\n{ONE}\n  \n\n");
    assert_eq!(
        readings(text),
        [
            "1:1:0 reject: the line is empty <>".to_owned(),
            format!("2:2:1 t a 1 None <{ONE}>"),
            "3:3:37 reject: the line is empty <  >".to_owned(),
        ]
    );
}

#[test]
fn what_is_not_a_record_is_rejected_and_the_next_line_is_read() {
    let text = format!("{{\"at\":\"t\"\n[1]\n\u{1}\n{ONE}\n");
    let log = readings(text);
    let starts = ["1:1:0 reject: EOF", "2:2:10 reject: ", "3:3:14 reject: ", "4:4:16 t a 1"];
    assert_eq!(log.len(), starts.len());
    for (line, start) in log.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn bytes_that_are_not_text_are_rejected_and_kept_as_they_are() {
    let text = b"{\"at\":\"\xff\",\"sensor\":\"a\",\"celsius\":1}\n";
    let mut source = json_lines::from_reader::<Reading<'_>, _>("in.jsonl", &text[..]);
    source.open().unwrap();
    let (item, at) = source.next().unwrap().unwrap();
    item.unwrap_err();
    assert_eq!(at.raw, text.strip_suffix(b"\n"));
}

#[test]
fn a_line_over_the_limit_ends_the_source() {
    let source = |limit| {
        let text = format!("{ONE}\n{TWO}\n").into_bytes();
        log!(json_lines::from_reader::<Reading<'_>, _>("in.jsonl", io::Cursor::new(text)).max_line(limit), show)
    };
    assert_eq!(source(TWO.len()).len(), 2);
    let limit = TWO.len() - 1;
    assert_eq!(
        source(limit).pop().unwrap(),
        format!("error: line 2 of in.jsonl is longer than {limit} bytes; `max_line` sets the limit")
    );
}

#[test]
fn a_line_without_an_end_is_not_kept() {
    let endless = io::repeat(b' ').take(100 << 20);
    let mut source = json_lines::from_reader::<Reading<'_>, _>("in.jsonl", endless).max_line(1 << 20);
    source.open().unwrap();
    assert!(source.next().unwrap_err().to_string().starts_with("line 1 of in.jsonl is longer than 1048576 bytes"));
}

#[test]
fn a_missing_file_fails_to_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing.jsonl");
    let error = json_lines::source::<Reading<'_>>(&path).open().unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot open {}: No such file", path.display())), "{error}");
}

fn written<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    let mut sink = json_lines::sink(&path);
    Sink::<T>::open(&mut sink).unwrap();
    let mut failed = None;
    for item in items {
        if let Err(error) = sink.write(item) {
            failed = Some(error.to_string());
        }
    }
    let mut commit = Sink::<T>::close(sink).unwrap().commit.unwrap();
    commit.sync().unwrap();
    commit.publish().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    match failed {
        None => Ok(text),
        Some(failed) => Err(format!("{failed} | {text}")),
    }
}

#[test]
fn items_are_written_owned_and_borrowed() {
    let items = [Reading { at: "t", sensor: "a\n\"", celsius: 1.0, note: None }];
    let text = "{\"at\":\"t\",\"sensor\":\"a\\n\\\"\",\"celsius\":1.0,\"note\":null}\n";
    assert_eq!(written(&items).unwrap(), text);
    assert_eq!(written(items).unwrap(), text);
    assert_eq!(written(["a", "b"]).unwrap(), "\"a\"\n\"b\"\n");
    assert_eq!(written::<u8>([]).unwrap(), "");
}

#[test]
fn an_item_that_json_cannot_hold_leaves_no_half_line() {
    use std::collections::BTreeMap;
    let good = BTreeMap::from([(vec![1], 1)]);
    let bad: Vec<(u8, BTreeMap<Vec<i32>, i32>)> = vec![(1, BTreeMap::new()), (2, good), (3, BTreeMap::new())];
    assert_eq!(written(bad).unwrap_err(), "JSON cannot hold the item: key must be a string | [1,{}]\n[3,{}]\n");
}

#[derive(Serialize)]
enum Nested {
    Unit,
    One(Option<f64>),
    Two(f32, Vec<(f64,)>),
    Struct { x: f64, y: Wrapper, map: std::collections::BTreeMap<u8, f64> },
    Plain(Wrapper),
}

#[derive(Serialize)]
struct Wrapper(f64);

#[test]
fn floats_that_json_has_no_number_for_are_refused_wherever_they_stand() {
    let map = |x| [(1, x)].into();
    let all = |x: f64| {
        #[allow(clippy::cast_possible_truncation)]
        let narrow = x as f32;
        [
            Nested::One(Some(x)),
            Nested::Two(narrow, vec![]),
            Nested::Two(0.0, vec![(x,)]),
            Nested::Struct { x, y: Wrapper(0.0), map: map(0.0) },
            Nested::Struct { x: 0.0, y: Wrapper(x), map: map(0.0) },
            Nested::Struct { x: 0.0, y: Wrapper(0.0), map: map(x) },
            Nested::Plain(Wrapper(x)),
        ]
    };
    for (x, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let fields = ["", "", "", "field `x`: ", "field `y`: ", "field `map`: ", ""];
        for (item, field) in all(x).into_iter().zip(fields) {
            let expected = format!("JSON cannot hold the item: {field}{name} is not a number of JSON | ");
            assert_eq!(written([item]).unwrap_err(), expected);
        }
    }
    for item in all(1.5).into_iter().chain([Nested::Unit, Nested::One(None)]) {
        let plain = serde_json::to_string(&item).unwrap();
        assert_eq!(written([item]).unwrap(), plain + "\n");
    }
}

#[test]
fn what_is_refused_is_named_by_its_way() {
    #[derive(Serialize)]
    struct Outer {
        id: u8,
        inner: Vec<Inner>,
    }
    #[derive(Serialize)]
    struct Inner {
        celsius: Option<f64>,
    }
    let inner = [None, Some(f64::NAN)].map(|celsius| Inner { celsius });
    assert_eq!(
        written([Outer { id: 1, inner: inner.into() }]).unwrap_err(),
        "JSON cannot hold the item: field `inner.celsius`: NaN is not a number of JSON | "
    );
}

#[test]
fn what_is_written_is_read_back() {
    let items = [
        Reading { at: "t", sensor: "ä, b", celsius: -0.1, note: None },
        Reading { at: "", sensor: "x", celsius: 1e300, note: Some("n") },
    ];
    let text = written(&items).unwrap();
    let mut source = json_lines::from_reader::<Reading<'_>, _>("in.jsonl", text.as_bytes());
    source.open().unwrap();
    for item in &items {
        assert_eq!(source.next().unwrap().unwrap().0.unwrap(), *item);
    }
    assert!(source.next().unwrap().is_none());
}
