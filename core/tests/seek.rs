//! Going back, and on, to places that a source has given.

mod common;

use std::fs;
use std::io::Write;

use common::{Named, Reading, Trickle};
use millstream_core::io::{csv, files, json, json_lines, lines};
use millstream_core::source::{Position, Source};

/// Goes from every place to every other, and reads what was there before.
macro_rules! everywhere {
    ($source:expr) => {{
        let mut source = $source;
        source.open().unwrap();
        let mut found: Vec<(Position, Vec<u8>)> = Vec::new();
        while let Some((_, at)) = source.next().unwrap() {
            found.push((at.position, at.raw.unwrap().to_vec()));
        }
        assert!(found.len() > 2);
        let mut source = $source;
        source.open().unwrap();
        for from in 0..found.len() {
            for to in 0..found.len() {
                source.seek(found[from].0).unwrap();
                assert_eq!(seen(source.next().unwrap().map(|(_, at)| at)), found[from]);
                source.seek(found[to].0).unwrap();
                for expected in &found[to..] {
                    assert_eq!(seen(source.next().unwrap().map(|(_, at)| at)), *expected);
                }
            }
        }
        // In a new run, and behind the end.
        for (position, raw) in &found {
            let mut source = $source;
            source.open().unwrap();
            source.seek(*position).unwrap();
            assert_eq!(seen(source.next().unwrap().map(|(_, at)| at)), (*position, raw.clone()));
        }
        source.seek(found[found.len() - 1].0).unwrap();
        assert!(source.next().unwrap().is_some() && source.next().unwrap().is_none());
        found
    }};
}

fn seen(at: Option<millstream_core::source::At<'_>>) -> (Position, Vec<u8>) {
    let at = at.expect("an item");
    (at.position, at.raw.unwrap().to_vec())
}

const CSV: &str = "\u{feff}at,sensor,celsius\nt,a,1\n\n\"x\ny\",b,2\nwrong\nu,c,3";

#[test]
fn files_of_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in");
    fs::write(&path, CSV).unwrap();
    assert_eq!(everywhere!(csv::source::<Reading<'_>>(&path)).len(), 5);
    assert_eq!(everywhere!(lines::source(&path)).len(), 7);
    fs::write(&path, "{\"name\":1}\n{}\n\n{\"name\":2}\n").unwrap();
    assert_eq!(everywhere!(json_lines::source::<Reading<'_>>(&path)).len(), 4);
    fs::write(&path, " [ {\"name\": [1,\n2]} ,\n\n 3, \"]\"\n]\n").unwrap();
    assert_eq!(everywhere!(json::source::<Reading<'_>>(&path)).len(), 3);
}

#[test]
fn files_longer_than_a_buffer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in");
    let mut file = fs::File::create(&path).unwrap();
    for n in 0..6 {
        writeln!(file, "{n}{}", "x".repeat(50_000 * n)).unwrap();
    }
    assert_eq!(everywhere!(lines::source(&path)).len(), 6);
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn compressed_files() {
    let dir = tempfile::tempdir().unwrap();
    let text = (0..6).map(|n| format!("{n}{}\n", "xyz".repeat(20_000 * n))).collect::<Vec<_>>().concat();
    let gz = dir.path().join("in.gz");
    let mut encoder = flate2::write::GzEncoder::new(fs::File::create(&gz).unwrap(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    assert_eq!(everywhere!(lines::source(&gz)).len(), 6);
    let zst = dir.path().join("in.zst");
    fs::write(&zst, ::zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    assert_eq!(everywhere!(lines::source(&zst)).len(), 6);
}

fn place(item: u64, line: u64, byte: u64) -> Position {
    Position { item, line: Some(line), byte: Some(byte) }
}

#[test]
fn a_reader_goes_forward_and_says_that_it_cannot_go_back() {
    let text = "zero\none\ntwo\nthree\n".as_bytes();
    let mut source = lines::from_reader("in.txt", Trickle { text, at_a_time: 2 });
    source.open().unwrap();
    source.seek(place(3, 3, 9)).unwrap();
    assert_eq!(source.next().unwrap().map(|(line, at)| (line.unwrap(), at.position)), Some(("two", place(3, 3, 9))));
    let error = source.seek(place(1, 1, 0)).unwrap_err().to_string();
    assert_eq!(error, "cannot go to line 1 of in.txt: what was read is gone, it only goes forward");
    let error = source.seek(place(9, 9, 99)).unwrap_err().to_string();
    assert_eq!(error, "cannot go to line 9 of in.txt: it ends before that");
}

#[test]
fn what_is_no_place_of_the_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.csv");
    fs::write(&path, "name\na\n").unwrap();
    let mut source = csv::source::<Named>(&path);
    let name = path.display();
    let refused = |error: millstream_core::error::BoxError| error.to_string();
    let error = source.seek(place(1, 2, 5)).map_err(refused);
    assert_eq!(error, Err(format!("cannot go to line 2 of {name}: it was not opened")));
    source.open().unwrap();
    let error = source.seek(Position::of_item(1)).map_err(refused);
    assert_eq!(error, Err(format!("cannot go to item 1 of {name}: the position has no line and byte of an item")));
    let error = source.seek(place(2, 3, 7)).map_err(refused);
    assert_eq!(error, Err(format!("cannot go to line 3 of {name}: it ends before that")));

    let mut several = csv::source::<Named>(files(format!("{}/*.csv", dir.path().display())));
    several.open().unwrap();
    let error = several.seek(place(1, 2, 5)).map_err(refused);
    let why = "it is one of several files, and a position does not say which";
    assert_eq!(error, Err(format!("cannot go to line 2 of {name}: {why}")));
}

#[test]
fn the_files_of_a_pattern_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    let mut source = files(format!("{}/*", dir.path().display()));
    source.open().unwrap();
    assert_eq!(source.size_hint(), (3, Some(3)));
    assert!(matches!(source.next(), Ok(Some(_))));
    assert_eq!(source.size_hint(), (2, Some(2)));
}
