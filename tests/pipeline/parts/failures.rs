//! Runs that fail in one of their parts: the earliest item decides, and nothing is lost or counted twice.

use std::cell::{Cell, RefCell};

use millstream::Error;
use millstream::error::BoxError;
use millstream::prelude::*;
use millstream::sink::{Closed, Sink};
use millstream::source::Position;
use millstream::stage::{AnyKey, Flow, Never, Rejected, Renew, Stage};

use super::{cut, fails_at, odd};
use crate::support::{balanced, counts, failed, quiet};

/// The items that came to the sink of a run that fails, and what failed.
fn until_failure(in_parts: bool, first: &[u64], second: &[u64], third: &[u64]) -> (Vec<u64>, Error) {
    let sunk = RefCell::new(Vec::new());
    let error = cut(in_parts, || {
        failed(
            pipeline!(
                from_iter(1..=5_000_u64)
                    | try_map(fails_at(first)).named("first")
                    | filter(odd)
                    | try_map(fails_at(second)).named("second")
                    | filter(|n| n % 3 != 0)
                    | try_map(fails_at(third)).named("third")
                    | for_each(|n| sunk.borrow_mut().push(n))
            )
            .run(),
        )
    });
    (sunk.into_inner(), error)
}

#[test]
fn the_earliest_item_that_fails_ends_the_run() {
    // Those that pass both filters, of one window and of the next.
    let passing: Vec<u64> = (1..=5_000).filter(|n| odd(n) && n % 3 != 0).collect();
    let near: Vec<u64> = passing.iter().copied().filter(|n| (1_100..1_200).contains(n)).collect();
    let [a, b, c] = [near[3], near[4], near[20]];
    let far = *passing.iter().find(|n| **n > 3_500).unwrap();
    for places in [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
        [far, a, b],
        [a, far, b],
        [b, far, a],
        [far, 0, b],
    ] {
        let [first, second, third] = places.map(|at| [at]);
        let (at, stage) = places.into_iter().zip(["first", "second", "third"]).filter(|(at, _)| *at > 0).min().unwrap();
        for in_parts in [true, false] {
            let (sunk, error) = until_failure(in_parts, &first, &second, &third);
            assert_eq!(error.stage(), Some(stage), "{places:?}");
            assert_eq!(error.position(), Some(Position::of_item(at)), "{places:?}");
            let before: Vec<u64> = passing.iter().copied().take_while(|n| *n < at).collect();
            assert_eq!(sunk, before, "{places:?}");
        }
    }
}

#[test]
fn one_item_fails_at_the_first_of_its_stages() {
    let (sunk, error) = until_failure(true, &[], &[1_101, 1_102, 1_103, 1_104, 1_105, 1_106], &[]);
    let at = (1_101..=1_106).find(odd).unwrap();
    assert_eq!((error.stage(), error.position()), (Some("second"), Some(Position::of_item(at))));
    assert!(sunk.iter().all(|n| *n < at));
    let (_, error) = until_failure(true, &[1], &[1], &[1]);
    assert_eq!((error.stage(), error.position()), (Some("first"), Some(Position::of_item(1))));
}

#[test]
fn what_is_in_flight_when_a_run_fails_is_counted() {
    let run = || {
        failed(
            pipeline!(from_iter(1..=3_000_u64) | filter(|n| n % 2 == 0) | try_map(fails_at(&[1_034])) | discard())
                .run(),
        )
    };
    let error = cut(true, run);
    let report = error.report().unwrap();
    assert_eq!(report.read(), 2_048);
    assert_eq!(counts(report, "filter"), "input 2048, passed 517, dropped 1024, in flight 507, output 517");
    assert_eq!(counts(report, "try_map"), "input 517, passed 516, rejected 1, output 516");
}

/// Panics at an item.
fn fuse(burn: bool) {
    assert!(!burn, "as the test wants");
}

/// Notes how it was left.
struct Noting<'l>(&'l Cell<usize>);

#[sink]
impl Sink<u64> for Noting<'_> {
    type Output = ();

    fn write(&mut self, _: u64) -> std::result::Result<Flow, Self::Error> {
        Ok(Flow::Continue(()))
    }

    fn close(self) -> std::result::Result<Closed<()>, Self::Error> {
        panic!("the sink of a run that fails is not closed")
    }
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_panic_in_any_part_names_its_stage_and_nothing_is_lost() {
    quiet();
    for (burns, stage, read, of_filter) in [
        ([1_500, 0, 0], "front", 1_500, "input 1499, passed 512, dropped 750, in flight 237, output 512"),
        ([0, 1_500, 0], "filter", 1_500, "input 1500, passed 512, dropped 750, in flight 238, output 512"),
        ([0, 0, 1_500], "behind", 2_048, "input 2048, passed 750, dropped 1024, in flight 274, output 750"),
    ] {
        let dropped = Cell::new(0);
        let run = || {
            failed(
                pipeline!(
                    from_iter(1..=5_000_u64)
                        | inspect(|n| fuse(*n == burns[0])).named("front")
                        | filter(|n| {
                            fuse(*n == burns[1]);
                            n % 2 == 0
                        })
                        | inspect(|n| fuse(*n == burns[2])).named("behind")
                        | tee(map(|n| *n) | { Noting(&dropped) }, discard())
                )
                .run(),
            )
        };
        let error = cut(true, run);
        assert_eq!(error.stage(), Some(stage));
        assert_eq!(dropped.get(), 1);
        let report = error.report().unwrap();
        assert_eq!((report.read(), &*counts(report, "filter")), (read, of_filter));
    }
}

