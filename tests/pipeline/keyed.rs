//! `.keyed(..)`: a state for each key, in first-seen order.

use millstream::prelude::*;

use crate::support::{Log, counts, ran};

#[derive(Clone, Debug)]
struct Sale {
    shop: Shop,
    item: &'static str,
    price: u32,
}

#[derive(Clone, Debug)]
struct Shop {
    city: String,
    number: u8,
}

fn sales() -> Vec<Sale> {
    let sale = |city: &str, number, item, price| Sale { shop: Shop { city: city.to_owned(), number }, item, price };
    vec![
        sale("Rome", 1, "tea", 3),
        sale("Oslo", 1, "tea", 4),
        sale("Rome", 2, "jam", 5),
        sale("Rome", 1, "jam", 6),
        sale("Oslo", 1, "tea", 4),
    ]
}

/// The price of a key up to here.
#[stage]
fn running(#[state] sum: &mut u32, sale: Sale) -> (String, u32) {
    *sum += sale.price;
    (sale.shop.city, *sum)
}

#[stage(finish = of_item)]
fn total(#[state] sum: &mut u32, #[param(default = 1)] times: u32, sale: &Sale) {
    *sum += sale.price * times;
}

#[finish]
fn of_item(item: &str, sum: u32, #[param] times: u32) -> Option<String> {
    (sum > 0).then(|| format!("{item} {}", sum / times))
}

#[stage(finish = of_shop)]
fn of_each(#[state] sum: &mut u32, sale: &Sale) {
    *sum += sale.price;
}

#[finish]
fn of_shop(shop: &(String, u8), sum: u32) -> impl Iterator<Item = String> {
    [format!("{} {}", shop.0, shop.1), format!("{sum}")].into_iter()
}

#[test]
fn a_key_is_a_field() {
    let report = ran(pipeline!(from_iter(sales()) | running.keyed(item) | collect()).run());
    let sums: Vec<u32> = report.output.iter().map(|(_, sum)| *sum).collect();
    assert_eq!(sums, [3, 7, 5, 11, 11]);
}

#[test]
fn a_key_is_a_nested_field() {
    let report = ran(pipeline!(from_iter(sales()) | running.keyed(shop.city) | collect()).run());
    let sums: Vec<u32> = report.output.iter().map(|(_, sum)| *sum).collect();
    assert_eq!(sums, [3, 4, 8, 14, 8]);
}

#[test]
fn a_key_is_a_tuple_of_fields() {
    let report = ran(pipeline!(from_iter(sales()) | running.keyed((shop.city, shop.number)) | collect()).run());
    let sums: Vec<u32> = report.output.iter().map(|(_, sum)| *sum).collect();
    assert_eq!(sums, [3, 4, 5, 9, 8]);
}

#[test]
fn a_key_is_what_a_closure_says() {
    let report = ran(pipeline!(from_iter(sales()) | running.keyed(|sale| sale.price % 2) | collect()).run());
    let sums: Vec<u32> = report.output.iter().map(|(_, sum)| *sum).collect();
    assert_eq!(sums, [3, 4, 8, 10, 14]);
    let report = ran(pipeline!(from_iter(sales()) | running.keyed(|sale| sale.shop.city.as_str()) | collect()).run());
    assert_eq!(report.output.last(), Some(&("Oslo".to_owned(), 8)));
}

#[test]
fn a_key_is_a_field_of_a_tuple() {
    let report = ran(pipeline!(from_iter([("a", 1), ("b", 2), ("a", 3)]) | take(1).keyed(0) | collect()).run());
    assert_eq!(report.output, [("a", 1), ("b", 2)]);
}

#[test]
fn finish_runs_for_each_key_in_first_seen_order() {
    let report = ran(pipeline!(from_iter(sales()) | total(times = 2).keyed(item) | collect()).run());
    assert_eq!(report.output, ["tea 11", "jam 11"]);
    assert_eq!(counts(&report, "total"), "input 5, absorbed 5, emitted 2, output 2");
    let report = ran(pipeline!(from_iter(sales()) | of_each.keyed((shop.city, shop.number)) | collect()).run());
    assert_eq!(report.output, ["Rome 1", "9", "Oslo 1", "8", "Rome 2", "5"]);
}

#[test]
fn finish_runs_for_no_key_when_there_was_none() {
    let report = ran(pipeline!(from_iter(Vec::<Sale>::new()) | total.keyed(item) | collect()).run());
    assert!(report.output.is_empty());
}

