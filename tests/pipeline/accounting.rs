//! Nothing disappears uncounted: pipelines of many shapes over random items, compared item for item and count for count with
//! an interpreter that reads the same text and knows nothing but vectors.

use std::collections::HashMap;

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{balanced, counts, ran};

/// An item, with the field that it is keyed by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct N {
    n: i32,
    k: i32,
}

impl N {
    fn of(n: i32) -> Self {
        N { n, k: n.rem_euclid(3) }
    }
}

fn double(n: N) -> N {
    N::of(n.n.wrapping_mul(2))
}

fn even(n: &N) -> bool {
    n.n % 2 == 0
}

fn small(n: &N) -> bool {
    n.n < 40
}

fn by_ten(n: &N) -> i32 {
    n.n / 10
}

fn positive(n: N) -> Option<N> {
    (n.n > 0).then_some(n)
}

fn copies(n: N) -> Vec<N> {
    vec![n; usize::try_from(n.k).unwrap()]
}

fn running(sum: &mut i32, n: N) -> Option<N> {
    *sum = sum.wrapping_add(n.n);
    (*sum < 90).then(|| N::of(*sum))
}

fn added(sum: N, n: N) -> N {
    N::of(sum.n.wrapping_add(n.n))
}

fn checked(n: N) -> Result<N, std::fmt::Error> {
    if n.n % 5 == 0 { Err(std::fmt::Error) } else { Ok(N::of(n.n + 1)) }
}

fn look(_: &N) {}

/// Rejects what is odd.
#[stage]
fn halved(n: N) -> Result<N, std::fmt::Error> {
    if n.n % 2 == 0 { Ok(N::of(n.n / 2)) } else { Err(std::fmt::Error) }
}

/// Drops, passes and rejects.
#[stage]
fn picky(n: N) -> Result<Option<N>, std::fmt::Error> {
    match n.k {
        0 => Ok(Some(n)),
        1 => Ok(None),
        _ => Err(std::fmt::Error),
    }
}

/// Expands to two, or rejects.
#[stage]
fn spread(n: N) -> Result<impl Iterator<Item = N>, std::fmt::Error> {
    if n.n % 7 == 0 { Err(std::fmt::Error) } else { Ok([n, N::of(n.n.wrapping_add(1))].into_iter()) }
}

/// Emits the sum and the number of items at the end.
#[stage(finish = of_all)]
fn total(#[state] sum: &mut i32, #[state] count: &mut i32, n: &N) {
    *sum = sum.wrapping_add(n.n);
    *count += 1;
}

#[finish]
fn of_all(sum: i32, count: i32) -> impl Iterator<Item = N> {
    [N::of(sum), N::of(count)].into_iter()
}

/// One step of the interpreter, as read from the text.
struct Op {
    name: String,
    arg: i32,
    keyed: bool,
    skips: bool,
    /// What it keeps, for each key.
    states: Vec<(i32, State)>,
    input: u64,
    output: u64,
    rejected: u64,
}

#[derive(Clone, Default)]
struct State {
    count: i32,
    sum: i32,
    kept: Vec<N>,
    ended: bool,
}

/// What came of one item: its outputs, and whether the step wants no more.
enum Came {
    Out(Vec<Vec<N>>),
    Last(Vec<Vec<N>>),
    Rejected,
}

impl Op {
    fn read(text: &str, args: &HashMap<&str, i32>) -> Self {
        let text = text.trim();
        let name = text.split(['(', '.']).next().unwrap().trim().to_owned();
        let first = text.strip_prefix(&name).unwrap().trim_start();
        let inside = first.strip_prefix('(').map_or("", |rest| rest.split(')').next().unwrap()).trim();
        let name = if inside.len() > 1 && inside.chars().all(|c| c.is_alphabetic() || c == '_') {
            inside.to_owned()
        } else {
            name
        };
        Op {
            name,
            arg: args.get(inside).copied().unwrap_or_default(),
            keyed: text.contains("keyed"),
            skips: text.contains("or_skip"),
            states: Vec::new(),
            input: 0,
            output: 0,
            rejected: 0,
        }
    }

