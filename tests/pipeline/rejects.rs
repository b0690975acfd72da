//! What becomes of a rejected item.

use std::fs;
use std::path::Path;

use millstream::io::letters::Letter;
use millstream::prelude::*;
use serde::Serialize;

use crate::support::{Log, counts, failed, ran};

#[stage]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

/// As [`parsed`], from a borrow.
#[stage]
fn parsed_ref(text: &String) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[stage]
fn byte(n: u32) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(n)
}

#[stage]
fn even(#[state] seen: &mut u32, n: u32) -> Result<Option<u32>, std::fmt::Error> {
    *seen += 1;
    match n % 4 {
        0 => Ok(Some(n)),
        2 => Ok(None),
        _ => Err(std::fmt::Error),
    }
}

#[record]
struct Row<'a> {
    name: &'a str,
    #[field(range = 0..100)]
    size: u32,
}

#[stage]
fn wide<'a>(row: Row<'a>) -> Result<Row<'a>, std::fmt::Error> {
    if row.size < 10 { Err(std::fmt::Error) } else { Ok(row) }
}

fn letters(path: &Path) -> Vec<Letter> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rows(dir: &Path) -> String {
    let path = dir.join("rows.csv");
    fs::write(&path, "name,size\na,50\nb,500\nc,5\nd,x\ne,60\n").unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_rejected_item_ends_the_run() {
    let log = Log::default();
    let error = failed(
        pipeline!(from_iter(log.source(["1", "2", "x", "4"])) | map(|text| text) | parsed | for_each(|n| log.add(n)))
            .run(),
    );
    assert_eq!(error.to_string(), "stage `parsed` at item 3 of from_iter: invalid digit found in string");
    assert_eq!((error.stage(), error.source_name()), (Some("parsed"), Some("from_iter")));
    assert_eq!(error.position().map(|position| position.item), Some(3));
    assert!(error.cause().is::<std::num::ParseIntError>());
    assert_eq!(log.take(), r#"<"1" 1 <"2" 2 <"x""#, "every earlier item arrives, and no later one is read");
    let report = error.report().unwrap();
    assert_eq!(counts(report, "map"), "input 3, passed 3, output 3");
    assert_eq!(counts(report, "parsed"), "input 3, passed 2, rejected 1, output 2");
    assert_eq!(counts(report, "for_each"), "input 2, absorbed 2");
}

#[test]
fn a_failed_run_finishes_nothing_and_commits_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old.jsonl"), dir.path().join("new.jsonl"));
    fs::write(&old, "as it was\n").unwrap();
    let mut folded = 0;
    let error = failed(
        pipeline!(
            from_iter(["1", "2", "x"])
                | parsed
                | tee(
                    map(|n| *n) | json_lines(&old),
                    map(|n| *n) | json_lines(&new),
                    fold(0, |sum, n| sum + n) | for_each(|sum| folded = sum)
                )
        )
        .run(),
    );
    assert_eq!(error.stage(), Some("parsed"));
    assert_eq!(fs::read_to_string(&old).unwrap(), "as it was\n");
    assert!(!new.exists());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no half file is left");
    assert_eq!(folded, 0);
}

#[test]
fn the_error_of_a_branch_ends_all() {
    let log = Log::default();
    let error = failed(
        pipeline!(
            from_iter(log.source([1, 999, 2]))
                | tee(
                    map(|n| *n) | for_each(|n| log.add(n)),
                    byte_ref | collect(),
                    fold(0, |sum, n| sum + n) | collect()
                )
        )
        .run(),
    )
    .to_string();
    assert!(error.starts_with("stage `byte_ref` at item 2 of from_iter: "), "{error}");
    assert_eq!(log.take(), "<1 1 <999 999");
}

#[stage]
fn byte_ref(n: &u32) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(*n)
}

