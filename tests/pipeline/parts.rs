//! Lines over items in memory, cut behind their filters: what a line gives in parts is what it gives item by item.

mod failures;

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::Path;

use millstream::__private::windows;
use millstream::Result;
use millstream::io::letters::Letter;
use millstream::prelude::*;
use millstream::report::{Counts, Report};
use millstream::source::Position;
use millstream::stage::{AnyKey, Flow, Kind, Never, Rejected, Stage};

use crate::support::{balanced, ran};

/// What a run came to, without the time that it took.
#[derive(Debug, PartialEq)]
struct Outcome<O> {
    output: Option<O>,
    /// What is said of the failure, its stage, and which item it was.
    failure: Option<(String, Option<String>, Option<Position>)>,
    /// Of runs that went well: those that fail have read ahead in parts.
    counts: Option<Vec<Counts>>,
}

#[track_caller]
fn outcome<O>(result: Result<Report<O>>) -> Outcome<O> {
    match result {
        Ok(report) => {
            balanced(&report);
            Outcome { counts: Some(report.counts), output: Some(report.output), failure: None }
        }
        Err(error) => {
            balanced(error.report().unwrap());
            let failure = (error.to_string(), error.stage().map(str::to_owned), error.position());
            Outcome { output: None, failure: Some(failure), counts: None }
        }
    }
}

/// The outcome of a chain over items of an iterator with a closure, which no chain is cut for. Over the same items in memory it is
/// the same, in parts, item by item and as the time decides.
macro_rules! outcome_of {
    ($items:expr; $($chain:tt)+) => {{
        let items = $items;
        let read = || items.clone().into_iter();
        let expected = outcome(pipeline!(from_iter(read().map(|item| item)) | $($chain)+).run());
        let ways = [Some(true), Some(false), None];
        for way in ways {
            let run = || outcome(pipeline!(from_iter(read()) | $($chain)+).run());
            let found = match way {
                Some(in_parts) => cut(in_parts, run),
                None => run(),
            };
            assert_eq!(found, expected, "in parts: {way:?}");
        }
        expected
    }};
}

/// Has every window in parts, or none, of a line that is cut.
#[track_caller]
fn cut<R>(in_parts: bool, run: impl FnOnce() -> R) -> R {
    let (result, windows) = windows(in_parts, run);
    assert!(windows > 0, "the line is not cut");
    result
}

fn scattered(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

fn odd(n: &u64) -> bool {
    scattered(*n) % 2 == 1
}

/// A failure at any of `at`.
fn fails_at(at: &[u64]) -> impl Fn(u64) -> std::result::Result<u64, String> + '_ {
    move |n| if at.contains(&n) { Err(format!("no {n}")) } else { Ok(n) }
}

#[test]
fn a_filter_sees_a_window_before_what_follows_sees_an_item() {
    let events = |in_parts| {
        let log = RefCell::new(Vec::new());
        let (front, behind) = (&log, &log);
        let seen = |n: &u64| {
            front.borrow_mut().push(n.cast_signed());
            n.is_multiple_of(2)
        };
        let run = || {
            ran(pipeline!(
                from_iter(1..=3_000_u64) | filter(seen) | for_each(|n| behind.borrow_mut().push(-n.cast_signed()))
            )
            .run())
        };
        cut(in_parts, run);
        log.into_inner()
    };
    let windows = [1..=1_024_i64, 1_025..=2_048, 2_049..=3_000];
    let sunk = |n: &i64| n % 2 == 0;
    let in_parts = windows.iter().cloned().flat_map(|window| window.clone().chain(window.filter(sunk).map(|n| -n)));
    assert!(events(true).into_iter().eq(in_parts));
    let by_item = (1..=3_000).flat_map(|n| std::iter::once(n).chain(Some(-n).filter(sunk)));
    assert!(events(false).into_iter().eq(by_item));
}

