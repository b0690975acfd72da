//! JSON lines beside `serde_json` alone, on texts that mean no good. The fuzz target `json_lines` runs the same checks.

use proptest::prelude::*;

#[path = "support/json_lines.rs"]
mod json_lines;

use json_lines::check;

/// Names that some record knows, and some that none does.
const NAMES: &[&str] = &[
    "float",
    "single",
    "large",
    "signed",
    "byte",
    "wide",
    "natural",
    "text",
    "letter",
    "at",
    "list",
    "shape",
    "inner",
    "truth",
    "name",
    "a \\\"b\\\"\\n",
    "Point",
    "Circle",
    "Box",
    "width",
    "height",
    "kind",
    "user",
    "from",
    "amount",
    "price",
    "any",
    "by_number",
    "by_wide",
    "by_truth",
    "by_name",
    "derived",
    "either",
    "lenient",
    "id",
    "unknown",
    "t\\u0065xt",
    "true",
    "7",
    "-12",
    "Buy",
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "7",
    "255",
    "256",
    "-1",
    "1.5",
    "1e2",
    "3.4028236e38",
    "1e-46",
    "1e400",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "0.1",
    "01",
    "1.",
    ".5",
    "+1",
    r#""""#,
    r#""a""#,
    r#""ab""#,
    r#""\n\t\"\\\/\b\f\r""#,
    r#""\u00e4""#,
    r#""\ud83d\ude00""#,
    r#""\ud83d""#,
    r#""\ude00""#,
    r#""\ud83d\u0041""#,
    r#""\u12""#,
    r#""\x""#,
    r#""ä一😀""#,
    "\"tab\there\"",
    "\"\u{7f}\"",
    r#""open"#,
    r#""2024-03-01T12:00:00Z""#,
    r#""2024-02-30T12:00:00Z""#,
    r#""Point""#,
    r#""Circle""#,
    r#""Login""#,
    r#""Sum""#,
    r#""Tick""#,
    r#""129.90""#,
    "129.90",
    "[]",
    "{}",
    "[1,2]",
    "[1,]",
    "[,1]",
    r#"["a","b\u0062"]"#,
    "nul",
    "truefalse",
    "NaN",
    r#"{"Circle":1.5}"#,
    r#"{"Box":{"width":1}}"#,
    r#"{"Box":[1,2]}"#,
    r#"{"Point":null}"#,
    r#"{"Circle":1,"Point":null}"#,
    r#"{"name":"x"}"#,
    r#"{"name":"","a \"b\"\n":5}"#,
    r#"{"a "b"\n":5,"name":"x"}"#,
    r#"{"1":2,"-3":[]}"#,
    r#"{"\u0031":2}"#,
    r#"{" 1":2}"#,
    r#"{"1 ":2}"#,
    r#"{"true":null}"#,
    r#"{"Buy":[1,"a"]}"#,
    r#"{"Sell":[1,"a"],"Buy":[2,"b"]}"#,
    r#"{"Buy":[1]}"#,
    r#"{"id":1,"x":1.5,"y":-0}"#,
    r#"["Buy",1.5]"#,
    "{\"a\"}",
];

fn value() -> impl Strategy<Value = String> {
    let known = prop::sample::select(VALUES).prop_map(str::to_owned);
    let any = prop_oneof![4 => known, 1 => any::<f64>().prop_map(|n| format!("{n:?}")), 1 => any::<i64>().prop_map(|n| n.to_string())];
    any.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(" , "))),
            entries(inner),
        ]
    })
}

fn entries(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let entry = (prop::sample::select(NAMES), value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    prop::collection::vec(entry, 0..5).prop_map(|entries| format!("{{{}}}", entries.join(",")))
}

/// A line, some of its bytes replaced by others.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let line = entries(value()).prop_map(String::into_bytes);
    let bytes = prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[]:,-.e0 \t\r\n\x00\xff\xc3".as_slice())];
    (line, prop::collection::vec((any::<prop::sample::Index>(), bytes), 0..3)).prop_map(|(mut line, damage)| {
        for (place, byte) in damage {
            let place = place.index(line.len());
            line[place] = byte;
        }
        line
    })
}

/// Every name with every value: all the types, and what they refuse.
#[test]
fn every_name_and_value_is_that_of_serde_json() {
    for name in NAMES {
        for value in VALUES {
            check(format!("{{\"{name}\":{value}}}").as_bytes());
            check(format!(" {{ \"kind\" : \"Sum\",\t\"amount\":1,\"{name}\" : {value} }} \r").as_bytes());
        }
    }
    for value in VALUES {
        check(value.as_bytes());
    }
}

#[test]
fn depth_is_limited_where_serde_json_limits_it() {
    for depth in [126, 127, 128, 129, 20_000] {
        for (name, open, close) in
            [("any", "[", "]"), ("unknown", "[", "]"), ("any", "{\"a\":", "}"), ("unknown", "{\"a\":", "}")]
        {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            check(format!("{{\"{name}\":{open}1{close}}}").as_bytes());
        }
    }
}

#[test]
fn long_lines_and_bytes_that_are_no_text_are_the_same() {
    for len in [0, 1, 7, 8, 9, 15, 16, 17, 100, 70_000] {
        let long = "ä".repeat(len);
        check(
            format!("{{\"text\":\"{long}\"}}\n{{\"text\":\"{long}\\n{long}\"}}\n\n{{\"unknown\":\"{long}\\\"\"}}")
                .as_bytes(),
        );
    }
    check(b"{\"unknown\":\"\xff\",\"text\":\"a\"}\n{\"text\":\"\xff\"}\n{\"\xff\":1}\n\xff\n\xEF\xBB\xBF{}");
    check(b"\xEF\xBB\xBF{\"text\":\"a\"}\r\n \n{}\r");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damaged_lines_are_those_of_serde_json(lines in prop::collection::vec(damaged(), 1..4)) {
        check(&lines.join(&b'\n'));
    }

    #[test]
    fn any_bytes_are_those_of_serde_json(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        check(&bytes);
    }
}
