//! Faults on demand, so that tests can make each step of a sink fail. Outside of tests nothing is kept and nothing fails.

use std::io::Result;

/// One step of writing a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Write,
    Sync,
    Mark,
    Rename,
    SyncDirectory,
}

/// Which step fails.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    #[cfg(test)]
    plan: std::rc::Rc<std::cell::RefCell<Plan>>,
}

#[cfg(test)]
#[derive(Debug, Default)]
struct Plan {
    fail_at: Option<usize>,
    taken: Vec<Step>,
}

#[cfg(test)]
impl Faults {
    /// The step of this index fails.
    pub(super) fn at(index: usize) -> Self {
        let faults = Faults::default();
        faults.plan.borrow_mut().fail_at = Some(index);
        faults
    }

    /// The steps that were tried.
    pub(super) fn taken(&self) -> Vec<Step> {
        self.plan.borrow().taken.clone()
    }
}

impl Faults {
    /// Fails if it is `step`'s turn to.
    #[cfg_attr(not(test), allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "only tests have faults"))]
    #[inline]
    pub(super) fn check(&self, step: Step) -> Result<()> {
        #[cfg(test)]
        {
            let mut plan = self.plan.borrow_mut();
            plan.taken.push(step);
            if plan.fail_at == Some(plan.taken.len() - 1) {
                return Err(std::io::Error::other(format!("injected at {step:?}")));
            }
        }
        let _ = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Faults, Step};
    use crate::io::{csv, json, json_lines, lines};
    use crate::sink::Sink;
    use crate::sink::commit::commit_all;

    /// Enough for several writes.
    const ITEMS: u64 = 50_000;

    /// What stands before, between and behind items that are lines.
    const LINES: (&str, &str, &str) = ("", "\n", "\n");

    /// All steps of a run; where it failed, if it did.
    fn run(mut sink: impl Sink<u64, Output = ()>) -> Result<(), String> {
        sink.open().map_err(|error| error.to_string())?;
        for n in 0..ITEMS {
            let _ = sink.write(n).map_err(|error| error.into().to_string())?;
        }
        let closed = sink.close().map_err(|error| error.into().to_string())?;
        let commit = closed.commit.ok_or("nothing to commit")?;
        commit_all(vec![(0, commit)]).map_err(|(_, error)| error.to_string())
    }

