//! Sinks: what they write, what they refuse, and that a target is whole or as it was.
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::{Named, Reading};
use millstream_core::io::{csv, json_lines};
use millstream_core::sink::{Closed, Sink, collect, discard, for_each};
use millstream_core::stage::Flow;
use proptest::prelude::*;
use serde::Serialize;

const GOES_ON: Flow = Flow::Continue(());

fn commit(closed: Closed<()>) {
    let mut commit = closed.commit.expect("a file is committed");
    commit.sync().unwrap();
    commit.publish().unwrap();
}

/// Opens, writes and commits; the error of the first step that fails.
fn run<T>(mut sink: impl Sink<T, Output = ()>, items: impl IntoIterator<Item = T>) -> Result<(), String> {
    sink.open().map_err(|error| error.to_string())?;
    for item in items {
        assert!(sink.write(item).map_err(|error| error.into().to_string())?.is_continue());
    }
    let closed = sink.close().map_err(|error| error.into().to_string())?;
    if let Some(mut commit) = closed.commit {
        commit.sync().map_err(|error| error.to_string())?;
        commit.publish().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What `csv::sink` makes of the items.
fn rows<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    run(csv::sink(&path), items)?;
    Ok(fs::read_to_string(path).unwrap())
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn memory_sinks_take_everything() {
    let mut kept = collect();
    assert_eq!(kept.write(1).unwrap(), GOES_ON);
    assert_eq!(kept.write(2).unwrap(), GOES_ON);
    assert_eq!(kept.close().unwrap().output, [1, 2]);

    let mut dropped = discard();
    assert_eq!(dropped.write("a").unwrap(), GOES_ON);
    assert!(Sink::<&str>::close(dropped).unwrap().commit.is_none());

    let mut seen = Vec::new();
    let mut each = for_each(|n: i32| seen.push(n * 2));
    assert_eq!(each.write(1).unwrap(), GOES_ON);
    assert_eq!(each.write(2).unwrap(), GOES_ON);
    let _ = each.close().unwrap();
    assert_eq!(seen, [2, 4]);
}

#[test]
fn structs_have_a_header_and_fields_are_quoted_where_they_must() {
    let items = [
        Reading { at: "t", sensor: "a,b", celsius: 1.0, note: None },
        Reading { at: "\"", sensor: "\n", celsius: -0.5, note: Some("\r") },
    ];
    let text = "at,sensor,celsius,note\nt,\"a,b\",1.0,\n\"\"\"\",\"\n\",-0.5,\"\r\"\n";
    assert_eq!(rows(&items).unwrap(), text);
    assert_eq!(rows(items).unwrap(), text);
}

#[test]
fn tuples_and_scalars_have_no_header() {
    assert_eq!(rows([(1, "a", 'b'), (2, "", ',')]).unwrap(), "1,a,b\n2,,\",\"\n");
    assert_eq!(rows(["a", "", "b c"]).unwrap(), "a\n\"\"\nb c\n");
    assert_eq!(rows([vec![1, 2], vec![3, 4]]).unwrap(), "1,2\n3,4\n");
    assert_eq!(rows([f64::NAN, f64::INFINITY, 1e300, 0.1]).unwrap(), "NaN\ninf\n1e+300\n0.1\n");
    assert_eq!(rows([i128::MIN, 0]).unwrap(), "-170141183460469231731687303715884105728\n0\n");
}

#[test]
fn nothing_written_is_an_empty_file_or_the_header_of_the_schema() {
    assert_eq!(rows::<Named>([]).unwrap(), "");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    run(csv::sink(&path).columns_of::<Reading<'_>>(), Vec::<Reading<'_>>::new()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "at,sensor,celsius,note\n");
    run(csv::sink(&path).columns_of::<Named>(), [Named { name: "n".to_owned() }]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "name\nn\n");
    let wrong = run(csv::sink(&path).columns_of::<Reading<'_>>(), [Named { name: "n".to_owned() }]);
    assert_eq!(wrong.unwrap_err(), "field `name` where the header has `at`");
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shape {
    Deep { id: u8, tags: Vec<u8> },
    Inner { id: u8, place: BTreeMap<u8, u8> },
    Flat { id: u8, kind: Kind, size: Option<u8> },
    Short { id: u8 },
    Swapped { kind: u8, id: u8 },
    Pair(u8, (u8, u8)),
    Nothing(()),
}

#[derive(Serialize)]
enum Kind {
    Small,
    Sized(u8),
}

#[test]
fn what_csv_cannot_hold_names_the_field() {
    let refused = |shape| rows([shape]).unwrap_err();
    assert_eq!(
        refused(Shape::Deep { id: 1, tags: vec![1] }),
        "field `tags` holds a sequence, which a CSV field cannot"
    );
    assert_eq!(
        refused(Shape::Inner { id: 1, place: BTreeMap::new() }),
        "field `place` holds a map, which a CSV field cannot"
    );
    assert_eq!(
        refused(Shape::Flat { id: 1, kind: Kind::Sized(1), size: None }),
        "field `kind` holds an enum variant with fields, which a CSV field cannot"
    );
    assert_eq!(refused(Shape::Pair(1, (2, 3))), "field `2` holds a tuple, which a CSV field cannot");
    assert_eq!(refused(Shape::Nothing(())), "`()` is not a row of CSV; give it a struct or a tuple");
}

#[test]
fn rows_of_another_shape_are_refused_and_leave_no_half_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    let mut sink = csv::sink(&path);
    Sink::<Shape>::open(&mut sink).unwrap();
    // The first row fails after its first field: the header it brought is not kept either.
    sink.write(Shape::Deep { id: 1, tags: vec![] }).unwrap_err();
    let flat = |id| Shape::Flat { id, kind: Kind::Small, size: Some(3) };
    assert_eq!(sink.write(flat(1)).unwrap(), GOES_ON);
    let mut refused = |shape| sink.write(shape).unwrap_err().to_string();
    assert_eq!(refused(Shape::Short { id: 1 }), "1 field, but the rows before have 3");
    assert_eq!(refused(Shape::Swapped { kind: 1, id: 2 }), "field `kind` where the header has `id`");
    assert_eq!(refused(Shape::Deep { id: 1, tags: vec![] }), "field `tags` where the header has `kind`");
    assert_eq!(refused(Shape::Pair(1, (2, 3))), "field `2` holds a tuple, which a CSV field cannot");
    assert_eq!(sink.write(flat(2)).unwrap(), GOES_ON);
    commit(Sink::<Shape>::close(sink).unwrap());
    assert_eq!(fs::read_to_string(path).unwrap(), "id,kind,size\n1,Small,3\n2,Small,3\n");
}

#[test]
fn the_target_is_replaced_at_publish_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    fs::write(&path, "old").unwrap();
    let mut sink = json_lines::sink(&path);
    Sink::<u8>::open(&mut sink).unwrap();
    let _ = sink.write(1).unwrap();
    let mut commit = Sink::<u8>::close(sink).unwrap().commit.unwrap();
    commit.sync().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    commit.publish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
    assert_eq!(names(dir.path()), ["out.jsonl"]);
}

#[test]
fn dropped_before_publish_the_target_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let start = || {
        let mut sink = csv::sink(&path);
        Sink::<u64>::open(&mut sink).unwrap();
        for n in 0..100_000_u64 {
            let _ = sink.write(n).unwrap();
        }
        assert_eq!(names(dir.path()).len(), 2, "something is being written beside it");
        sink
    };
    let intact = || {
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(dir.path()), ["out.csv"]);
    };

    drop(start());
    intact();

    drop(Sink::<u64>::close(start()).unwrap());
    intact();

    let mut synced = Sink::<u64>::close(start()).unwrap().commit.unwrap();
    synced.sync().unwrap();
    drop(synced);
    intact();

    let panicked = std::panic::catch_unwind(|| {
        let _sink = start();
        panic!("a stage panics");
    });
    assert!(panicked.is_err());
    intact();
}

