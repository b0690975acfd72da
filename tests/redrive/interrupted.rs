//! A redrive that fails or is killed: nothing is sent twice, and nothing is lost.
//!
//! A process is killed by itself, by `abort`, at a point that the test names: nothing is cleaned up then, as by `kill -9`.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use millstream::Result;
use millstream::error::BoxError;
use millstream::prelude::*;
use millstream::redrive::Redrive;
use millstream::report::Report;
use millstream::sink::{Closed, Commit, Sink, SinkStage};
use millstream::stage::Flow;

use crate::support::{Dir, failed, numbers, ran, reasons, small};

/// Where to die.
#[derive(Clone, Copy, PartialEq)]
enum At<'p> {
    Nowhere,
    Before(u32),
    After(u32),
    Point(&'p str),
}

impl At<'_> {
    fn die(self, at: At<'_>) {
        if self == at {
            std::process::abort();
        }
    }
}

/// What cannot be taken back: a line in a file, at once.
fn deliver(dir: &Path, at: At<'_>, n: u32) {
    at.die(At::Before(n));
    let mut file = OpenOptions::new().append(true).create(true).open(dir.join("out")).unwrap();
    writeln!(file, "{n}").unwrap();
    at.die(At::After(n));
}

/// Letters one by one, to what cannot be taken back.
fn singly(dir: &Path, at: At<'_>, max: u32, redrive: Redrive) -> Result<Report<()>> {
    pipeline!(
        from_iter([vec![1]])
            | flatten
            | small(max = 100).or_dead_letter(dir.join("rejects"))
            | small(max = max).or_dead_letter(dir.join("rejects"))
            | for_each(|n| deliver(dir, at, n))
    )
    .redrive(redrive)
}

/// As [`singly`], by a stage that keeps state.
fn summed(dir: &Path, at: At<'_>, redrive: Redrive) -> Result<Report<()>> {
    pipeline!(
        from_iter([vec![1]])
            | flatten
            | small(max = 100).or_dead_letter(dir.join("rejects"))
            | inspect(|n| at.die(At::Before(*n)))
            | fold(0, |sum, n| sum + n)
            | for_each(|n| deliver(dir, at, n))
    )
    .redrive(redrive.through_stateful_stages())
}

/// A sink that is transactional, and dies when told to.
struct Dies<'p>(At<'p>);

impl Sink<u32> for Dies<'_> {
    type Output = ();
    type Error = std::convert::Infallible;
    fn is_transactional(&self) -> bool {
        true
    }
    fn write(&mut self, item: u32) -> Result<Flow, Self::Error> {
        self.0.die(At::Before(item));
        Ok(Flow::Continue(()))
    }
    fn close(self) -> Result<Closed<()>, Self::Error> {
        let at = match self.0 {
            At::Point(point) => point.to_owned(),
            _ => String::new(),
        };
        Ok(Closed { output: (), commit: Some(Box::new(DiesLate(at))) })
    }
}

struct DiesLate(String);

impl Commit for DiesLate {
    fn sync(&mut self) -> Result<(), BoxError> {
        At::Point(&self.0).die(At::Point("sync"));
        Ok(())
    }
    fn publish(&mut self) -> Result<(), BoxError> {
        At::Point(&self.0).die(At::Point("publish"));
        Ok(())
    }
}

/// All letters together: a file, the sink that dies, another file.
fn together(dir: &Path, at: At<'_>, redrive: Redrive) -> Result<Report<((), (), ())>> {
    pipeline!(
        from_iter([vec![1]])
            | flatten
            | small(max = 100).or_dead_letter(dir.join("rejects"))
            | small(max = 8).or_dead_letter(dir.join("rejects"))
            | tee(json_lines(dir.join("a")), cloned | { SinkStage(Dies(at)) }, json_lines(dir.join("b")))
    )
    .redrive(redrive)
}

/// 7, 8 and 9 as letters.
fn rejected() -> Dir {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([vec![7, 8, 9]]) | flatten | small(max = 0).or_dead_letter(&path) | discard()).run());
    dir
}

fn letters(dir: &Dir) -> Redrive {
    Redrive::of(dir.file("rejects"))
}

