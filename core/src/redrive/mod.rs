//! Sending dead letters through their pipeline again.
//!
//! [`Pipeline::redrive`](crate::pipeline::Pipeline::redrive) takes the path of a file of [letters](crate::io::letters), or a
//! [`Redrive`] that says more. A letter with raw bytes goes from the source on, one with an input from its stage on; where
//! the pipeline parts, it goes only along its own branch. What is rejected again is a letter in the same file, with one more
//! attempt.
//!
//! ```text
//! lock the file -> settle what an interrupted redrive left -> look at every letter -> open the sinks, to append
//!   -> send letter by letter -> let stages and sinks finish -> commit the sinks, then replace the file
//! ```
//!
//! Where all sinks are transactional, the new file of letters is one more part of their commit. Where none is, a journal
//! beside the file says which letters have been sent.

mod drive;
mod file;
mod hash;
mod journal;
mod state;
mod way;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use drive::drive;
pub(crate) use state::Redriving;
pub(crate) use way::LetterNode;

pub use state::Hand;

/// Which letters are to be sent again, and what is allowed on the way.
///
/// ```
/// use millstream_core::redrive::Redrive;
///
/// let redrive = Redrive::of("rejects.jsonl").through_stateful_stages();
/// assert_eq!(redrive, Redrive::of("rejects.jsonl").through_stateful_stages());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it says what to send again, and `pipeline.redrive(..)` sends it"]
pub struct Redrive {
    letters: PathBuf,
    stateful: bool,
    in_doubt: bool,
    repeats: bool,
}

impl Redrive {
    /// The letters in the file at `path`.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        Redrive { letters: path.into(), stateful: false, in_doubt: false, repeats: false }
    }

    /// Lets letters go through stages that keep state between items. Such a stage starts anew, as in a run, and has seen none of
    /// the items of the run that the letters are from; it finishes after the last letter. Without this it is an error if a
    /// letter can come by one.
    pub fn through_stateful_stages(mut self) -> Self {
        self.stateful = true;
        self
    }

    /// Sends also those letters that were on their way when an earlier redrive was interrupted, and of which nobody knows
    /// whether they have arrived. Without this they are kept.
    pub fn resend_in_doubt(mut self) -> Self {
        self.in_doubt = true;
        self
    }

    /// Allows that letters come both to sinks that are transactional and to sinks that are not. If such a redrive fails or is
    /// interrupted, its letters are all there as before, and when they are sent again the sinks that are not transactional get
    /// them a second time. Without this it is an error.
    pub fn accept_repeats(mut self) -> Self {
        self.repeats = true;
        self
    }
}

impl From<&str> for Redrive {
    fn from(path: &str) -> Self {
        Redrive::of(path)
    }
}

impl From<String> for Redrive {
    fn from(path: String) -> Self {
        Redrive::of(path)
    }
}

impl From<&String> for Redrive {
    fn from(path: &String) -> Self {
        Redrive::of(path)
    }
}

impl From<&Path> for Redrive {
    fn from(path: &Path) -> Self {
        Redrive::of(path)
    }
}

impl From<PathBuf> for Redrive {
    fn from(path: PathBuf) -> Self {
        Redrive::of(path)
    }
}

impl From<&PathBuf> for Redrive {
    fn from(path: &PathBuf) -> Self {
        Redrive::of(path)
    }
}

/// What became of the letters of a file that were sent again: `read = sent + kept`.
///
/// ```
/// use millstream_core::redrive::Redriven;
///
/// let redriven = Redriven { letters: "rejects.jsonl".into(), read: 3, sent: 3, again: 1, kept: Vec::new() };
/// assert_eq!(redriven.to_string(), "rejects.jsonl: 3 letters read, 3 sent, 0 kept, 1 written again");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// The file.
    pub letters: PathBuf,
    /// Letters that it held, lines that are none included.
    pub read: u64,
    /// Letters that were sent.
    pub sent: u64,
    /// Letters that were written, because something that was sent was rejected again.
    pub again: u64,
    /// Letters that were not sent and stay in the file as they are, by the reason, in the order of their first.
    pub kept: Vec<Kept>,
}

/// Letters that were not sent, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The reason.
    pub why: String,
    /// How many.
    pub letters: u64,
    /// The line of the first in the file, from 1.
    pub line: u64,
}

impl Redriven {
    /// Letters that were not sent.
    pub fn kept(&self) -> u64 {
        self.kept.iter().map(|kept| kept.letters).sum()
    }

    fn keep(&mut self, why: &str, line: u64) {
        /// More reasons than this are counted as one.
        const MOST: usize = 100;
        let known = |why: &str| self.kept.iter().position(|kept| kept.why == why);
        let why = if known(why).is_none() && self.kept.len() >= MOST { "other reasons" } else { why };
        match known(why) {
            Some(kept) => self.kept[kept].letters += 1,
            None => self.kept.push(Kept { why: why.to_owned(), letters: 1, line }),
        }
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Redriven { letters, read, sent, again, kept } = self;
        let s = if *read == 1 { "" } else { "s" };
        let of = letters.display();
        write!(f, "{of}: {read} letter{s} read, {sent} sent, {} kept, {again} written again", self.kept())?;
        for Kept { why, letters, line } in kept {
            write!(f, "\n  {letters} kept, the first in line {line}: {why}")?;
        }
        Ok(())
    }
}