#[test]
fn whole_runs_are_the_same() {
    let one = outcome_of!(0..5_000_u64; map(|n| n + 1) | filter(odd) | map(|n| n * 3) | collect());
    assert!(one.output.unwrap().len() > 2_000);
    outcome_of!(0..5_000_u64; filter(odd) | filter(|n| n % 3 != 0) | filter(|n| n % 5 != 0) | collect());
    outcome_of!((0..5_000_u64).map(|n| n.to_string()).collect::<Vec<_>>(); filter(|s| s.len() > 2) | map(|s| s + "!") | filter(|s| s.starts_with('7')) | collect());
    for n in [0, 1, 1_023, 1_024, 1_025, 2_048] {
        let none = outcome_of!(vec![7_u8; n]; filter(|_| false) | collect());
        assert!(none.output.unwrap().is_empty());
        let all = outcome_of!(vec![7_u8; n]; filter(|_| true) | collect());
        assert_eq!(all.output.unwrap().len(), n);
    }
}

/// Rejects every seventh.
#[stage]
fn picky(n: u64) -> std::result::Result<u64, String> {
    if n.is_multiple_of(7) { Err(format!("no {n}")) } else { Ok(n) }
}

/// Keeps state, drops, rejects.
#[stage]
fn uneven(#[state] seen: &mut u64, n: u64) -> std::result::Result<Option<u64>, String> {
    *seen += 1;
    match *seen % 5 {
        0 => Err(format!("the {seen}th is {n}")),
        1 => Ok(None),
        _ => Ok(Some(n + *seen)),
    }
}

#[test]
fn rejects_are_skipped_in_every_part() {
    let all = outcome_of!(1..=5_000_u64;
        picky.or_skip() | filter(odd) | uneven.or_skip() | picky.or_skip() | filter(|n| n % 3 > 0) | try_map(fails_at(&[5, 6, 7])).or_skip() | collect());
    assert!(all.output.unwrap().len() > 500);
}

/// Where letters came from, and what they say; those of one stage come in its order.
fn letters(path: &Path) -> Vec<(String, u64, String)> {
    let text = fs::read_to_string(path).unwrap();
    let letters = text.lines().map(|line| serde_json::from_str::<Letter>(line).unwrap());
    letters.map(|letter| (letter.stage, letter.position.item, letter.error.join(": "))).collect()
}

#[test]
fn dead_letters_name_the_items_of_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let mut ways = [true, false].map(|in_parts| {
        let run = || {
            ran(pipeline!(
                from_iter(1..=5_000_u64)
                    | picky.or_dead_letter(&path)
                    | filter(|n| n % 10 == 1)
                    | try_map(|n| if n % 3 == 0 { Err(format!("three: {n}")) } else { Ok(n) }).or_dead_letter(&path)
                    | filter(|n| n % 20 == 1)
                    | map(|n| n * 7)
                    | picky.or_dead_letter(&path)
                    | collect()
            )
            .run())
        };
        let report = cut(in_parts, run);
        let found = letters(&path);
        fs::remove_file(&path).unwrap();
        (report.output, report.counts, found)
    });
    for (stage, rejects) in [
        ("picky", (1..=5_000).filter(|n| n % 7 == 0).collect::<Vec<u64>>()),
        ("try_map", (1..=5_000).filter(|n| n % 7 > 0 && n % 10 == 1 && n % 3 == 0).collect()),
        ("picky#2", (1..=5_000).filter(|n| n % 7 > 0 && n % 20 == 1 && n % 3 > 0).collect()),
    ] {
        let of_stage = ways[0].2.iter().filter(|(at, ..)| at == stage).map(|(_, item, _)| *item);
        assert!(of_stage.eq(rejects), "{stage}");
    }
    for (.., letters) in &mut ways {
        letters.sort();
    }
    assert_eq!(ways[0], ways[1]);
}

