//! Policies in a pipeline: what a report counts of them, and what a dead letter says.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use millstream::io::letters::Letter;
use millstream::policy::{Aged, PolicyCounts};
use millstream::prelude::*;
use millstream::report::Report;
use millstream::testing::{Simulation, Step, err, ok};
use millstream::{Error, Result};

use crate::{ApiError, Service, fails};

/// What a script answers, and what a stage fails with.
type Answer = Result<u32, ApiError>;

fn gone() -> Step<Answer> {
    err(ApiError::Gone)
}

/// One service for each test: the sum of its answer and the item.
#[stage]
#[retry(attempts = 3, backoff = constant("1s"), when = ApiError::is_transient)]
fn asked(#[resource] service: &Service, item: u32) -> Result<u32, ApiError> {
    Ok(service.call()? + item)
}

/// The report of a run that went well, in which nothing disappeared uncounted.
#[track_caller]
fn ran<O>(run: impl FnOnce() -> Result<Report<O>>) -> Report<O> {
    let report = Simulation::seeded(1).run(run).unwrap_or_else(|error| panic!("{error:?}"));
    report.check().unwrap_or_else(|error| panic!("{error}\n{report}"));
    report
}

/// The error of a run that failed; nothing disappeared uncounted in it, either.
#[track_caller]
fn failed<O>(run: impl FnOnce() -> Result<Report<O>>) -> Error {
    let error = Simulation::seeded(1).run(run).err().expect("the run fails");
    error.report().expect("it has a report").check().unwrap();
    error
}

#[track_caller]
fn policies<O>(report: &Report<O>, stage: &str) -> PolicyCounts {
    report.stage(stage).unwrap_or_else(|| panic!("no stage `{stage}` in\n{report}")).policies
}

#[track_caller]
fn retries<O>(report: &Report<O>, stage: &str) -> u64 {
    policies(report, stage).retries
}

struct Rejects(tempfile::TempDir);

