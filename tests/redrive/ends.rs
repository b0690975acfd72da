//! What sinks do in a redrive: they add to what is there, and commit with the letters.

use std::fs;

use millstream::error::BoxError;
use millstream::prelude::*;
use millstream::redrive::Redrive;
use millstream::sink::{Closed, Sink, SinkStage};
use millstream::stage::Flow;

use crate::support::{Dir, Log, Row, failed, fits, numbers, ran, small};

fn rejected() -> Dir {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([vec![7, 8]]) | flatten | small(max = 0).or_dead_letter(&path) | discard()).run());
    dir
}

macro_rules! behind {
    ($path:expr, $($rest:tt)*) => {
        pipeline!(from_iter([vec![1]]) | flatten | small(max = 100).or_dead_letter(&$path) | $($rest)*)
    };
}

#[test]
fn a_last_line_without_an_end_gets_one() {
    let dir = rejected();
    dir.write("out.jsonl", "1\n2");
    ran(behind!(dir.file("rejects"), json_lines(dir.file("out.jsonl"))).redrive(dir.file("rejects")));
    assert_eq!(dir.read("out.jsonl"), "1\n2\n7\n8\n");
}

#[test]
fn targets_that_are_not_there_or_empty_are_begun() {
    for empty in [true, false] {
        let dir = rejected();
        if empty {
            dir.write("out.csv", "");
        }
        macro_rules! to_csv {
            () => {
                behind!(dir.file("rejects"), map(|n| Row { name: "n", size: n }) | csv(dir.file("out.csv")))
            };
        }
        ran(to_csv!().redrive(dir.file("rejects")));
        assert_eq!(dir.read("out.csv"), "name,size\nn,7\nn,8\n");
        ran(to_csv!().redrive(dir.file("rejects")));
        assert_eq!(dir.read("out.csv"), "name,size\nn,7\nn,8\n");
    }
}

#[test]
fn a_csv_with_another_header_is_refused() {
    let dir = rejected();
    let path = dir.file("rejects");
    let (letters, out) = (dir.read("rejects"), "size,name\n1,a\n");
    dir.write("out.csv", out);
    let error = failed(behind!(path, map(|n| Row { name: "n", size: n }) | csv(dir.file("out.csv"))).redrive(&path));
    assert_eq!(
        error,
        format!(
            "stage `csv`: cannot add to {}: it has the header `size,name`, and the rows to be added have the fields \
             `name,size`",
            dir.file("out.csv").display()
        )
    );
    assert_eq!((dir.read("rejects"), dir.read("out.csv")), (letters, out.to_owned()));

    // What is no record says what it is with its first item; a tuple has no names, but as many fields as the others.
    #[derive(serde::Serialize)]
    struct Plain {
        name: u32,
    }
    let error = failed(behind!(path, map(|n| Plain { name: n }) | csv(dir.file("out.csv"))).redrive(&path));
    assert!(
        error.ends_with("it has the header `size,name`, and the rows to be added have the fields `name`"),
        "{error}"
    );
    let error = failed(behind!(path, map(|n| (n, n, n)) | csv(dir.file("out.csv"))).redrive(&path));
    assert!(error.ends_with("3 fields, but the rows of the file have 2"), "{error}");
    ran(behind!(path, map(|n| (n, "b")) | csv(dir.file("out.csv"))).redrive(&path));
    assert_eq!(dir.read("out.csv"), "size,name\n1,a\n7,b\n8,b\n");
}

#[test]
fn sinks_of_both_kinds_are_refused_unless_repeats_are_accepted() {
    let dir = rejected();
    let path = dir.file("rejects");
    let log = Log::default();
    macro_rules! both {
        () => {
            behind!(path, tee(json_lines(dir.file("a")), for_each(|n| log.add(n)), map(|n| n + 1) | collect()))
        };
    }
    let error = failed(both!().redrive(&path));
    assert_eq!(
        error,
        format!(
            "cannot send the letters in {} again: they come to sinks `json_lines` and `collect`, which can take back what an \
             interrupted redrive wrote, and to sink `for_each`, which cannot, so that one of them would lose items or get \
             some twice: `Redrive::of(..).accept_repeats()` allows the latter",
            path.display()
        )
    );
    assert_eq!((log.take(), dir.names()), (String::new(), vec!["rejects".to_owned()]));
    let report = ran(both!().redrive(Redrive::of(&path).accept_repeats()));
    assert_eq!((log.take(), dir.read("a"), report.output.2), ("7 8".to_owned(), "7\n8\n".to_owned(), vec![8, 9]));
    assert_eq!(dir.read("rejects"), "");
}

