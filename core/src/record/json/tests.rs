//! What is read directly: all of what is JSON without doubt, so that the second way stays rare.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Deserialize;

use super::Scratch;
use super::direct::read;

/// What comes of a text when there is no second way.
fn directly<'a, T: Deserialize<'a>>(text: &'a str, scratch: &'a Scratch) -> Option<T> {
    read(text.as_bytes(), scratch, |cursor| T::deserialize(cursor))
}

#[track_caller]
fn is<T: Debug + PartialEq + for<'a> Deserialize<'a>>(text: &str, expected: T) {
    assert_eq!(directly(text, &Scratch::default()), Some(expected), "{text}");
}

#[track_caller]
fn is_refused<T: Debug + PartialEq + for<'a> Deserialize<'a>>(text: &str) {
    assert_eq!(directly::<T>(text, &Scratch::default()), None, "{text}");
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
enum Shape {
    Point,
    Circle(u8),
    Line(i8, i8),
    Box { width: u8 },
}

#[test]
fn strings_of_all_kinds_need_no_second_way() {
    is(r#" "" "#, String::new());
    is(r#""a\n\"\\\/\b\f\r\t\u00e4\ud83d\ude00""#, "a\n\"\\/\u{8}\u{c}\r\tä😀".to_owned());
    is(r#""ä一😀 longer than a word""#, "ä一😀 longer than a word".to_owned());
    is(r#""x""#, 'x');
    let scratch = Scratch::default();
    assert_eq!(directly("\"\\u0061 is lent\"", &scratch), Some("a is lent"));
    assert_eq!(directly("\"bytes\"", &scratch), Some(b"bytes".as_slice()));
}

#[test]
fn numbers_of_all_kinds_need_no_second_way() {
    is("-128", -128_i8);
    is("18446744073709551615", u64::MAX);
    is("-170141183460469231731687303715884105728", i128::MIN);
    is("340282366920938463463374607431768211455", u128::MAX);
    is("1.25e-3", 0.001_25_f64);
    is("16777217.0", 16_777_216.0_f32);
    is("7", serde_json::json!(7));
}

#[test]
fn what_is_nested_needs_no_second_way() {
    is(r#"{"1": [], "-2": [null, 5]}"#, BTreeMap::from([(1_i16, vec![]), (-2, vec![None, Some(5_u8)])]));
    is(r#"{"true":1,"false":2}"#, BTreeMap::from([(true, 1_u8), (false, 2)]));
    is(r#"{"Point": 1}"#, BTreeMap::from([(Shape::Point, 1_u8)]));
    is(
        r#"["Point", {"Circle" : 5}, {"Line": [1, 2]}, {"Box": {"width": 3}}]"#,
        vec![Shape::Point, Shape::Circle(5), Shape::Line(1, 2), Shape::Box { width: 3 }],
    );
    is(r#"{"any": {"thing": ["\"", -0.5e+7, true]}}"#, serde_json::json!({"any": {"thing": ["\"", -0.5e7, true]}}));
}

#[test]
fn what_nobody_asks_for_is_read_over() {
    let scratch = Scratch::default();
    let text = r#"{"a": ["\u0041", 1.5e5, {}, [], false, null, true, {"b": -0}]}"#;
    assert!(directly::<serde::de::IgnoredAny>(text, &scratch).is_some());
    assert!(directly::<serde::de::IgnoredAny>(&text.replace("-0", "-"), &scratch).is_none());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in ["", " ", "[1,]", "[,1]", "[1 2]", "[1", "1]", "[1],", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[--1]"]
    {
        is_refused::<Vec<f64>>(text);
    }
    for text in [
        "{1:2}",
        "{\"1\" 2}",
        "{\"1\":2,}",
        "{\"1\":}",
        "{\"1\"",
        "{\" 1\":2}",
        "{\"01\":2}",
        "{\"1 \":2}",
        "{\"\\u0031\":2}",
    ] {
        is_refused::<BTreeMap<u8, u8>>(text);
    }
    for text in [r#""a"#, "\"\n\"", r#""\x""#, r#""\u12g4""#, r#""\ud83d""#, r#""\ud83d\u0041""#, r#""\ude00""#, "a"] {
        is_refused::<String>(text);
    }
    is_refused::<Shape>(r#"{"Point": null, "Circle": 1}"#);
    is_refused::<Shape>(r#""Circle""#);
}

#[test]
fn a_refusal_that_is_hidden_is_still_one() {
    #[derive(Debug, PartialEq)]
    struct Lenient(u8);
    impl<'de> Deserialize<'de> for Lenient {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(Lenient(u8::deserialize(deserializer).unwrap_or(7)))
        }
    }
    is("[255]", vec![Lenient(255)]);
    is_refused::<Vec<Lenient>>("[256]");
    is_refused::<Vec<Lenient>>("[-0]");
}
