//! Each word, with its edge cases.

use millstream::prelude::*;

use crate::support::{Log, counts, failed, ran};

#[test]
fn map_filter_and_inspect_do_as_their_closures_say() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..=4)) | map(|n| n * 10) | filter(|n| *n != 20) | inspect(|n| log.add(n)) | collect()
    )
    .run());
    assert_eq!(report.output, [10, 30, 40]);
    assert_eq!(log.take(), "<1 10 <2 <3 30 <4 40 <end");
    assert_eq!(counts(&report, "map"), "input 4, passed 4, output 4");
    assert_eq!(counts(&report, "filter"), "input 4, passed 3, dropped 1, output 3");
    assert_eq!(counts(&report, "inspect"), "input 3, passed 3, output 3");
    assert_eq!(counts(&report, "collect"), "input 3, absorbed 3");
    assert_eq!(counts(&report, "from_iter"), "input 4, passed 4, output 4");
}

#[test]
fn filter_map_drops_what_is_none() {
    let report = ran(pipeline!(
        from_iter(["1", "x", "3"]) | filter_map(|text: &str| text.parse::<u32>().ok()) | collect()
    )
    .run());
    assert_eq!(report.output, [1, 3]);
    assert_eq!(counts(&report, "filter_map"), "input 3, passed 2, dropped 1, output 2");
}

#[test]
fn flat_map_and_flatten_expand() {
    let report =
        ran(pipeline!(from_iter([2, 0, 1]) | flat_map(|n| vec![n; n]) | map(|n| [n, n * 10]) | flatten | collect())
            .run());
    assert_eq!(report.output, [2, 20, 2, 20, 1, 10]);
    assert_eq!(counts(&report, "flat_map"), "input 3, absorbed 3, emitted 3, output 3");
    assert_eq!(counts(&report, "flatten"), "input 3, absorbed 3, emitted 6, output 6");
}

#[test]
fn expanding_is_lazy() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter([3]) | flat_map(|n| log.source(0..n)) | take(2) | for_each(|n| log.add(n))).run());
    assert_eq!(log.take(), "<0 0 <1 1", "what is not wanted is not asked for");
    assert_eq!(counts(&report, "flat_map"), "input 1, absorbed 1, emitted 2, output 2");
}

#[test]
fn try_map_rejects_what_is_an_error() {
    let report = ran(pipeline!(from_iter(["1", "x"]) | try_map(str::parse::<u32>).or_skip() | collect()).run());
    assert_eq!(report.output, [1]);
    assert_eq!(counts(&report, "try_map"), "input 2, passed 1, rejected 1, output 1");
}

#[test]
fn try_map_with_a_question_mark_names_its_result() {
    let half = |n: u32| n.is_multiple_of(2).then_some(n / 2);
    let report = ran(pipeline!(
        from_iter(["8", "x", "7"])
            | try_map(|text| -> millstream::Result<_> {
                let n = text.parse::<u32>()?;
                half(n).ok_or_else(|| millstream::Error::new(format!("{n} is odd")))
            })
            .or_skip()
            | collect()
    )
    .run());
    assert_eq!(report.output, [4]);
}

#[test]
fn cloned_owns_what_a_tee_lends() {
    let words = ["a".to_owned(), "b".to_owned()];
    let report = ran(pipeline!(from_iter(words) | tee(cloned | collect(), collect())).run());
    let (first, last): (Vec<String>, Vec<String>) = report.output;
    assert_eq!(first, last);
}

#[test]
fn take_passes_item_n_and_the_source_is_not_asked_again() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source(1..)) | take(2) | for_each(|n| log.add(n))).run());
    assert_eq!(log.take(), "<1 1 <2 2");
    assert_eq!(counts(&report, "take"), "input 2, passed 2, output 2");
}

#[test]
fn take_of_nothing_reads_nothing() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source(1..)) | map(|n| n + 1) | take(0) | collect()).run());
    assert_eq!(log.take(), "");
    assert_eq!(report.output, Vec::<i32>::new());
    assert_eq!(counts(&report, "from_iter"), "");
    let none = 0;
    let report = ran(pipeline!(from_iter(log.source(1..)) | take(none) | collect()).run());
    assert_eq!((log.take().as_str(), report.output.len()), ("", 0));
}

#[test]
fn take_of_more_than_there_is_takes_all() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source(1..=2)) | take(5) | collect()).run());
    assert_eq!(report.output, [1, 2]);
    assert_eq!(log.take(), "<1 <2 <end");
}

