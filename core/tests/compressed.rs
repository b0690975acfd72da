//! Files that are compressed: read and written as what they were, and never taken for whole when they are not.
#![cfg(all(feature = "gzip", feature = "zstd"))]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use common::Named;
use millstream_core::io::letters::Letters;
use millstream_core::io::{ReadErrorKind, csv, files, json, json_lines, lines};
use millstream_core::sink::Sink;
use millstream_core::source::Source;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

const KINDS: [(&str, fn(&[u8]) -> Vec<u8>); 2] = [("gz", gzip), ("zst", zstd)];

/// How many lines the file holds, or how many were read before the error.
fn count(path: &Path) -> Result<u64, (u64, ReadErrorKind, String)> {
    let mut source = lines::source(path);
    source.open().map_err(|error| (0, ReadErrorKind::NotOpen, error.to_string()))?;
    let mut lines = 0;
    loop {
        match source.next() {
            Ok(Some((line, at))) => {
                lines += 1;
                assert_eq!(line.unwrap(), format!("line {lines}"));
                assert_eq!((at.position.item, at.position.line), (lines, Some(lines)));
            }
            Ok(None) => return Ok(lines),
            Err(error) => return Err((lines, error.kind(), error.to_string())),
        }
    }
}

fn text(lines: std::ops::RangeInclusive<u32>) -> Vec<u8> {
    lines.flat_map(|n| format!("line {n}\n").into_bytes()).collect()
}

#[test]
fn a_file_of_one_or_several_parts_is_read() {
    let dir = tempfile::tempdir().unwrap();
    for (end, compress) in KINDS {
        let path = dir.path().join(format!("in.{end}"));
        fs::write(&path, compress(&text(1..=100_000))).unwrap();
        assert_eq!(count(&path), Ok(100_000));
        fs::write(&path, [compress(&text(1..=7)), compress(b""), compress(b"line 8"), compress(b"\nline 9")].concat())
            .unwrap();
        assert_eq!(count(&path), Ok(9));
        fs::write(&path, compress(b"")).unwrap();
        assert_eq!(count(&path), Ok(0));
        let upper = dir.path().join(format!("IN.{}", end.to_uppercase()));
        fs::write(&upper, compress(b"line 1")).unwrap();
        assert_eq!(count(&upper), Ok(1));
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error_that_says_how_far_it_was_read() {
    let dir = tempfile::tempdir().unwrap();
    for (end, compress) in KINDS {
        let path = dir.path().join(format!("in.{end}"));
        let first = compress(&text(1..=500));
        let whole = [&first[..], &compress(&text(501..=1000))].concat();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            // Between two parts nothing says that another follows.
            if cut == first.len() {
                assert_eq!(count(&path), Ok(500));
                continue;
            }
            let Err((read, kind, error)) = count(&path) else { panic!("{end} cut at {cut} of {}", whole.len()) };
            assert!(error.contains("data is cut off"), "{end} cut at {cut}: {error}");
            if kind == ReadErrorKind::Io {
                assert!(
                    error.starts_with(&format!("cannot read {} at line {}: ", path.display(), read + 1)),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_corrupt_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for (end, compress) in KINDS {
        let path = dir.path().join(format!("in.{end}"));
        let whole = compress(&text(1..=1000));
        // The head of a gzip file holds a time and more that nothing depends on.
        for i in (0..4).chain(20..whole.len()) {
            let mut bytes = whole.clone();
            bytes[i] ^= 0x55;
            fs::write(&path, bytes).unwrap();
            let mut source = lines::source(&path);
            let mut failed = source.open().is_err();
            while !failed {
                match source.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => failed = true,
                }
            }
            assert!(failed, "{end}, byte {i} of {}", whole.len());
        }
        fs::write(&path, [&whole[..], b"garbage behind it"].concat()).unwrap();
        assert!(count(&path).is_err_and(|(read, ..)| read <= 1000));
        fs::write(&path, "line 1\n").unwrap();
        let error = count(&path).unwrap_err().2;
        assert!(error.contains("is corrupt") || error.contains("is cut off"), "{error}");
    }
}

/// Writes names, and commits them.
fn write(mut sink: impl Sink<Named, Output = ()>, names: u32) {
    sink.open().unwrap();
    for n in 0..names {
        assert!(sink.write(Named { name: n.to_string() }).is_ok());
    }
    let Ok(closed) = sink.close() else { panic!("it closes") };
    let mut commit = closed.commit.unwrap();
    commit.sync().unwrap();
    commit.publish().unwrap();
}

#[test]
fn what_a_sink_wrote_is_read_by_others_and_by_us() {
    let dir = tempfile::tempdir().unwrap();
    for n in [0, 3, 50_000] {
        let rows = (0..n).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
        let gz = dir.path().join("out.csv.gz");
        write(csv::sink(&gz).columns_of::<Named>(), n);
        let mut read = String::new();
        flate2::read::GzDecoder::new(fs::File::open(&gz).unwrap()).read_to_string(&mut read).unwrap();
        assert_eq!(read, format!("name\n{rows}"));

        let zst = dir.path().join("out.csv.zst");
        write(csv::sink(&zst).columns_of::<Named>(), n);
        assert_eq!(::zstd::decode_all(fs::File::open(&zst).unwrap()).unwrap(), format!("name\n{rows}").as_bytes());
        if n > 1000 {
            assert!(fs::metadata(&zst).unwrap().len() * 2 < read.len() as u64, "it is compressed");
        }
        let mut source = csv::source::<Named>(files(format!("{}/out.csv.*", dir.path().display())));
        source.open().unwrap();
        let mut items = 0;
        while let Some((item, _)) = source.next().unwrap() {
            assert_eq!(item.unwrap().name, (items % n).to_string());
            items += 1;
        }
        assert_eq!(items, 2 * n);
    }
    let paths = ["out.jsonl.gz", "out.json.zst"].map(|name| dir.path().join(name));
    write(json_lines::sink(&paths[0]), 2);
    write(json::sink(&paths[1]), 2);
    let jsonl = [lines::source(&paths[0]), lines::source(&paths[1])].map(|mut source| {
        source.open().unwrap();
        let mut text = String::new();
        while let Some((line, _)) = source.next().unwrap() {
            text += line.unwrap();
        }
        text
    });
    assert_eq!(jsonl, [r#"{"name":"0"}{"name":"1"}"#, r#"[{"name":"0"},{"name":"1"}]"#]);
}

#[test]
fn letters_are_never_compressed() {
    let dir = tempfile::tempdir().unwrap();
    for end in ["gz", "zst"] {
        let path = dir.path().join(format!("rejects.jsonl.{end}"));
        let error = Letters::open(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("letters are appended one by one, and never compressed; give them another name"),
            "{error}"
        );
        assert!(!path.exists());
    }
}
