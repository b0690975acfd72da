//! Stages made of stages: `_ as T | a | b`.

use std::fs;

use millstream::io::letters::Letter;
use millstream::prelude::*;
use millstream::stage::{AnyKey, Stage};

use crate::support::{counts, failed, ran};

#[stage]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[record]
struct Row<'a> {
    name: &'a str,
    size: u32,
}

fn doubled(least: u32) -> impl Stage<u32, Out = u32, Key = AnyKey> {
    pipeline!(_ as u32 | map(|n| n * 2) | filter(move |n| *n >= least))
}

#[test]
fn one_text_makes_several_stages() {
    let report = ran(pipeline!(from_iter(0..6_u32) | { doubled(4) } | { doubled(16) } | collect()).run());
    assert_eq!(report.output, [16, 20]);
    assert_eq!(counts(&report, "{doubled(..)}"), "input 6, absorbed 6, emitted 4, output 4");
}

#[test]
fn a_value_is_called_by_what_it_starts_with() {
    let values = [1, 2];
    let pipeline =
        pipeline!({ millstream::source::from_iter(values.iter().map(|n| n * 2)) } | { doubled(4) } | collect());
    let labels: Vec<_> = { pipeline }.plan().nodes.into_iter().map(|node| node.label).collect();
    assert_eq!(labels, ["{millstream::source::from_iter(..)}", "{doubled(..)}", "collect"]);
}

#[test]
fn state_is_kept_and_finishes_through_the_stages_behind_it() {
    let pairs = pipeline!(
        _ as u32
            | chunks(2)
            | map(|pair| pair.len())
            | scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            })
    );
    let report = ran(pipeline!(from_iter(0..5_u32) | { pairs } | collect()).run());
    assert_eq!(report.output, [2, 4, 5]);
}

#[test]
fn an_output_may_borrow_from_the_item() {
    let name = pipeline!(_ as Row<'_> | (map(|row: Row<'_>| row.name) as &str));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    fs::write(&path, "name,size\na,1\nbc,2\n").unwrap();
    let report = ran(pipeline!(csv::<Row>(&path) | { name } | map(|name| name.len()) | collect()).run());
    assert_eq!(report.output, [1, 2]);
}

#[test]
fn a_rejection_inside_names_both_stages_and_the_place() {
    let numbers = pipeline!(_ as &str | parsed);
    let error = failed(pipeline!(from_iter(["1", "x"]) | { numbers }.named("numbers") | collect()).run());
    assert_eq!(
        error.to_string(),
        "stage `numbers` at item 2 of from_iter: stage `parsed`: invalid digit found in string"
    );
    let numbers = pipeline!(_ as &str | parsed);
    let report = ran(pipeline!(from_iter(["1", "x", "3"]) | { numbers }.or_skip() | collect()).run());
    assert_eq!(report.output, [1, 3]);
}

#[test]
fn letters_from_inside_say_where_the_item_came_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let numbers = pipeline!(_ as &str | parsed.or_dead_letter(&path));
    let report = ran(pipeline!(from_iter(["1", "x", "3"]) | { numbers } | collect()).run());
    assert_eq!(report.output, [1, 3]);
    let letter: Letter = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((letter.stage.as_str(), letter.source.as_str(), letter.position.item), ("parsed", "from_iter", 2));
    assert_eq!(letter.input, Some("x".into()));
}

#[test]
fn paths_may_part_and_meet_inside() {
    let sorted =
        pipeline!(_ as u32 | route(when(|n| n % 2 == 0, map(|n| n / 2)), otherwise(map(|n| n * 3 + 1))) | take(3));
    let report = ran(pipeline!(from_iter(1..9_u32) | { sorted } | collect()).run());
    assert_eq!(report.output, [4, 1, 10]);
    assert_eq!(report.read(), 3);
}

#[test]
fn a_bad_parameter_inside_is_found_before_the_run() {
    let none = 0;
    let chunks = pipeline!(_ as u32 | chunks(none));
    let error = failed(pipeline!(from_iter(0..5_u32) | { chunks }.named("pairs") | collect()).run());
    assert!(error.to_string().starts_with("stage `pairs`: stage `chunks`: "), "{error}");
}
