//! A letter goes only along its own branch.

use millstream::prelude::*;

use crate::support::{Dir, Row, numbers, ran, reasons, small, small_ref};

#[test]
fn at_a_tee_only_the_letters_branch_gets_it() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    dir.write("rows.csv", "name,size\na,5\nb,50\n");
    macro_rules! rows {
        ($max:expr) => {
            pipeline!(
                csv::<Row>(dir.file("rows.csv"))
                    | map(|row| row.size)
                    | tee(
                        cloned | collect(),
                        small_ref(max = $max).or_dead_letter(&path) | tee(cloned | collect(), collect()),
                        collect()
                    )
            )
        };
    }
    let report = ran(rows!(10).run());
    assert_eq!(report.output, (vec![5, 50], (vec![5], vec![5]), vec![5, 50]));
    assert_eq!(dir.letters("rejects")[0].branch, ["tee.1"]);
    let report = ran(rows!(100).redrive(&path));
    assert_eq!(report.output, (vec![], (vec![50], vec![50]), vec![]), "behind its stage it goes everywhere");
    assert_eq!((numbers(&report), report.read()), ((1, 1, 0, 0), 1));
}

#[test]
fn the_chain_behind_a_tee_is_a_branch_too() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! all {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![5, 50]])
                    | flatten
                    | tee(cloned | collect())
                    | small_ref(max = $max).or_dead_letter(&path)
                    | collect()
            )
        };
    }
    assert_eq!(ran(all!(10).run()).output, (vec![5, 50], vec![5]));
    assert_eq!(ran(all!(50).redrive(&path)).output, (vec![], vec![50]));
}

#[test]
fn at_a_route_the_tests_decide_anew() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    dir.write("rows.csv", "name,size\na,5\nb,50\nc,500\n");
    macro_rules! routed {
        ($bound:expr, $max:expr) => {
            pipeline!(
                csv::<Row>(dir.file("rows.csv"))
                    | map(|row| row.size)
                    | route(
                        when(|n| *n < $bound, small(max = $max).or_dead_letter(&path) | collect()),
                        otherwise(collect())
                    )
            )
        };
    }
    assert_eq!(ran(routed!(100, 10).run()).output, (vec![5], vec![500]));
    assert_eq!(dir.letters("rejects")[0].branch, ["route.0"]);
    let text = dir.read("rejects");
    assert_eq!(ran(routed!(100, 60).redrive(&path)).output, (vec![50], vec![]));
    dir.write("rejects", &text);
    assert_eq!(ran(routed!(20, 60).redrive(&path)).output, (vec![], vec![50]));
}

#[test]
fn behind_paths_that_met_again_no_branch_on_the_way_gets_it_twice() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    dir.write("rows.csv", "name,size\na,5\nb,50\nc,500\n");
    macro_rules! met {
        ($max:expr) => {
            pipeline!(
                csv::<Row>(dir.file("rows.csv"))
                    | map(|row| row.size)
                    | route(when(|n| *n < 100, map(|n| n + 1)), otherwise(map(|n| n + 2)))
                    | small(max = $max).or_dead_letter(&path)
                    | collect()
            )
        };
    }
    assert_eq!(ran(met!(10).run()).output, [6]);
    let report = ran(met!(400).redrive(&path));
    assert_eq!((numbers(&report), report.output), ((2, 2, 0, 1), vec![51]));
    assert_eq!(ran(met!(600).redrive(&path)).output, [502]);
}

#[test]
fn a_letter_of_another_branch_is_kept() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(
        from_iter([vec![50]]) | flatten | tee(discard(), small_ref(max = 1).or_dead_letter(&path) | discard())
    )
    .run());
    let before = dir.read("rejects");
    let report = ran(pipeline!(from_iter([50]) | tee(small_ref(max = 1).or_dead_letter(&path) | discard(), discard()))
        .redrive(&path));
    assert_eq!((numbers(&report), dir.read("rejects")), ((1, 0, 1, 0), before));
    assert_eq!(reasons(&report), ["this pipeline has no stage `small_ref` on tee.1"]);
}

#[test]
fn letters_from_inside_of_a_reusable_stage_are_not_those_of_the_stages_around_it() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    let inner = pipeline!(_ as u32 | small(max = 1).or_dead_letter(&path));
    ran(pipeline!(from_iter([vec![7]]) | flatten | { inner } | discard()).run());
    let report = ran(pipeline!(from_iter([7]) | small(max = 9).or_dead_letter(&path) | collect()).redrive(&path));
    assert_eq!((numbers(&report), report.output), ((1, 0, 1, 0), vec![]));
}

#[test]
fn what_a_reusable_stage_would_skip_or_write_down_it_rejects() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([vec![7]]) | flatten | small(max = 1).or_dead_letter(&path) | discard()).run());
    for max in [5, 9] {
        let inner = pipeline!(_ as u32 | small(max = max).or_skip());
        let report = ran(pipeline!(
            from_iter([vec![7]])
                | flatten
                | small(max = 9).or_dead_letter(&path)
                | { inner }.named("inner").or_dead_letter(&path)
                | collect()
        )
        .redrive(&path));
        assert_eq!(numbers(&report), (1, 1, 0, u64::from(max == 5)));
        assert_eq!(
            dir.letters("rejects").iter().filter(|letter| letter.stage == "inner").count(),
            usize::from(max == 5)
        );
    }
}