#[test]
fn a_file_may_be_read_and_replaced_in_one_run() {
    use millstream_core::source::Source;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("inout.csv");
    let long: String = (0..50_000).fold("name\n".to_owned(), |text, n| text + &format!("n{n}\n"));
    fs::write(&path, &long).unwrap();
    let (mut source, mut sink) = (csv::source::<Named>(&path), csv::sink(&path));
    source.open().unwrap();
    Sink::<Named>::open(&mut sink).unwrap();
    while let Some((item, _)) = source.next().unwrap() {
        let _ = sink.write(Named { name: item.unwrap().name + "!" }).unwrap();
    }
    commit(Sink::<Named>::close(sink).unwrap());
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        long.replace("\nn", "!\nn").replacen('!', "", 1).trim_end().to_owned() + "!\n"
    );
}

#[test]
fn permissions_of_the_target_are_kept_and_new_files_have_the_usual_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = dir.path().join("old.csv");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    run(csv::sink(&path), [1]).unwrap();
    assert_eq!(mode(&path), 0o640);

    let (new, usual) = (dir.path().join("new.csv"), dir.path().join("usual"));
    fs::write(&usual, "").unwrap();
    run(csv::sink(&new), [1]).unwrap();
    assert_eq!(mode(&new), mode(&usual));
}

