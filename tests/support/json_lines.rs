//! What reading JSON lines must be, whatever the bytes are: beside `serde_json` alone, and by any pieces.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use millstream::io::json_lines;
use millstream::prelude::*;
use millstream::record::{FromJson, JsonError, Scratch};
use millstream::source::Source;
use millstream::testing::FaultReader;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[record]
#[derive(Debug, PartialEq)]
struct Numbers {
    float: Option<f64>,
    single: Option<f32>,
    large: Option<u64>,
    signed: Option<i64>,
    #[field(range = 0..=200)]
    byte: Option<u8>,
    wide: Option<i128>,
    natural: Option<u128>,
}

#[record(extra = "ignore")]
#[derive(Debug, PartialEq)]
struct Texts {
    #[field(default)]
    text: String,
    letter: Option<char>,
    at: Option<Timestamp>,
    list: Option<Vec<Short>>,
    shape: Option<Shape>,
    inner: Option<Inner>,
    truth: Option<bool>,
}

#[record]
#[derive(Debug, PartialEq)]
struct Inner {
    #[field(len = 1..)]
    name: String,
    #[field(rename = "a \"b\"\n")]
    odd: Option<i8>,
}

#[record]
#[derive(Debug, PartialEq)]
enum Shape {
    Point,
    Circle(f64),
    Box { width: f64, height: Option<f64> },
}

#[record(tag = "kind")]
#[derive(Debug, PartialEq)]
enum Event {
    Login { user: String, from: Option<Inner> },
    Sum { amount: f64, price: Option<millstream::record::Decimal> },
    Tick,
}

/// Types that know nothing of us.
#[record]
#[derive(Debug, PartialEq)]
struct Foreign {
    any: Option<Value>,
    by_number: Option<BTreeMap<i16, Value>>,
    by_wide: Option<BTreeMap<u128, Option<u8>>>,
    by_truth: Option<BTreeMap<bool, Option<u8>>>,
    by_name: Option<BTreeMap<Side, (u8, String)>>,
    derived: Option<Derived>,
    either: Option<Either>,
    lenient: Option<Lenient>,
}

/// Hides that it did not read.
#[derive(Debug, PartialEq, Serialize)]
struct Lenient(u8);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Lenient(u8::deserialize(deserializer).unwrap_or_default()))
    }
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
enum Side {
    Buy,
    Sell,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Derived {
    id: u32,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
    Pair(Side, Option<f32>),
}

#[record(extra = "ignore")]
#[derive(Debug, PartialEq)]
struct Borrowed<'a> {
    text: &'a str,
    inner: Option<Cow<'a, str>>,
}

/// Reads every line of `data` in all ways.
///
/// # Panics
/// When two ways differ.
pub(crate) fn check(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        agree::<Numbers>(line);
        agree::<Texts>(line);
        agree::<Shape>(line);
        agree::<Event>(line);
        agree::<Foreign>(line);
        agree_by_value::<Texts>(line);
        agree_by_value::<Shape>(line);
        borrows(line);
    }
    for pieces in [1, 7] {
        in_pieces(data, pieces);
    }
}

