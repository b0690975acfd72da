//! Stages that keep state have not seen the other items of the run, so letters come by them only if told to.

use millstream::prelude::*;
use millstream::redrive::Redrive;

use crate::support::{Dir, failed, numbers, ran, reasons, small, small_ref};

#[stage(finish = counted)]
fn count(#[state] n: &mut u32, _item: u32) {
    *n += 1;
}

#[finish]
fn counted(n: u32) -> Option<u32> {
    Some(n)
}

fn rejected(numbers: &[u32]) -> Dir {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([numbers.to_vec()]) | flatten | small(max = 0).or_dead_letter(&path) | discard()).run());
    dir
}

macro_rules! behind {
    ($path:expr, $($rest:tt)*) => {
        pipeline!(from_iter([vec![1]]) | flatten | small(max = 100).or_dead_letter(&$path) | $($rest)*)
    };
}

#[test]
fn every_kind_of_stage_that_keeps_state_is_refused() {
    let dir = rejected(&[7, 8]);
    let path = dir.file("rejects");
    let before = dir.read("rejects");
    let refused = |error: String, stages: &str| {
        let wanted = format!(
            "cannot send the letters in {} again: they come by {stages}, which keeps state between items and has not seen \
             the others of its run: `Redrive::of(..).through_stateful_stages()` sends them all the same",
            path.display()
        );
        assert_eq!(error, wanted);
        assert_eq!(dir.read("rejects"), before);
    };
    refused(failed(behind!(path, take(3) | discard()).redrive(&path)), "stage `take`");
    refused(failed(behind!(path, skip(1) | discard()).redrive(&path)), "stage `skip`");
    refused(failed(behind!(path, take_while(|_| true) | discard()).redrive(&path)), "stage `take_while`");
    refused(failed(behind!(path, scan(0, |_, n| Some(n)) | discard()).redrive(&path)), "stage `scan`");
    refused(failed(behind!(path, fold(0, |sum, n| sum + n) | discard()).redrive(&path)), "stage `fold`");
    refused(failed(behind!(path, dedup | discard()).redrive(&path)), "stage `dedup`");
    refused(failed(behind!(path, dedup(|n| n % 2) | discard()).redrive(&path)), "stage `dedup`");
    refused(failed(behind!(path, unique | discard()).redrive(&path)), "stage `unique`");
    refused(failed(behind!(path, chunks(2) | discard()).redrive(&path)), "stage `chunks`");
    refused(failed(behind!(path, count | discard()).redrive(&path)), "stage `count`");
    refused(failed(behind!(path, take(3) | count | discard()).redrive(&path)), "stages `take` and `count`");
    let inner = pipeline!(_ as u32 | take(1));
    refused(failed(behind!(path, { inner }.named("inner") | discard()).redrive(&path)), "stage `inner`");
}

#[test]
fn stages_without_state_are_no_reason() {
    let dir = rejected(&[7, 8]);
    let path = dir.file("rejects");
    let inner = pipeline!(_ as u32 | map(|n| n + 1));
    let report =
        ran(behind!(path, { inner } | map(|n| vec![n]) | flatten | filter(|n| *n > 0) | collect()).redrive(&path));
    assert_eq!(report.output, [8, 9]);
}

#[test]
fn a_stage_off_the_way_neither_refuses_nor_finishes() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! parted {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![7, 8]])
                    | flatten
                    | tee(
                        small_ref(max = $max).or_dead_letter(&path) | collect(),
                        cloned | count | collect(),
                        fold(0, |sum, n| sum + n) | collect()
                    )
            )
        };
    }
    assert_eq!(ran(parted!(7).run()).output, (vec![7], vec![2], vec![15]));
    assert_eq!(ran(parted!(8).redrive(&path)).output, (vec![8], vec![], vec![]));
}

#[test]
fn told_to_they_start_anew_and_finish_after_the_last_letter() {
    let dir = rejected(&[7, 8, 9]);
    let path = dir.file("rejects");
    let report = ran(behind!(path, count | collect()).redrive(Redrive::of(&path).through_stateful_stages()));
    assert_eq!((numbers(&report), report.output), ((3, 3, 0, 0), vec![3]));
}

#[test]
fn what_a_stage_wants_no_more_is_kept() {
    let dir = rejected(&[7, 8, 9]);
    let path = dir.file("rejects");
    let told = || Redrive::of(&path).through_stateful_stages();
    let report = ran(behind!(path, take(2) | collect()).redrive(told()));
    assert_eq!((numbers(&report), report.output.clone()), ((3, 2, 1, 0), vec![7, 8]));
    assert_eq!(reasons(&report), ["the pipeline wants no more items"]);
    assert_eq!(dir.letters("rejects").len(), 1);

    // In one branch of two.
    let path = dir.file("others");
    macro_rules! parted {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![7, 8, 9]])
                    | flatten
                    | tee(
                        small_ref(max = $max).or_dead_letter(&path) | take(2) | collect(),
                        small_ref(max = $max).or_dead_letter(&path) | collect()
                    )
            )
        };
    }
    ran(parted!(0).run());
    assert_eq!(dir.letters("others").len(), 6);
    let report = ran(parted!(9).redrive(Redrive::of(&path).through_stateful_stages()));
    assert_eq!((numbers(&report), &report.output), ((6, 5, 1, 0), &(vec![7, 8], vec![7, 8, 9])));
    assert_eq!(reasons(&report), ["its branch wants no more items"]);
    assert_eq!(dir.letters("others")[0].input, Some(9.into()));
}

#[test]
fn what_stages_emit_at_the_end_and_is_rejected_is_a_letter() {
    let dir = rejected(&[7, 8, 9]);
    let path = dir.file("rejects");
    let report = ran(behind!(path, count | small(max = 2).or_dead_letter(&path) | collect())
        .redrive(Redrive::of(&path).through_stateful_stages()));
    assert_eq!((numbers(&report), &report.output), ((3, 3, 0, 1), &vec![]));
    let letters = dir.letters("rejects");
    assert_eq!((letters.len(), letters[0].stage.as_str(), &letters[0].input), (1, "small#2", &Some(3.into())));
}