#[test]
fn items_of_any_size_are_held() {
    let nothings = outcome_of!(vec![(); 5_000]; filter(|()| true) | filter(|()| true) | collect());
    assert_eq!(nothings.output.unwrap().len(), 5_000);
    let pages = outcome_of!((0..3_000_u64).map(|n| [n; 512]).collect::<Vec<_>>(); filter(|page| odd(&page[511])) | map(|page| page[0] + page[300]) | collect());
    assert!(pages.output.unwrap().into_iter().eq((0..3_000).filter(odd).map(|n| n * 2)));
}

#[test]
fn what_expands_in_front_of_a_filter_is_not_held() {
    // Of the second window, which is worked in parts wherever it may be.
    let many = |n| vec![n; if n == 1_500 { 20_000 } else { 1 }];
    let all = ran(pipeline!(from_iter(0..3_000_u64) | flat_map(many) | filter(|_| true) | collect()).run());
    assert!(all.output.into_iter().eq((0..3_000).flat_map(many)));
}

/// Says that it hands on one item for each, and hands on three.
struct Liar;

impl Stage<u64> for Liar {
    type Out = u64;
    type Error = Never;
    type Key = AnyKey;

    const KIND: Kind = Kind::Map;
    const MAY_END: bool = false;

    fn process(&mut self, n: u64, mut out: impl FnMut(u64) -> Flow) -> std::result::Result<Flow, Rejected<Never, u64>> {
        Ok((0..3).try_for_each(|_| out(n)))
    }
}

#[test]
#[should_panic = "hands on more items than its `KIND` says"]
fn what_hands_on_more_than_it_says_loses_nothing_unsaid() {
    let _ = cut(true, || {
        let held = pipeline!(from_iter(0..3_000_u64) | { Liar } | filter(|_| true) | collect()).run();
        held.unwrap()
    });
}

#[stage]
fn running(#[state] sum: &mut u64, n: u64) -> u64 {
    *sum = sum.wrapping_add(n);
    *sum
}

#[stage(finish = of_all)]
fn total(#[state] sum: &mut u64, n: &u64) {
    *sum += *n;
}

#[finish]
fn of_all(sum: u64) -> impl Iterator<Item = u64> {
    [sum, sum + 1].into_iter()
}

#[test]
fn every_part_keeps_its_states() {
    outcome_of!(0..5_000_u64; running | filter(odd) | running | filter(odd) | chunks(7) | map(|chunk| chunk.len()) | collect());
    outcome_of!(0..5_000_u64;
        running.keyed(|n| n % 11) | filter(odd) | running.keyed(|n| n % 13) | dedup | unique(|n| n % 1_000) | filter(odd) | skip(9) | collect());
    outcome_of!(0..5_000_u64; fold(1, |sum: u64, n| sum + n).keyed(|n| n % 700) | filter(odd) | collect());
    outcome_of!(0..5_000_u64; chunks(3).keyed(|n| n % 700) | filter(|chunk| chunk.len() == 3) | flatten | filter(odd) | collect());
    outcome_of!(0..5_000_u64; filter(odd) | aggregate(count(), sum(|n| *n)) | collect());
}

#[test]
fn what_stages_emit_at_the_end_goes_through_all_parts() {
    let all = outcome_of!(1..=3_000_u64; total | filter(|n| n % 2 == 1) | map(|n| n + 1) | collect());
    assert_eq!(all.output.unwrap(), [4_501_502]);
    outcome_of!(1..=3_000_u64; total.keyed(|n| n % 90) | filter(odd) | total | filter(odd) | total.keyed(|n| n % 2) | collect());
    outcome_of!(1..=3_000_u64; filter(odd) | chunks(700) | filter(|chunk| !chunk.is_empty()) | collect());
}