/// The inputs of the letters in the file; those in doubt with a mark.
fn left(dir: &Dir) -> String {
    let letters = dir.letters("rejects");
    let left = letters
        .iter()
        .map(|letter| format!("{}{}", letter.input.clone().unwrap(), if letter.in_doubt { "?" } else { "" }));
    left.collect::<Vec<_>>().join(" ")
}

/// What a test wants done in a process of its own, when that is what this process is for.
#[test]
fn child() {
    let Ok(what) = env::var("REDRIVE_CHILD") else { return };
    let dir = PathBuf::from(env::var("REDRIVE_DIR").unwrap());
    let words: Vec<&str> = what.split(' ').collect();
    let number = || words[2].parse().unwrap();
    let at = match words[1] {
        "before" => At::Before(number()),
        "after" => At::After(number()),
        point => At::Point(point),
    };
    let redrive = Redrive::of(dir.join("rejects"));
    match words[0] {
        "singly" => drop(singly(&dir, at, 8, redrive)),
        "summed" => drop(summed(&dir, at, redrive)),
        _ => drop(together(&dir, at, redrive)),
    }
    unreachable!("it should have died at {what}");
}

/// Runs such a process, which dies.
#[track_caller]
fn killed(dir: &Dir, what: &str) {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "interrupted::child", "--nocapture"]);
    let output = child.env("REDRIVE_CHILD", what).env("REDRIVE_DIR", dir.path()).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn one_by_one_what_was_sent_is_not_sent_again_and_what_was_on_its_way_is_in_doubt() {
    for (what, out, doubt) in [
        ("singly before 7", "", "7? 8 9"),
        ("singly after 7", "7\n", "7? 8 9"),
        ("singly before 8", "7\n", "8? 9"),
        ("singly after 8", "7\n8\n", "8? 9"),
    ] {
        let dir = rejected();
        let before = dir.read("rejects");
        killed(&dir, what);
        assert_eq!(fs::read_to_string(dir.file("out")).unwrap_or_default(), out);
        assert_eq!(dir.read("rejects"), before, "the file itself is as it was");

        // What is in doubt is kept and said to be; all others are sent.
        let report = ran(singly(dir.path(), At::Nowhere, 10, letters(&dir)));
        let sent = doubt.split(' ').count() as u64 - 1;
        assert_eq!(numbers(&report), (sent + 1, sent, 1, 0), "{what}");
        assert!(reasons(&report)[0].starts_with("an earlier redrive was interrupted while it was on its way"));
        let rest = doubt.split(' ').skip(1).fold(out.to_owned(), |text, n| text + n + "\n");
        assert_eq!(dir.read("out"), rest, "{what}");
        assert_eq!(left(&dir), doubt.split(' ').next().unwrap());
        assert_eq!(dir.letters("rejects")[0].attempts, 2);

        // Told to, it is sent.
        let report = ran(singly(dir.path(), At::Nowhere, 10, letters(&dir).resend_in_doubt()));
        assert_eq!((numbers(&report), left(&dir)), ((1, 1, 0, 0), String::new()));
        assert_eq!(dir.read("out"), rest + doubt.split('?').next().unwrap() + "\n");
        assert!(!dir.names().iter().any(|name| name.contains("journal")), "{:?}", dir.names());
    }
}

#[test]
fn one_by_one_what_was_rejected_again_before_is_a_letter() {
    let dir = rejected();
    let text = dir.read("rejects");
    // The one that is rejected again comes first.
    let mut lines: Vec<_> = text.lines().collect();
    lines.reverse();
    dir.write("rejects", &(lines.join("\n") + "\n"));
    killed(&dir, "singly before 8");
    let report = ran(singly(dir.path(), At::Nowhere, 8, letters(&dir)));
    assert_eq!((numbers(&report), left(&dir), dir.read("out")), ((3, 2, 1, 1), "8? 9".to_owned(), "7\n".to_owned()));
    let nine = &dir.letters("rejects")[1];
    assert_eq!((nine.stage.as_str(), nine.attempts), ("small#2", 3));
}