#[test]
fn stages_before_a_take_still_finish_and_stages_behind_it_too() {
    let report =
        ran(pipeline!(from_iter(1..) | chunks(2) | take(1) | map(|chunk| chunk.len()) | chunks(3) | collect()).run());
    assert_eq!(report.output, [[2]]);
    let report = ran(pipeline!(from_iter(1..) | chunks(2) | take(2) | flatten | chunks(3) | collect()).run());
    assert_eq!(report.output, [vec![1, 2, 3], vec![4]]);
}

#[test]
fn take_while_ends_at_the_first_that_fails() {
    let log = Log::default();
    let report = ran(pipeline!(from_iter(log.source([1, 2, 9, 1])) | take_while(|n| *n < 3) | collect()).run());
    assert_eq!(report.output, [1, 2]);
    assert_eq!(log.take(), "<1 <2 <9");
    assert_eq!(counts(&report, "take_while"), "input 3, passed 2, dropped 1, output 2");
}

#[test]
fn skip_drops_the_first() {
    let report = ran(pipeline!(from_iter(1..=4) | skip(3) | collect()).run());
    assert_eq!(report.output, [4]);
    assert_eq!(counts(&report, "skip"), "input 4, passed 1, dropped 3, output 1");
    assert_eq!(ran(pipeline!(from_iter(1..=2) | skip(0) | collect()).run()).output, [1, 2]);
    assert!(ran(pipeline!(from_iter(1..=2) | skip(5) | collect()).run()).output.is_empty());
}

#[test]
fn scan_keeps_a_state_and_ends_at_none() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..))
            | scan(0, |sum, n| {
                *sum += n;
                (*sum < 10).then_some(*sum)
            })
            | collect()
    )
    .run());
    assert_eq!(report.output, [1, 3, 6]);
    assert_eq!(log.take(), "<1 <2 <3 <4");
    assert_eq!(counts(&report, "scan"), "input 4, passed 3, dropped 1, output 3");
}

#[test]
fn fold_gives_one_value_at_the_end_also_of_nothing() {
    let report = ran(pipeline!(from_iter(1..=4) | fold(0, |sum, n| sum + n) | collect()).run());
    assert_eq!(report.output, [10]);
    assert_eq!(counts(&report, "fold"), "input 4, absorbed 4, emitted 1, output 1");
    let report = ran(pipeline!(from_iter(0..0) | fold(7, |sum, n: i32| sum + n) | map(|n| n * 2) | collect()).run());
    assert_eq!(report.output, [14]);
    assert_eq!(counts(&report, "fold"), "emitted 1, output 1");
}

#[test]
fn fold_takes_its_state_by_value() {
    let report = ran(pipeline!(
        from_iter(["a", "b"])
            | fold(String::new(), |mut all, text| {
                all.push_str(text);
                all
            })
            | collect()
    )
    .run());
    assert_eq!(report.output, ["ab"]);
}

#[test]
fn dedup_drops_what_equals_the_one_before() {
    let report = ran(pipeline!(from_iter([1, 1, 2, 1, 1]) | dedup | collect()).run());
    assert_eq!(report.output, [1, 2, 1]);
    assert_eq!(counts(&report, "dedup"), "input 5, passed 3, dropped 2, output 3");
    let report = ran(pipeline!(from_iter([10, 11, 20, 12]) | dedup(|n| *n / 10) | collect()).run());
    assert_eq!(report.output, [10, 20, 12]);
}

#[test]
fn unique_drops_what_equals_any_before() {
    let report = ran(pipeline!(from_iter(["a", "b", "a", "c", "b"]) | unique | collect()).run());
    assert_eq!(report.output, ["a", "b", "c"]);
    assert_eq!(counts(&report, "unique"), "input 5, passed 3, dropped 2, output 3");
    let report = ran(pipeline!(from_iter([10, 20, 11, 30]) | unique(|n| *n / 10) | collect()).run());
    assert_eq!(report.output, [10, 20, 30]);
}

