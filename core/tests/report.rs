//! From what a run counted to the table.

mod plans;

use std::path::PathBuf;
use std::time::Duration;

use millstream_core::plan::{Plan, Role};
use millstream_core::report::{Counts, Held, Report, Tallies};
use millstream_core::stage::Kind;
use plans::{Builder, linear, nested_tee, route_with_rejoin, sinkless, tee};
use proptest::prelude::*;

fn tallies(plan: &Plan, read: u64, edges: &[Option<u64>]) -> Tallies {
    let none = vec![0; plan.nodes.len()];
    Tallies {
        policies: vec![],
        edges: edges.to_vec(),
        read: vec![read],
        rejected: none.clone(),
        dropped: none.clone(),
        in_flight: none,
        elapsed: Duration::from_millis(1250),
        source: "readings.csv".to_owned(),
        letters: Vec::new(),
        sides: Vec::new(),
        injected: Vec::new(),
    }
}

#[track_caller]
fn assert_table<O>(report: &Report<O>, wanted: &str) {
    let wanted = wanted.strip_prefix('\n').unwrap_or(wanted).trim_end();
    let wanted: Vec<_> = wanted.lines().map(|line| line.get(8..).unwrap_or("")).collect();
    let got = report.to_string();
    assert!(got.lines().eq(wanted.iter().copied()), "got:\n{got}\nwanted:\n{}", wanted.join("\n"));
}

#[test]
fn a_join_drops_absorbs_and_emits_and_says_what_it_holds() {
    let mut b = Builder::default();
    let orders = b.source("csv", "Order");
    let users = b.source("csv", "User");
    let join = b.expand("join", "Order", "(Order, &User)");
    let sink = b.sink("collect", "(Order, &User)");
    b.join(orders, join);
    b.join(users, join);
    b.join(join, sink);
    let mut tallies = tallies(&b.plan, 100, &[None, None, Some(90)]);
    tallies.read = vec![100, 4, 0, 0];
    tallies.dropped = vec![0, 0, 10, 0];
    tallies.source = "orders.csv, users.csv".to_owned();
    let held = |rows, bytes| Held { stage: "join".to_owned(), source: "users.csv".to_owned(), rows, bytes };
    tallies.sides = vec![held(4, 960), held(1, 96_000), held(2, 1_960_000), held(3, 12_345_678_900)];
    let report = Report::new(b.plan, tallies, ());
    assert_eq!(report.check(), Ok(()));
    assert_eq!(report.read(), 104);
    assert_table(
        &report,
        "
        stage     in  out  dropped  absorbed  emitted
        csv      100  100
        csv#2      4    4
        join     104   90       10        94       90
        collect   90                      90

        orders.csv, users.csv: 104 items in 1.25 s, 83 items/s
        users.csv: 4 rows held by join, 960 bytes
        users.csv: 1 row held by join, 96.0 kB
        users.csv: 2 rows held by join, 1.96 MB
        users.csv: 3 rows held by join, 12.3 GB
        ",
    );
}

#[test]
fn a_map_passes_what_it_does_not_reject() {
    let plan = linear();
    let mut tallies = tallies(&plan, 1_000_000, &[None, None]);
    tallies.rejected = vec![10, 3, 0];
    tallies.letters = vec![(PathBuf::from("rejects.jsonl"), 10), (PathBuf::from("other.jsonl"), 1)];
    let report = Report::new(plan, tallies, "done");
    assert_eq!(report.check(), Ok(()));
    assert_eq!(report.edges, [999_990, 999_987]);
    assert_eq!(
        report.stage("zscore"),
        Some(&Counts { input: 999_990, passed: 999_987, rejected: 3, output: 999_987, ..Counts::default() })
    );
    assert_eq!((report.stage("zscore#2"), report.read()), (None, 1_000_000));
    assert_table(
        &report,
        "
        stage              in      out  absorbed  rejected
        csv         1,000,000  999,990                  10
        zscore        999,990  999,987                   3
        json_lines    999,987            999,987

        readings.csv: 1,000,000 items in 1.25 s, 800,000 items/s
        rejects.jsonl: 10 dead letters
        other.jsonl: 1 dead letter
        ",
    );
    let length = report.clone().map_output(str::len);
    assert_eq!((length.output, length.to_string()), (4, report.to_string()));
    assert_eq!(length.discard_output(), report.map_output(drop));
}

