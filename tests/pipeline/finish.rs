//! What stages emit at the end flows on through the stages behind them.

use millstream::prelude::*;
use millstream::stage::{AnyKey, Flow, Never, Rejected, Stage};

use crate::support::{Log, counts, ran};

/// Emits its count, and each number up to it.
#[stage(finish = numbers)]
fn count(#[state] n: &mut u32, _item: &u32) {
    *n += 1;
}

#[finish]
fn numbers(n: u32) -> impl Iterator<Item = u32> {
    1..=n
}

#[stage]
fn small(n: u32) -> Result<u32, millstream::stage::ParamError> {
    Ok(n)
}

/// Hands an item on and says at the end that it ended.
struct Watch<'l>(&'l Log, &'static str);

impl<T> Stage<T> for Watch<'_> {
    type Out = T;
    type Error = Never;
    type Key = AnyKey;

    fn open(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.add(format_args!("{}:open", self.1));
        Ok(())
    }

    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        self.0.add(self.1);
        Ok(out(item))
    }

    fn finish(self, _: &AnyKey, _: impl FnMut(T) -> Flow) -> Result<Flow, Never> {
        self.0.add(format_args!("{}:end", self.1));
        Ok(Flow::Continue(()))
    }
}

#[test]
fn stages_open_in_order_and_end_in_order() {
    let log = Log::default();
    ran(pipeline!(from_iter(log.source(1..=2)) | { Watch(&log, "a") } | { Watch(&log, "b") } | discard()).run());
    assert_eq!(log.take(), "a:open b:open <1 a b <2 a b <end a:end b:end");
}

#[test]
fn what_a_stage_emits_at_the_end_reaches_later_stages_before_they_end() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter([7, 7, 7]) | count | { Watch(&log, "a") } | count | { Watch(&log, "b") } | small | collect()
    )
    .run());
    assert_eq!(report.output, [1, 2, 3]);
    assert_eq!(log.take(), "a:open b:open a a a a:end b b b b:end");
    assert_eq!(counts(&report, "count"), "input 3, absorbed 3, emitted 3, output 3");
    assert_eq!(counts(&report, "count#2"), "input 3, absorbed 3, emitted 3, output 3");
}

#[test]
fn stages_end_after_a_take_too() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(1..) | { Watch(&log, "a") } | take(2) | { Watch(&log, "b") } | count | collect()
    )
    .run());
    assert_eq!(report.output, [1, 2]);
    assert_eq!(log.take(), "a:open b:open a b a b a:end b:end");
}

#[test]
fn a_take_stops_what_a_stage_emits_at_the_end_but_not_the_end() {
    let log = Log::default();
    let report =
        ran(pipeline!(from_iter([7, 7, 7]) | count | take(1) | { Watch(&log, "b") } | count | collect()).run());
    assert_eq!(report.output, [1]);
    assert_eq!(log.take(), "b:open b b:end");
    assert_eq!(counts(&report, "count"), "input 3, absorbed 3, emitted 1, output 1");
}

#[test]
fn every_branch_ends() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter([7, 7])
            | tee(
                { Watch(&log, "a") } | map(|n| *n) | count | collect(),
                take(1) | { Watch(&log, "b") } | count | collect()
            )
    )
    .run());
    assert_eq!(report.output, (vec![1, 2], vec![1]));
    assert_eq!(log.take(), "a:open b:open a b a a:end b:end");
}

#[test]
fn stages_of_a_suffix_end_once_when_all_paths_have() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter([1, 2, 3])
            | route(when(|n| *n > 1, { Watch(&log, "a") } | count), otherwise({ Watch(&log, "b") }))
            | { Watch(&log, "c") }
            | collect()
    )
    .run());
    assert_eq!(report.output, [1, 1, 2]);
    assert_eq!(log.take(), "a:open b:open c:open b c a a a:end c c b:end c:end");
}

#[test]
fn an_empty_source_ends_all_the_same() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(0..0)) | { Watch(&log, "a") } | fold(5, |sum, n| sum + n) | collect()
    )
    .run());
    assert_eq!(report.output, [5]);
    assert_eq!(log.take(), "a:open <end a:end");
}
