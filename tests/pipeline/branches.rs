//! `tee` and `route`.

use millstream::prelude::*;

use crate::support::{Log, counts, ran};

#[stage]
fn above(#[param(default = 2)] limit: i32, n: &i32) -> bool {
    *n > limit
}

#[stage]
fn even(n: &i32) -> bool {
    n % 2 == 0
}

#[stage(finish = the_sum)]
fn sum(#[state] total: &mut i32, n: &i32) {
    *total += n;
}

#[finish]
fn the_sum(total: i32) -> Option<i32> {
    Some(total)
}

#[stage]
fn parsed(text: &str) -> Result<i32, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn every_branch_of_a_tee_gets_every_item_in_order() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..=2))
            | tee(
                map(|n: &i32| n * 10) | for_each(|n| log.add(n)),
                for_each(|n: &i32| log.add(n)),
                map(|n: i32| n * 100) | collect()
            )
    )
    .run());
    assert_eq!(log.take(), "<1 10 1 <2 20 2 <end");
    assert_eq!(report.output, ((), (), vec![100, 200]));
    assert_eq!(counts(&report, "tee"), "input 2, passed 2, output 2");
}

#[test]
fn a_tee_of_one_branch_owns_its_item() {
    let report = ran(pipeline!(from_iter(["a".to_owned()]) | tee(collect())).run());
    assert_eq!(report.output, (vec!["a".to_owned()],));
}

#[test]
fn a_tee_in_the_middle_passes_the_item_on() {
    let report = ran(pipeline!(
        from_iter(["a".to_owned(), "bc".to_owned()])
            | tee(map(String::len) | collect(), sum_of_lengths | collect())
            | map(|text: String| text + "!")
            | collect()
    )
    .run());
    assert_eq!(report.output, (vec![1, 2], vec![3], vec!["a!".to_owned(), "bc!".to_owned()]));
    assert_eq!(counts(&report, "map#2"), "input 2, passed 2, output 2");
}

#[stage(finish = the_length)]
fn sum_of_lengths(#[state] total: &mut usize, text: &String) {
    *total += text.len();
}

#[finish]
fn the_length(total: usize) -> Option<usize> {
    Some(total)
}

#[test]
fn a_tee_in_the_middle_of_a_sinkless_pipeline_yields_the_items() {
    let mut seen = Vec::new();
    let items: Vec<i32> =
        pipeline!(from_iter(1..=3) | tee(for_each(|n: &i32| seen.push(*n))) | map(|n| n * 2)).collect();
    assert_eq!((items, seen), (vec![2, 4, 6], vec![1, 2, 3]));
}

#[test]
fn tees_nest() {
    let report = ran(pipeline!(
        from_iter(1..=4)
            | tee(
                even | tee(map(|n| **n) | collect(), sum | tee(map(|n| n + 1) | collect(), collect())),
                above | collect()
            )
    )
    .run());
    let ((even, (next, sums)), above) = report.output.clone();
    assert_eq!((even, next, sums, above), (vec![2, 4], vec![7], vec![6], vec![3, 4]));
    assert_eq!(counts(&report, "tee#2"), "input 2, passed 2, output 2");
    assert_eq!(counts(&report, "tee#3"), "input 1, passed 1, output 1");
}

#[test]
fn a_branch_that_has_enough_ends_alone() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..=3)) | tee(take(1) | map(|n| *n) | collect(), map(|n| n * 10) | collect())
    )
    .run());
    assert_eq!(report.output, (vec![1], vec![10, 20, 30]));
    assert_eq!(log.take(), "<1 <2 <3 <end");
    assert_eq!(counts(&report, "take"), "input 1, passed 1, output 1");
}

#[test]
fn the_source_stops_when_all_branches_have_enough() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..))
            | tee(take(1) | discard(), take(3) | cloned | collect(), take_while(|n| *n < 3) | collect())
    )
    .run());
    assert_eq!(log.take(), "<1 <2 <3");
    let ((), three, small) = report.output;
    assert_eq!(three.len(), 3);
    assert_eq!(small, [1, 2]);
}

#[test]
fn a_tee_that_wants_nothing_reads_nothing() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter(log.source(1..)) | tee(take(0) | discard(), map(|n| n + 1) | take(0) | collect()))
            .run());
    assert_eq!(log.take(), "");
    assert!(report.output.1.is_empty());
    let report = ran(pipeline!(from_iter(log.source(1..=2)) | tee(take(0) | map(|n| *n) | collect(), collect())).run());
    assert_eq!(report.output, (vec![], vec![1, 2]));
}

#[test]
fn a_take_in_front_of_a_tee_ends_all_branches() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source(1..)) | take(2) | tee(sum | collect(), collect())).run());
    assert_eq!(report.output, (vec![3], vec![1, 2]));
    assert_eq!(log.take(), "<1 <2");
}