#[test]
fn tee_hands_every_item_to_all_branches_and_counts_it_once() {
    let plan = tee();
    let tallies = tallies(&plan, 1000, &[None, Some(950), None, Some(7), None, Some(3)]);
    let report = Report::new(plan, tallies, ());
    assert_eq!(report.check(), Ok(()));
    let counts = |label| report.stage(label).copied().unwrap();
    assert_eq!(counts("tee"), Counts { input: 950, passed: 950, output: 950, ..Counts::default() });
    assert_eq!(counts("summary"), Counts { input: 950, absorbed: 950, emitted: 3, output: 3, ..Counts::default() });
    assert_table(
        &report,
        "
        stage                in    out  dropped  absorbed  emitted
        csv               1,000  1,000
        zscore            1,000    950       50
        tee                 950    950
          ├ anomalous       950      7      943
          │ json_lines        7                         7
          └ summary         950      3                950        3
            json_lines#2      3                         3

        readings.csv: 1,000 items in 1.25 s, 800 items/s
        ",
    );
}

#[test]
fn a_branch_that_ended_early_got_less() {
    let plan = nested_tee();
    let report = Report::new(plan.clone(), tallies(&plan, 9, &[None, None, Some(2), None, None]), ());
    assert_eq!(report.check(), Ok(()));
    let inputs: Vec<_> = report.counts.iter().map(|counts| counts.input).collect();
    assert_eq!(inputs, [9, 9, 9, 2, 9, 9]);
}

#[test]
fn route_shares_its_items_and_drops_the_rest() {
    let plan = route_with_rejoin();
    // Of 100: 60 to the inner route, of which 20 to `map`, 30 to `double`; 25 to `halve`.
    let edges = [None, Some(60), Some(20), None, None, Some(30), None, Some(25), None];
    let report = Report::new(plan.clone(), tallies(&plan, 100, &edges), ());
    assert_eq!(report.check(), Ok(()));
    assert_table(
        &report,
        "
        stage             in  out  dropped  absorbed
        from_iter        100  100
        route            100   85       15
          ├ route#2       60   50       10
          │   ├ map       20   20
          │   │ inspect   20   20
          │   └ double    30   30
          └ halve         25   25
        collect           75                      75

        readings.csv: 100 items in 1.25 s, 80 items/s
        ",
    );
}

#[test]
fn one_edge_of_a_route_follows_from_the_others() {
    let plan = route_with_rejoin();
    let edges = [None, Some(60), Some(20), None, None, None, None, None, None];
    let report = Report::new(plan.clone(), tallies(&plan, 100, &edges), ());
    assert_eq!(report.check(), Ok(()));
    assert_eq!(report.edges, [100, 60, 20, 20, 20, 40, 40, 40, 40]);
    assert_eq!(report.stage("collect").unwrap().absorbed, 100);
}

#[test]
fn a_run_that_failed_has_items_in_flight() {
    let plan = sinkless();
    let mut tallies = tallies(&plan, 8, &[None, None]);
    tallies.in_flight = vec![0, 1];
    tallies.elapsed = Duration::ZERO;
    let report = Report::new(plan, tallies, ());
    assert_eq!(report.check(), Ok(()));
    assert_table(
        &report,
        "
        stage      in  out  in flight
        from_iter   8    8
        shorten     8    7          1

        readings.csv: 8 items in 0 µs
        ",
    );
}

#[test]
fn an_empty_run_is_a_table_too() {
    let plan = linear();
    let report = Report::new(plan.clone(), tallies(&plan, 0, &[None, None]), ());
    assert_eq!(report.check(), Ok(()));
    assert_table(
        &report,
        "
        stage       in  out
        csv          0    0
        zscore       0    0
        json_lines   0

        readings.csv: 0 items in 1.25 s, 0 items/s
        ",
    );
}

#[test]
fn times_read_as_people_say_them() {
    for (time, text) in [
        (Duration::from_nanos(999), "0 µs"),
        (Duration::from_micros(999), "999 µs"),
        (Duration::from_micros(1_239), "1.23 ms"),
        (Duration::from_micros(12_399), "12.3 ms"),
        (Duration::from_micros(999_999), "999 ms"),
        (Duration::from_millis(59_999), "59.9 s"),
        (Duration::from_mins(1), "1 min 0 s"),
        (Duration::from_millis(3_599_999), "59 min 59 s"),
        (Duration::from_secs(90_061), "25 h 1 min"),
    ] {
        let mut tallies = tallies(&Plan::default(), 0, &[]);
        tallies.elapsed = time;
        let report = Report::new(Plan::default(), tallies, ()).to_string();
        assert!(report.contains(&format!("readings.csv: 0 items in {text}")), "{report}");
    }
}