#[test]
fn links_survive_and_what_they_point_to_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("deep")).unwrap();
    let (real, link, link2) = (dir.path().join("deep/real"), dir.path().join("link"), dir.path().join("link2"));
    fs::write(&real, "old").unwrap();
    symlink("deep/real", &link).unwrap();
    symlink("link", &link2).unwrap();
    run(csv::sink(&link2), [1]).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && fs::symlink_metadata(&link2).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "1\n");

    let dangling = dir.path().join("dangling");
    symlink("deep/new", &dangling).unwrap();
    run(csv::sink(&dangling), [2]).unwrap();
    assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(dir.path().join("deep/new")).unwrap(), "2\n");

    let circle = dir.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert!(run(csv::sink(&circle), [1]).unwrap_err().contains("symbolic links"));
}

#[test]
fn targets_that_cannot_be_written_fail_to_open_and_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| Sink::<u8>::open(&mut csv::sink(path)).unwrap_err().to_string();
    assert_eq!(open(dir.path()), format!("cannot open {}: it is a directory", dir.path().display()));
    let orphan = dir.path().join("none/out.csv");
    assert_eq!(open(&orphan), format!("cannot open {}: its directory does not exist", orphan.display()));
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("out.csv");
    assert!(open(&below).starts_with(&format!("cannot open {}: ", below.display())));
    assert_eq!(names(dir.path()), ["file"]);
    open(Path::new(""));
    // Nobody makes files there, not even the superuser.
    assert!(open(Path::new("/sys/out.csv")).starts_with("cannot open /sys/out.csv: "));
}

#[test]
fn a_target_that_may_not_be_written_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may write it all the same.
    let allowed = fs::OpenOptions::new().write(true).open(&path).is_ok();
    assert_eq!(run(csv::sink(&path), [1]).is_ok(), allowed);
    assert_eq!(fs::read_to_string(&path).unwrap(), if allowed { "1\n" } else { "old" });
}

#[test]
fn a_relative_path_is_written_where_the_process_is() {
    let name = format!("relative-{}.csv", std::process::id());
    let done = run(csv::sink(&name), [1]);
    let text = fs::read_to_string(&name);
    let _ = fs::remove_file(&name);
    assert_eq!((done, text.unwrap().as_str()), (Ok(()), "1\n"));
}

#[test]
fn two_sinks_on_one_file_are_refused_however_it_is_spelled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    symlink(dir.path(), dir.path().join("here")).unwrap();
    let mut first = csv::sink(&path);
    Sink::<u8>::open(&mut first).unwrap();
    let mut second = json_lines::sink(dir.path().join("here/./out.csv"));
    let error = Sink::<u8>::open(&mut second).unwrap_err().to_string();
    assert!(error.ends_with("out.csv: another sink is writing it"), "{error}");
    drop(first);
    Sink::<u8>::open(&mut second).unwrap();
}

