//! Values: what a field is written as, what it is read from, and what is rejected because it would be changed.

use std::collections::BTreeMap;

use millstream::prelude::*;
use millstream::report::Report;
use serde::{Deserialize, Serialize};

use crate::support::{Shop, failed, ran};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Level {
    Low,
    High,
    Custom { percent: u8 },
    Pair(u8, u8),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Payment {
    Cash,
    Card { number: String },
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Inner {
    city: String,
    weights: Vec<f64>,
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Everything {
    #[key]
    id: u64,
    big: i128,
    single: f32,
    double: f64,
    yes: bool,
    letter: char,
    text: String,
    at: Timestamp,
    civil: CivilTime,
    bytes: Vec<u8>,
    tags: Vec<String>,
    counts: BTreeMap<String, u8>,
    inner: Inner,
    level: Level,
    payment: Payment,
    maybe: Option<i8>,
    pair: (u8, char),
}

fn everything(id: u64) -> Everything {
    Everything {
        id,
        big: i128::from(i64::MIN),
        single: 0.1,
        double: f64::INFINITY,
        yes: true,
        letter: 'ß',
        text: "it's \"quoted\"\0, 12".to_owned(),
        at: "2024-02-29T12:00:00.000001Z".parse().unwrap(),
        civil: "2024-02-29T12:00:00".parse().unwrap(),
        bytes: vec![0, 255, 7],
        tags: vec!["a".to_owned(), "{".to_owned()],
        counts: BTreeMap::from([("x".to_owned(), 1)]),
        inner: Inner { city: "Bonn".to_owned(), weights: vec![0.1, 1e300] },
        level: Level::Custom { percent: 5 },
        payment: Payment::Card { number: "12".to_owned() },
        maybe: None,
        pair: (1, '|'),
    }
}

#[test]
fn every_kind_of_field_comes_back_as_it_was() {
    let shop = Shop::none();
    let items = vec![
        everything(1),
        Everything {
            big: i128::from(i64::MAX),
            double: 3.0,
            text: String::new(),
            bytes: Vec::new(),
            tags: Vec::new(),
            level: Level::Low,
            payment: Payment::Cash,
            maybe: Some(-1),
            ..everything(2)
        },
        Everything {
            double: -1e-300,
            level: Level::Pair(1, 2),
            text: "0012".to_owned(),
            ..everything(i64::MAX as u64)
        },
        Everything { level: Level::High, ..everything(4) },
    ];
    ran(pipeline!(from_iter(items.clone()) | sqlite(&shop.path, table = "all of it", create = true)).run());
    let read = pipeline!(sqlite::<Everything>(&shop.path, table = "all of it") | collect());
    let mut expected = items;
    expected.sort_by_key(|item| item.id);
    assert_eq!(ran(read.run()).output, expected);
    let columns =
        "typeof(id) || typeof(single) || typeof(yes) || typeof(at) || typeof(bytes) || typeof(tags) || typeof(maybe)";
    let types = shop.rows(&format!("select {columns} from \"all of it\" where id = 1"));
    assert_eq!(types, ["'integerrealintegertextblobtextnull'"]);
    assert_eq!(
        shop.rows("select tags, counts, \"inner\", level, payment, pair from \"all of it\" where id = 1"),
        ["'[\"a\",\"{\"]'|'{\"x\":1}'|'{\"city\":\"Bonn\",\"weights\":[0.1,1e+300]}'|'{\"Custom\":{\"percent\":5}}'|\
          '{\"kind\":\"Card\",\"number\":\"12\"}'|'[1,\"|\"]'"]
    );
}

#[test]
fn the_table_that_is_made_says_what_the_record_does() {
    let shop = Shop::none();
    ran(pipeline!(from_iter(Vec::<Everything>::new()) | sqlite(&shop.path, table = "t", create = true)).run());
    let made = shop.rows("select name || ' ' || type || ' ' || \"notnull\" || pk from pragma_table_info('t')");
    assert_eq!(
        made,
        [
            "'id INTEGER 11'",
            "'big INTEGER 10'",
            "'single REAL 10'",
            "'double REAL 10'",
            "'yes INTEGER 10'",
            "'letter TEXT 10'",
            "'text TEXT 10'",
            "'at TEXT 10'",
            "'civil TEXT 10'",
            "'bytes BLOB 10'",
            "'tags TEXT 10'",
            "'counts TEXT 10'",
            "'inner  10'",
            "'level  10'",
            "'payment  10'",
            "'maybe INTEGER 00'",
            "'pair  10'",
        ]
    );
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Narrow {
    small: u8,
    exact: f64,
    flag: bool,
    name: String,
}

/// Why the only row of this query is rejected.
fn rejected(values: &str) -> String {
    let shop = Shop::of("create table t (n)");
    let sql = format!("select {values}");
    let error = failed(pipeline!(sqlite::<Narrow>(&shop.path, query = sql) | collect()).run());
    let place = format!("stage `sqlite` at item 1 of the query of {}: ", shop.path.display());
    error.strip_prefix(&place).unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn what_a_field_cannot_hold_as_it_is_is_rejected_with_column_and_value() {
    let row = |small: &str, exact: &str, flag: &str, name: &str| {
        rejected(&format!("{small} as small, {exact} as exact, {flag} as flag, {name} as name"))
    };
    assert_eq!(row("300", "1.5", "1", "'a'"), "column `small`: expected u8, read the integer 300");
    assert_eq!(row("1.0", "1.5", "1", "'a'"), "column `small`: expected u8, read the number 1.0");
    assert_eq!(row("'1'", "1.5", "1", "'a'"), "column `small`: expected u8, read the text `1`");
    assert_eq!(row("null", "1.5", "1", "'a'"), "column `small`: expected u8, read NULL");
    assert_eq!(row("x'01'", "1.5", "1", "'a'"), "column `small`: expected u8, read a blob of 1 bytes");
    assert_eq!(
        row("1", "9007199254740993", "1", "'a'"),
        "column `exact`: expected a number that f64 holds without rounding, read the integer 9007199254740993"
    );
    assert_eq!(row("1", "'1.5'", "1", "'a'"), "column `exact`: expected f64, read the text `1.5`");
    assert_eq!(row("1", "1.5", "2", "'a'"), "column `flag`: expected 0 or 1, read the integer 2");
    assert_eq!(row("1", "1.5", "1", "5"), "column `name`: expected a string, read the integer 5");
    assert_eq!(
        row("1", "1.5", "1", "cast(x'61ff' as text)"),
        "column `name`: expected a text in UTF-8, read the text `a\\xff`"
    );
    assert_eq!(
        row("-1", "'x'", "'true'", "x''"),
        "column `small`: expected u8, read the integer -1; column `exact`: expected f64, read the text `x`; column `flag`: \
         expected 0 or 1, read the text `true`; column `name`: expected a string, read a blob of 0 bytes"
    );
}

#[record]
#[derive(Debug)]
struct Strict {
    #[field(range = 1..=5)]
    stars: u8,
    #[field(len = 1..)]
    name: String,
    #[field(secret)]
    pin: u8,
    #[field(default = 7)]
    count: u8,
    #[field(default = Some(3))]
    kept: Option<u8>,
}

#[test]
fn rules_of_the_record_hold_and_secrets_stay() {
    let shop = Shop::of(
        "create table t (stars, name, pin, count, kept);
         insert into t values (9, '', 1, 1, 1), (1, 'a', 'geheim', 1, 1), (1, 'a', 1, null, null)",
    );
    let letters = shop.file("letters.jsonl");
    let read = pipeline!(
        sqlite::<Strict>(&shop.path, table = "t").or_dead_letter(&letters)
            | map(|strict| (strict.count, strict.kept))
            | collect()
    );
    // NULL takes a default, but in an `Option` it is a value.
    assert_eq!(ran(read.run()).output, [(7, None)]);
    let letters = std::fs::read_to_string(letters).unwrap();
    let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters[0]["error"][0], "stars must be in 1..=5, got 9; name must have at least 1 characters, got 0");
    assert_eq!(letters[1]["error"][0], "column `pin`: expected something else");
    let items: Vec<_> = letters.iter().map(|letter| letter["position"]["item"].as_u64()).collect();
    assert_eq!(items, [Some(1), Some(2)]);
    assert!(letters.iter().all(|letter| letter.get("raw").is_none()));
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Loose {
    id: u64,
    ratio: f64,
    level: Level,
}

fn write(shop: &Shop, item: Loose) -> millstream::Result<Report<()>> {
    pipeline!(from_iter([item]) | sqlite(&shop.path, table = "t")).run()
}

#[test]
fn what_sqlite_would_change_is_a_rejected_item() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Code(String);
    #[record]
    struct Coded {
        code: Code,
    }

    let shop = Shop::of("create table t (id, ratio, level numeric)");
    let fine = Loose { id: 1, ratio: 1.0, level: Level::Low };
    let error = failed(write(&shop, Loose { id: u64::MAX, ..fine.clone() }));
    assert_eq!(
        error,
        "stage `sqlite` at item 1 of from_iter: field `id`: 18446744073709551615 does not fit an INTEGER, which has 64 bits \
         and a sign"
    );
    let error = failed(write(&shop, Loose { ratio: f64::NAN, ..fine.clone() }));
    assert!(error.ends_with("field `ratio`: SQLite has no NaN"), "{error}");
    ran(write(&shop, fine.clone()));

    let shop = Shop::of("create table t (code numeric); create table u (code text)");
    let coded = |code: &str| vec![Coded { code: Code(code.to_owned()) }];
    ran(pipeline!(from_iter(coded("AB1")) | sqlite(&shop.path, table = "t")).run());
    let error = failed(pipeline!(from_iter(coded("007")) | sqlite(&shop.path, table = "t")).run());
    assert!(
        error.ends_with("field `code`: the column would not keep the text `007` but make a number of it"),
        "{error}"
    );
    ran(pipeline!(from_iter(coded("007")) | sqlite(&shop.path, table = "u")).run());
    assert_eq!(shop.rows("select code from t union all select code from u"), ["'AB1'", "'007'"]);
}

/// Whole cents, written as text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(cents: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{cents} ct"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        text.trim_end_matches(" ct").parse().map_err(D::Error::custom)
    }
}

#[test]
fn a_field_that_says_how_it_is_written_has_a_column_for_anything() {
    #[record]
    struct Priced {
        #[field(with = as_text)]
        cents: u32,
    }

    let shop = Shop::none();
    let items = vec![Priced { cents: 250 }];
    ran(pipeline!(from_iter(items) | sqlite(&shop.path, table = "prices", create = true)).run());
    assert_eq!(shop.rows("select cents from prices"), ["'250 ct'"]);
    let read = pipeline!(sqlite::<Priced>(&shop.path, table = "prices") | map(|priced| priced.cents) | collect());
    assert_eq!(ran(read.run()).output, [250]);
}
