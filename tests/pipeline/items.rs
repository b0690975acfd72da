//! A pipeline without a sink gives its items.

use std::fs;

use millstream::prelude::*;

use crate::support::{Log, balanced, counts};

#[stage]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[stage(finish = the_total)]
fn total(#[state] sum: &mut u32, n: &u32) {
    *sum += n;
}

#[finish]
fn the_total(sum: u32) -> Option<u32> {
    Some(sum)
}

#[test]
fn an_iterator_reads_no_more_than_it_is_asked_for() {
    let log = Log::default();
    let mut items = pipeline!(from_iter(log.source(1..)) | filter(|n| n % 2 == 0) | map(|n| n * 10));
    assert_eq!(log.take(), "");
    assert_eq!(items.next(), Some(20));
    assert_eq!(log.take(), "<1 <2");
    assert_eq!(items.next(), Some(40));
    assert_eq!(log.take(), "<3 <4");
    assert_eq!(counts(&items.report(), "filter"), "input 4, passed 2, dropped 2, output 2");
}

#[test]
fn nothing_is_lost_when_a_stage_expands_or_finishes() {
    let log = Log::default();
    let mut items = pipeline!(from_iter(log.source([2, 0, 3])) | flat_map(|n| 0..n) | chunks(2) | flatten);
    let mut seen = Vec::new();
    while let Some(item) = items.next() {
        seen.push(item);
        if seen.len() == 1 {
            assert_eq!(log.take(), "<2");
        }
    }
    assert_eq!(seen, [0, 1, 0, 1, 2]);
    assert_eq!((items.next(), items.next()), (None, None));
    balanced(&items.report());
    assert_eq!(counts(&items.report(), "chunks"), "input 5, absorbed 5, emitted 3, output 3");
}

#[test]
fn next_for_fold_and_collect_agree() {
    let items = || pipeline!(from_iter(1..=9) | flat_map(|n| vec![n; n % 4]) | dedup | chunks(4) | flatten | take(5));
    let mut by_next = Vec::new();
    let mut pulled = items();
    while let Some(item) = pulled.next() {
        by_next.push(item);
    }
    let mut by_for = Vec::new();
    for item in items() {
        by_for.push(item);
    }
    let by_fold = items().fold(Vec::new(), |mut all, item| {
        all.push(item);
        all
    });
    assert_eq!(by_next, [1, 2, 3, 5, 6]);
    assert_eq!((&by_for, &by_fold, &items().collect::<Vec<_>>()), (&by_next, &by_next, &by_next));
    assert_eq!(items().count(), 5);
}

#[test]
fn what_is_emitted_at_the_end_comes_last() {
    assert_eq!(pipeline!(from_iter(1..=3) | total).collect::<Vec<_>>(), [6]);
    assert_eq!(pipeline!(from_iter(1..=3) | chunks(2) | map(|chunk| chunk.len())).collect::<Vec<_>>(), [2, 1]);
    let keyed = pipeline!(from_iter([1, 2, 3]) | total.keyed(|n| n % 2));
    assert_eq!(keyed.collect::<Vec<_>>(), [4, 2]);
}

#[test]
fn take_of_nothing_reads_nothing_here_too() {
    let log = Log::default();
    assert_eq!(pipeline!(from_iter(log.source(1..)) | take(0)).next(), None);
    assert_eq!(log.take(), "");
}

#[test]
fn an_iterator_dropped_early_finishes_and_commits_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    let mut finished = false;
    {
        let mut items = pipeline!(
            from_iter(1..)
                | tee(map(|n| *n) | json_lines(&path), fold(0, |sum, n| sum + n) | for_each(|_| finished = true))
                | map(|n| n + 1)
        )
        .try_iter();
        assert_eq!(items.next().unwrap().unwrap(), 2);
    }
    assert!(!finished);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "no file, and nothing beside it");
}

#[test]
fn an_iterator_that_came_to_its_end_commits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    let items = pipeline!(from_iter(1..=2) | tee(map(|n| *n) | json_lines(&path)) | map(|n| n + 1)).try_iter();
    assert_eq!(items.map(Result::unwrap).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[test]
fn an_error_ends_the_results_and_nothing_comes_after() {
    let log = Log::default();
    let mut items = pipeline!(from_iter(log.source(["1", "x", "3"])) | parsed | chunks(9) | flatten).try_iter();
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "stage `parsed` at item 2 of from_iter: invalid digit found in string");
    balanced(error.report().unwrap());
    assert!(items.next().is_none(), "what was kept is not finished");
    assert_eq!(log.take(), r#"<"1" <"x""#);
}

#[test]
fn items_before_an_error_come_first() {
    let mut items = pipeline!(from_iter(["1", "2", "x", "3"]) | parsed | map(|n| n + 1)).try_iter();
    assert_eq!(items.next().unwrap().unwrap(), 2);
    assert_eq!(items.next().unwrap().unwrap(), 3);
    assert!(items.next().unwrap().is_err());
    assert!(items.next().is_none());
    balanced(&items.report());
}

#[test]
fn items_emitted_beside_an_error_come_before_it() {
    let items = pipeline!(from_iter([vec!["1", "2", "x", "4"], vec!["5"]]) | flatten | parsed);
    let results: Vec<_> = items.try_iter().map(|item| item.map_err(|error| error.to_string())).collect();
    assert_eq!(results.len(), 3);
    assert_eq!((&results[0], &results[1]), (&Ok(1), &Ok(2)));
    assert!(results[2].is_err());
}

#[test]
fn a_pipeline_that_skips_is_an_iterator_of_plain_items() {
    let items: Vec<u32> = pipeline!(from_iter(["1", "x", "3"]) | parsed.or_skip()).collect();
    assert_eq!(items, [1, 3]);
}

#[test]
fn results_of_files_are_results() {
    #[record]
    struct Row {
        n: u32,
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    fs::write(&path, "n\n1\nx\n3\n").unwrap();
    let items = pipeline!(csv::<Row>(&path).or_skip() | map(|row| row.n)).try_iter();
    assert_eq!(items.collect::<Result<Vec<_>, _>>().unwrap(), [1, 3]);
    let mut missing = pipeline!(csv::<Row>(dir.path().join("none")).or_skip() | map(|row| row.n)).try_iter();
    assert_eq!(missing.next().unwrap().unwrap_err().stage(), Some("csv"));
    assert!(missing.next().is_none());
}

#[test]
fn a_pipeline_with_a_plan_says_what_it_is_before_it_runs() {
    let mut items = pipeline!(from_iter(1..=3_u8) | map(|n| n > 1));
    let plan = items.plan();
    assert_eq!((&*plan.nodes[1].input, &*plan.nodes[1].output), ("u8", "bool"));
    assert_eq!(items.collect::<Vec<_>>(), [false, true, true]);
}
