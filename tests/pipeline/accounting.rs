//! Nothing disappears uncounted: pipelines of many shapes over random items, compared item for item and count for count with
//! an interpreter that reads the same text and knows nothing but vectors.

mod interpreter;

use std::collections::HashMap;

use millstream::__private::windows;
use millstream::Result;
use millstream::prelude::*;
use millstream::report::Report;
use proptest::prelude::*;

use self::interpreter::*;
use crate::support::{balanced, counts, ran};

/// The report of a run that came to what the interpreter did.
fn compared(result: Result<Report<Vec<N>>>, expected: &Expected, text: &str) -> Report<()> {
    assert_eq!(result.is_err(), expected.failed, "{text}");
    let report = match result {
        Ok(report) => {
            assert_eq!(report.output, expected.output, "{text}");
            report.discard_output()
        }
        Err(error) => error.report().unwrap().clone(),
    };
    balanced(&report);
    report
}

/// Whether it counted what the interpreter did.
fn counted(report: &Report<()>, ops: &[Op], read: u64, text: &str) {
    assert_eq!(report.read(), read, "{text}");
    for (op, counts) in ops.iter().zip(&report.counts[1..]) {
        let real = (counts.input, counts.output, counts.rejected, counts.in_flight);
        assert_eq!(real, (op.input, op.output, op.rejected, 0), "`{}` in {text}", op.name);
    }
}

/// A run of one pipeline beside the interpreter's, then the same as an iterator.
macro_rules! compare {
    ($items:ident, $args:ident, ($a:ident $b:ident $c:ident); [$($ops:tt)+]) => {{
        let ($a, $b, $c) = $args;
        let args = HashMap::from([("a", $a), ("b", $b), ("c", $c)]);
        let mut ops: Vec<Op> = stringify!($($ops)+).split('|').map(|text| Op::read(text, &args)).collect();
        let (expected, read) = interpret(&mut ops, &$items);
        let ($a, $b, $c) = (size($a), size($b), size($c));
        let _ = ($a, $b, $c);
        let source = || $items.iter().map(|n| N::of(*n));
        let text = stringify!($($ops)+);
        let result = pipeline!(from_iter(source()) | $($ops)+ | collect()).run();
        let report = compared(result, &expected, text);
        counted(&report, &ops, read, text);
        let mut items = pipeline!(from_iter(source()) | $($ops)+).try_iter();
        let mut given = Vec::new();
        let failed = loop {
            match items.next() {
                Some(Ok(item)) => given.push(item),
                Some(Err(_)) => break true,
                None => break false,
            }
        };
        assert_eq!((given, failed), (expected.output, expected.failed), "{text}");
        let report = items.report();
        balanced(&report);
        for (op, counts) in ops.iter().zip(&report.counts[1..]) {
            assert_eq!((counts.input, counts.output), (op.input, op.output), "`{}` in {text}", op.name);
        }
    }};
}

/// Runs of one pipeline over items in memory beside the interpreter's, in parts and item by item.
macro_rules! compare_parts {
    ($items:ident; [$($ops:tt)+]) => {{
        let text = stringify!($($ops)+);
        let mut ops: Vec<Op> = text.split('|').map(|text| Op::read(text, &HashMap::from([("7", 7)]))).collect();
        let (expected, read) = interpret(&mut ops, &$items);
        for in_parts in [true, false] {
            let items: Vec<N> = $items.iter().map(|n| N::of(*n)).collect();
            let (result, windows) =
                windows(in_parts, || pipeline!(from_iter(items) | $($ops)+ | collect()).run());
            assert!(windows > 0, "{text}");
            let report = compared(result, &expected, text);
            // What fails has read ahead in parts.
            if !(in_parts && expected.failed) {
                counted(&report, &ops, read, text);
            }
        }
    }};
}

fn size(n: i32) -> usize {
    usize::try_from(n).unwrap()
}

macro_rules! compare_all {
    ($a:ident $b:ident $c:ident: $($name:ident { $([$($ops:tt)+])+ })+) => {
        compare_all!(@ ($a $b $c) $($name { $([$($ops)+])+ })+);
    };
    (@ $names:tt $($name:ident { $($rows:tt)+ })+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(
                    items in prop::collection::vec(-20..60_i32, 0..40),
                    args in (0..6_i32, 0..6_i32, 1..5_i32),
                ) {
                    $(compare!(items, args, $names; $rows);)+
                }
            )+
        }
    };
}

