//! A panic is reported as an error of the innermost stage. It ends the run, unless a stateless stage says otherwise.

use std::fs;

use millstream::Error;
use millstream::error::BoxError;
use millstream::prelude::*;
use millstream::sink::{Closed, Commit, Sink};
use millstream::stage::Flow;

use crate::support::{counts, failed, quiet, ran};

fn fuse(burn: bool) {
    assert!(!burn, "as the test wants");
}

#[stage]
fn fragile(n: u32) -> Result<u32, std::fmt::Error> {
    fuse(n == 2);
    Ok(n)
}

#[stage]
fn fragile_with_state(#[state] seen: &mut u32, n: u32) -> Result<u32, std::fmt::Error> {
    *seen += 1;
    fuse(n == 2);
    Ok(n)
}

#[stage(finish = burst)]
fn bursting(#[state] n: &mut u32, item: u32) {
    *n += item;
}

#[finish]
fn burst(n: u32) -> Option<u32> {
    fuse(n > 0);
    None
}

#[stage]
fn same(n: u32) -> u32 {
    n
}

/// The stage that is named, and the whole message.
#[track_caller]
fn named(error: &Error) -> &str {
    assert!(error.to_string().ends_with("panicked: as the test wants"), "{error}");
    error.stage().unwrap_or("none")
}

#[test]
fn a_panic_ends_the_run_as_an_error_of_its_stage() {
    quiet();
    let error = failed(pipeline!(from_iter(1..=3) | same | fragile | same | collect()).run());
    assert_eq!(named(&error), "fragile");
    let report = error.report().unwrap();
    assert_eq!(counts(report, "same"), "input 2, passed 2, output 2");
    assert_eq!(counts(report, "fragile"), "input 2, passed 1, in flight 1, output 1");
    assert_eq!(counts(report, "same#2"), "input 1, passed 1, output 1");
}

#[test]
fn a_panic_in_a_stateless_stage_with_a_policy_is_a_rejection() {
    quiet();
    let report = ran(pipeline!(from_iter(1..=3) | fragile.or_skip() | collect()).run());
    assert_eq!(report.output, [1, 3]);
    assert_eq!(counts(&report, "fragile"), "input 3, passed 2, rejected 1, output 2");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let report = ran(pipeline!(from_iter(1..=3) | fragile.or_dead_letter(&path) | collect()).run());
    assert_eq!(report.output, [1, 3]);
    assert!(fs::read_to_string(&path).unwrap().contains(r#""error":["panicked: as the test wants"]"#));
}

#[test]
fn a_panic_in_a_stage_with_state_ends_the_run_whatever_its_policy() {
    quiet();
    let error = failed(pipeline!(from_iter(1..=3) | fragile_with_state.or_skip() | collect()).run());
    assert_eq!(named(&error), "fragile_with_state");
    let error = failed(pipeline!(from_iter(1..=3) | fragile_with_state.keyed(|n| *n).or_skip() | collect()).run());
    assert_eq!(named(&error), "fragile_with_state");
}

#[test]
fn a_panic_in_a_closure_of_an_aggregate_is_its_own() {
    quiet();
    let value = |n: &u32| {
        fuse(*n == 2);
        *n
    };
    let error = failed(pipeline!(from_iter(1..=3) | same | aggregate(count(), sum(|n| value(n))) | collect()).run());
    assert_eq!(named(&error), "aggregate");
    assert_eq!(counts(error.report().unwrap(), "aggregate"), "input 2, absorbed 1, in flight 1");
}

#[test]
fn a_panic_behind_a_stage_with_a_policy_is_not_its_rejection() {
    quiet();
    let error = failed(pipeline!(from_iter([1, 5]) | fragile.or_skip() | map(|n| fuse(n == 5)) | collect()).run());
    assert_eq!(named(&error), "map");
    let error = failed(pipeline!(from_iter([1]) | fragile.or_skip() | map(|n| n + 1) | fragile | collect()).run());
    assert_eq!(named(&error), "fragile#2");
}

#[test]
fn a_caught_panic_does_not_name_the_stage_of_a_later_failure() {
    quiet();
    let error = failed(
        pipeline!(from_iter([2, 1, 7]) | fragile.or_skip() | inspect(|n| fuse(*n == 7)).named("later") | collect())
            .run(),
    );
    assert_eq!(named(&error), "later");
    let error = failed(pipeline!(from_iter([2, 300]) | fragile.or_skip() | try_map(u8::try_from) | collect()).run());
    assert_eq!(error.stage(), Some("try_map"));
}

#[test]
fn a_panic_in_the_closure_of_a_word_names_the_word() {
    quiet();
    let n = || from(1..=3);
    assert_eq!(named(&failed(pipeline!(from_iter(n()) | map(|n| fuse(n == 2)) | discard()).run())), "map");
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | same
                    | filter(|n| {
                        fuse(*n == 2);
                        true
                    })
                    | discard()
            )
            .run()
        )),
        "filter"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | filter_map(|n| {
                        fuse(n == 2);
                        Some(n)
                    })
                    | discard()
            )
            .run()
        )),
        "filter_map"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | flat_map(|n| {
                        fuse(n == 2);
                        [n]
                    })
                    | discard()
            )
            .run()
        )),
        "flat_map"
    );
    assert_eq!(
        named(&failed(pipeline!(from_iter(n()) | flat_map(|n| (0..n).inspect(|k| fuse(*k == 1))) | discard()).run())),
        "flat_map"
    );
    assert_eq!(
        named(&failed(
            pipeline!(from_iter(n()) | map(|n| (0..n).inspect(|k| fuse(*k == 1))) | flatten | discard()).run()
        )),
        "flatten"
    );
    assert_eq!(named(&failed(pipeline!(from_iter(n()) | inspect(|n| fuse(*n == 2)) | discard()).run())), "inspect");
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | take_while(|n| {
                        fuse(*n == 2);
                        true
                    })
                    | discard()
            )
            .run()
        )),
        "take_while"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | scan(0, |_, n| {
                        fuse(n == 2);
                        Some(n)
                    })
                    | discard()
            )
            .run()
        )),
        "scan"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | fold(0, |_, n| {
                        fuse(n == 2);
                        n
                    })
                    | discard()
            )
            .run()
        )),
        "fold"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | dedup(|n| {
                        fuse(*n == 2);
                        *n
                    })
                    | discard()
            )
            .run()
        )),
        "dedup"
    );
    assert_eq!(
        named(&failed(
            pipeline!(
                from_iter(n())
                    | unique(|n| {
                        fuse(*n == 2);
                        *n
                    })
                    | discard()
            )
            .run()
        )),
        "unique"
    );
    assert_eq!(named(&failed(pipeline!(from_iter(n()) | same | for_each(|n| fuse(n == 2))).run())), "for_each");
    let parsed = |n: u32| -> Result<u32, std::fmt::Error> {
        fuse(n == 2);
        Ok(n)
    };
    assert_eq!(
        named(&failed(pipeline!(from_iter(n()) | same | try_map(parsed).or_skip() | discard()).run())),
        "try_map"
    );
}