impl Rejects {
    fn new() -> Self {
        Rejects(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("rejects.jsonl")
    }

    fn letters(&self) -> Vec<Letter> {
        let text = fs::read_to_string(self.file()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Which item, how often it was tried, and why each attempt failed.
    fn attempts(&self) -> Vec<(u64, u32, String)> {
        let of = |letter: Letter| (letter.position.item, letter.attempts, letter.failed.join(" "));
        self.letters().into_iter().map(of).collect()
    }
}

fn letter(item: u64, attempts: u32, failed: &str) -> (u64, u32, String) {
    (item, attempts, failed.to_owned())
}

#[test]
fn an_item_whose_retry_succeeds_passes() {
    let service = Service::new([ok(10), fails(), fails(), ok(20), fails(), ok(30)]);
    let report = ran(|| pipeline!(from_iter([1, 2, 3]) | asked | collect()).with(service).run());
    assert_eq!(report.output, [11, 22, 33]);
    assert_eq!(report.stage("asked").unwrap().passed, 3);
    let mut expected = PolicyCounts::default();
    expected.retries = 3;
    assert_eq!(policies(&report, "asked"), expected);
    assert_eq!(policies(&report, "collect"), PolicyCounts::default());
}

#[test]
fn the_table_has_columns_for_what_happened() {
    let service = Service::new([fails(), ok(1)]);
    let report = ran(|| pipeline!(from_iter([1]) | asked | collect()).with(service).run());
    let table = report.to_string();
    let rows: Vec<Vec<_>> = table.lines().take(3).map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["stage", "in", "out", "absorbed", "retries"]);
    assert_eq!(rows[2], ["asked", "1", "1", "1"]);
    let report = ran(|| pipeline!(from_iter([1]) | asked | collect()).with(Service::new([ok(1)])).run());
    assert!(!report.to_string().contains("retries"), "{report}");
}

#[test]
fn a_run_fails_once_the_retry_has_given_up() {
    let service = Service::new([ok(1), fails(), ok(2), fails(), fails(), fails()]);
    let error = failed(|| pipeline!(from_iter([1, 2, 3, 4]) | asked | collect()).with(service).run());
    assert_eq!((error.stage(), error.position().unwrap().item), (Some("asked"), 3));
    assert_eq!(error.cause().to_string(), "Busy");
    let counts = error.report().unwrap().stage("asked").unwrap();
    assert_eq!((counts.passed, counts.rejected, counts.policies.retries), (2, 1, 3));
}

#[test]
fn an_item_is_skipped_once_the_retry_has_given_up() {
    let service = Service::new([fails(), fails(), fails(), gone(), fails(), ok(3)]);
    let report = ran(|| pipeline!(from_iter([1, 2, 3]) | asked.or_skip() | collect()).with(service).run());
    assert_eq!(report.output, [6]);
    assert_eq!((report.stage("asked").unwrap().rejected, retries(&report, "asked")), (2, 3));
}

#[test]
fn a_letter_says_why_each_attempt_failed() {
    let rejects = Rejects::new();
    let script = [fails(), fails(), fails(), fails(), ok(2), gone(), fails(), gone()];
    let report = ran(|| {
        pipeline!(from_iter([1, 2, 3, 4]) | asked.or_dead_letter(rejects.file()) | collect())
            .with(Service::new(script))
            .run()
    });
    assert_eq!((report.output.as_slice(), retries(&report, "asked")), (&[4][..], 4));
    // That the second item came through after a failure is nothing that the third is blamed for.
    let expected = [letter(1, 3, "Busy Busy Busy"), letter(3, 1, "Gone"), letter(4, 2, "Busy Gone")];
    assert_eq!(rejects.attempts(), expected);
    assert_eq!(rejects.letters()[0].error, ["Busy"]);
}

/// What `brittle` asks. The script has no fourth step, and a call beyond it panics.
static BRITTLE: LazyLock<Service> = LazyLock::new(|| Service::new([ok(1), fails(), fails()]));

/// A stage with neither state nor resource, whose panics are rejections.
#[stage]
#[retry(attempts = 4, backoff = constant("1s"))]
fn brittle(item: u32) -> Result<u32, ApiError> {
    Ok(BRITTLE.call()? + item)
}

#[test]
fn a_panic_is_the_last_attempt_and_rejects_where_it_is_caught() {
    let rejects = Rejects::new();
    let report = ran(|| pipeline!(from_iter([1, 2, 3]) | brittle.or_dead_letter(rejects.file()) | collect()).run());
    assert_eq!((report.output.as_slice(), retries(&report, "brittle")), (&[2][..], 2));
    let panicked = |calls| format!("panicked: `service` is called {calls} times, and its script has 3 steps");
    let first = format!("Busy Busy {}", panicked(4));
    assert_eq!(rejects.attempts(), [letter(2, 3, &first), letter(3, 1, "")]);
    assert_eq!(rejects.letters()[1].error, [panicked(5)]);
}

#[test]
fn a_panic_ends_a_run_that_does_not_catch_it() {
    let error = failed(|| pipeline!(from_iter([1]) | asked | collect()).with(Service::new([fails()])).run());
    assert!(error.to_string().starts_with("stage `asked`: panicked: `service` is called 2 times"), "{error}");
    let counts = error.report().unwrap().stage("asked").unwrap();
    assert_eq!((counts.in_flight, counts.policies.retries), (1, 1));
}

/// Each key has its own count.
#[stage]
#[retry(attempts = 2, backoff = constant("1s"))]
fn numbered(#[resource] service: &Service, #[state] seen: &mut u32, item: u32) -> Result<(u32, u32), ApiError> {
    service.call()?;
    *seen += 1;
    Ok((item, *seen))
}

#[test]
fn a_stage_with_states_by_key_counts_as_one() {
    let rejects = Rejects::new();
    let script = [ok(0), fails(), ok(0), fails(), fails(), fails(), ok(0)];
    let report = ran(|| {
        pipeline!(from_iter([1, 2, 1, 2]) | numbered.keyed(|item| *item).or_dead_letter(rejects.file()) | collect())
            .with(Service::new(script))
            .run()
    });
    assert_eq!(report.output, [(1, 1), (2, 1), (2, 2)]);
    assert_eq!(retries(&report, "numbered"), 3);
    assert_eq!(rejects.attempts(), [letter(3, 2, "Busy Busy")]);
}

#[test]
fn a_stage_used_twice_counts_twice() {
    let rejects = Rejects::new();
    let script = [fails(), ok(0), fails(), fails(), fails(), ok(0), ok(0)];
    let report = ran(|| {
        pipeline!(from_iter([1, 2]) | asked | asked.or_dead_letter(rejects.file()) | collect())
            .with(Service::new(script))
            .run()
    });
    assert_eq!((retries(&report, "asked"), retries(&report, "asked#2")), (1, 2));
    assert_eq!(rejects.attempts(), [letter(1, 3, "Busy Busy Busy")]);
}

#[stage]
fn even(item: u32) -> Result<u32, String> {
    if item.is_multiple_of(2) { Ok(item) } else { Err(format!("{item} is odd")) }
}

#[test]
fn what_happens_inside_of_a_reusable_stage_counts_as_its_own() {
    let rejects = Rejects::new();
    let script = [fails(), ok(1), fails(), fails(), fails(), ok(1)];
    let report = ran(|| {
        let inner = pipeline!(_ as u32 | asked | even);
        pipeline!(from_iter([2, 3, 5]) | { inner }.or_dead_letter(rejects.file()) | collect())
            .with(Service::new(script))
            .run()
    });
    assert_eq!(report.output, [6]);
    assert_eq!(retries(&report, "{inner}"), 3);
    // The first item came through `asked` at its second attempt; what `even` says of it is another matter.
    assert_eq!(rejects.attempts(), [letter(1, 1, ""), letter(2, 3, "Busy Busy Busy")]);
    assert_eq!(rejects.letters()[0].error, ["stage `even`: 3 is odd"]);
}

#[test]
fn branches_count_apart() {
    let rejects = Rejects::new();
    let script = [fails(), ok(0), fails(), fails(), fails(), ok(0), gone()];
    let report = ran(|| {
        pipeline!(
            from_iter([1, 2])
                | tee(
                    cloned | asked.named("left") | collect(),
                    asked.named("right").or_dead_letter(rejects.file()) | collect()
                )
        )
        .with(Service::new(script))
        .run()
    });
    assert_eq!((retries(&report, "left"), retries(&report, "right")), (1, 2));
    assert_eq!(rejects.attempts(), [letter(1, 3, "Busy Busy Busy"), letter(2, 1, "Gone")]);
    assert_eq!(rejects.letters()[0].branch, ["tee.1"]);
}

#[sink]
#[retry(attempts = 2, backoff = constant("1s"))]
fn sent(#[resource] service: &Service, _item: u32) -> Result<(), ApiError> {
    service.call().map(drop)
}

#[test]
fn a_sink_takes_policies() {
    let rejects = Rejects::new();
    let service = Service::new([fails(), ok(0), fails(), fails()]);
    let report = ran(|| pipeline!(from_iter([1, 2]) | sent.or_dead_letter(rejects.file())).with(service).run());
    let counts = report.stage("sent").unwrap();
    assert_eq!((counts.absorbed, counts.rejected, counts.policies.retries), (1, 1, 2));
    assert_eq!(rejects.attempts(), [letter(2, 2, "Busy Busy")]);
}

/// Numbers up to the first 0.
#[source]
#[retry(attempts = 2, backoff = constant("1s"))]
fn polled(#[resource] service: &Service) -> Result<Option<u32>, ApiError> {
    let value = service.call()?;
    Ok((value > 0).then_some(value))
}

#[test]
fn a_source_takes_policies() {
    let service = Service::new([ok(7), fails(), ok(8), ok(0)]);
    let report = ran(|| pipeline!(polled() | collect()).with(service).run());
    assert_eq!((report.output.as_slice(), retries(&report, "polled")), (&[7, 8][..], 1));

    let error = failed(|| pipeline!(polled() | collect()).with(Service::new([ok(7), fails(), fails()])).run());
    let report = error.report().unwrap();
    assert_eq!((report.read(), retries(report, "polled")), (1, 1));
}

#[test]
fn a_redrive_adds_its_attempts() {
    let rejects = Rejects::new();
    let run = |script: &[Step<Answer>]| {
        pipeline!(from_iter([1, 2]) | asked.or_dead_letter(rejects.file()) | collect()).with(Service::new(script))
    };
    ran(|| run(&[fails(), fails(), fails(), gone()]).run());
    assert_eq!(rejects.attempts(), [letter(1, 3, "Busy Busy Busy"), letter(2, 1, "Gone")]);
    let report = ran(|| run(&[fails(), gone(), fails(), ok(5)]).redrive(rejects.file()));
    assert_eq!((report.output.as_slice(), retries(&report, "asked")), (&[7][..], 2));
    assert_eq!(rejects.attempts(), [letter(1, 5, "Busy Gone")]);
}

/// Everything at once, from the cache to the limit.
#[stage]
#[cached(key = item)]
#[fallback(stale_if_error, when = ApiError::is_transient, key = ())]
#[circuit_breaker(failures = 2, reset_after = "1m")]
#[rate_limit(per_second = 1000, burst = 100)]
#[retry(attempts = 2, backoff = constant("1s"))]
fn whole(#[resource] service: &Service, item: u32) -> Result<Aged<u32>, ApiError> {
    Ok(Aged::fresh(service.call()? + item))
}

#[test]
fn a_whole_stack_is_counted() {
    let rejects = Rejects::new();
    let script = [gone(), gone(), fails(), ok(10), fails(), fails(), fails(), gone()];
    let report = ran(|| {
        pipeline!(from_iter([1, 2, 2, 3, 4, 5]) | whole.or_dead_letter(rejects.file()) | map(|item| *item) | collect())
            .with(Service::new(script))
            .run()
    });
    // The fourth has the value of the second; the fifth is gone, which opens the circuit; the sixth falls back again.
    assert_eq!(report.output, [12, 12, 12, 12]);
    assert_eq!(rejects.attempts(), [letter(1, 2, "Gone Gone"), letter(5, 2, "Busy Gone")]);
    let counts = policies(&report, "whole");
    assert_eq!((counts.retries, counts.opened, counts.refused, counts.timeouts), (4, 1, 1, 0));
    assert_eq!((counts.fallbacks, counts.stale, counts.cached), (2, 2, 1));
    let head: Vec<_> = report.to_string().lines().next().unwrap().split_whitespace().map(str::to_owned).collect();
    let expected = ["rejected", "retries", "opened", "refused", "fallbacks", "stale", "cached"];
    assert_eq!(head[head.len() - expected.len()..], expected);
}

#[test]
fn an_iterator_of_a_pipeline_retries_too() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), ok(1), ok(1)]);
    let items: Vec<u32> = simulation.run(|| pipeline!(from_iter([1, 2]) | asked.or_skip()).with(service).collect());
    assert_eq!(items, [2, 3]);
    assert_eq!(simulation.events().len(), 1);
}
