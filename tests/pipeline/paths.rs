//! `chain`, `merge` and `zip`: pipelines with several sources.

#[allow(unused)]
use std::fs;

use millstream::prelude::*;

#[allow(unused)]
use crate::support::{Log, balanced, counts, failed, ran};

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
fn a_chain_reads_one_source_after_the_other() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..=2)) | map(|n| n * 10) | chain(from_iter(log.source(3..=4)), from_iter(log.source(5..6)) | map(|n| n + 1))
            | inspect(|n| log.add(n))
            | collect()
    )
    .run());
    assert_eq!(report.output, [10, 20, 3, 4, 6]);
    assert_eq!(log.take(), "<1 10 <2 20 <end <3 3 <4 4 <end <5 6 <end");
    assert_eq!(report.read(), 5);
    assert_eq!(counts(&report, "from_iter#2"), "input 2, passed 2, output 2");
    assert_eq!(counts(&report, "chain"), "input 5, passed 5, output 5");
}

#[test]
fn a_merge_takes_turns() {
    let log = Log::default();
    let report = ran(pipeline!(
        merge(from_iter(log.source(1..=4)) | filter(|n| n % 2 == 0), from_iter(log.source([10])), from_iter(log.source([20, 21])))
            | collect()
    )
    .run());
    assert_eq!(report.output, [10, 20, 2, 21, 4]);
    assert_eq!(log.take(), "<1 <10 <20 <2 <end <21 <3 <end <4 <end");
    assert_eq!(report.read(), 7);
}

#[test]
fn what_a_path_emits_at_its_end_comes_before_the_next_path() {
    let paths = || {
        pipeline!(chain(from_iter(1..=3_u32) | total, from_iter(4..=5_u32) | total, from_iter(6..=8) | chunks(2) | map(|c| c.iter().sum::<u32>())))
    };
    assert_eq!(paths().collect::<Vec<_>>(), [6, 9, 13, 8]);
    let mut one_by_one = paths();
    let mut seen = Vec::new();
    while let Some(n) = one_by_one.next() {
        seen.push(n);
    }
    assert_eq!(seen, [6, 9, 13, 8]);
    balanced(&one_by_one.report());
    let ran = ran(pipeline!(chain(from_iter(1..=3_u32) | total, from_iter(4..=5_u32) | total) | total | collect()).run());
    assert_eq!(ran.output, [15]);
}

#[test]
fn a_zip_pairs_until_either_ends() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..)) | zip(from_iter(["a", "b"]) | map(|text| text.to_owned())) | collect()
    )
    .run());
    assert_eq!(report.output, [(1, "a".to_owned()), (2, "b".to_owned())]);
    assert_eq!(log.take(), "<1 <2 <3");
    assert_eq!(counts(&report, "zip"), "input 5, dropped 1, absorbed 4, emitted 2, output 2");
    let pairs = pipeline!(zip(from_iter(1..=2), from_iter(10..) | flat_map(|n| [n, -n])));
    assert_eq!(pairs.collect::<Vec<_>>(), [(1, 10), (2, -10)]);
}