compare_all! {
    a b c:
    lines_of_one_to_one_stages {
        [map(double)]
        [inspect(look) | map(double) | inspect(look)]
        [halved.or_skip() | map(double) | halved]
        [try_map(checked).or_skip() | halved.or_skip() | try_map(checked).or_skip()]
        [halved]
        [map(double) | try_map(checked) | map(double)]
    }
    lines_of_filters {
        [filter(even) | filter_map(positive)]
        [picky.or_skip() | filter(even) | map(double)]
        [filter_map(positive) | picky | inspect(look)]
        [dedup | filter(even)]
        [unique(by_ten) | dedup | skip(a)]
        [dedup.keyed(k) | unique(by_ten).keyed(k) | skip(b).keyed(k)]
    }
    lines_that_end_early {
        [take(a)]
        [take(a) | take(b)]
        [skip(a) | take(b) | skip(c)]
        [take_while(small) | map(double)]
        [filter(even) | take(a) | map(double) | take(b)]
        [scan(0, running) | take(b)]
        [take(a).keyed(k) | take(b)]
        [take(a) | scan(0, running).keyed(k)]
        [take_while(small).keyed(k) | dedup]
        [halved.or_skip() | take(a) | try_map(checked)]
    }
    lines_that_expand {
        [flat_map(copies) | map(double)]
        [flat_map(copies) | take(a) | flat_map(copies)]
        [spread.or_skip() | filter(even) | spread.or_skip()]
        [spread | take(b)]
        [chunks(c) | flatten]
        [chunks(c) | flatten | chunks(c) | flatten | take(a)]
        [chunks(c).keyed(k) | flatten | dedup]
        [flat_map(copies) | dedup | skip(a) | chunks(c) | flatten | map(double)]
    }
    lines_that_emit_at_the_end {
        [total]
        [total | total | map(double)]
        [total.keyed(k) | filter(even) | total]
        [fold(N::of(0), added) | map(double)]
        [fold(N::of(0), added).keyed(k) | take(a) | total]
        [take(a) | total | take(b) | total]
        [chunks(c) | take(a) | flatten | total.keyed(k) | skip(b)]
        [total | halved.or_skip() | spread.or_skip()]
        [total | halved | total]
        [picky.or_skip() | scan(0, running) | total.keyed(k) | try_map(checked).or_skip()]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_over_items_in_memory(items in prop::collection::vec(-20..60_i32, 3_000..4_000)) {
        compare_parts!(items; [map(double) | filter(even) | picky.or_skip() | filter(tame)]);
        compare_parts!(items; [filter(tame) | try_map(checked).or_skip() | filter(even) | halved | inspect(look)]);
        compare_parts!(items; [filter(even) | dedup | filter(tame) | unique(by_ten).keyed(k) | total]);
        compare_parts!(items; [flat_map(copies) | filter(even) | spread.or_skip() | filter(tame) | filter_map(positive)]);
        compare_parts!(items; [total.keyed(k) | filter(even) | chunks(7) | flatten | filter(tame) | total]);
        compare_parts!(items; [skip(7) | filter(even) | chunks(7).keyed(k) | flatten | filter(tame) | fold(N::of(0), added).keyed(k)]);
    }

    #[test]
    fn lines_that_fail_in_the_middle(
        items in prop::collection::vec(1..5_i32, 3_000..4_000),
        places in prop::collection::vec((0..3_000_usize, prop::sample::select(vec![5, 7, 10, 35, 70])), 0..4),
    ) {
        let mut items: Vec<i32> = items.into_iter().map(|n| n * 2 + 1).map(|n| if n % 5 == 0 || n % 7 == 0 { n + 2 } else { n }).collect();
        for (at, n) in places {
            items[at] = n;
        }
        compare_parts!(items; [filter(tame) | try_map(checked) | filter(tame) | spread | filter(tame)]);
        compare_parts!(items; [try_map(checked) | filter(tame) | spread.or_skip() | filter(even) | halved]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_get_what_is_theirs(items in prop::collection::vec(-20..60_i32, 0..40), a in 0..6_usize, b in 1..6_usize) {
        let source = || items.iter().map(|n| N::of(*n));
        let report = ran(pipeline!(
            from_iter(source())
                | tee(
                    take(a) | cloned | collect(),
                    cloned | chunks(b) | collect(),
                    cloned | route(when(even, take(b) | collect()), when(small, total | collect())),
                    map(|n| n.n) | collect()
                )
        )
        .run());
        let all: Vec<N> = source().collect();
        let (taken, chunks, (evens, totals), numbers) = &report.output;
        prop_assert_eq!(taken, &all[..a.min(all.len())]);
        prop_assert_eq!(chunks, &all.chunks(b).map(<[N]>::to_vec).collect::<Vec<_>>());
        prop_assert_eq!(evens, &source().filter(even).take(b).collect::<Vec<_>>());
        let odd: Vec<i32> = source().filter(|n| !even(n) && small(n)).map(|n| n.n).collect();
        prop_assert_eq!(totals, &[N::of(odd.iter().sum()), N::of(i32::try_from(odd.len()).unwrap())]);
        prop_assert_eq!(numbers, &items);
        prop_assert_eq!(report.read(), items.len() as u64);
    }

    #[test]
    fn paths_that_meet_keep_their_order(items in prop::collection::vec(-20..60_i32, 0..40), a in 0..9_usize) {
        let source = || items.iter().map(|n| N::of(*n));
        let report = ran(pipeline!(
            from_iter(source())
                | route(when(even, flat_map(copies)), when(small, map(double)), otherwise(halved.or_skip()))
                | skip(a)
                | collect()
        )
        .run());
        let expected: Vec<N> = source()
            .flat_map(|n| match (even(&n), small(&n)) {
                (true, _) => copies(n),
                (false, true) => vec![double(n)],
                (false, false) => vec![],
            })
            .skip(a)
            .collect();
        prop_assert_eq!(&report.output, &expected);
    }
}

#[test]
fn a_report_of_an_iterator_counts_while_it_runs() {
    let mut items = pipeline!(from_iter(1..=9) | chunks(2) | flatten);
    for _ in 0..3 {
        items.next();
        balanced(&items.report());
    }
    assert_eq!(counts(&items.report(), "chunks"), "input 4, absorbed 4, emitted 2, output 2");
}
