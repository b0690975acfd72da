//! `csv::source` against the csv crate, on hostile texts.

mod common;

use common::Trickle;
use millstream_core::error::BoxError;
use millstream_core::io::csv::{self, Reject};
use millstream_core::record::{Extra, Field, FromRow, Layout, Path, Record, Row, Schema, Validate, Violations};
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
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
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

/// What stands between fields, what encloses them, and whether there is a header.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    delimiter: u8,
    quote: u8,
    header: bool,
}

const RFC: Dialect = Dialect { delimiter: b',', quote: b'"', header: true };

fn ours<const N: usize>(text: &[u8], at_a_time: usize, dialect: Dialect) -> (Vec<Seen>, Vec<u8>, bool) {
    let source = csv::from_reader::<All<N>, _>("in.csv", Trickle { text, at_a_time });
    let mut source = source.delimiter(dialect.delimiter).quote(dialect.quote).header(dialect.header);
    if !dialect.header {
        source = source.columns(A_AND_B.split_at(N).0.iter().map(|field| field.name));
    }
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

fn theirs<const N: usize>(text: &[u8], Dialect { delimiter, quote, header }: Dialect) -> Vec<Seen> {
    let mut reader = ::csv::ReaderBuilder::new();
    let reader = reader.flexible(true).delimiter(delimiter).quote(quote).has_headers(header);
    let mut reader = reader.from_reader(text);
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

fn compare<const N: usize>(body: &[u8], at_a_time: usize, dialect: Dialect) {
    let header = match (dialect.header, N) {
        (false, _) => Vec::new(),
        (true, 1) => b"a\n".to_vec(),
        (true, _) => vec![b'a', dialect.delimiter, b'b', b'\n'],
    };
    let text = [&header, body].concat();
    let (ours, raws, open) = ours::<N>(&text, at_a_time, dialect);
    let mut theirs = theirs::<N>(&text, dialect);
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
        compare::<1>(&body, at_a_time, RFC);
        compare::<2>(&body, at_a_time, RFC);
    }

    #[test]
    fn fields_are_those_of_the_csv_crate_in_every_dialect(
        body in hostile(),
        at_a_time in 1_usize..9,
        delimiter in proptest::sample::select(b";\t|, ~\x01".to_vec()),
        quote in proptest::sample::select(b"'\"`$".to_vec()),
        header: bool,
    ) {
        // The same texts, with the delimiter and the quote in the place of the comma and the double quote.
        let body: Vec<u8> = body.iter().map(|byte| match byte {
            b',' => delimiter,
            b'"' => quote,
            byte => *byte,
        }).collect();
        // A mark at the start of the file is neither field nor text for us; the csv crate skips it, too.
        prop_assume!(header || !body.starts_with(b"\xef\xbb\xbf"));
        let dialect = Dialect { delimiter, quote, header };
        compare::<1>(&body, at_a_time, dialect);
        compare::<2>(&body, at_a_time, dialect);
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
        let (seen, _, open) = ours::<2>(&writer.into_inner().unwrap(), at_a_time, RFC);
        prop_assert!(!open);
        let fields: Vec<_> = seen.into_iter().map(|seen| match seen {
            Seen::Fields(_, fields) => fields,
            Seen::Count(n) => panic!("{n} fields"),
        }).collect();
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![a.clone().into_bytes(), b.clone().into_bytes()]).collect();
        prop_assert_eq!(fields, expected);
    }
}
