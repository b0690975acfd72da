//! Every format of files is read again from raw bytes, and every sink is added to.

use std::convert::Infallible as Never;
use std::fs;
use std::path::Path;

use millstream::io::{csv, json, lines};
use millstream::prelude::*;

use crate::support::{Dir, Row, failed, fits, numbers, ran, reasons, small};

fn lines_of(path: &Path) -> Vec<String> {
    pipeline!({ lines::source(path) } | map(str::to_owned) | collect()).run().unwrap().output
}

#[test]
fn rows_of_several_files_are_read_under_the_header_of_theirs() {
    let dir = Dir::new();
    dir.write("a.csv", "name,size\na,50\n");
    dir.write("b.csv", "size,name\n60,b\n7,c\n");
    macro_rules! rows {
        ($max:expr) => {
            pipeline!(
                csv::<Row>(files(dir.file("?.csv").to_str().unwrap()))
                    | fits(max = $max).or_dead_letter(dir.file("rejects"))
                    | csv(dir.file("out"))
            )
        };
    }
    ran(rows!(10).run());
    let letters = dir.letters("rejects");
    let heads: Vec<_> = letters.iter().map(|letter| letter.head.as_deref().unwrap_or_default()).collect();
    assert_eq!(heads, [&b"name,size"[..], b"size,name"]);
    assert!(letters[1].source.ends_with("b.csv"), "{}", letters[1].source);
    assert_eq!(numbers(&ran(rows!(100).redrive(dir.file("rejects")))), (2, 2, 0, 0));
    assert_eq!(dir.read("out"), "name,size\nc,7\na,50\nb,60\n");
}

#[test]
fn rows_are_read_as_the_options_say() {
    let dir = Dir::new();
    dir.write("in.csv", "50;'a;b'\n5;c\n");
    macro_rules! rows {
        ($max:expr) => {
            pipeline!(
                {
                    csv::source::<Row>(dir.file("in.csv"))
                        .delimiter(';')
                        .quote('\'')
                        .header(false)
                        .columns(["size", "name"])
                } | fits(max = $max).or_dead_letter(dir.file("rejects"))
                    | { csv::sink(dir.file("out")).delimiter('\t').header(false) }
            )
        };
    }
    ran(rows!(10).run());
    assert_eq!(dir.letters("rejects")[0].head, None);
    assert_eq!(numbers(&ran(rows!(100).redrive(dir.file("rejects")))), (1, 1, 0, 0));
    assert_eq!(dir.read("out"), "c\t5\na;b\t50\n");

    dir.write("in.csv", "label,size\na,50\n");
    macro_rules! renamed {
        ($max:expr) => {
            pipeline!(
                { csv::source::<Row>(dir.file("in.csv")).rename([("label", "name")]) }
                    | fits(max = $max).or_dead_letter(dir.file("renamed"))
                    | csv(dir.file("renamed.csv"))
            )
        };
    }
    ran(renamed!(10).run());
    assert_eq!(numbers(&ran(renamed!(100).redrive(dir.file("renamed")))), (1, 1, 0, 0));
    assert_eq!(dir.read("renamed.csv"), "name,size\na,50\n");
    // Under other options the bytes mean something else.
    ran(renamed!(10).run());
    let report = ran(rows!(100).redrive(dir.file("renamed")));
    assert_eq!(reasons(&report), ["it holds a `head`, and the source reads files without a header: `header = false`"]);
}

