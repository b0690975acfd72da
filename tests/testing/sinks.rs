//! Sinks that break one promise.

use std::fs;
use std::path::{Path, PathBuf};

use millstream::error::BoxError;
use millstream::resource::Resources;
use millstream::sink::{Closed, Commit, Sink};
use millstream::stage::Flow;
use millstream::testing::{Conformance, Target, Violations, check_sink};

use crate::{Row, table};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    ConnectMute,
    ConnectPanics,
    OpenFails,
    WriteFails,
    WritePanics,
    CloseFails,
    LosesLast,
    Doubles,
    Reverses,
    PublishFails,
    EmptyFails,
    EmptyWritesOne,
    TruncatesAtOpen,
    WritesThrough,
    PublishesAtClose,
    SyncPublishes,
    NothingToCommit,
    DropLeaves,
    DropPublishes,
    DropPanics,
    DropBlocksNext,
    AbortLeaves,
    AbortSaysPublished,
    PanicPublishes,
    PanicAborts,
    SecondKeepsOld,
    SecondMixes,
    Adds,
    AppendReplaces,
    AppendForgetsNew,
    AppendRefuses,
    AppendPanics,
    TakesRefused,
    RefusedMute,
    RefusedIsKept,
    RefusedLosesAll,
    RefusedBreaks,
    LastWins,
    LeavesUnnamed,
}

/// Writes numbers, one a line, into a file that it replaces.
struct Numbers {
    bug: Bug,
    path: PathBuf,
    lines: Vec<u32>,
    append: bool,
    opened: bool,
    published: bool,
}

impl Numbers {
    fn new(bug: Bug, directory: &Path) -> Self {
        let path = directory.join("numbers.txt");
        Numbers { bug, path, lines: Vec::new(), append: false, opened: false, published: false }
    }

    fn partial(&self) -> PathBuf {
        self.path.with_extension("partial")
    }

    fn old(&self) -> Vec<u32> {
        numbers_in(&self.path)
    }

    fn write_to(&self, path: &Path) -> Result<(), BoxError> {
        let mut lines = self.lines.clone();
        match self.bug {
            Bug::LosesLast => drop(lines.pop()),
            Bug::Doubles => lines.extend(lines.last().copied()),
            Bug::Reverses => lines.reverse(),
            Bug::EmptyWritesOne if lines.is_empty() => lines.push(0),
            _ => {}
        }
        let old = match self.bug {
            Bug::AppendReplaces => Vec::new(),
            Bug::AppendForgetsNew if self.append => {
                lines.clear();
                self.old()
            }
            Bug::Adds => self.old(),
            Bug::SecondKeepsOld if !self.append && !self.old().is_empty() => {
                lines.clear();
                self.old()
            }
            Bug::SecondMixes if !self.append => self.old().into_iter().take(1).collect(),
            _ if self.append => self.old(),
            _ => Vec::new(),
        };
        let lines: Vec<String> = old.iter().chain(&lines).map(ToString::to_string).collect();
        fs::write(path, lines.join("\n"))?;
        Ok(())
    }
}

fn numbers_in(path: &Path) -> Vec<u32> {
    fs::read_to_string(path).map(|text| text.lines().map(|line| line.parse().unwrap()).collect()).unwrap_or_default()
}

impl Sink<u32> for Numbers {
    type Output = ();
    type Error = BoxError;

    fn connect(&mut self, _: &Resources) -> Result<(), BoxError> {
        match self.bug {
            Bug::ConnectMute => Err("".into()),
            Bug::ConnectPanics => panic!("no resources"),
            _ => Ok(()),
        }
    }

    fn append(&mut self) -> Result<(), BoxError> {
        match self.bug {
            Bug::AppendRefuses => return Err("it always replaces".into()),
            Bug::AppendPanics => panic!("not yet"),
            _ => self.append = true,
        }
        Ok(())
    }

    fn is_transactional(&self) -> bool {
        true
    }

    fn open(&mut self) -> Result<(), BoxError> {
        if self.bug == Bug::OpenFails {
            return Err("no such directory".into());
        }
        if self.bug != Bug::LastWins && self.partial().exists() {
            return Err("another sink is writing it".into());
        }
        if self.bug == Bug::TruncatesAtOpen && !self.append && self.path.exists() {
            fs::write(&self.path, "")?;
        }
        fs::write(self.partial(), "")?;
        self.opened = true;
        Ok(())
    }

    fn write(&mut self, item: u32) -> Result<Flow, BoxError> {
        if item == 666 {
            match self.bug {
                Bug::TakesRefused => {}
                Bug::RefusedMute => return Err("".into()),
                Bug::RefusedIsKept => {
                    self.lines.push(item);
                    return Err("an evil number".into());
                }
                Bug::RefusedLosesAll => {
                    self.lines.clear();
                    return Err("an evil number".into());
                }
                _ => return Err("an evil number".into()),
            }
        }
        match self.bug {
            Bug::WriteFails if item == 5 => return Err("no fives".into()),
            Bug::WritePanics => assert!(item != 5, "no fives"),
            _ => {}
        }
        self.lines.push(item);
        if self.bug == Bug::WritesThrough {
            self.write_to(&self.path)?;
        }
        Ok(Flow::Continue(()))
    }

