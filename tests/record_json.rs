//! `#[record]`: from JSON text to records.

use std::borrow::Cow;

use millstream::prelude::*;
use millstream::record::{Extra, FromJson, Scratch, Violations};

#[path = "support/records.rs"]
mod records;

use records::Reading;

#[record]
#[derive(Debug, PartialEq)]
struct Inner<'a> {
    #[field(len = 1..)]
    name: &'a str,
    value: Option<f32>,
}

#[record]
#[derive(Debug, PartialEq)]
struct Outer<'a> {
    id: u8,
    inner: Inner<'a>,
    list: Vec<Inner<'a>>,
    #[field(default)]
    names: Vec<&'a str>,
    label: Option<Cow<'a, str>>,
}

fn outer(text: &str) -> String {
    let scratch = Scratch::default();
    match Outer::from_json(text.as_bytes(), &scratch) {
        Ok(outer) => format!("{outer:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn borrows_from_the_text() {
    let text = br#"{"name": "abc", "value": null}"#;
    let scratch = Scratch::default();
    let inner = Inner::from_json(text, &scratch).unwrap();
    assert_eq!(inner.name.as_ptr(), text[10..].as_ptr());
}

#[test]
fn undoes_escapes_wherever_a_borrow_stands() {
    let text = br#"{"id": 1, "inner": {"n\u0061me": "a\"b"}, "list": [{"name": "\n"}], "names": ["\u00e4", "b"], "label": "\\"}"#;
    let scratch = Scratch::default();
    let outer = Outer::from_json(text, &scratch).unwrap();
    let expected = Outer {
        id: 1,
        inner: Inner { name: "a\"b", value: None },
        list: vec![Inner { name: "\n", value: None }],
        names: vec!["ä", "b"],
        label: Some("\\".into()),
    };
    assert_eq!(outer, expected);
}

#[test]
fn one_scratch_serves_text_after_text() {
    let mut scratch = Scratch::default();
    let mut seen = Vec::new();
    for text in [r#"{"name": "a\tb"}"#, r#"{"name": "c\td"}"#] {
        seen.push(Inner::from_json(text.as_bytes(), &scratch).unwrap().name.to_owned());
        scratch.clear();
    }
    assert_eq!(seen, ["a\tb", "c\td"]);
}

#[test]
fn says_where_and_what() {
    let errors = [
        r#"{"id": 300, "inner": {"name": "a"}, "list": []}"#,
        r#"{"id": 1, "inner": {"name": 5}, "list": []}"#,
        r#"{"id": 1, "inner": {"name": "a"}, "list": [{"name": "b"}, {"name": "c", "value": "x"}]}"#,
        r#"{"id": 1, "inner": {"name": "a", "value": 1e39}, "list": []}"#,
        r#"{"id": 1e999, "inner": {"name": "a"}, "list": []}"#,
        r#"{"inner": {"name": "a"}}"#,
        r#"{"id": 1, "inner": {"nam": "a"}, "list": []}"#,
        r#"{"id": 1, "inner": {"name": "a"}, "list": [], "x": 1, "y": [2]}"#,
        r#"{"id": 1, "id": 2, "inner": {"name": "a"}, "list": []}"#,
        r#"{"id": 1, "inner": {"name": ""}, "list": []}"#,
        r#"{"id": 1, "inner": ["a", null], "list": []}"#,
        r#"{"id": 1"#,
        "{\"id\": 1,\n \"inner\": nul}",
        "[1]",
        "7",
        "",
        r#"{"id": 1, "inner": {"name": "a"}, "list": []} 7"#,
    ]
    .map(outer);
    assert_eq!(
        errors,
        [
            "field `id`: `300` is out of range for u8, which is 0..=255, at column 8",
            "field `inner.name`: invalid type: integer `5`, expected a borrowed string, at column 29",
            "field `list[1].value`: invalid type: string \"x\", expected a number, at column 82",
            "field `inner.value`: number out of range: `1e39`, at column 43",
            "field `id`: number out of range: `1e999`, at column 8",
            "missing fields `id`, `list`, at column 1",
            "field `inner`: missing field `name`; unknown field `nam`: the record Inner has `name`, `value`, at column 20",
            "unknown fields `x`, `y`: the record Outer has `id`, `inner`, `list`, `names`, `label`, at column 1",
            "duplicate field `id`, at column 14",
            "field `inner`: name must have at least 1 characters, got 0, at column 20",
            "field `inner`: invalid type: sequence, expected record Inner, at column 20",
            "EOF while parsing an object, at column 8",
            "field `inner`: expected ident, at line 2, column 14",
            "invalid type: sequence, expected record Outer, at column 1",
            "invalid type: integer `7`, expected record Outer, at column 1",
            "EOF while parsing a value, at column 0",
            "trailing characters, at column 47",
        ]
    );
}

#[test]
fn a_whole_number_that_does_not_fit_is_told_with_its_range() {
    #[record]
    struct Numbers {
        byte: Option<u8>,
        #[field(range = 1..)]
        signed: i64,
        #[field(secret)]
        pin: Option<u16>,
    }
    let error = |text: &str| {
        let scratch = Scratch::default();
        Numbers::from_json(text.as_bytes(), &scratch).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let long = "9".repeat(70);
    let i64_range = "is out of range for i64, which is -9223372036854775808..=9223372036854775807";
    assert_eq!(
        error(r#"{"signed": 18446744073709551616}"#),
        format!("field `signed`: `18446744073709551616` {i64_range}, at column 12")
    );
    assert_eq!(
        error("{\n  \"signed\": -9223372036854775809 }"),
        format!("field `signed`: `-9223372036854775809` {i64_range}, at line 2, column 13")
    );
    assert_eq!(
        error(&format!("{{\"signed\":{long}}}")),
        format!("field `signed`: `{}..` {i64_range}, at column 11", &long[..60])
    );
    assert_eq!(
        error(r#"{"byte": 99999999999999999999, "signed": 1}"#),
        "field `byte`: `99999999999999999999` is out of range for u8, which is 0..=255, at column 10"
    );
    // These are no whole numbers.
    assert_eq!(
        error(r#"{"byte": 1.0, "signed": 1}"#),
        "field `byte`: invalid type: floating point `1.0`, expected u8, at column 10"
    );
    assert_eq!(
        error(r#"{"byte": -0, "signed": 1}"#),
        "field `byte`: invalid type: floating point `-0.0`, expected u8, at column 10"
    );
    assert_eq!(
        error(r#"{"signed": 1, "pin": 99999}"#),
        "field `pin`: the text is not what the field expects, at column 22"
    );
    assert_eq!(
        error(r#"{"signed": 1, "pin": 1e999}"#),
        "field `pin`: the text is not what the field expects, at column 22"
    );
}

#[test]
fn lists_violations_as_such() {
    let scratch = Scratch::default();
    let error = Inner::from_json(br#"{"name": ""}"#, &scratch).unwrap_err();
    assert_eq!(error.downcast_ref::<Violations>().unwrap().to_string(), "name must have at least 1 characters, got 0");
}

#[test]
fn passes_over_what_it_does_not_know_when_told() {
    #[record(extra = "ignore")]
    struct Lax {
        #[field(rename = "type")]
        kind: String,
    }
    let lax: Lax = serde_json::from_str(r#"{"a": [1, {"b": 2}], "type": "t"}"#).unwrap();
    assert_eq!((lax.kind.as_str(), Lax::SCHEMA.extra), ("t", Extra::Ignore));
    assert_eq!(serde_json::to_string(&lax).unwrap(), r#"{"type":"t"}"#);
}

#[test]
fn not_utf8_is_an_error() {
    let scratch = Scratch::default();
    let error = Inner::from_json(b"{\"name\": \"\xff\"}", &scratch).unwrap_err();
    assert_eq!(error.to_string(), "field `name`: invalid unicode code point, at column 11");
}

#[test]
fn serde_validates_too() {
    let error = serde_json::from_str::<Reading<'_>>(r#"{"at": "2014-04-01T00:00:00Z", "sensor": "a", "celsius": 200}"#);
    assert_eq!(error.unwrap_err().to_string(), "celsius must be in -60.0..=160.0, got 200");
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let text = format!("{{\"id\": {}", "[".repeat(100_000));
    assert!(outer(&text).contains("field `id`"));
    let text = format!("{{\"x\": {}", "[".repeat(100_000));
    assert!(outer(&text).contains("EOF"));
}
