//! `csv::source` against the csv crate, on hostile texts.

#[path = "common/csv_rows.rs"]
mod csv_rows;

use csv_rows::{Dialect, RFC, Seen, compare, compare_any, ours};
use proptest::prelude::*;

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
            other => panic!("{other:?}"),
        }).collect();
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![a.clone().into_bytes(), b.clone().into_bytes()]).collect();
        prop_assert_eq!(fields, expected);
    }

    #[test]
    fn any_bytes_are_read_as_by_the_csv_crate(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        compare_any(&bytes);
    }
}

/// Texts whose rows and fields end around the ends of blocks, windows and chunks.
fn long() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b","[..]),
        2 => Just(&b"\n"[..]),
        2 => Just(&b"\r\n"[..]),
        1 => Just(&b"\r"[..]),
        3 => Just(&b"\""[..]),
        2 => Just(&b"\",\""[..]),
        2 => Just(&b"\"\""[..]),
        2 => Just(&b"a"[..]),
        1 => Just("\u{e9}".as_bytes()),
        1 => Just(&b"1,\"2\"\n"[..]),
    ];
    let times = prop_oneof![
        6 => Just(1_usize),
        2 => 2..70_usize,
        1 => 2000..2100_usize,
        1 => 8185..8200_usize,
        1 => 16_380..16_390_usize,
    ];
    let run = (piece, times).prop_map(|(piece, times)| piece.repeat(times));
    proptest::collection::vec(run, 1..12).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_rows_are_those_of_the_csv_crate(
        body in long(),
        at_a_time in proptest::sample::select(vec![63, 64, 65, 1000, 8191, 8192, 8193, 65_535, 65_536, 1 << 20]),
    ) {
        compare::<1>(&body, at_a_time, RFC);
        compare::<2>(&body, at_a_time, RFC);
    }
}

/// A row that is cut at any byte by the end of a chunk.
#[test]
fn a_row_may_be_cut_anywhere() {
    let body = "x,\"a \"\"b\"\"\r\nc\"\r\n,\r\"\",\"\"\né,\"ü\"tail\r\n\"1\",\"2\n\"\n".repeat(4);
    for at_a_time in 1..body.len() {
        compare::<2>(body.as_bytes(), at_a_time, RFC);
    }
}

/// The files from which the fuzzer starts.
#[test]
fn the_corpus_is_read_as_by_the_csv_crate() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/csv_rows");
    let mut files = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        compare_any(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 8, "the corpus is there");
}