#[test]
fn skipped_items_are_counted() {
    let report = ran(pipeline!(from_iter(["1", "x", "", "4"]) | parsed.or_skip() | collect()).run());
    assert_eq!(report.output, [1, 4]);
    assert_eq!(counts(&report, "parsed"), "input 4, passed 2, rejected 2, output 2");
    let report = ran(pipeline!(from_iter(1..=4) | even.or_skip() | collect()).run());
    assert_eq!(report.output, [4]);
    assert_eq!(counts(&report, "even"), "input 4, passed 1, dropped 1, rejected 2, output 1");
}

#[test]
fn a_source_rejects_rows_under_its_own_policy() {
    let dir = tempfile::tempdir().unwrap();
    let (path, rejects) = (rows(dir.path()), dir.path().join("rejects.jsonl"));
    let report = ran(pipeline!(csv::<Row>(&path).or_skip() | map(|row| row.size) | collect()).run());
    assert_eq!(report.output, [50, 5, 60]);
    assert_eq!(counts(&report, "csv"), "input 5, passed 3, rejected 2, output 3");
    let error = failed(pipeline!(csv::<Row>(&path) | map(|row| row.size) | collect()).run());
    assert_eq!((error.stage(), error.position().and_then(|at| at.line)), (Some("csv"), Some(3)));
    let report = ran(pipeline!(csv::<Row>(&path).or_dead_letter(&rejects) | discard()).run());
    assert_eq!(report.letters, [(rejects.clone(), 2)]);
    let letters = letters(&rejects);
    assert_eq!(letters[0].raw.as_deref(), Some(&b"b,500"[..]));
    assert_eq!((letters[0].stage.as_str(), letters[0].position.line), ("csv", Some(3)));
    assert_eq!(letters[1].raw.as_deref(), Some(&b"d,x"[..]));
}

#[test]
fn stages_that_name_one_path_share_a_writer() {
    let dir = tempfile::tempdir().unwrap();
    let (path, rejects) = (rows(dir.path()), dir.path().join("rejects.jsonl"));
    let report = ran(pipeline!(
        csv::<Row>(&path).or_dead_letter(&rejects)
            | wide.or_dead_letter(&rejects)
            | wide
            | map(|row| row.size)
            | collect()
    )
    .run());
    assert_eq!(report.output, [50, 60]);
    assert_eq!(report.letters, [(rejects.clone(), 3)]);
    let stages: Vec<_> = letters(&rejects).into_iter().map(|letter| (letter.stage, letter.position.item)).collect();
    assert_eq!(stages, [("csv".to_owned(), 2), ("wide".to_owned(), 3), ("csv".to_owned(), 4)]);
}

#[test]
fn a_letter_keeps_the_raw_bytes_while_items_are_one_to_one_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let (path, rejects) = (rows(dir.path()), dir.path().join("rejects.jsonl"));
    ran(pipeline!(
        csv::<Row>(&path).or_skip()
            | filter(|row| row.size > 1)
            | map(|row| row.size)
            | tee(map(|n| n + 300) | byte.or_dead_letter(&rejects) | discard(), discard())
    )
    .run());
    let letters = letters(&rejects);
    assert_eq!(letters.len(), 3);
    assert_eq!(letters[1].raw.as_deref(), Some(&b"c,5"[..]));
    assert_eq!(letters[1].branch, ["tee.0"]);
    assert!(letters[1].input.is_none());
}