/// An item that is counted while there is one.
struct Live<'l>(&'l Cell<i64>, u64);

impl<'l> Live<'l> {
    fn new(live: &'l Cell<i64>, n: u64) -> Self {
        live.set(live.get() + 1);
        Live(live, n)
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[test]
fn each_item_is_dropped_once_however_the_run_ends() {
    quiet();
    for (fails, burns) in [(0, 0), (1_500, 0), (0, 1_500), (1, 0), (0, 5_000)] {
        let live = Cell::new(0);
        let items: Vec<_> = (1..=5_000).map(|n| Live::new(&live, n)).collect();
        let run = || {
            pipeline!(
                from_iter(items)
                    | filter(|item| item.1 % 2 == 0 || item.1 == 1)
                    | try_map(|item| if item.1 == fails { Err("no") } else { Ok(item) })
                    | filter(|item| item.1 % 4 == 0 || item.1 == 1)
                    | inspect(|item| fuse(item.1 == burns))
                    | collect()
            )
            .run()
        };
        let result = cut(true, run);
        assert_eq!(result.is_err(), (fails, burns) != (0, 0));
        match result {
            Ok(report) => {
                assert_eq!(live.get(), 1_251);
                drop(report);
            }
            Err(error) => balanced(error.report().unwrap()),
        }
        assert_eq!(live.get(), 0);
    }
}

/// Whose drop may panic.
struct Loud(bool);

impl Drop for Loud {
    fn drop(&mut self) {
        fuse(self.0 && !std::thread::panicking());
    }
}

#[test]
fn an_item_that_panics_when_it_is_dropped_fails_the_run() {
    quiet();
    // The first is refused by the filter, the second is in flight when an item before it fails.
    for (loud, fails) in [(1_101, 0), (1_200, 1_100)] {
        let run = || {
            failed(
                pipeline!(
                    from_iter(1..=3_000_u64)
                        | map(|n| (n, Loud(n == loud)))
                        | filter(|(n, _)| n % 2 == 0)
                        | try_map(|(n, it)| if n == fails { Err("no") } else { Ok(it) })
                        | for_each(std::mem::forget)
                )
                .run(),
            )
        };
        for in_parts in [true, false] {
            cut(in_parts, run);
        }
    }
}

/// Passes so many items.
struct AtMost(u64);

impl<T> Stage<T> for AtMost {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;

    fn process(
        &mut self,
        item: T,
        mut out: impl FnMut(T) -> Flow,
    ) -> std::result::Result<Flow, Rejected<Self::Error, T>> {
        self.0 -= 1;
        let flow = out(item);
        Ok(if self.0 == 0 { Flow::Break(()) } else { flow })
    }

    fn finish(self, _: &Self::Key, _: impl FnMut(T) -> Flow) -> std::result::Result<Flow, Self::Error> {
        Ok(Flow::Continue(()))
    }
}

#[test]
fn what_fails_behind_the_last_item_has_not_failed() {
    let output = |in_parts| {
        let run = || {
            let result = pipeline!(
                from_iter(1..=5_000_u64)
                    | try_map(fails_at(&[1_500]))
                    | filter(|n| n % 2 == 0)
                    | { AtMost(700) }
                    | filter(|n| n % 4 == 0)
                    | collect()
            )
            .run();
            let report = result.unwrap();
            balanced(&report);
            report.output
        };
        cut(in_parts, run)
    };
    assert!(output(true).into_iter().eq((1..=350).map(|n| n * 4)));
    assert_eq!(output(true), output(false));
}

/// So many states can be made.
struct Limited<'l>(&'l Cell<u32>);

impl Renew for Limited<'_> {
    fn renew(&self) -> std::result::Result<Self, BoxError> {
        self.0.set(self.0.get().checked_sub(1).ok_or("one key too many")?);
        Ok(Limited(self.0))
    }
}

impl<T> Stage<T> for Limited<'_> {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;

    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> std::result::Result<Flow, Rejected<Never, T>> {
        Ok(out(item))
    }

    fn finish(self, _: &AnyKey, _: impl FnMut(T) -> Flow) -> std::result::Result<Flow, Never> {
        Ok(Flow::Continue(()))
    }
}

#[test]
fn a_panic_at_an_earlier_item_than_one_that_found_no_state_is_its_own() {
    quiet();
    let left = Cell::new(1);
    let run = || {
        pipeline!(
            from_iter(1..=5_000_u64)
                | { Limited(&left) }.keyed(|n| n / 1_500).named("limited")
                | filter(|n| n % 2 == 0)
                | inspect(|n| fuse(*n == 1_400)).named("behind")
                | discard()
        )
        .run()
    };
    let error = failed(cut(true, run));
    assert_eq!(error.stage(), Some("behind"));
    let report = error.report().unwrap();
    assert_eq!(counts(report, "limited"), "input 1500, absorbed 1499, in flight 1, emitted 1499, output 1499");
    assert_eq!(counts(report, "behind"), "input 700, passed 699, in flight 1, output 699");
}