/// A record and an error are those of `serde_json`, which is asked for the same type. Two differences are deliberate: a value that
/// is wrong is named by its beginning, where `serde_json` had read it already; and a number that does not fit is shown.
fn agree<T: Debug + DeserializeOwned + for<'a> FromJson<'a>>(line: &[u8]) {
    let scratch = Scratch::default();
    let shown = line.escape_ascii();
    match (T::from_json(line, &scratch), serde_json::from_slice::<T>(line)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{shown}"),
        (Err(ours), Err(theirs)) => {
            let Some(JsonError { message, line: row, column, .. }) = ours.downcast_ref() else {
                return assert_eq!(ours.to_string(), theirs.to_string(), "{shown}");
            };
            let place = format!(" at line {} column {}", theirs.line(), theirs.column());
            let said = theirs.to_string();
            let said = said.strip_suffix(&place).unwrap_or(&said);
            assert_eq!(*row, theirs.line(), "{shown}");
            if *column != theirs.column() {
                let begins = *column <= theirs.column() + 1 && begins_a_value(&line[..column - 1]);
                assert!(begins, "column {column} in {ours}, where serde_json has {theirs}, of {shown}");
            }
            let number: String = line.iter().skip(column.saturating_sub(1)).map(|byte| char::from(*byte)).collect();
            let number =
                number.split([',', ':', '{', '}', '[', ']', '"', ' ', '\t', '\n', '\r']).next().unwrap_or_default();
            if let Some((_, ty)) = message.split_once(" is out of range for ") {
                let ty = ty.split(',').next().unwrap_or_default();
                assert!(message.starts_with(&format!("`{number}` ")), "{message} of {shown}");
                assert!(number.parse::<i128>().is_ok() || number.parse::<f64>().is_ok_and(|large| large.abs() > 1e38));
                assert!(said.starts_with("invalid ") && said.ends_with(&format!(", expected {ty}")), "{said}");
            } else if *message != said {
                // Of a key, and where rubbish follows, the number is not shown.
                assert_eq!(*message, format!("number out of range: `{number}`"), "{shown}");
                assert_eq!(said, "number out of range", "{shown}");
            }
        }
        (ours, theirs) => panic!("{ours:?} and {theirs:?} of {shown}"),
    }
}

/// Whether what comes next, behind a part of a line, is a value.
fn begins_a_value(before: &[u8]) -> bool {
    before.trim_ascii_end().last().is_none_or(|byte| b":,[".contains(byte))
}

/// A record is the same by way of a value, unless that cannot hold it.
fn agree_by_value<T: Debug + DeserializeOwned + for<'a> FromJson<'a>>(line: &[u8]) {
    let scratch = Scratch::default();
    let (Ok(ours), Ok(value)) = (T::from_json(line, &scratch), serde_json::from_slice::<Value>(line)) else { return };
    let theirs: T = serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}: {}", line.escape_ascii()));
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{}", line.escape_ascii());
}

/// What is borrowed is what would be owned, and stands in the line if it has no escapes.
fn borrows(line: &[u8]) {
    #[derive(Deserialize)]
    struct Owned {
        text: String,
        inner: Option<String>,
    }
    let scratch = Scratch::default();
    let Ok(ours) = Borrowed::from_json(line, &scratch) else {
        return;
    };
    let theirs: Owned = serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", line.escape_ascii()));
    assert_eq!((ours.text, ours.inner.as_deref()), (theirs.text.as_str(), theirs.inner.as_deref()));
    if !line.contains(&b'\\') {
        assert!(line.as_ptr_range().contains(&ours.text.as_ptr()), "{}", line.escape_ascii());
    }
}

/// However the bytes arrive, a source gives what each line is, and ends at one that is too long.
fn in_pieces(data: &[u8], bytes: usize) {
    const MOST: usize = 200;
    let reader = FaultReader::new(data).chunks_of(bytes).interrupted();
    let mut source = json_lines::from_reader::<Texts, _>("data", reader).max_line(MOST);
    source.open().unwrap_or_else(|error| panic!("{error}"));
    let text = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let read = match source.next() {
            Ok(read) => read,
            Err(error) => return assert!(line.len() > MOST, "{error}"),
        };
        let Some((item, at)) = read else { return assert!(line.is_empty(), "{} is lost", line.escape_ascii()) };
        assert_eq!(at.raw, Some(line));
        let scratch = Scratch::default();
        match (item, Texts::from_json(line, &scratch)) {
            (Ok(item), Ok(expected)) => assert_eq!(item, expected),
            (Err(_), _) if line.trim_ascii().is_empty() => {}
            (Err(reject), Err(error)) => assert_eq!(reject.to_string(), error.to_string()),
            (item, expected) => panic!("{item:?}, and not {expected:?}"),
        }
    }
    assert!(!matches!(source.next(), Ok(Some(_))), "there are too many lines");
}