#[test]
fn letters_that_came_after_a_kill_are_there() {
    let dir = rejected();
    killed(&dir, "singly after 7");
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([vec![5]]) | flatten | small(max = 0).or_dead_letter(&path) | discard()).run());
    let report = ran(singly(dir.path(), At::Nowhere, 10, letters(&dir)));
    assert_eq!(
        (numbers(&report), left(&dir), dir.read("out")),
        ((4, 3, 1, 0), "7?".to_owned(), "7\n8\n9\n5\n".to_owned())
    );
}

#[test]
fn a_file_that_was_changed_after_a_kill_is_refused() {
    let dir = rejected();
    killed(&dir, "singly after 7");
    let changed = dir.read("rejects").replace("\"input\":8", "\"input\":6");
    dir.write("rejects", &changed);
    let error = failed(singly(dir.path(), At::Nowhere, 10, letters(&dir)));
    assert!(error.contains("a redrive of them was interrupted, and the file was changed since"), "{error}");
    assert!(error.contains(".rejects.journal"), "{error}");
    assert_eq!((dir.read("rejects"), dir.read("out")), (changed, "7\n".to_owned()));
}

#[test]
fn a_journal_whose_last_line_was_cut_short_says_less() {
    let dir = rejected();
    killed(&dir, "singly before 8");
    let journal = dir.read(".rejects.journal");
    // As if it was killed while it wrote that the second is on its way: then it was not.
    dir.write(".rejects.journal", &journal[..journal.len() - 5]);
    fs::remove_file(dir.file("out")).unwrap();
    let report = ran(singly(dir.path(), At::Nowhere, 10, letters(&dir)));
    assert_eq!((numbers(&report), left(&dir), dir.read("out")), ((3, 2, 1, 0), "7?".to_owned(), "8\n9\n".to_owned()));
}

#[test]
fn one_by_one_a_failure_leaves_what_was_not_sent() {
    let dir = rejected();
    let run = |max| {
        pipeline!(
            from_iter([vec![1]])
                | flatten
                | small(max = 100).or_dead_letter(dir.file("rejects"))
                | small(max = max)
                | for_each(|n| deliver(dir.path(), At::Nowhere, n))
        )
        .redrive(letters(&dir))
    };
    let error = failed(run(7));
    assert_eq!(error, "stage `small#2` at item 1 of from_iter: 8 is too big");
    assert_eq!((left(&dir), dir.read("out")), ("8 9".to_owned(), "7\n".to_owned()));
    assert_eq!(numbers(&ran(run(9))), (2, 2, 0, 0));
    assert_eq!((left(&dir), dir.read("out")), (String::new(), "7\n8\n9\n".to_owned()));
}

#[test]
fn one_by_one_a_panic_in_the_sink_leaves_that_letter_in_doubt() {
    let dir = rejected();
    let panics = std::cell::Cell::new(true);
    let run = || {
        pipeline!(
            from_iter([vec![1]])
                | flatten
                | small(max = 100).or_dead_letter(dir.file("rejects"))
                | for_each(|n| {
                    deliver(dir.path(), At::Nowhere, n);
                    assert!(n != 8 || !panics.get(), "on purpose");
                })
        )
        .redrive(letters(&dir))
    };
    let error = failed(run());
    assert_eq!(error, "stage `for_each`: panicked: on purpose");
    assert_eq!((left(&dir), dir.read("out")), ("8? 9".to_owned(), "7\n8\n".to_owned()));
    panics.set(false);
    ran(run());
    assert_eq!((left(&dir), dir.read("out")), ("8?".to_owned(), "7\n8\n9\n".to_owned()));
}

#[test]
fn what_a_stage_had_kept_is_in_doubt() {
    for what in ["summed before 9", "summed before 24", "summed after 24"] {
        let dir = rejected();
        killed(&dir, what);
        let report = ran(summed(dir.path(), At::Nowhere, letters(&dir)));
        assert_eq!((numbers(&report).1, left(&dir)), (0, "7? 8? 9?".to_owned()), "{what}");
        let report = ran(summed(dir.path(), At::Nowhere, letters(&dir).resend_in_doubt()));
        assert_eq!((numbers(&report), left(&dir)), ((3, 3, 0, 0), String::new()));
    }
}