#[test]
fn a_panic_in_a_test_of_a_route_names_the_route() {
    quiet();
    let error = failed(
        pipeline!(
            from_iter(1..=3)
                | same
                | route(when(
                    |n| {
                        fuse(*n == 2);
                        true
                    },
                    discard()
                ))
        )
        .run(),
    );
    assert_eq!(named(&error), "route");
}

#[test]
fn a_panic_in_a_key_names_the_stage_that_is_keyed() {
    quiet();
    let error = failed(
        pipeline!(
            from_iter(1..=3)
                | same
                | fragile_with_state.keyed(|n| {
                    fuse(*n == 2);
                    *n
                })
                | discard()
        )
        .run(),
    );
    assert_eq!(named(&error), "fragile_with_state");
    let error = failed(
        pipeline!(
            from_iter(1..=3)
                | same
                | fold(0, |_, n| n).keyed(|n| {
                    fuse(*n == 2);
                    *n
                })
                | discard()
        )
        .run(),
    );
    assert_eq!(named(&error), "fold");
}

#[test]
fn a_panic_in_a_finish_names_its_stage_and_commits_nothing() {
    quiet();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.jsonl");
    let error = failed(pipeline!(from_iter(1..=3) | tee(map(|n| *n) | json_lines(&path), bursting | collect())).run());
    assert_eq!(named(&error), "bursting");
    assert!(!path.exists());
    assert_eq!(counts(error.report().unwrap(), "bursting"), "input 3, absorbed 3");
}

#[test]
fn a_panic_behind_a_finish_names_the_stage_behind() {
    quiet();
    let error = failed(pipeline!(from_iter(1..=3) | chunks(2) | map(|chunk| fuse(chunk.len() == 1)) | discard()).run());
    assert_eq!(named(&error), "map");
}

#[test]
fn a_panic_in_the_source_names_the_source() {
    quiet();
    let items = (1..=3).inspect(|n| fuse(*n == 2));
    let error = failed(pipeline!(from_iter(items) | same | collect()).run());
    assert_eq!(named(&error), "from_iter");
    assert_eq!(counts(error.report().unwrap(), "same"), "input 1, passed 1, output 1");
}

#[test]
fn a_panic_in_a_sink_names_the_sink() {
    quiet();
    #[stage]
    fn print(n: u32) {
        fuse(n == 2);
    }
    let error = failed(pipeline!(from_iter(1..=3) | same | print).run());
    assert_eq!(named(&error), "print");
    assert_eq!(counts(error.report().unwrap(), "print"), "input 2, absorbed 1, in flight 1");
}

fn from(items: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = u32> {
    items
}

/// Writes nothing, and panics when it takes its place.
struct Panics;

impl<T> Sink<T> for Panics {
    type Output = ();
    type Error = std::convert::Infallible;

    fn write(&mut self, _item: T) -> Result<Flow, Self::Error> {
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<()>, Self::Error> {
        Ok(Closed { output: (), commit: Some(Box::new(self)) })
    }
}

impl Commit for Panics {
    fn sync(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    fn publish(&mut self) -> Result<(), BoxError> {
        panic!("as the test wants: in the middle")
    }
}

#[test]
fn a_commit_that_panics_is_the_error_of_its_sink() {
    quiet();
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| dir.path().join(name));
    let error =
        pipeline!(from_iter([1, 2]) | tee(lines(&first), cloned | { Panics }, lines(&second))).run().unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "stage `{Panics}`: panicked: as the test wants: in the middle; other sinks of the run are in place"
        ),
        "{text}"
    );
    assert!(text.contains("the rest is left whole in "), "{text}");
    assert_eq!(std::fs::read_to_string(&first).unwrap(), "1\n2\n");
    assert!(!second.exists());
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(left.iter().any(|path| path != &first && std::fs::read_to_string(path).unwrap() == "1\n2\n"), "{left:?}");
}
