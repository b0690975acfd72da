//! `aggregate(..)`: values at the end of the source, one for all items or one for each key.

use millstream::io::csv;
use millstream::prelude::*;

use crate::support::{Log, counts, failed, ran};

#[derive(Clone, Debug)]
struct Order {
    user: &'static str,
    product: String,
    amount: f64,
    pieces: u32,
    place: (u8, Place),
}

#[derive(Clone, Debug)]
struct Place {
    floor: i8,
}

impl Order {
    fn half(&self) -> f64 {
        self.amount / 2.0
    }
}

fn orders() -> Vec<Order> {
    let order = |user, product: &str, amount, pieces| Order {
        user,
        product: product.to_owned(),
        amount,
        pieces,
        place: (3, Place { floor: -1 }),
    };
    vec![
        order("ann", "tea", 2.0, 1),
        order("bob", "jam", 5.0, 2),
        order("ann", "tea", 4.0, 3),
        order("ann", "bun", 6.0, 1),
        order("bob", "tea", 1.0, 5),
    ]
}

fn top(key: &str, count: u64) -> Top<String> {
    Top { key: key.to_owned(), count, error: 0 }
}

/// One hit, lent by its source.
#[record]
struct Hit<'a> {
    host: &'a str,
    bytes: u64,
}

const HITS: &str = "host,bytes\nb,1\na,20\nb,3\nc,4\n";

#[test]
fn all_values_are_one_tuple_at_the_end() {
    let report = ran(pipeline!(
        from_iter(orders())
            | aggregate(
                count(),
                sum(pieces),
                mean(amount),
                std(amount),
                min(amount),
                max(product),
                quantile(0.5, amount),
                top_k(2, product),
            )
            | collect()
    )
    .run());
    let [(count, sum, mean, std, min, max, median, tops)] = <[_; 1]>::try_from(report.output.clone()).unwrap();
    assert_eq!((count, sum, mean, min), (5, 12_u64, Some(3.6), Some(1.0)));
    assert!((std.unwrap() - 4.3_f64.sqrt()).abs() < 1e-15);
    assert_eq!((max.as_deref(), median), (Some("tea"), Some(4.0)));
    assert_eq!(tops, [top("tea", 3), top("jam", 1)]);
    assert_eq!(counts(&report, "aggregate"), "input 5, absorbed 5, emitted 1, output 1");
}

#[test]
fn a_single_value_stands_alone() {
    let report = ran(pipeline!(from_iter(orders()) | aggregate(count()) | collect()).run());
    assert_eq!(report.output, [5_u64]);
    let report = ran(pipeline!(from_iter(orders()) | aggregate(count()).keyed(user) | collect()).run());
    assert_eq!(report.output, [("ann".to_owned(), 3_u64), ("bob".to_owned(), 2)]);
}

#[test]
fn each_key_has_its_values_in_first_seen_order() {
    let report = ran(pipeline!(from_iter(orders()) | aggregate(count(), mean(amount)).keyed(user) | collect()).run());
    assert_eq!(report.output, [("ann".to_owned(), (3, Some(4.0))), ("bob".to_owned(), (2, Some(3.0)))]);
    assert_eq!(counts(&report, "aggregate"), "input 5, absorbed 5, emitted 2, output 2");
}

#[test]
fn a_key_that_makes_place_is_emitted_there_and_then() {
    let log = Log::default();
    let items = [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)];
    let report = ran(pipeline!(
        from_iter(log.source(items))
            | aggregate(sum(1), top_k(1, 0)).keyed(0, max = 2)
            | for_each(|(key, (sum, _))| log.add(format_args!("{key}={sum}")))
    )
    .run());
    assert_eq!(
        log.take(),
        r#"<("a", 1) <("b", 2) <("a", 3) <("c", 4) b=2 <("b", 5) a=4 <end c=4 b=5"#,
        "the key that was not seen for longest"
    );
    assert_eq!(counts(&report, "aggregate"), "input 5, absorbed 5, emitted 4, output 4");
}

