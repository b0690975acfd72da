//! Runs that are checked, files, and a stage that rejects.

use std::cell::RefCell;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use millstream::io::letters::Letter;
use millstream::prelude::*;
use millstream::redrive::Redriven;
use millstream::report::Report;
use millstream::{Error, Result};

/// The report of a run that went well, in which nothing disappeared uncounted.
#[track_caller]
pub(crate) fn ran<O>(result: Result<Report<O>>) -> Report<O> {
    let report = result.unwrap_or_else(|error| panic!("{error:?}"));
    report.check().unwrap_or_else(|error| panic!("{error}\n{report}"));
    report
}

/// The error of a run that failed, as text. Nothing disappeared uncounted in it.
#[track_caller]
pub(crate) fn failed<O>(result: Result<Report<O>>) -> String {
    let error: Error = result.err().expect("the run fails");
    error.report().expect("it has a report").check().unwrap();
    error.to_string()
}

/// What became of the letters, in numbers: read, sent, kept, written again.
#[track_caller]
pub(crate) fn numbers<O>(report: &Report<O>) -> (u64, u64, u64, u64) {
    let Redriven { read, sent, again, .. } = report.redriven.clone().expect("a redrive");
    let kept = report.redriven.as_ref().unwrap().kept();
    assert_eq!(read, sent + kept);
    (read, sent, kept, again)
}

/// Why letters were kept, in order.
pub(crate) fn reasons<O>(report: &Report<O>) -> Vec<String> {
    report.redriven.as_ref().unwrap().kept.iter().map(|kept| kept.why.clone()).collect()
}

pub(crate) struct Dir(tempfile::TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        Dir(tempfile::tempdir().unwrap())
    }
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.file(name), text).unwrap();
        self.file(name)
    }
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }
    pub(crate) fn letters(&self, name: &str) -> Vec<Letter> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
    /// All files, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

/// What happened, in order.
#[derive(Default)]
pub(crate) struct Log(RefCell<Vec<String>>);

impl Log {
    pub(crate) fn add(&self, event: impl Display) {
        self.0.borrow_mut().push(event.to_string());
    }
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.borrow_mut()).join(" ")
    }
}

#[derive(Debug)]
pub(crate) struct TooBig(pub(crate) u32);

impl Display for TooBig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is too big", self.0)
    }
}

impl std::error::Error for TooBig {}

/// Refuses what is above `max`.
#[stage]
pub(crate) fn small(#[param] max: u32, n: u32) -> Result<u32, TooBig> {
    if n > max { Err(TooBig(n)) } else { Ok(n) }
}

/// As [`small`], from a borrow.
#[stage]
pub(crate) fn small_ref(#[param] max: u32, n: &u32) -> Result<u32, TooBig> {
    if *n > max { Err(TooBig(*n)) } else { Ok(*n) }
}

#[record]
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) size: u32,
}

/// Rows that are not too big.
#[stage]
pub(crate) fn fits<'a>(#[param] max: u32, row: Row<'a>) -> Result<Row<'a>, TooBig> {
    if row.size > max { Err(TooBig(row.size)) } else { Ok(row) }
}