#[test]
fn wrong_counts_surface() {
    // A filter that hands on more than it got.
    let plan = tee();
    let report = Report::new(plan.clone(), tallies(&plan, 10, &[None, Some(12), None, Some(12), None, Some(1)]), ());
    assert_eq!(
        report.check(),
        Err("stage `zscore`: 10 came in, but 12 passed + 0 dropped + 0 absorbed + 0 rejected + 0 in flight are not as many"
            .to_owned())
    );
    // A source that lost one.
    let plan = linear();
    let report = Report::new(plan.clone(), tallies(&plan, 10, &[Some(9), None]), ());
    assert!(report.check().unwrap_err().starts_with("stage `csv`: 10 came in, but 9 passed"));
    // More rejected than came in.
    let mut more = tallies(&plan, 10, &[None, None]);
    more.rejected[1] = 11;
    assert!(Report::new(plan, more, ()).check().unwrap_err().starts_with("stage `zscore`"));
    let counts = Counts { input: 3, passed: 3, output: 4, ..Counts::default() };
    assert_eq!(counts.check(), Err("4 went out, but 3 passed + 0 emitted are not as many".to_owned()));
    // Sums that do not fit are wrong, not small.
    let counts = Counts { input: 1, passed: u64::MAX, dropped: 2, output: u64::MAX, ..Counts::default() };
    assert!(counts.check().is_err());
}

#[test]
fn a_map_that_loses_items_surfaces() {
    let plan = linear();
    let report = Report::new(plan.clone(), tallies(&plan, 10, &[None, Some(9)]), ());
    assert!(report.check().unwrap_err().starts_with("stage `zscore`: 10 came in, but 9 passed"));
}

/// A chain of stages of any kind, and what a run over it would count.
fn runs() -> impl Strategy<Value = (Plan, Tallies, Vec<u64>)> {
    let stage = (0..3_u8, 0..100_u64, 0..100_u64, 0..2_u64);
    (0..10_000_u64, 0..20_u64, prop::collection::vec(stage, 0..8)).prop_map(|(read, refused, stages)| {
        let mut b = Builder::default();
        let mut before = b.source("source", "T");
        let (mut edges, mut rejected, mut in_flight) = (Vec::new(), vec![refused.min(read)], vec![0]);
        let mut items = read - rejected[0];
        let mut inputs = vec![read];
        let mut counted = None;
        for (kind, some, others, held) in stages {
            let node = match kind {
                0 => b.stage("map", "T", "T"),
                1 => b.filter("filter", "T"),
                _ => b.expand("expand", "T", "T"),
            };
            b.join(before, node);
            edges.push(counted);
            inputs.push(items);
            rejected.push(some.min(items));
            items -= some.min(items);
            in_flight.push(held.min(items));
            items -= held.min(items);
            match kind {
                0 => counted = None,
                1 => {
                    items -= others.min(items);
                    counted = Some(items);
                }
                _ => {
                    items = items * others / 7;
                    counted = Some(items);
                }
            }
            before = node;
        }
        let sink = b.sink("sink", "T");
        b.join(before, sink);
        edges.push(counted);
        inputs.push(items);
        rejected.push(0);
        in_flight.push(0);
        let elapsed = Duration::from_micros(read * 7);
        (b.plan, Tallies { edges, read: vec![read], rejected, in_flight, elapsed, ..Tallies::default() }, inputs)
    })
}

proptest! {
    #[test]
    fn nothing_disappears_uncounted((plan, tallies, inputs) in runs()) {
        let report = Report::new(plan, tallies.clone(), ());
        prop_assert_eq!(report.check(), Ok(()));
        prop_assert_eq!(report.counts.iter().map(|counts| counts.input).collect::<Vec<_>>(), inputs);
        prop_assert_eq!(report.counts.iter().map(|counts| counts.rejected).collect::<Vec<_>>(), tallies.rejected);
        let sink = report.counts.last().copied().unwrap_or_default();
        prop_assert_eq!((sink.absorbed, sink.output), (sink.input, 0));
        let table = report.to_string();
        prop_assert_eq!(table.lines().count(), report.plan.nodes.len() + 3);
    }

    #[test]
    fn an_item_lost_or_invented_at_a_map_is_found((plan, mut tallies, _) in runs(), at in 0..8_usize, more in any::<bool>()) {
        let report = Report::new(plan.clone(), tallies.clone(), ());
        let edge = at.min(plan.edges.len() - 1);
        let from = &plan.nodes[plan.edges[edge].from];
        // Of a filter or an expanding stage any lower number may be right.
        prop_assume!(from.role == Role::Source || from.kind == Some(Kind::Map));
        let right = report.edges[edge];
        prop_assume!(more || right > 0);
        tallies.edges[edge] = Some(if more { right + 1 } else { right - 1 });
        prop_assert!(Report::new(plan, tallies, ()).check().is_err());
    }
}
