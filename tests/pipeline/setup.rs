//! What is wrong before the first item: nothing is opened, read or touched then.

use std::fs;

use millstream::prelude::*;

use crate::support::{Log, counts, failed, ran};

#[stage]
fn times(#[param(default = 2, range = 1..=10)] by: u32, n: u32) -> u32 {
    n * by
}

fn table(size: usize) -> Result<Vec<u32>, std::fmt::Error> {
    if size > 3 { Err(std::fmt::Error) } else { Ok(vec![0; size]) }
}

#[stage]
fn counted(#[state(init = table(size))] table: &mut Vec<u32>, #[param] size: usize, n: usize) -> usize {
    table[n % size] += 1;
    n
}

/// A state that can be made once.
struct Scarce(u32);

impl millstream::stage::Stage<u32> for Scarce {
    type Out = u32;
    type Error = millstream::stage::Never;
    type Key = millstream::stage::AnyKey;
    const KIND: millstream::stage::Kind = millstream::stage::Kind::Map;

    fn process(
        &mut self,
        item: u32,
        mut out: impl FnMut(u32) -> millstream::stage::Flow,
    ) -> Result<millstream::stage::Flow, millstream::stage::Rejected<millstream::stage::Never, u32>> {
        Ok(out(item))
    }
}

thread_local!(static MADE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });

impl millstream::stage::Renew for Scarce {
    fn renew(&self) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        MADE.set(MADE.get() + 1);
        if MADE.get() > self.0 { Err("no more of these".into()) } else { Ok(Scarce(self.0)) }
    }
}

#[test]
fn a_parameter_out_of_its_range_is_an_error_before_the_source_is_read() {
    let (log, by) = (Log::default(), 11);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    fs::write(&path, "as it was").unwrap();
    let error = failed(pipeline!(from_iter(log.source(1..=3)) | times(by = by) | json_lines(&path)).run());
    assert_eq!(error.to_string(), "stage `times`: `by` of `times` must be in 1..=10, got 11");
    assert_eq!(log.take(), "");
    assert_eq!(fs::read_to_string(&path).unwrap(), "as it was");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_first_of_several_is_reported() {
    let by = 11;
    let error = failed(pipeline!(from_iter(1..=3) | times | times(by = by) | times(by = by + 1) | collect()).run());
    assert_eq!(error.stage(), Some("times#2"));
}

#[test]
fn a_state_that_cannot_be_made_is_an_error() {
    let error = failed(pipeline!(from_iter(1..=3) | counted(size = 4) | collect()).run());
    assert_eq!(error.stage(), Some("counted"));
    assert!(error.to_string().contains("cannot start"), "{error}");
    assert_eq!(ran(pipeline!(from_iter(1..=3) | counted(size = 3) | collect()).run()).output, [1, 2, 3]);
}

#[test]
fn a_state_that_cannot_be_made_for_a_new_key_ends_the_run_there() {
    MADE.set(0);
    let error =
        failed(pipeline!(from_iter([1, 1, 2, 3]) | { Scarce(2) }.keyed(|n| *n).named("scarce") | collect()).run());
    assert_eq!(error.stage(), Some("scarce"));
    assert!(error.to_string().ends_with("no more of these"), "{error}");
    let report = error.report().unwrap();
    assert_eq!(counts(report, "scarce"), "input 4, passed 3, in flight 1, output 3");
    assert_eq!(counts(report, "collect"), "input 3, absorbed 3");
}

#[test]
fn a_missing_file_is_an_error_and_sinks_are_not_touched() {
    #[record]
    struct Row {
        n: u32,
    }
    let dir = tempfile::tempdir().unwrap();
    let (missing, out) = (dir.path().join("missing.csv"), dir.path().join("out.jsonl"));
    let error = failed(pipeline!(csv::<Row>(&missing) | map(|row| row.n) | json_lines(&out)).run());
    assert_eq!(error.stage(), Some("csv"));
    assert!(error.to_string().contains("missing.csv"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_sink_that_cannot_open_is_an_error_before_the_source_is_read() {
    let log = Log::default();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no/such/place.jsonl");
    let error = failed(pipeline!(from_iter(log.source(1..=3)) | json_lines(&path)).run());
    assert_eq!(error.stage(), Some("json_lines"));
    assert_eq!(log.take(), "");
}

#[test]
fn an_iterator_gives_the_error_too() {
    let by = 11;
    let mut items = pipeline!(from_iter(1..=3) | times(by = by)).try_iter();
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(error.stage(), Some("times"));
    assert!(items.next().is_none());
}

#[test]
#[should_panic(expected = "`by` of `times` must be in 1..=10, got 11")]
fn an_iterator_of_plain_items_does_not_look_empty() {
    let by = 11;
    let _ = pipeline!(from_iter(1..=3) | times(by = by)).next();
}

#[test]
fn a_memory_of_no_items_is_an_error() {
    let max = 0;
    let error = failed(pipeline!(from_iter(1..=3) | unique(max = max) | collect()).run());
    assert!(error.to_string().contains("`unique` must have room for 1 item at least, got `max = 0`"), "{error}");
    let error = failed(pipeline!(from_iter(1..=3) | unique(|n| n % 2, max = max) | collect()).run());
    assert_eq!(error.stage(), Some("unique"));
    let report = ran(pipeline!(from_iter([1, 1, 2, 1]) | unique(max = 1) | collect()).run());
    assert_eq!(report.output, [1, 2, 1]);
}

#[test]
fn labels_are_unique_whatever_they_are_named() {
    let mut pipeline = pipeline!(
        from_iter(1..=3) | times.named("x#2") | times.named("x") | times.named("x") | times.named("x#2") | collect()
    );
    let labels: Vec<_> = pipeline.plan().nodes.into_iter().map(|node| node.label).collect();
    assert_eq!(labels, ["from_iter", "x#2", "x", "x#3", "x#2#2", "collect"]);
}