#[test]
fn values_are_fields_closures_and_functions() {
    let factor = 2.0;
    let report = ran(pipeline!(
        from_iter(orders())
            | aggregate(
                mean(|order| order.amount * factor),
                sum(Order::half),
                max(place.0),
                sum(place.1.floor),
                min(|order| order.user),
                max(|order| (order.pieces, order.user)),
                top_k(1, |order| (order.user, order.pieces > 1)),
            )
            | collect()
    )
    .run());
    let top = vec![Top { key: ("ann".to_owned(), false), count: 2, error: 0 }];
    assert_eq!(report.output, [(Some(7.2), 9.0, Some(3), -5, Some("ann".to_owned()), Some((5, "bob")), top)]);
}

#[test]
fn items_may_be_lent() {
    let hits = csv::from_reader::<Hit<'_>, _>("hits", HITS.as_bytes());
    let report =
        ran(pipeline!({ hits } | aggregate(sum(bytes), max(host), min(|hit| hit.host), top_k(1, host)) | collect())
            .run());
    assert_eq!(report.output, [(28, Some("c".to_owned()), Some("a".to_owned()), vec![top("b", 2)])]);

    let hits = csv::from_reader::<Hit<'_>, _>("hits", HITS.as_bytes());
    let report = ran(pipeline!({ hits } | aggregate(mean(bytes)).keyed(host) | collect()).run());
    let expected = [("b", 2.0), ("a", 20.0), ("c", 4.0)];
    assert_eq!(report.output, expected.map(|(host, mean)| (host.to_owned(), Some(mean))));
}

#[test]
fn branches_aggregate_what_is_lent_to_them() {
    let report = ran(pipeline!(
        from_iter(orders())
            | tee(
                aggregate(count(), sum(amount)) | collect(),
                filter(|order| order.amount > 3.0) | aggregate(top_k(1, user)).keyed(pieces) | collect(),
                aggregate(max(product)) | collect(),
            )
    )
    .run());
    let (all, keyed, last) = report.output;
    assert_eq!(all, [(5, 18.0)]);
    assert_eq!(keyed, [(2, vec![top("bob", 1)]), (3, vec![top("ann", 1)]), (1, vec![top("ann", 1)])]);
    assert_eq!(last, [Some("tea".to_owned())]);
}

#[test]
fn of_nothing_there_is_one_value_and_no_key() {
    let none = || pipeline!(from_iter(orders()) | filter(|order| order.amount > 9.0));
    let report = ran(pipeline!(
        from_iter(none())
            | aggregate(
                count(),
                sum(pieces),
                mean(amount),
                std(amount),
                min(user),
                quantile(0.9, amount),
                top_k(1, user)
            )
            | collect()
    )
    .run());
    assert_eq!(report.output, [(0, 0, None, None, None, None, Vec::<Top<String>>::new())]);
    assert_eq!(counts(&report, "aggregate"), "emitted 1, output 1");
    let report = ran(pipeline!(from_iter(none()) | aggregate(count()).keyed(user) | collect()).run());
    assert_eq!(report.output, []);
}

#[test]
fn the_deviation_of_one_value_is_none() {
    let report = ran(pipeline!(from_iter([7]) | aggregate(mean(|n| *n), std(|n| *n)) | collect()).run());
    assert_eq!(report.output, [(Some(7.0), None)]);
}

#[test]
fn what_an_aggregate_emits_is_aggregated_behind_it() {
    let report = ran(pipeline!(
        from_iter(orders()) | aggregate(sum(amount)).keyed(user) | aggregate(count(), max(1)) | collect()
    )
    .run());
    assert_eq!(report.output, [(2, Some(12.0))]);
    assert_eq!(counts(&report, "aggregate#2"), "input 2, absorbed 2, emitted 1, output 1");
}

#[test]
fn it_may_leave_the_pipeline_or_a_stage_made_of_stages() {
    let totals: Vec<_> = pipeline!(from_iter(orders()) | aggregate(sum(pieces)).keyed(user)).collect();
    assert_eq!(totals, [("ann".to_owned(), 5), ("bob".to_owned(), 7)]);
    let totals = pipeline!(_ as Order | filter(|order| order.pieces > 1) | aggregate(count(), sum(amount)));
    let report = ran(pipeline!(from_iter(orders()) | { totals } | collect()).run());
    assert_eq!(report.output, [(3, 10.0)]);
}

