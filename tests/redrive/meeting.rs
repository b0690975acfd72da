//! Pipelines with other pipelines in them, and resources.

use std::convert::Infallible as Never;
use std::rc::Rc;

use millstream::prelude::*;
use millstream::redrive::Redrive;
use millstream::resource::Factory;

use crate::support::{Dir, Log, Row, failed, fits, numbers, ran, reasons, small};

#[test]
fn several_sources_are_refused_before_anything_is_opened() {
    let dir = Dir::new();
    macro_rules! both {
        ($max:expr) => {
            pipeline!(
                merge(csv::<Row>(dir.file("a.csv")), csv::<Row>(dir.file("b.csv")))
                    | fits(max = $max).or_dead_letter(dir.file("rejects"))
                    | csv(dir.file("out.csv"))
            )
        };
    }
    dir.write("a.csv", "name,size\na,50\n");
    dir.write("b.csv", "name,size\nb,5\n");
    ran(both!(10).run());
    let (out, letters) = (dir.read("out.csv"), dir.read("rejects"));
    assert_eq!(
        failed(both!(100).redrive(dir.file("rejects"))),
        "letters of a pipeline with several sources cannot be sent again, and this one has sources `csv` and `csv#2`: \
         send them through a pipeline with the one that they are from"
    );
    assert_eq!((dir.read("out.csv"), dir.read("rejects")), (out, letters));

    // That is one.
    let one = pipeline!(
        csv::<Row>(dir.file("a.csv")) | fits(max = 100).or_dead_letter(dir.file("rejects")) | csv(dir.file("out.csv"))
    );
    assert_eq!(numbers(&ran(one.redrive(dir.file("rejects")))), (1, 1, 0, 0));
    assert_eq!(dir.read("out.csv"), "name,size\nb,5\na,50\n");
}

#[test]
fn the_side_of_a_join_is_read_as_in_a_run() {
    let dir = Dir::new();
    dir.write("rows.csv", "name,size\na,50\nb,60\nc,5\n");
    dir.write("names.csv", "name,size\na,1\nb,2\nx,900\nc,3\n");
    macro_rules! joined {
        ($max:expr) => {
            pipeline!(
                csv::<Row>(dir.file("rows.csv"))
                    | fits(max = $max).or_dead_letter(dir.file("rejects"))
                    | map(|row| (row.name.to_owned(), row.size))
                    | join(
                        csv::<Row>(dir.file("names.csv"))
                            | fits(max = 100).or_dead_letter(dir.file("rejects"))
                            | map(|row| (row.name.to_owned(), row.size))
                            | fold(Vec::new(), |mut all: Vec<_>, row| {
                                all.push(row);
                                all
                            })
                            | flatten,
                        on = (|left| left.0.clone(), |right| right.0.clone())
                    )
                    | map(|(left, right)| format!("{} {} {}", left.0, left.1, right.1))
                    | collect()
            )
        };
    }
    assert_eq!(ran(joined!(10).run()).output, ["c 5 3"]);
    assert_eq!(dir.letters("rejects").len(), 3);
    // What the side rejects is not written again, and its letter stays.
    let report = ran(joined!(100).redrive(dir.file("rejects")));
    assert_eq!(report.output, ["a 50 1", "b 60 2"]);
    assert_eq!(numbers(&report), (3, 2, 1, 0));
    assert_eq!(
        reasons(&report),
        ["stage `fits#2` is in the side of a `zip` or `join`, which is read by a run alone: run the pipeline again"]
    );
    assert_eq!(dir.letters("rejects").len(), 1);
    assert_eq!(report.read(), 2 + 4);
}

#[test]
fn a_reusable_stage_may_have_a_side_that_keeps_state_and_skips() {
    let dir = Dir::new();
    macro_rules! named {
        ($max:expr) => {{
            let names = pipeline!(
                _ as u32
                    | join(
                        from_iter(0..10)
                            | small(max = 8).or_skip()
                            | fold(Vec::new(), |mut all: Vec<_>, n| {
                                all.push(n);
                                all
                            })
                            | flatten,
                        on = (|left| *left, |right: &u32| *right)
                    )
                    | map(|(left, right)| left * 10 + *right)
            );
            pipeline!(
                from_iter([vec![7, 1]])
                    | flatten
                    | small(max = $max).or_dead_letter(dir.file("rejects"))
                    | { names }
                    | collect()
            )
        }};
    }
    assert_eq!(ran(named!(1).run()).output, [11]);
    let report = ran(named!(10).redrive(dir.file("rejects")));
    assert_eq!((report.output.as_slice(), numbers(&report)), (&[77][..], (1, 1, 0, 0)));
}

#[test]
fn what_is_aggregated_depends_on_the_items_before() {
    let dir = Dir::new();
    macro_rules! counted {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![7, 8, 1]])
                    | flatten
                    | small(max = $max).or_dead_letter(dir.file("rejects"))
                    | map(|size| Row { name: "n", size })
                    | aggregate(count())
                    | map(|count| format!("{count:?}"))
                    | collect()
            )
        };
    }
    ran(counted!(1).run());
    let error = failed(counted!(10).redrive(dir.file("rejects")));
    assert!(error.contains("they come by stage `aggregate`, which keeps state between items"), "{error}");
    let report = ran(counted!(10).redrive(Redrive::of(dir.file("rejects")).through_stateful_stages()));
    assert_eq!(report.output, ["2"]);
}

#[test]
fn what_a_zip_pairs_depends_on_the_items_before() {
    let dir = Dir::new();
    macro_rules! zipped {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![7, 8, 1]])
                    | flatten
                    | small(max = $max).or_dead_letter(dir.file("rejects"))
                    | zip(from_iter(["a", "b"]))
                    | collect()
            )
        };
    }
    assert_eq!(ran(zipped!(1).run()).output, [(1, "a")]);
    let error = failed(zipped!(10).redrive(dir.file("rejects")));
    assert!(error.contains("they come by stage `zip`, which keeps state between items"), "{error}");
    let report = ran(zipped!(10).redrive(Redrive::of(dir.file("rejects")).through_stateful_stages()));
    assert_eq!(report.output, [(7, "a"), (8, "b")]);
}

/// A resource that says when it is opened and closed.
struct Loud(Rc<Log>);

#[stage]
fn heard(#[resource] loud: &Loud, n: u32) -> u32 {
    loud.0.add(n);
    n
}

#[test]
fn resources_are_opened_and_closed_as_in_a_run() {
    let dir = Dir::new();
    let log = Rc::new(Log::default());
    macro_rules! to {
        ($max:expr) => {{
            let (opens, closes) = (Rc::clone(&log), Rc::clone(&log));
            let factory = Factory::new(move || {
                opens.add("open");
                Ok::<_, Never>(Loud(Rc::clone(&opens)))
            });
            let factory = factory.on_close(move |_| closes.add("close"));
            pipeline!(
                from_iter([vec![7, 1]])
                    | flatten
                    | small(max = $max).or_dead_letter(dir.file("rejects"))
                    | heard
                    | json_lines(dir.file("out"))
            )
            .with_factory(factory)
        }};
    }
    ran(to!(1).run());
    assert_eq!(log.take(), "open 1 close");
    // A stage with a resource keeps nothing between items of its own.
    ran(to!(10).redrive(dir.file("rejects")));
    assert_eq!(log.take(), "open 7 close");
    assert_eq!(dir.read("out"), "1\n7\n");
}