#[test]
fn the_last_part_may_branch() {
    let both = outcome_of!(0..5_000_u64;
        filter(odd)
            | map(|n| n + 1)
            | tee(cloned | filter(|n| n % 3 == 0) | picky.or_skip() | collect(), total | collect()));
    assert_eq!(both.output.unwrap().1.len(), 2);
    outcome_of!(0..5_000_u64; filter(odd) | route(when(|n| n % 3 == 0, collect()), when(|n| n % 3 == 1, running | collect()), otherwise(discard())));
}

#[test]
fn a_line_that_may_end_early_is_not_cut() {
    let (report, windows) =
        windows(true, || ran(pipeline!(from_iter(0..5_000_u64) | filter(odd) | take(10) | collect()).run()));
    assert_eq!((report.output.len(), windows), (10, 0));
    assert_eq!(report.output[9], report.read() - 1);
}

#[test]
fn sides_are_joined_in_any_part() {
    let names = || (0..2_000_u64).map(|n| (n, n * 2));
    let expected = outcome_of!(0..5_000_u64;
        filter(odd) | join(from_iter(names()), on = (|n| *n, |(n, _)| *n)) | map(|(n, (_, twice))| n + twice) | filter(odd) | collect());
    let expected = expected.output.unwrap();
    // Rows are lent, so that none can wait for a part behind: the line is not cut there.
    let joined = |windows_expected, run: &dyn Fn() -> Report<Vec<u64>>| {
        let (report, found) = windows(true, run);
        assert_eq!((report.output, found > 0), (expected.clone(), windows_expected));
    };
    joined(false, &|| {
        ran(pipeline!(
            from_iter(0..5_000_u64)
                | join(from_iter(names()), on = (|n| *n, |(n, _)| *n))
                | filter(|(n, _)| odd(n))
                | map(|(n, (_, twice))| n + twice)
                | filter(odd)
                | collect()
        )
        .run())
    });
}

#[test]
fn items_may_borrow() {
    let names: Vec<String> = (0..3_000).map(|n| format!("n{n}")).collect();
    let all = outcome_of!(names.iter(); filter(|name| name.len() > 2) | map(|name| &name[1..]) | filter(|name| name.ends_with('7')) | collect());
    assert_eq!(all.output.unwrap().len(), 299);
    let own = names.clone();
    outcome_of!(0..3_000_usize; map(|n| own[n].as_str()) | filter(|name| name.len() > 2) | map(|name| (name, &own[0])) | filter(|(name, _)| name.len() > 3) | collect());
    let run = || {
        ran(pipeline!(from_iter(0..3_000_usize) | map(move |n| own[n].len()) | filter(|len| len % 2 == 0) | collect())
            .run())
    };
    assert_eq!(cut(true, run).output.len(), 10 + 900);
    let mut numbers: Vec<u64> = (0..3_000).collect();
    cut(true, || ran(pipeline!(from_iter(numbers.iter_mut()) | filter(|n| odd(n)) | for_each(|n| *n = 0)).run()));
    assert!(numbers.into_iter().eq((0..3_000).map(|n| if odd(&n) { 0 } else { n })));
}

#[test]
fn closures_of_several_parts_share_what_they_capture() {
    let (mut seen, mut passed) = (0, Vec::new());
    let shared = Cell::new(0);
    let name = String::from("n");
    let run = || {
        ran(pipeline!(
            from_iter(1..=3_000_u64)
                | inspect(|n| shared.set(shared.get() + n))
                | filter(|n| {
                    seen += 1;
                    odd(n)
                })
                | inspect(|n| shared.set(shared.get() - n))
                | map(|n| format!("{name}{n}"))
                | filter(|text| text.starts_with(&name))
                | for_each(|text| passed.push(text))
        )
        .run())
    };
    cut(true, run);
    assert_eq!(shared.get(), (1..=3_000).filter(|n| !odd(n)).sum::<u64>());
    assert_eq!(seen, 3_000);
    assert!(passed.into_iter().eq((1..=3_000).filter(odd).map(|n| format!("n{n}"))));
}