    fn state(&mut self, key: i32) -> &mut State {
        let at = self.states.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.states.push((key, State::default()));
            self.states.len() - 1
        });
        &mut self.states[at].1
    }

    fn process(&mut self, item: Vec<N>) -> Came {
        let (n, arg) = (item[0], self.arg);
        let name = self.name.clone();
        let state = self.state(if self.keyed { n.k } else { 0 });
        let one = |n: N| Came::Out(vec![vec![n]]);
        let none = Came::Out(Vec::new());
        let last = Came::Last(Vec::new());
        match name.as_str() {
            "double" => one(double(n)),
            "even" => {
                if even(&n) {
                    one(n)
                } else {
                    none
                }
            }
            "positive" => positive(n).map_or(none, one),
            "copies" => Came::Out(copies(n).into_iter().map(|n| vec![n]).collect()),
            "checked" => checked(n).map_or(Came::Rejected, one),
            "look" => one(n),
            "halved" => halved(n).map_or(Came::Rejected, one),
            "picky" => picky(n).map_or(Came::Rejected, |n| n.map_or(none, one)),
            "spread" => spread(n).map_or(Came::Rejected, |all| Came::Out(all.map(|n| vec![n]).collect())),
            "total" => {
                (state.sum, state.count) = (state.sum.wrapping_add(n.n), state.count + 1);
                none
            }
            "take" if state.count >= arg => last,
            "take" => {
                state.count += 1;
                if state.count == arg { Came::Last(vec![item]) } else { Came::Out(vec![item]) }
            }
            "skip" => {
                state.count += 1;
                if state.count > arg { one(n) } else { none }
            }
            "small" => {
                state.ended |= !small(&n);
                if state.ended { last } else { one(n) }
            }
            "dedup" => {
                let new = state.kept.first() != Some(&n);
                state.kept = vec![n];
                if new { one(n) } else { none }
            }
            "by_ten" => {
                let new = !state.kept.iter().any(|known| by_ten(known) == by_ten(&n));
                state.kept.push(n);
                if new { one(n) } else { none }
            }
            "chunks" => {
                state.kept.push(n);
                if state.kept.len() == usize::try_from(arg).unwrap() {
                    Came::Out(vec![std::mem::take(&mut state.kept)])
                } else {
                    none
                }
            }
            "flatten" => Came::Out(item.into_iter().map(|n| vec![n]).collect()),
            "scan" if state.ended => last,
            "scan" => match running(&mut state.sum, n) {
                Some(n) => one(n),
                None => {
                    state.ended = true;
                    last
                }
            },
            "fold" => {
                state.sum = added(N::of(state.sum), n).n;
                none
            }
            other => panic!("the interpreter does not know `{other}`"),
        }
    }

    fn finish(&mut self) -> Vec<Vec<N>> {
        if !self.keyed {
            self.state(0);
        }
        let states = std::mem::take(&mut self.states).into_iter().map(|(_, state)| state);
        match self.name.as_str() {
            "total" => states.flat_map(|state| [vec![N::of(state.sum)], vec![N::of(state.count)]]).collect(),
            "chunks" => states.map(|state| state.kept).filter(|kept| !kept.is_empty()).collect(),
            "fold" => states.map(|state| vec![N::of(state.sum)]).collect(),
            _ => Vec::new(),
        }
    }
}

/// How a run of the interpreter ended.
#[derive(Default)]
struct Expected {
    output: Vec<N>,
    failed: bool,
}

/// Pushes an item through `ops`; false when no more are wanted.
fn push(ops: &mut [Op], item: Vec<N>, end: &mut Expected) -> bool {
    let Some((op, rest)) = ops.split_first_mut() else {
        end.output.push(item[0]);
        return true;
    };
    op.input += 1;
    let key = item[0].k;
    if op.keyed && op.state(key).ended {
        return true;
    }
    let (items, wants) = match op.process(item) {
        Came::Out(items) => (items, true),
        Came::Last(items) => {
            if op.keyed {
                op.state(key).ended = true;
            }
            (items, op.keyed)
        }
        Came::Rejected => {
            op.rejected += 1;
            end.failed |= !op.skips;
            return op.skips;
        }
    };
    emit(op, rest, items, end) && wants
}

fn emit(op: &mut Op, rest: &mut [Op], items: Vec<Vec<N>>, end: &mut Expected) -> bool {
    items.into_iter().all(|item| {
        op.output += 1;
        push(rest, item, end)
    })
}

/// Interprets the text over `items`; gives what is expected, with how many items are read.
fn interpret(ops: &mut [Op], items: &[i32]) -> (Expected, u64) {
    let (mut end, mut read) = (Expected::default(), 0);
    let nothing = ops.iter().any(|op| op.name == "take" && !op.keyed && op.arg == 0);
    for n in items.iter().filter(|_| !nothing) {
        read += 1;
        if !push(ops, vec![N::of(*n)], &mut end) {
            break;
        }
    }
    for at in 0..ops.len() {
        if end.failed {
            break;
        }
        let (op, rest) = ops[at..].split_first_mut().unwrap();
        let items = op.finish();
        emit(op, rest, items, &mut end);
    }
    (end, read)
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
        assert_eq!(result.is_err(), expected.failed, "{text}");
        let report = match &result {
            Ok(report) => {
                assert_eq!(report.output, expected.output, "{text}");
                report.clone().discard_output()
            }
            Err(error) => error.report().unwrap().clone(),
        };
        balanced(&report);
        assert_eq!(report.read(), read, "{text}");
        for (op, counts) in ops.iter().zip(&report.counts[1..]) {
            let real = (counts.input, counts.output, counts.rejected, counts.in_flight);
            assert_eq!(real, (op.input, op.output, op.rejected, 0), "`{}` in {text}", op.name);
        }
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
