//! Items that borrow, from a slice or from the source's own buffer, go through every kind of stage.

use std::fs;

use millstream::prelude::*;

use crate::support::{counts, ran};

#[record]
struct Row<'a> {
    name: &'a str,
    size: u32,
}

#[record]
struct Sum<'a> {
    name: &'a str,
    sum: u32,
}

#[stage]
fn running<'a>(#[state] sum: &mut u32, row: Row<'a>) -> Sum<'a> {
    *sum += row.size;
    Sum { name: row.name, sum: *sum }
}

#[stage]
fn small(#[param(default = 10)] limit: u32, row: &Row<'_>) -> bool {
    row.size < limit
}

#[stage]
fn letters<'a>(row: Row<'a>) -> impl Iterator<Item = &'a str> {
    row.name.split_inclusive(|_| true)
}

#[stage]
fn doubled(row: &mut Row<'_>) {
    row.size *= 2;
}

#[stage(finish = of_name)]
fn count(#[state] n: &mut u32, _row: &Row<'_>) {
    *n += 1;
}

#[finish]
fn of_name(name: &str, n: u32) -> Option<(String, u32)> {
    Some((name.to_owned(), n))
}

#[stage(finish = all_of)]
fn longest(#[state] all: &mut String, name: &str) {
    if name.len() > all.len() {
        name.clone_into(all);
    }
}

#[finish]
fn all_of(all: String) -> Option<String> {
    Some(all)
}

fn rows(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    fs::write(&path, text).unwrap();
    (dir, path)
}

const ROWS: &str = "name,size\nab,1\nc,20\nab,3\nc,4\n";

#[test]
fn lent_records_go_through_stateful_keyed_and_expanding_stages() {
    let (_dir, path) = rows(ROWS);
    let report = ran(pipeline!(
        csv::<Row>(&path)
            | doubled
            | running.keyed(name)
            | filter(|sum| sum.sum < 45)
            | map(|sum| format!("{} {}", sum.name, sum.sum))
            | collect()
    )
    .run());
    assert_eq!(report.output, ["ab 2", "c 40", "ab 8"]);
    let report =
        ran(pipeline!(csv::<Row>(&path) | small | letters | map(|letter| letter.to_uppercase()) | collect()).run());
    assert_eq!(report.output, ["A", "B", "A", "B", "C"]);
    assert_eq!(counts(&report, "letters"), "input 3, absorbed 3, emitted 5, output 5");
}

#[test]
fn lent_records_are_keyed_by_borrowed_fields_and_finish_by_owned_keys() {
    let (_dir, path) = rows(ROWS);
    let report = ran(pipeline!(csv::<Row>(&path) | count.keyed(name) | collect()).run());
    assert_eq!(report.output, [("ab".to_owned(), 2), ("c".to_owned(), 2)]);
}

#[test]
fn lent_records_part_and_meet() {
    let (_dir, path) = rows(ROWS);
    let report = ran(pipeline!(
        csv::<Row>(&path)
            | tee(map(|row| row.size) | collect(), count.keyed(name) | collect())
            | route(when(small(limit = 4), map(|row| row.name)), otherwise(letters))
            | longest
            | collect()
    )
    .run());
    let (sizes, counted, longest) = report.output;
    assert_eq!(sizes, [1, 20, 3, 4]);
    assert_eq!(counted.len(), 2);
    assert_eq!(longest, ["ab"]);
}

#[test]
fn closures_give_borrows_of_lent_items() {
    let (_dir, path) = rows(ROWS);
    let mut seen = String::new();
    ran(pipeline!(
        csv::<Row>(&path)
            | map(|row| (row.name, row.size))
            | filter(|pair| pair.1 < 10)
            | map(|pair| &pair.0[..1])
            | for_each(|name| seen.push_str(name))
    )
    .run());
    assert_eq!(seen, "aac");
}

#[test]
fn words_that_keep_nothing_of_an_item_take_lent_ones() {
    let (_dir, path) = rows(ROWS);
    let report = ran(pipeline!(
        csv::<Row>(&path)
            | unique(|row| row.name.to_owned())
            | skip(1)
            | take(1)
            | scan(0, |n, row| {
                *n += row.size;
                Some((row.name.len(), *n))
            })
            | fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
            | collect()
    )
    .run());
    assert_eq!(report.output, [(1, 20)]);
    let report = ran(pipeline!(
        csv::<Row>(&path) | take_while(|row| row.size < 20) | flat_map(|row| row.name.chars()) | collect()
    )
    .run());
    assert_eq!(report.output, ['a', 'b']);
    let report = ran(pipeline!(
        csv::<Row>(&path) | filter_map(|row| row.name.strip_prefix('a')) | map(str::to_owned) | collect()
    )
    .run());
    assert_eq!(report.output, ["b", "b"]);
}

#[test]
fn lent_records_go_into_sinks() {
    let (dir, path) = rows(ROWS);
    let out = dir.path().join("out.csv");
    ran(pipeline!(csv::<Row>(&path) | small | running | csv(&out)).run());
    assert_eq!(fs::read_to_string(&out).unwrap(), "name,sum\nab,1\nab,4\nc,8\n");
}

#[test]
fn borrows_of_a_slice_outlive_the_read_and_may_be_kept() {
    let names = ["b".to_owned(), "a".to_owned(), "b".to_owned()];
    let report =
        ran(pipeline!(from_iter(&names) | map(String::as_str) | unique | chunks(2) | flatten | collect()).run());
    assert_eq!(report.output, ["b", "a"]);
    let firsts: Vec<&String> = pipeline!(from_iter(&names) | take(1).keyed(|name| name.as_str()) | dedup).collect();
    assert_eq!(firsts, ["b", "a"]);
}