#[test]
fn together_a_kill_before_the_commit_leaves_all_as_it_was() {
    let dir = rejected();
    dir.write("a", "1\n");
    let before = dir.read("rejects");
    killed(&dir, "together before 8");
    assert_eq!((dir.read("a"), dir.read("rejects"), dir.file("b").exists()), ("1\n".into(), before, false));
    for ending in [".whole", ".added", ".journal"] {
        assert_eq!(one_of(&dir, "", ending), None);
    }
    let report = ran(together(dir.path(), At::Nowhere, letters(&dir)));
    assert_eq!((numbers(&report), dir.read("a"), dir.read("b")), ((3, 3, 0, 1), "1\n7\n8\n".into(), "7\n8\n".into()));
    assert_eq!(left(&dir), "9");
}

/// The file of this beginning and ending.
fn one_of(dir: &Dir, start: &str, end: &str) -> Option<PathBuf> {
    let names = dir.names();
    names.iter().find(|name| name.starts_with(start) && name.ends_with(end)).map(|name| dir.file(name))
}

#[test]
fn together_a_kill_while_sinks_become_durable_is_found_and_undone() {
    let dir = rejected();
    dir.write("a", "1\n");
    let before = dir.read("rejects");
    killed(&dir, "together sync");
    assert_eq!((dir.read("a"), dir.read("rejects")), ("1\n".into(), before));
    let added = one_of(&dir, ".a.", ".added").unwrap();
    assert_eq!(one_of(&dir, ".rejects.", ".whole"), None);

    let told = format!(
        "a redrive was interrupted while it put its files in place, and left {}: if there is a `.whole` file beside its \
         letters, move this one to {} and then that one to the letters, else remove this one",
        added.display(),
        dir.file("a").display()
    );
    assert!(failed(together(dir.path(), At::Nowhere, letters(&dir))).ends_with(&told));
    let run = pipeline!(from_iter([1]) | json_lines(dir.file("a"))).run();
    assert!(failed(run).ends_with(&told), "a run would replace what is to be added to");
    fs::remove_file(added).unwrap();
    let report = ran(together(dir.path(), At::Nowhere, letters(&dir)));
    assert_eq!((numbers(&report), dir.read("a"), dir.read("b")), ((3, 3, 0, 1), "1\n7\n8\n".into(), "7\n8\n".into()));
}

#[test]
fn together_a_kill_between_two_targets_is_found_and_completed() {
    let dir = rejected();
    dir.write("a", "1\n");
    let before = dir.read("rejects");
    killed(&dir, "together publish");
    assert_eq!((dir.read("a"), dir.read("rejects"), dir.file("b").exists()), ("1\n7\n8\n".into(), before, false));
    let (b, whole) = (one_of(&dir, ".b.", ".added").unwrap(), one_of(&dir, ".rejects.", ".whole").unwrap());

    let error = failed(together(dir.path(), At::Nowhere, letters(&dir)));
    assert!(
        error.ends_with(&format!(
            "an earlier redrive of them was interrupted while it put its files in place, and left {}: move each `.added` file \
             beside a target of its sinks to that target, and then this one to {}",
            whole.display(),
            dir.file("rejects").canonicalize().unwrap().display()
        )),
        "{error}"
    );
    // Nor is anything written to the file that is to be replaced.
    let path = dir.file("rejects");
    let error = failed(pipeline!(from_iter([5]) | small(max = 0).or_dead_letter(&path) | discard()).run());
    assert!(error.contains("a redrive of its letters was interrupted, and left"), "{error}");
    fs::rename(b, dir.file("b")).unwrap();
    fs::rename(whole, dir.file("rejects")).unwrap();
    assert_eq!((dir.read("a"), dir.read("b"), left(&dir)), ("1\n7\n8\n".into(), "7\n8\n".into(), "9".into()));
    let report = ran(together(dir.path(), At::Nowhere, letters(&dir)));
    assert_eq!((numbers(&report), dir.read("a")), ((1, 1, 0, 1), "1\n7\n8\n".into()));
}