#[test]
fn devices_are_written_through() {
    run(csv::sink("/dev/null"), [1, 2]).unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_full_disk_is_an_error_at_the_write_or_the_close() {
    let full = "cannot write /dev/full: No space left on device (os error 28)";
    assert_eq!(run(csv::sink("/dev/full"), [1]).unwrap_err(), full);
    assert_eq!(run(json_lines::sink("/dev/full"), [1]).unwrap_err(), full);
    let mut sink = json_lines::sink("/dev/full");
    Sink::<u64>::open(&mut sink).unwrap();
    let error = (0..1_000_000_u64).find_map(|n| sink.write(n).err()).unwrap();
    assert_eq!(error.to_string(), full);
}

#[test]
fn a_pipe_is_written_through() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    run(csv::sink(&path), [(1, "a"), (2, "b")]).unwrap();
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "1,a\n2,b\n");
}

#[test]
fn a_closed_pipe_ends_the_sink_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let mut sink = json_lines::sink(&path);
    Sink::<u64>::open(&mut sink).unwrap();
    drop(reader);
    let taken = (0..1_000_000_u64).take_while(|n| sink.write(*n).unwrap().is_continue()).count();
    assert!(taken < 1_000_000, "the sink breaks once the reader is gone");
    assert!(sink.write(0_u64).unwrap().is_break(), "and stays broken");
    assert!(Sink::<u64>::close(sink).unwrap().commit.is_none());

    // Also when all of it was still buffered.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut sink = csv::sink(format!("/proc/self/fd/{}", writer.as_raw_fd()));
    Sink::<u64>::open(&mut sink).unwrap();
    assert!(sink.write(1_u64).unwrap().is_continue());
    drop(reader);
    let _ = Sink::<u64>::close(sink).unwrap();
}

#[test]
fn an_open_file_of_the_process_is_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    fs::write(&path, "before\n").unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    run(csv::sink(format!("/proc/self/fd/{}", file.as_raw_fd())), [1]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before\n1\n");
}

#[test]
fn a_sink_that_was_not_opened_says_so() {
    let mut sink = csv::sink("nowhere.csv");
    assert!(sink.write(1).is_ok_and(|flow| flow.is_continue()), "it is buffered");
    assert_eq!(Sink::<u8>::close(sink).unwrap_err().to_string(), "cannot write nowhere.csv: the sink was not opened");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_csv_crate_reads_what_the_sink_writes(
        items in proptest::collection::vec(("(?s).{0,6}", "[ ,\"\r\n\u{feff}a]{0,6}", any::<f64>(), any::<Option<i8>>()), 1..20),
    ) {
        let text = rows(&items).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let read: Vec<(String, String, f64, Option<i8>)> = reader.deserialize().map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), items.len());
        for (read, item) in read.iter().zip(&items) {
            prop_assert_eq!((&read.0, &read.1, read.3), (&item.0, &item.1, item.3));
            prop_assert!(read.2.to_bits() == item.2.to_bits() || (read.2.is_nan() && item.2.is_nan()));
        }
    }
}

#[test]
fn floats_that_are_no_numbers_are_read_back_from_csv() {
    use millstream_core::record::FromField;
    let items =
        [(f64::NAN, f32::NAN), (f64::INFINITY, f32::NEG_INFINITY), (f64::NEG_INFINITY, f32::INFINITY), (-0.0, 1e-45)];
    let text = rows(items).unwrap();
    assert_eq!(text, "NaN,NaN\ninf,-inf\n-inf,inf\n-0.0,1e-45\n");
    for (line, (double, single)) in text.lines().zip(items) {
        let (first, second) = line.split_once(',').unwrap();
        let (first, second) = (f64::from_field(first.as_bytes()).unwrap(), f32::from_field(second.as_bytes()).unwrap());
        assert_eq!((first.to_bits(), second.to_bits()), (double.to_bits(), single.to_bits()), "{line}");
    }
}