#[test]
fn lines_and_elements_are_read_again_and_added_to_what_is_there() {
    let dir = Dir::new();
    dir.write("in.txt", "5\nfifty\n7\n");
    macro_rules! numbered {
        ($parse:expr) => {
            pipeline!(
                { lines::source(dir.file("in.txt")) } | try_map($parse).or_dead_letter(dir.file("rejects")) | {
                    lines::sink(dir.file("out.txt"))
                }
            )
        };
    }
    ran(numbered!(|line: &str| line.parse::<u32>()).run());
    let report = ran(numbered!(|line: &str| Ok::<_, Never>(line.len())).redrive(dir.file("rejects")));
    assert_eq!(numbers(&report), (1, 1, 0, 0));
    assert_eq!(dir.read("out.txt"), "5\n7\n5\n");

    dir.write("in.json", r#"[{"name": "a", "size": 50}, {"size": 5, "name": "b"}, {"name": "c]", "size": 60}]"#);
    macro_rules! elements {
        ($max:expr) => {
            pipeline!(
                { json::source::<Row>(dir.file("in.json")) }
                    | fits(max = $max).or_dead_letter(dir.file("elements"))
                    | { json::sink(dir.file("out.json")) }
            )
        };
    }
    ran(elements!(10).run());
    assert_eq!(numbers(&ran(elements!(55).redrive(dir.file("elements")))), (2, 2, 0, 1));
    assert_eq!(numbers(&ran(elements!(100).redrive(dir.file("elements")))), (1, 1, 0, 0));
    let (b, a, c) = (r#"{"name":"b","size":5}"#, r#"{"name":"a","size":50}"#, r#"{"name":"c]","size":60}"#);
    assert_eq!(dir.read("out.json"), format!("[\n{b},\n{a},\n{c}\n]\n"));
}

macro_rules! to {
    ($dir:ident, $max:expr, $sink:expr) => {
        pipeline!(
            from_iter([vec![7, 8]]) | flatten | small(max = $max).or_dead_letter($dir.file("rejects")) | { $sink }
        )
    };
}

#[test]
fn arrays_are_closed_again_or_refused() {
    for (before, after) in [
        ("", "[\n7,\n8\n]\n"),
        ("[]\n", "[\n7,\n8\n]\n"),
        (" [ ] ", " [\n7,\n8\n]\n"),
        ("[1, [2]]", "[1, [2],\n7,\n8\n]\n"),
    ] {
        let dir = Dir::new();
        ran(to!(dir, 0, json::sink(dir.file("out.json"))).run());
        dir.write("out.json", before);
        ran(to!(dir, 100, json::sink(dir.file("out.json"))).redrive(dir.file("rejects")));
        assert_eq!(dir.read("out.json"), after, "{before:?}");
    }
    for before in ["{\"a\": []}", "[1", "[1][2]", "[1]\n2", "[1,]"] {
        let dir = Dir::new();
        ran(to!(dir, 0, json::sink(dir.file("out.json"))).run());
        dir.write("out.json", before);
        let error = failed(to!(dir, 100, json::sink(dir.file("out.json"))).redrive(dir.file("rejects")));
        assert!(error.contains("out.json: it does not hold one JSON array: "), "{error}");
        assert_eq!((dir.read("out.json").as_str(), dir.letters("rejects").len()), (before, 2));
    }
}

#[test]
fn compressed_targets_are_added_to() {
    for name in ["out.gz", "out.zst"] {
        let dir = Dir::new();
        let path = dir.file(name);
        macro_rules! rows {
            ($max:expr) => {
                to!(dir, $max, lines::sink(&path))
            };
        }
        ran(rows!(7).run());
        assert_eq!(lines_of(&path), ["7"]);
        ran(rows!(100).redrive(dir.file("rejects")));
        assert_eq!(lines_of(&path), ["7", "8"], "{name}");

        // An array and a header are inside of what is compressed.
        let array = dir.file(&format!("array.{name}"));
        ran(to!(dir, 7, json::sink(&array)).run());
        ran(to!(dir, 100, json::sink(&array)).redrive(dir.file("rejects")));
        assert_eq!(lines_of(&array), ["[", "7,", "8", "]"], "{name}");
        let table = dir.file(&format!("table.{name}"));
        macro_rules! table {
            ($max:expr) => {
                pipeline!(
                    from_iter([vec![7, 8]])
                        | flatten
                        | small(max = $max).or_dead_letter(dir.file("rejects"))
                        | map(|size| Row { name: "n", size })
                        | csv(&table)
                )
            };
        }
        ran(table!(7).run());
        ran(table!(100).redrive(dir.file("rejects")));
        assert_eq!(lines_of(&table), ["name,size", "n,7", "n,8"], "{name}");
    }
}

#[test]
fn a_last_line_without_an_end_gets_one_also_inside_of_what_is_compressed() {
    let dir = Dir::new();
    let path = dir.file("out.gz");
    ran(to!(dir, 0, lines::sink(&path)).run());
    // What `printf '1\n2' | gzip -n` says.
    let packed = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 51, 228, 50, 2, 0, 191, 239, 208, 232, 3, 0, 0, 0];
    fs::write(&path, packed).unwrap();
    ran(to!(dir, 100, lines::sink(&path)).redrive(dir.file("rejects")));
    assert_eq!(lines_of(&path), ["1", "2", "7", "8"]);
}

#[test]
fn tables_get_the_rows_and_are_as_they_were_if_it_fails() {
    let dir = Dir::new();
    let path = dir.file("shop.db");
    for (table, every) in [("whole", None), ("steps", Some(1000))] {
        macro_rules! rows {
            ($max:expr, $fails:expr) => {{
                let sink = millstream::io::sqlite::sink(&path, table).create(true).rows_of::<Row<'_>>();
                let sink = if let Some(every) = every { sink.every(every) } else { sink };
                pipeline!(
                    from_iter([vec![7, 8]])
                        | flatten
                        | small(max = $max).or_dead_letter(dir.file("rejects"))
                        | try_map(|size| if size == $fails { Err("no") } else { Ok(size) })
                        | map(|size| Row { name: "n", size })
                        | { sink }
                )
            }};
        }
        let count = || {
            let db = rusqlite::Connection::open(&path).unwrap();
            db.query_row(&format!("select count(*) from {table}"), [], |row| row.get::<_, u32>(0)).unwrap()
        };
        ran(rows!(0, 0).run());
        assert_eq!((count(), dir.letters("rejects").len()), (0, 2));
        assert!(failed(rows!(100, 8).redrive(dir.file("rejects"))).contains("no"));
        // A row that was committed on its own is not sent again.
        let stays = u32::from(every.is_some());
        assert_eq!((count(), dir.letters("rejects").len()), (stays, 2 - usize::from(every.is_some())), "{table}");
        ran(rows!(100, 0).redrive(dir.file("rejects")));
        assert_eq!((count(), dir.read("rejects").as_str()), (2, ""), "{table}");
    }
}