#[test]
fn keyed_words_keep_a_state_for_each_key() {
    let pairs = [('a', 1), ('b', 1), ('a', 1), ('a', 2), ('b', 1), ('a', 3)];
    let taken = ran(pipeline!(from_iter(pairs) | take(2).keyed(0) | collect()).run());
    assert_eq!(taken.output, [('a', 1), ('b', 1), ('a', 1), ('b', 1)]);
    assert_eq!(counts(&taken, "take"), "input 6, passed 4, dropped 2, output 4");
    let skipped = ran(pipeline!(from_iter(pairs) | skip(1).keyed(0) | collect()).run());
    assert_eq!(skipped.output, [('a', 1), ('a', 2), ('b', 1), ('a', 3)]);
    let changed = ran(pipeline!(from_iter(pairs) | dedup.keyed(0) | collect()).run());
    assert_eq!(changed.output, [('a', 1), ('b', 1), ('a', 2), ('a', 3)]);
    let changed = ran(pipeline!(from_iter(pairs) | dedup(|pair| pair.1).keyed(0) | collect()).run());
    assert_eq!(changed.output, [('a', 1), ('b', 1), ('a', 2), ('a', 3)]);
    let once = ran(pipeline!(from_iter(pairs) | unique(|pair| pair.1).keyed(0) | collect()).run());
    assert_eq!(once.output, [('a', 1), ('b', 1), ('a', 2), ('a', 3)]);
    let small = ran(pipeline!(from_iter(pairs) | take_while(|pair| pair.1 < 2).keyed(0) | collect()).run());
    assert_eq!(small.output, [('a', 1), ('b', 1), ('a', 1), ('b', 1)]);
}

#[test]
fn keyed_folds_end_in_first_seen_order() {
    let pairs = [('b', 1), ('a', 2), ('b', 3)];
    let sums =
        ran(pipeline!(from_iter(pairs) | fold((' ', 0), |sum, pair| (pair.0, sum.1 + pair.1)).keyed(0) | collect())
            .run());
    assert_eq!(sums.output, [('b', 4), ('a', 2)]);
    let chunks = ran(pipeline!(from_iter(pairs) | chunks(2).keyed(0) | collect()).run());
    assert_eq!(chunks.output, [vec![('b', 1), ('b', 3)], vec![('a', 2)]]);
    let running = ran(pipeline!(
        from_iter(pairs)
            | scan(0, |sum, pair| {
                *sum += pair.1;
                (*sum < 4).then_some((pair.0, *sum))
            })
            .keyed(0)
            | collect()
    )
    .run());
    assert_eq!(running.output, [('b', 1), ('a', 2)]);
}

#[test]
fn a_keyed_stage_that_ends_does_not_end_the_source() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter(log.source([(1, 'a'), (1, 'b'), (2, 'c')])) | take(1).keyed(0) | collect()).run());
    assert_eq!(report.output, [(1, 'a'), (2, 'c')]);
    assert_eq!(log.take(), "<(1, 'a') <(1, 'b') <(2, 'c') <end");
}

#[test]
fn a_chain_that_ends_behind_a_keyed_stage_ends_the_source() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter(log.source([(1, 'a'), (1, 'b'), (2, 'c')])) | dedup.keyed(0) | take(2) | collect())
            .run());
    assert_eq!(report.output, [(1, 'a'), (1, 'b')]);
    assert_eq!(log.take(), "<(1, 'a') <(1, 'b')");
}

#[test]
fn take_of_nothing_for_each_key_passes_nothing() {
    let report = ran(pipeline!(from_iter([(1, 'a'), (2, 'b')]) | take(0).keyed(0) | collect()).run());
    assert!(report.output.is_empty());
}

#[test]
fn keys_may_be_owned_optional_and_compound() {
    let items = [(Some("x".to_owned()), true), (None, true), (Some("x".to_owned()), true), (None, false)];
    let report = ran(pipeline!(from_iter(items) | take(1).keyed((0, 1)) | map(|item| item.0) | collect()).run());
    assert_eq!(report.output, [Some("x".to_owned()), None, None]);
}

#[test]
fn two_stages_have_two_tables_of_states() {
    let report = ran(pipeline!(from_iter(sales()) | running.keyed(item) | map(|(_, sum)| sum) | collect()).run());
    assert_eq!(report.output, [3, 7, 5, 11, 11]);
    let report =
        ran(pipeline!(from_iter([1, 1, 1, 2, 2]) | skip(1).keyed(|n| *n) | skip(1).keyed(|n| *n) | collect()).run());
    assert_eq!(report.output, [1]);
    assert_eq!(counts(&report, "skip#2"), "input 3, passed 1, dropped 2, output 1");
}