    fn is_broken(&self) -> bool {
        self.bug == Bug::RefusedBreaks
    }

    fn close(mut self) -> Result<Closed<()>, BoxError> {
        match self.bug {
            Bug::CloseFails => return Err("no space left".into()),
            Bug::EmptyFails if self.lines.is_empty() => return Err("no lines".into()),
            Bug::PublishesAtClose | Bug::NothingToCommit => self.write_to(&self.path)?,
            _ => {}
        }
        if self.bug == Bug::NothingToCommit {
            return Ok(Closed::new(()));
        }
        self.write_to(&self.partial())?;
        self.opened = false;
        let Numbers { bug, path, append, published, .. } = &mut self;
        let (path, lines) = (std::mem::take(path), Vec::new());
        let numbers = Numbers { bug: *bug, path, lines, append: *append, opened: true, published: *published };
        Ok(Closed { output: (), commit: Some(Box::new(Whole(numbers))) })
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        if !self.opened {
            return;
        }
        match self.bug {
            Bug::DropLeaves => return drop(fs::rename(self.partial(), self.path.with_extension("rest"))),
            Bug::DropBlocksNext => return,
            Bug::DropPublishes if !self.lines.is_empty() => drop(self.write_to(&self.path)),
            Bug::PanicPublishes if std::thread::panicking() => drop(self.write_to(&self.path)),
            _ => {}
        }
        let _ = fs::remove_file(self.partial());
        match self.bug {
            Bug::DropPanics => assert!(std::thread::panicking(), "dropped at the wrong time"),
            // The hook prints pages about a panic in a panic.
            Bug::PanicAborts if std::thread::panicking() => std::panic::resume_unwind(Box::new("dropped in a panic")),
            _ => {}
        }
    }
}

/// What is left to do for numbers that are written.
struct Whole(Numbers);

impl Whole {
    fn rename(&mut self) -> Result<(), BoxError> {
        if !self.0.published {
            fs::rename(self.0.partial(), &self.0.path)?;
        }
        self.0.published = true;
        Ok(())
    }
}

impl Commit for Whole {
    fn sync(&mut self) -> Result<(), BoxError> {
        if self.0.bug == Bug::SyncPublishes { self.rename() } else { Ok(()) }
    }

    fn publish(&mut self) -> Result<(), BoxError> {
        if self.0.bug == Bug::PublishFails { Err("no such directory".into()) } else { self.rename() }
    }

    fn is_published(&self) -> bool {
        self.0.published || self.0.bug == Bug::AbortSaysPublished
    }

    fn leave(mut self: Box<Self>) -> Option<PathBuf> {
        self.0.opened = false;
        Some(self.0.partial()).filter(|_| self.0.bug != Bug::LeavesUnnamed)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // The numbers themselves remove what is left.
        if self.0.opened && self.0.bug == Bug::AbortLeaves && !self.0.published {
            let _ = fs::rename(self.0.partial(), self.0.path.with_extension("rest"));
        }
        if matches!(self.0.bug, Bug::DropLeaves | Bug::DropBlocksNext) {
            let _ = fs::remove_file(self.0.partial());
            self.0.opened = false;
        }
        if matches!(self.0.bug, Bug::DropPanics | Bug::DropPublishes | Bug::PanicPublishes | Bug::PanicAborts) {
            let _ = fs::remove_file(self.0.partial());
            self.0.opened = false;
        }
    }
}