#[test]
fn behind_a_stage_that_expands_a_letter_keeps_the_input_where_it_can() {
    #[derive(Clone, Serialize)]
    struct Name(String);
    #[stage]
    fn short(name: Name) -> Result<usize, std::fmt::Error> {
        if name.0.len() < 2 { Ok(name.0.len()) } else { Err(std::fmt::Error) }
    }
    #[stage]
    fn short_ref(name: &Name) -> Result<(), std::fmt::Error> {
        if name.0.len() < 2 { Ok(()) } else { Err(std::fmt::Error) }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let names = || [vec![Name("a".into()), Name("long".into())]];
    let inputs = |name: &str| letters(&path(name)).into_iter().map(|letter| letter.input).collect::<Vec<_>>();

    ran(pipeline!(from_iter(names()) | flatten | short.or_dead_letter(path("moved")) | discard()).run());
    assert_eq!(inputs("moved"), [None], "it went into the stage for good");
    ran(pipeline!(from_iter(names()) | flatten | short.or_dead_letter(path("cloned"), keep = input) | discard()).run());
    assert_eq!(inputs("cloned"), [Some("long".into())]);
    ran(pipeline!(from_iter([vec![1, 300]]) | flatten | byte.or_dead_letter(path("copied")) | discard()).run());
    assert_eq!(inputs("copied"), [Some(300.into())]);
    ran(pipeline!(
        from_iter(names()) | flatten | try_map(|name: Name| short_of(&name.0)).or_dead_letter(path("word")) | discard()
    )
    .run());
    assert_eq!(inputs("word"), [None]);
    let lent = [vec!["1".to_owned(), "x".to_owned()]];
    ran(pipeline!(from_iter(lent) | flatten | parsed_ref.or_dead_letter(path("lent")) | discard()).run());
    assert_eq!(inputs("lent"), [Some("x".into())], "the stage only borrowed it");
    assert_eq!(letters(&path("lent"))[0].position.item, 1);
    let refused =
        ran(pipeline!(from_iter(names()) | flatten | check.or_dead_letter(path("checked")) | discard()).run());
    assert_eq!(counts(&refused, "check"), "input 2, passed 1, rejected 1, output 1");
    let _ = short_ref::builder();

    #[stage]
    fn check(name: &Name) -> Result<bool, std::fmt::Error> {
        if name.0.len() < 2 { Ok(true) } else { Err(std::fmt::Error) }
    }
    assert_eq!(inputs("checked"), [Some("long".into())]);
}

fn short_of(text: &str) -> Result<usize, std::fmt::Error> {
    if text.len() < 2 { Ok(text.len()) } else { Err(std::fmt::Error) }
}

#[test]
fn a_letter_names_the_label_and_the_branches() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let report = ran(pipeline!(
        from_iter([1, 300])
            | byte.or_skip()
            | map(u32::from)
            | route(
                when(|_| false, discard()),
                otherwise(
                    map(|n| n * 500)
                        | tee(
                            discard(),
                            cloned | byte.or_dead_letter(&path) | discard(),
                            byte.named("third").or_dead_letter(&path) | discard()
                        )
                )
            )
    )
    .run());
    let labels: Vec<_> = letters(&path).into_iter().map(|letter| (letter.stage, letter.branch)).collect();
    let branches = |n| vec!["route.1".to_owned(), format!("tee.{n}")];
    assert_eq!(labels, [("byte#2".to_owned(), branches(1)), ("third".to_owned(), branches(2))]);
    assert_eq!(report.letters, [(path, 2)]);
}

#[test]
fn letters_stay_when_the_run_fails() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let error = failed(pipeline!(from_iter(["x", "300"]) | parsed.or_dead_letter(&path) | byte | discard()).run());
    assert_eq!(error.stage(), Some("byte"));
    assert_eq!(letters(&path).len(), 1);
    assert_eq!(error.report().unwrap().letters, [(path, 1)]);
}

#[test]
fn letters_that_cannot_be_written_fail_the_run_before_it_reads() {
    let (log, dir) = (Log::default(), tempfile::tempdir().unwrap());
    let path = dir.path().join("missing/letters.jsonl");
    let error = failed(pipeline!(from_iter(log.source(["x"])) | parsed.or_dead_letter(&path) | discard()).run());
    assert_eq!(error.stage(), Some("parsed"));
    assert_eq!(log.take(), "");
}