#[test]
fn only_sinks_that_letters_come_to_matter() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    dir.write("rows.csv", "name,size\na,5\n");
    dir.write("a", "as it was\n");
    let log = Log::default();
    macro_rules! parted {
        ($max:expr) => {
            pipeline!(
                csv::<Row>(dir.file("rows.csv"))
                    | tee(
                        map(|row| row.size) | json_lines(dir.file("a")),
                        map(|row| Row { name: row.name, size: row.size })
                            | fits(max = $max).or_dead_letter(&path)
                            | for_each(|row| log.add(row.name))
                    )
            )
        };
    }
    ran(parted!(1).run());
    assert_eq!(dir.read("a"), "5\n");
    let report = ran(parted!(9).redrive(&path));
    assert_eq!((numbers(&report), log.take(), dir.read("a")), ((1, 1, 0, 0), "a".to_owned(), "5\n".to_owned()));
    assert_eq!(dir.names(), ["a", "rejects", "rows.csv"]);
}

/// A sink that says all that happens to it, and is transactional or not.
struct Told<'l> {
    log: &'l Log,
    transactional: bool,
}

impl Sink<u32> for Told<'_> {
    type Output = ();
    type Error = std::convert::Infallible;

    fn append(&mut self) -> Result<(), BoxError> {
        self.log.add("append");
        Ok(())
    }
    fn open(&mut self) -> Result<(), BoxError> {
        self.log.add("open");
        Ok(())
    }
    fn is_transactional(&self) -> bool {
        self.transactional
    }
    fn write(&mut self, item: u32) -> Result<Flow, Self::Error> {
        self.log.add(item);
        Ok(Flow::Continue(()))
    }
    fn close(self) -> Result<Closed<()>, Self::Error> {
        self.log.add("close");
        Ok(Closed::new(()))
    }
}

#[test]
fn a_users_sink_is_told_to_append_before_it_opens() {
    for transactional in [true, false] {
        let (dir, log) = (rejected(), Log::default());
        ran(behind!(dir.file("rejects"), { SinkStage(Told { log: &log, transactional }) }).redrive(dir.file("rejects")));
        assert_eq!(log.take(), "append open 7 8 close");
        assert_eq!((dir.read("rejects"), dir.names()), (String::new(), vec!["rejects".to_owned()]));
    }
    let log = Log::default();
    ran(pipeline!(from_iter([1_u32]) | { SinkStage(Told { log: &log, transactional: true }) }).run());
    assert_eq!(log.take(), "open 1 close", "a run replaces");
}

#[test]
#[cfg(unix)]
fn to_a_device_each_letter_is_sent_on_its_own() {
    let dir = rejected();
    let report = ran(behind!(dir.file("rejects"), json_lines("/dev/null")).redrive(dir.file("rejects")));
    assert_eq!(numbers(&report), (2, 2, 0, 0));
    assert_eq!((dir.read("rejects"), dir.names()), (String::new(), vec!["rejects".to_owned()]));
}

#[test]
fn the_source_is_not_read() {
    let dir = rejected();
    let log = Log::default();
    let source = std::iter::from_fn(|| -> Option<Vec<u32>> {
        log.add("read");
        None
    });
    ran(pipeline!(from_iter(source) | flatten | small(max = 9).or_dead_letter(dir.file("rejects")) | discard())
        .redrive(dir.file("rejects")));
    assert_eq!(log.take(), "");
    assert_eq!(fs::read_to_string(dir.file("rejects")).unwrap(), "");
}