#[test]
fn a_sink_that_breaks_one_promise_is_caught_by_that() {
    let rows: &[Row<Bug>] = &[
        (Bug::None, &[], ""),
        (Bug::AppendRefuses, &[], ""),
        (Bug::ConnectMute, &["connect"], "`connect` without resources failed and does not say why"),
        (Bug::ConnectPanics, &["connect"], "`connect` panicked: no resources"),
        (Bug::OpenFails, &["items"], "`open` failed: no such directory"),
        (Bug::WriteFails, &["items"], "`write` of item 3 failed: no fives"),
        (Bug::WritePanics, &["items"], "`write` of item 3 panicked: no fives"),
        (Bug::CloseFails, &["items"], "`close` failed: no space left"),
        (Bug::LosesLast, &["items"], "[2, 3, 5, 7] were written, and the target holds [2, 3, 5]"),
        (Bug::Doubles, &["items"], "[2, 3, 5, 7] were written, and the target holds [2, 3, 5, 7, 7]"),
        (Bug::Reverses, &["items"], "[2, 3, 5, 7] were written, and the target holds [7, 5, 3, 2]"),
        (Bug::PublishFails, &["items"], "`publish` failed: no such directory"),
        (Bug::EmptyFails, &["empty run"], "`close` failed: no lines"),
        (Bug::EmptyWritesOne, &["empty run"], "nothing was written, and the target holds [0]"),
        (Bug::DropPanics, &["dropped"], "dropping it after 0 items panicked: dropped at the wrong time"),
        (Bug::AbortSaysPublished, &["aborted"], "after `close` it says that it is published"),
        (Bug::PanicAborts, &["panic"], "dropping it as a panic unwinds panicked: dropped in a panic"),
        (
            Bug::SecondKeepsOld,
            &["second run"],
            "a run left [2, 3], and a second one wrote [5, 7]; that should replace the first, but the target holds [2, 3]",
        ),
        (Bug::SecondMixes, &["second run"], "but the target holds [2, 5, 7]"),
        (Bug::Adds, &["second run"], "but the target holds [2, 3, 5, 7]"),
        (Bug::AppendReplaces, &["append"], "told to append [5, 7] to [2, 3], it left [5, 7]"),
        (Bug::AppendForgetsNew, &["append"], "told to append [5, 7] to nothing, it left nothing"),
        (Bug::AppendPanics, &["append"], "`append` panicked: not yet"),
        (Bug::TakesRefused, &["refused item"], "it took 666, and should refuse it"),
        (Bug::RefusedMute, &["refused item"], "it refuses an item and does not say why"),
        (
            Bug::RefusedIsKept,
            &["refused item"],
            "666 was refused behind 0 items: [2, 3, 5, 7] were written, and the target holds [666, 2, 3, 5, 7]",
        ),
        (
            Bug::RefusedLosesAll,
            &["refused item"],
            "666 was refused behind 1 items: [2, 3, 5, 7] were written, and the target holds [3, 5, 7]",
        ),
        (Bug::RefusedBreaks, &["refused item"], "it refused 666 (an evil number) and says that it is broken"),
        (
            Bug::LastWins,
            &["exclusive"],
            "two sinks at a time wrote [2, 3, 5, 7] each, and the target holds [2, 3, 5, 7]",
        ),
        (Bug::LeavesUnnamed, &["run: other publish fails"], "numbers.partial is left, and the error does not name it"),
    ];
    table(rows, check);
}

fn check(bug: Bug) -> Result<Conformance, Violations> {
    let target = Target::files(move |dir| Numbers::new(bug, dir), |dir| numbers_in(&dir.join("numbers.txt")));
    check_sink(target.replaces().exclusive().refuses(666), [2, 3, 5, 7])
}

#[test]
fn what_is_seen_too_early_is_caught_wherever_it_matters() {
    let rows: &[Row<Bug>] = &[
        (
            Bug::TruncatesAtOpen,
            &[
                "hidden",
                "dropped",
                "aborted",
                "panic",
                "run: source fails",
                "run: stage panics",
                "run: other sync fails",
                "run: other publish fails",
            ],
            "after `open`: the target held [2, 3], and now holds nothing",
        ),
        (
            Bug::WritesThrough,
            &[
                "hidden",
                "dropped",
                "aborted",
                "panic",
                "append",
                "run: source fails",
                "run: stage panics",
                "run: other sync fails",
                "run: other publish fails",
            ],
            "after `write` of 1 items: the target held nothing, and now holds [2]",
        ),
        (
            Bug::PublishesAtClose,
            &["hidden", "aborted", "append", "run: other sync fails", "run: other publish fails"],
            "after `close`: the target held nothing, and now holds [2, 3, 5, 7]",
        ),
        (
            Bug::SyncPublishes,
            &["hidden", "aborted", "run: other sync fails", "run: other publish fails"],
            "after `sync`: the target held nothing, and now holds [2, 3, 5, 7]",
        ),
        (
            Bug::NothingToCommit,
            &["hidden", "aborted", "run: other sync fails", "run: other publish fails"],
            "after `close`: the target held nothing, and now holds [2, 3, 5, 7]",
        ),
        (Bug::DropLeaves, &["dropped", "panic", "run: source fails", "run: stage panics"], "numbers.rest is left"),
        (
            Bug::DropBlocksNext,
            &["dropped", "panic", "run: source fails", "run: stage panics"],
            "dropped after 0 items: the file",
        ),
        (
            Bug::DropPublishes,
            &["dropped", "panic", "run: source fails", "run: stage panics"],
            "dropped after 1 items: the target held nothing, and now holds [2]",
        ),
        (Bug::AbortLeaves, &["aborted", "run: other sync fails", "run: other publish fails"], "numbers.rest is left"),
        (Bug::PanicPublishes, &["panic", "run: stage panics"], "a panic after 0 items: the file"),
    ];
    table(rows, check);
}