#[test]
fn a_finish_that_sends_to_a_stage_that_rejects_names_the_end() {
    let error =
        failed(pipeline!(from_iter([200, 100]) | fold(0, |sum, n| sum + n) | byte | collect()).run()).to_string();
    assert!(error.starts_with("stage `byte` at the end of from_iter: "), "{error}");
    let report = ran(pipeline!(from_iter([200, 100]) | fold(0, |sum, n| sum + n) | byte.or_skip() | collect()).run());
    assert_eq!(counts(&report, "byte"), "input 1, rejected 1");
}

#[test]
fn behind_paths_that_met_a_letter_names_no_branch_and_has_raw_bytes_only_if_every_path_keeps_items() {
    let dir = tempfile::tempdir().unwrap();
    let (rows, kept, split) = (dir.path().join("rows.csv"), dir.path().join("kept"), dir.path().join("split"));
    fs::write(&rows, "name,size\na,1\nb,30\n").unwrap();
    ran(pipeline!(
        csv::<Row>(&rows)
            | route(when(|row| row.size < 5, map(|row| row.size + 300)), otherwise(map(|row| row.size + 400)))
            | byte.or_dead_letter(&kept)
            | discard()
    )
    .run());
    let found: Vec<_> = letters(&kept).into_iter().map(|letter| (letter.branch.len(), letter.raw.is_some())).collect();
    assert_eq!(found, [(0, true), (0, true)]);
    ran(pipeline!(
        csv::<Row>(&rows)
            | route(
                when(|row| row.size < 5, map(|row| row.size + 300)),
                otherwise(flat_map(|row| [row.size + 400; 2]))
            )
            | byte.or_dead_letter(&split)
            | discard()
    )
    .run());
    let found: Vec<_> = letters(&split).into_iter().map(|letter| (letter.branch.len(), letter.raw.is_some())).collect();
    assert_eq!(found, [(0, false); 3]);
}

#[test]
fn letters_that_would_go_to_the_file_of_the_source_are_refused_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    let text = "name,size\na,1\nb,x\n";
    fs::write(&path, text).unwrap();
    let error = failed(pipeline!(csv::<Row>(&path).or_dead_letter(&path) | discard()).run());
    let cause = error.cause().to_string();
    assert!(cause.contains("dead letters are going there") || cause.contains("it is being read"), "{cause}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn files_that_cannot_be_put_in_place_after_others_were_are_left_whole() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second, third] = ["first", "second", "third"].map(|name| dir.path().join(name));
    let in_the_way = second.clone();
    let run = pipeline!(
        from_iter([7])
            | inspect(|_| fs::create_dir(&in_the_way).unwrap())
            | tee(json_lines(&first), json_lines(&second), json_lines(&third))
    )
    .run();
    let error = failed(run).to_string();
    assert_eq!(fs::read_to_string(&first).unwrap(), "7\n");
    assert!(second.is_dir() && !third.exists());
    let files = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let left: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "whole")).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    for path in left {
        assert_eq!(fs::read_to_string(&path).unwrap(), "7\n");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sink_that_is_broken_fails_the_run_whatever_the_policy() {
    const ITEMS: u32 = 1_000_000;
    let dir = tempfile::tempdir().unwrap();
    let rejects = dir.path().join("rejects.jsonl");
    let skipping = pipeline!(from_iter(0..ITEMS) | json_lines("/dev/full").or_skip()).run();
    let keeping = pipeline!(from_iter(0..ITEMS) | csv("/dev/full").or_dead_letter(&rejects)).run();
    for error in [failed(skipping), failed(keeping)] {
        assert!(error.to_string().contains("No space left on device"), "{error}");
        let rejected: u64 = error.report().unwrap().counts.iter().map(|counts| counts.rejected).sum();
        assert_eq!(rejected, 1, "the run ends at once");
    }
    assert_eq!(fs::read_to_string(&rejects).unwrap(), "", "it is not the item's fault");
}

#[test]
fn a_row_that_cannot_be_written_is_rejected_under_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    let report = ran(pipeline!(from_iter([1.0, f64::NAN, 2.0]) | json_lines(&path).or_skip()).run());
    assert_eq!(report.counts[1].rejected, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "1.0\n2.0\n");
}
