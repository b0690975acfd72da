//! `csv::source` against the csv crate, on hostile texts.

mod common;

use common::Trickle;
use millstream_core::error::BoxError;
use millstream_core::io::csv::{self, Reject};
use millstream_core::record::{Extra, Field, FromRow, Path, Record, Row, Schema, Validate, Violations};
use millstream_core::source::Source;
use proptest::prelude::*;

/// A record of every field of a row of `N`.
struct All<const N: usize>(Vec<Vec<u8>>);

impl<const N: usize> Validate for All<N> {
    fn validate_at(&self, _at: &Path<'_>, _found: &mut Violations) {}
}

impl<const N: usize> Record for All<N> {
    type Of<'a> = All<N>;
    const SCHEMA: &'static Schema = &Schema::new("All", "", A_AND_B.split_at(N).0, Extra::Refuse);
}

const A_AND_B: &[Field] = &[Field::new("a", "a", "", ""), Field::new("b", "b", "", "")];

impl<'a, const N: usize> FromRow<'a> for All<N> {
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError> {
        Ok(All((0..N).filter_map(|index| row.field(index)).map(<[u8]>::to_owned).collect()))
    }
}

/// A row as both readers must see it: its line, its first byte and its fields, or how many these are.
#[derive(Debug, PartialEq)]
enum Seen {
    Fields(u64, Vec<Vec<u8>>),
    Count(usize),
}

fn ours<const N: usize>(text: &[u8], at_a_time: usize) -> (Vec<Seen>, Vec<u8>, bool) {
    let mut source = csv::from_reader::<All<N>, _>("in.csv", Trickle { text, at_a_time });
    source.open().unwrap();
    let (mut seen, mut raws, mut open) = (Vec::new(), Vec::new(), false);
    while let Some((item, at)) = source.next().unwrap() {
        let byte = at.position.byte.unwrap();
        let raw = at.raw.unwrap();
        let start = usize::try_from(byte).unwrap();
        assert_eq!(&text[start..start + raw.len()], raw, "the raw bytes are the source's");
        raws.extend_from_slice(raw);
        match item {
            Ok(All(fields)) => seen.push(Seen::Fields(byte, fields)),
            Err(Reject::Fields(why)) => seen.push(Seen::Count(why.split(' ').next().unwrap().parse().unwrap())),
            Err(Reject::OpenQuote { .. }) => open = true,
            Err(Reject::Blank) => {}
            Err(reject) => panic!("{reject}"),
        }
    }
    (seen, raws, open)
}

fn theirs<const N: usize>(text: &[u8]) -> Vec<Seen> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let mut seen = Vec::new();
    for record in reader.byte_records() {
        let record = record.unwrap();
        // The position is where the previous row ended: empty lines and the `\n` of `\r\n` lie before the row itself.
        let mut start = usize::try_from(record.position().unwrap().byte()).unwrap();
        while matches!(text.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        seen.push(match record.len() {
            n if n == N => Seen::Fields(start as u64, record.iter().map(<[u8]>::to_owned).collect()),
            n => Seen::Count(n),
        });
    }
    seen
}

fn compare<const N: usize>(body: &[u8], at_a_time: usize) {
    let header = if N == 1 { &b"a\n"[..] } else { b"a,b\n" };
    let text = [header, body].concat();
    let (ours, raws, open) = ours::<N>(&text, at_a_time);
    let mut theirs = theirs::<N>(&text);
    if open {
        theirs.pop();
    }
    assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&text));
    // Every byte is in some row, but for line ends.
    let no_ends = |bytes: &[u8]| bytes.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect::<Vec<_>>();
    assert_eq!(no_ends(&raws), no_ends(body));
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        6 => Just(&b","[..]),
        6 => Just(&b"\""[..]),
        4 => Just(&b"\n"[..]),
        2 => Just(&b"\r\n"[..]),
        1 => Just(&b"\r"[..]),
        2 => Just(&b"\"\""[..]),
        2 => Just(&b"x,\"y\"\n"[..]),
        1 => Just(&b"\xef\xbb\xbf"[..]),
        1 => Just(&b"\xff\0"[..]),
        4 => Just(&b"a"[..]),
        2 => Just(&b" "[..]),
    ];
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_are_those_of_the_csv_crate(body in hostile(), at_a_time in 1_usize..9) {
        compare::<1>(&body, at_a_time);
        compare::<2>(&body, at_a_time);
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        rows in proptest::collection::vec(("(?s).{0,8}", "[ ,\"\r\na]{0,6}"), 0..20),
        at_a_time in 1_usize..50,
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        for (a, b) in &rows {
            writer.write_record([a, b]).unwrap();
        }
        let (seen, _, open) = ours::<2>(&writer.into_inner().unwrap(), at_a_time);
        prop_assert!(!open);
        let fields: Vec<_> = seen.into_iter().map(|seen| match seen {
            Seen::Fields(_, fields) => fields,
            Seen::Count(n) => panic!("{n} fields"),
        }).collect();
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![a.clone().into_bytes(), b.clone().into_bytes()]).collect();
        prop_assert_eq!(fields, expected);
    }
}