#[test]
fn unique_may_borrow_its_key_from_an_item_that_is_owned() {
    #[derive(Debug, PartialEq)]
    struct Sale {
        shop: String,
        day: u8,
    }
    let sales = || [("a", 1), ("b", 1), ("a", 2), ("a", 1)].map(|(shop, day)| Sale { shop: shop.to_owned(), day });
    let shop = |report: Vec<Sale>| report.into_iter().map(|sale| sale.shop).collect::<String>();
    let report = ran(pipeline!(from_iter(sales()) | unique(|sale| &sale.shop) | collect()).run());
    assert_eq!(shop(report.output), "ab");
    let report = ran(pipeline!(from_iter(sales()) | unique(|sale| (sale.shop.as_str(), sale.day)) | collect()).run());
    assert_eq!(shop(report.output), "aba");
    let report = ran(pipeline!(from_iter(sales()) | unique(|sale| sale.shop.as_str()).keyed(day) | collect()).run());
    assert_eq!(shop(report.output), "aba");
    // What comes at the end is asked as well.
    let report = ran(pipeline!(
        from_iter(sales())
            | fold(String::new(), |all, sale: Sale| all + &sale.shop)
            | unique(|all| &all[..1])
            | collect()
    )
    .run());
    assert_eq!(report.output, ["abaa"]);
}

#[test]
fn unique_remembers_as_many_as_it_may() {
    let report = ran(pipeline!(from_iter([1, 2, 1, 3, 1, 2]) | unique(max = 2) | collect()).run());
    assert_eq!(report.output, [1, 2, 3, 1, 2], "3 takes the place of 1, and 1 that of 2");
    let report = ran(pipeline!(from_iter([10, 20, 11, 30, 12]) | unique(|n| *n / 10, max = 2) | collect()).run());
    assert_eq!(report.output, [10, 20, 30, 12]);
}

#[test]
fn chunks_hold_n_and_the_last_one_the_rest() {
    let report = ran(pipeline!(from_iter(1..=5) | chunks(2) | collect()).run());
    assert_eq!(report.output, [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(counts(&report, "chunks"), "input 5, absorbed 5, emitted 3, output 3");
    assert_eq!(ran(pipeline!(from_iter(1..=4) | chunks(2) | collect()).run()).output.len(), 2);
    assert!(ran(pipeline!(from_iter(0..0) | chunks(2) | collect()).run()).output.is_empty());
}

#[test]
fn chunks_of_nothing_are_an_error_before_the_source_opens() {
    let (log, size) = (Log::default(), 0);
    let error = failed(pipeline!(from_iter(log.source(1..=4)) | chunks(size) | collect()).run());
    assert_eq!(error.to_string(), "stage `chunks`: `chunks` must be of 1 item at least, got 0");
    assert_eq!(log.take(), "");
}

#[test]
fn sinks_take_all() {
    let mut seen = Vec::new();
    let report = ran(pipeline!(from_iter(1..=3) | for_each(|n| seen.push(n))).run());
    assert_eq!(counts(&report, "for_each"), "input 3, absorbed 3");
    assert_eq!(seen, [1, 2, 3]);
    let report = ran(pipeline!(from_iter(1..=3) | discard()).run());
    let () = report.output;
    assert_eq!(counts(&report, "discard"), "input 3, absorbed 3");
    assert!(ran(pipeline!(from_iter(Vec::<u8>::new()) | collect()).run()).output.is_empty());
}

#[test]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the functions of `filter` and `inspect` borrow the item")]
fn words_take_functions_and_values_made_before() {
    fn double(n: i32) -> i32 {
        n * 2
    }
    fn is_big(n: &i32) -> bool {
        *n > 4
    }
    fn look(_: &i64) {}
    let by = |n: &i32| *n % 3;
    let report =
        ran(pipeline!(from_iter(1..=6) | map(double) | filter(is_big) | map(i64::from) | inspect(look) | collect())
            .run());
    assert_eq!(report.output, [6, 8, 10, 12]);
    let report = ran(pipeline!(from_iter(1..=6) | unique(by) | collect()).run());
    assert_eq!(report.output, [1, 2, 3]);
}

#[test]
fn a_value_is_evaluated_once_where_the_pipeline_stands() {
    let log = Log::default();
    let limit = || {
        log.add("limit");
        2
    };
    let mut pipeline = pipeline!(from_iter(log.source(1..)) | take(limit()) | map(|n| n + 1));
    assert_eq!(log.take(), "limit");
    assert_eq!(pipeline.next(), Some(2));
    assert_eq!(pipeline.next(), Some(3));
    assert_eq!(pipeline.next(), None);
    assert_eq!(log.take(), "<1 <2");
}