#[test]
fn parameters_are_values_from_outside() {
    let (k, q) = (1, 1.0);
    let report = ran(pipeline!(
        from_iter([1, 2, 2]) | aggregate(top_k(k, |n| *n, max = k + 1), quantile(q, |n| *n, error = 0.1)) | collect()
    )
    .run());
    assert_eq!(report.output, [(vec![Top { key: 2, count: 2, error: 0 }], Some(2.0))]);
}

#[test]
fn a_parameter_out_of_range_fails_before_the_source_opens() {
    let log = Log::default();
    for (k, q, message) in [
        (0, 0.5, "stage `aggregate`: `top_k` gives 1 key at least, got `k = 0`"),
        (1, 50.0, "stage `aggregate`: the share of a `quantile` is from 0.0 to 1.0, got 50"),
    ] {
        let error = failed(
            pipeline!(from_iter(log.source([1])) | aggregate(top_k(k, |n| *n), quantile(q, |n| *n)) | collect()).run(),
        );
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(log.take(), "");
}

#[test]
fn a_sum_that_overflows_fails_the_run_at_its_item() {
    let log = Log::default();
    let error = failed(
        pipeline!(
            from_iter([1, i64::MAX, 3])
                | inspect(|n| log.add(n))
                | aggregate(count(), sum(|n| *n))
                | for_each(|_| log.add("end"))
        )
        .run(),
    );
    assert_eq!(
        error.to_string(),
        "stage `aggregate` at item 2 of from_iter: the sum does not fit `i64`; convert the values to `i128` before"
    );
    assert_eq!(log.take(), format!("1 {}", i64::MAX), "nothing finishes");
    assert_eq!(counts(error.report().unwrap(), "aggregate"), "input 2, absorbed 1, in flight 1");
}

#[test]
fn a_nan_fails_the_run_at_its_item() {
    let error = failed(pipeline!(from_iter([1.0, f64::NAN]) | aggregate(max(|x| *x)) | collect()).run());
    assert_eq!(
        error.to_string(),
        "stage `aggregate` at item 2 of from_iter: `max` takes nothing that does not compare, such as NaN; drop such values before, \
         with `filter`"
    );
    let error = failed(pipeline!(from_iter([f64::NAN]) | aggregate(mean(|x| *x)).keyed(|_| 1) | collect()).run());
    assert_eq!(
        error.to_string(),
        "stage `aggregate` at item 1 of from_iter: `mean` takes no NaN, nor infinities of both signs; drop such values before, with \
         `filter`"
    );
}

#[test]
fn closures_may_move_what_they_use() {
    let factor = Box::new(2.0);
    let report = ran(pipeline!(from_iter([1.5]) | aggregate(sum(move |x| x * *factor), count()) | collect()).run());
    assert_eq!(report.output, [(3.0, 1)]);
}

#[test]
fn the_plan_says_what_is_computed() {
    let mut pipeline =
        pipeline!(from_iter(orders()) | aggregate(count(), top_k(3, product, max = 9)).keyed(user) | collect());
    let node = &pipeline.plan().nodes[1];
    let args: Vec<_> = node.args.iter().map(|arg| &*arg.value).collect();
    assert_eq!(args, ["count()", "top_k(3, product, max = 9)"]);
    assert!(node.output.ends_with("Top<alloc::string::String>>))"), "{}", node.output);
}

#[test]
fn aggregates_fold() {
    let report = ran(pipeline!(
        from_iter(orders())
            | fold(Mean::default(), |mut mean, order| {
                mean.add(order.amount);
                mean
            })
            .keyed(user)
            | fold(Mean::default(), |mut all, mean| {
                all.merge(mean);
                all
            })
            | map(|mean| (mean.count(), mean.value()))
            | collect()
    )
    .run());
    assert_eq!(report.output, [(5, Some(3.6))]);
}