#[test]
fn a_take_behind_a_tee_ends_the_rest_alone() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source(1..=3)) | tee(sum | collect()) | take(1) | collect()).run());
    assert_eq!(report.output, (vec![6], vec![1]));
    assert_eq!(log.take(), "<1 <2 <3 <end");
}

#[test]
fn a_route_sends_an_item_to_the_first_that_wants_it() {
    let report = ran(pipeline!(
        from_iter(1..=6)
            | route(when(|n| n % 3 == 0, collect()), when(even(), map(|n| n * 10) | collect()), otherwise(collect()))
    )
    .run());
    assert_eq!(report.output, (vec![3, 6], vec![20, 40], vec![1, 5]));
    assert_eq!(counts(&report, "route"), "input 6, passed 6, output 6");
}

#[test]
fn a_route_without_otherwise_drops_the_rest() {
    let report = ran(pipeline!(from_iter(1..=6) | route(when(above(limit = 4), collect()))).run());
    assert_eq!(report.output, (vec![5, 6],));
    assert_eq!(counts(&report, "route"), "input 6, passed 2, dropped 4, output 2");
}

#[test]
fn the_tests_of_a_route_may_be_functions_and_change_what_they_captured() {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a test of `route` borrows the item")]
    fn small(n: &i32) -> bool {
        *n < 3
    }
    let mut asked = 0;
    let report = ran(pipeline!(
        from_iter(1..=4)
            | route(
                when(small, discard()),
                when(
                    |n| {
                        asked += 1;
                        *n == 4
                    },
                    collect()
                ),
            )
    )
    .run());
    assert_eq!(report.output, ((), vec![4]));
    assert_eq!(asked, 2, "only those that no test before has taken");
}

#[test]
fn a_branch_of_a_route_that_has_enough_drops_what_follows() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter(log.source(1..=4)) | route(when(even(), take(1) | collect()), otherwise(collect())))
            .run());
    assert_eq!(report.output, (vec![2], vec![1, 3]));
    assert_eq!(log.take(), "<1 <2 <3 <4 <end");
}

#[test]
fn routes_meet_again() {
    let report = ran(pipeline!(
        from_iter(1..=5)
            | route(when(even(), map(|n| n * 10)), when(above(limit = 4), chunks(2) | flatten), otherwise(map(|n| -n)))
            | map(|n| n + 1)
            | collect()
    )
    .run());
    assert_eq!(report.output, [0, 21, -2, 41, 6]);
    assert_eq!(counts(&report, "map#3"), "input 5, passed 5, output 5");
    assert_eq!(counts(&report, "route"), "input 5, passed 5, output 5");
}

#[test]
fn routes_that_meet_without_otherwise_drop_the_rest() {
    let report = ran(pipeline!(from_iter(1..=5) | route(when(even(), map(|n| n * 10))) | sum | collect()).run());
    assert_eq!(report.output, [60]);
    assert_eq!(counts(&report, "route"), "input 5, passed 2, dropped 3, output 2");
}

#[test]
fn a_take_behind_routes_that_meet_ends_the_source() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..)) | route(when(even(), map(|n| n * 10)), otherwise(map(|n| -n))) | take(2) | collect()
    )
    .run());
    assert_eq!(report.output, [-1, 20]);
    assert_eq!(log.take(), "<1 <2");
}

#[test]
fn what_paths_emit_at_the_end_meets_too() {
    let report = ran(pipeline!(
        from_iter(1..=5) | route(when(even(), sum), otherwise(chunks(2) | map(|chunk| chunk[0] * 100))) | collect()
    )
    .run());
    assert_eq!(report.output, [100, 6, 500]);
}

#[test]
fn parts_stand_in_parts() {
    let report = ran(pipeline!(
        from_iter(1..=6)
            | route(
                when(even(), tee(sum | collect(), above(limit = 3) | collect())),
                otherwise(
                    tee(cloned | collect()) | route(when(above(), map(|n| n * 10)), otherwise(map(|n| n))) | collect()
                ),
            )
    )
    .run());
    assert_eq!(report.output, ((vec![12], vec![4, 6]), (vec![1, 3, 5], vec![1, 30, 50])));
}

#[test]
fn a_group_shares_its_policy() {
    let report = ran(pipeline!(
        from_iter(["1", "x", "300"])
            | (parsed | try_map(u8::try_from).or_skip() | map(|n| n + 1)).or_skip()
            | collect()
    )
    .run());
    assert_eq!(report.output, [2]);
    assert_eq!(counts(&report, "parsed"), "input 3, passed 2, rejected 1, output 2");
    assert_eq!(counts(&report, "try_map"), "input 2, passed 1, rejected 1, output 1");
}