    #[test]
    fn a_run_that_was_killed_between_its_last_steps_is_reported_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut sink = csv::sink(&path);
        Sink::<u64>::open(&mut sink).unwrap();
        let _ = sink.write(7_u64).unwrap();
        let mut commit = Sink::<u64>::close(sink).unwrap().commit.unwrap();
        commit.sync().unwrap();
        let left = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::read_to_string(&left).unwrap(), "7\n");
        // As a kill would leave it.
        let copy = left.with_file_name(".out.kI11Ed.whole");
        fs::copy(&left, &copy).unwrap();
        drop(commit);
        assert!(!left.exists() && !path.exists());

        let refused = run(csv::sink(&path)).unwrap_err();
        assert!(refused.contains(&format!("left {}, whole", copy.display())), "{refused}");
        fs::rename(&copy, &path).unwrap();
        run(csv::sink(&path)).unwrap();
    }

    /// Runs without a fault, then with one at each step that this took.
    fn at_each_step(
        old: Option<&str>,
        (before, between, behind): (&str, &str, &str),
        run: impl Fn(&Path, Faults) -> Result<(), String>,
    ) {
        let items = (0..ITEMS).map(|n| n.to_string()).collect::<Vec<_>>().join(between);
        let whole = format!("{before}{items}{behind}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let reset = || match old {
            Some(text) => fs::write(&path, text).unwrap(),
            None => drop(fs::remove_file(&path)),
        };
        let none = Faults::default();
        reset();
        run(&path, none.clone()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        let steps = none.taken();
        assert!(steps.iter().filter(|step| **step == Step::Write).count() > 2, "{steps:?}");
        assert!(steps.starts_with(&[Step::Create]), "{steps:?}");
        assert!(
            steps.ends_with(&[Step::Write, Step::Sync, Step::Mark, Step::Rename, Step::SyncDirectory]),
            "{steps:?}"
        );

        for (i, step) in steps.iter().enumerate() {
            reset();
            let error = run(&path, Faults::at(i)).unwrap_err();
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert!(error.ends_with(&format!("injected at {step:?}")), "{error}");
            // After the rename the new text is in place, whole; before it the old one is.
            let expected = if *step == Step::SyncDirectory { Some(whole.as_str()) } else { old };
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), expected, "after a fault at {step:?}");
            let files = fs::read_dir(dir.path()).unwrap().count();
            assert_eq!(files, usize::from(expected.is_some()), "after a fault at {step:?}");
        }
    }

    /// Three sinks of which one fails at the step of this index; the error, and the names of the files that are then there.
    fn three(failing: usize, step: usize) -> (String, Vec<(String, String)>) {
        let dir = tempfile::tempdir().unwrap();
        let commits = (0..3_usize).map(|i| {
            let faults = if i == failing { Faults::at(step) } else { Faults::default() };
            let mut sink = csv::sink(dir.path().join(i.to_string())).with_faults(faults);
            Sink::<usize>::open(&mut sink).unwrap();
            let _ = sink.write(i).unwrap();
            (u32::try_from(i).unwrap(), Sink::<usize>::close(sink).unwrap().commit.unwrap())
        });
        let (node, error) = commit_all(commits.collect()).unwrap_err();
        assert_eq!(node as usize, failing);
        let files = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files
            .map(|path| {
                let whole = path.extension().is_some_and(|extension| extension == "whole");
                assert_eq!(whole, error.to_string().contains(&path.display().to_string()) && whole, "{error}");
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                // Without the part that is random.
                let name = if whole { format!("{}whole", &name[..3]) } else { name };
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        (error.to_string(), files)
    }

    #[test]
    fn what_could_not_be_published_after_others_were_is_left_whole() {
        // Create, write, sync, mark, rename, sync the directory.
        const RENAME: usize = 4;
        let file = |name: &str| (name.to_owned(), format!("{}\n", name.trim_matches(|c: char| !c.is_ascii_digit())));

        let (error, files) = three(1, RENAME);
        assert_eq!(files, [file(".1.whole"), file(".2.whole"), file("0")]);
        assert!(error.contains("injected at Rename; other sinks of the run are in place"), "{error}");
        assert_eq!(three(2, RENAME).1, [file(".2.whole"), file("0"), file("1")]);
        assert_eq!(three(0, RENAME).1, [], "nothing is in place, so nothing is left");
        assert_eq!(three(2, RENAME - 1).1, [], "nothing is in place before all are durable");

        let (error, files) = three(0, RENAME + 1);
        assert_eq!(files, [file(".1.whole"), file(".2.whole"), file("0")]);
        assert!(
            error.contains("injected at SyncDirectory; it is in place, and the rest of the run is left whole in"),
            "{error}"
        );
    }

    #[test]
    fn a_failed_write_is_not_forgotten_when_the_run_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = csv::sink(dir.path().join("out")).with_faults(Faults::at(1));
        Sink::<u64>::open(&mut sink).unwrap();
        assert!(!Sink::<u64>::is_broken(&sink));
        let failed = (0..ITEMS).filter(|n| sink.write(*n).is_err()).count();
        assert!(failed > 1, "every write after the failed one fails too");
        assert!(Sink::<u64>::is_broken(&sink));
        let error = Sink::<u64>::close(sink).unwrap_err().to_string();
        assert!(error.ends_with("injected at Write"), "the first cause: {error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_fault_at_any_step_of_the_csv_sink_leaves_the_old_target_whole() {
        for old in [Some("old\n"), None] {
            at_each_step(old, LINES, |path, faults| run(csv::sink(path).with_faults(faults)));
        }
    }

    #[test]
    fn a_fault_at_any_step_of_the_json_lines_sink_leaves_the_old_target_whole() {
        for old in [Some("old\n"), None] {
            at_each_step(old, LINES, |path, faults| run(json_lines::sink(path).with_faults(faults)));
        }
    }

    #[test]
    fn a_fault_at_any_step_of_the_lines_sink_leaves_the_old_target_whole() {
        for old in [Some("old\n"), None] {
            at_each_step(old, LINES, |path, faults| run(lines::sink(path).with_faults(faults)));
        }
    }

    #[test]
    fn a_fault_at_any_step_of_the_json_sink_leaves_the_old_target_whole() {
        for old in [Some("old\n"), None] {
            at_each_step(old, ("[\n", ",\n", "\n]\n"), |path, faults| run(json::sink(path).with_faults(faults)));
        }
    }

    #[test]
    #[cfg(all(feature = "gzip", feature = "zstd"))]
    fn a_fault_at_any_step_of_a_compressed_sink_leaves_the_old_target_whole() {
        for name in ["out.gz", "out.zst"] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(name);
            let none = Faults::default();
            run(csv::sink(&path).with_faults(none.clone())).unwrap();
            let whole = fs::read(&path).unwrap();
            let steps = none.taken();
            assert!(steps.iter().filter(|step| **step == Step::Write).count() > 2, "{steps:?}");
            for (i, step) in steps.iter().enumerate() {
                fs::write(&path, "old").unwrap();
                let error = run(csv::sink(&path).with_faults(Faults::at(i))).unwrap_err();
                assert!(error.ends_with(&format!("injected at {step:?}")), "{error}");
                let expected = if *step == Step::SyncDirectory { &whole[..] } else { b"old" };
                assert_eq!(fs::read(&path).unwrap(), expected, "{name} after a fault at {step:?}");
                assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{name} after a fault at {step:?}");
            }
        }
    }
}
