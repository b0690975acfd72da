//! The journal of a redrive whose sinks take back nothing: which letters have been sent. It stands beside the file of letters
//! as `.NAME.journal` until the file without them has taken its place.
//!
//! One line is durable before each letter is sent, and says also what became of the letter before. So when a redrive is
//! interrupted, all letters but the last that was begun are known to have been sent or not; that one is in doubt. Where stages
//! keep state, all that were begun are in doubt until the stages have finished.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::LettersFile;
use super::hash::Print;
use crate::error::BoxError;
use crate::io::letters::Letter;
use crate::io::{remove_whole_beside, sync_directory_of, whole_beside};

const VERSION: u32 = 1;

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// The first line: which letters it is about.
    Letters { version: u32, file: Print, stateful: bool },
    /// The letter that starts at this byte is on its way; the one before has had that end.
    Sent { byte: u64, before: Option<Fate> },
    /// No other letter follows. `finished` if the stages have, too; `again` is what was rejected of what they emitted then.
    End { before: Option<Fate>, again: Vec<Letter>, finished: bool },
    /// The file that takes the place of that of the letters.
    Replaced { file: Print },
}

/// What became of a letter.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// It is gone; what was rejected of it are other letters.
    Sent { again: Vec<Letter> },
    /// It stays as it was.
    Kept,
    /// Nobody knows.
    InDoubt,
}

/// The journal of a redrive under way.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// What became of the letter before.
    before: Option<Fate>,
}

impl Journal {
    /// Begins one beside the file of letters.
    pub(super) fn begin(letters: &LettersFile, stateful: bool) -> Result<Self, BoxError> {
        let path = path_beside(letters.target());
        let file = OpenOptions::new().create_new(true).append(true).open(&path)?;
        let mut journal = Journal { path, file, before: None };
        let len = letters.file().metadata()?.len();
        let print = Print::of(letters.file(), len)?.ok_or("it became shorter while it was read")?;
        journal.write(&Entry::Letters { version: VERSION, file: print, stateful })?;
        sync_directory_of(&journal.path)?;
        Ok(journal)
    }

    fn write(&mut self, entry: &Entry) -> Result<(), BoxError> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(|cause| format!("cannot write its journal {}: {cause}", self.path.display()).into())
    }

    /// Notes that the letter which starts at this byte is sent now.
    pub(super) fn send(&mut self, byte: u64) -> Result<(), BoxError> {
        let before = self.before.take();
        self.write(&Entry::Sent { byte, before })
    }

    /// Notes what became of it; durable with the next line.
    pub(super) fn sent(&mut self, fate: Fate) {
        self.before = Some(fate);
    }

    /// Ends it, with the letters that came of what stages emitted at their end. The letters it is about can be settled then.
    pub(super) fn end(mut self, again: Vec<Letter>, finished: bool) -> Result<Left, BoxError> {
        let before = self.before.take();
        self.write(&Entry::End { before, again, finished })?;
        Left::read(self.path)?.ok_or_else(|| "its journal is gone".into())
    }

    /// That of a redrive which was interrupted.
    pub(super) fn left_of(letters: &Path) -> Result<Option<Left>, BoxError> {
        Left::read(path_beside(letters))
    }
}

fn path_beside(letters: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(letters.file_name().unwrap_or_default());
    name.push(".journal");
    letters.with_file_name(name)
}

/// A journal that nobody writes any more.
#[derive(Debug)]
pub(super) struct Left {
    path: PathBuf,
    file: Option<Print>,
    /// By where they start: letters that were sent, and whether they are in doubt.
    sent: BTreeMap<u64, bool>,
    again: Vec<Letter>,
    replaced: Option<Print>,
    /// How much of it is whole lines.
    whole: u64,
}

impl Left {
    fn read(path: PathBuf) -> Result<Option<Self>, BoxError> {
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        // A line that was cut short was never durable: what it announces has not begun.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (sent, again) = (BTreeMap::new(), Vec::new());
        let mut left = Left { path, file: None, sent, again, replaced: None, whole: whole as u64 };
        let mut last = None;
        let (mut keeps_state, mut all_known) = (false, false);
        for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let entry = serde_json::from_slice(line)
                .map_err(|error| format!("its journal {} cannot be read: {error}", left.path.display()))?;
            match entry {
                Entry::Letters { version, .. } if version > VERSION => {
                    return Err(format!("its journal {} was written by a newer version", left.path.display()).into());
                }
                Entry::Letters { file, stateful, .. } => (left.file, keeps_state) = (Some(file), stateful),
                Entry::Sent { byte, before } => {
                    left.settle_one(last.replace(byte), before);
                    left.sent.insert(byte, true);
                }
                Entry::End { before, again, finished } => {
                    left.settle_one(last.take(), before);
                    left.again.extend(again);
                    all_known = finished;
                }
                Entry::Replaced { file } => left.replaced = Some(file),
            }
        }
        if keeps_state && !all_known {
            left.sent.values_mut().for_each(|in_doubt| *in_doubt = true);
        }
        Ok(Some(left))
    }

    fn settle_one(&mut self, byte: Option<u64>, fate: Option<Fate>) {
        let Some(byte) = byte else { return };
        match fate {
            Some(Fate::Sent { again }) => {
                self.sent.insert(byte, false);
                self.again.extend(again);
            }
            Some(Fate::Kept) => drop(self.sent.remove(&byte)),
            Some(Fate::InDoubt) | None => drop(self.sent.insert(byte, true)),
        }
    }

    /// Replaces the file of letters by one without those that were sent, with those that were rejected again, and removes the
    /// journal.
    pub(super) fn settle(self, letters: &mut LettersFile) -> Result<(), BoxError> {
        let Some(print) = self.file else { return self.remove() };
        if !print.is_start_of(letters.file())? {
            return match self.replaced {
                Some(new) if whole_beside(letters.target())?.is_none() && new.is_start_of(letters.file())? => self.remove(),
                _ => Err(format!(
                    "a redrive of them was interrupted, and the file was changed since, so that its journal {} does not say \
                     any more which of them were sent: undo the change, or remove the journal to send all of them",
                    self.path.display()
                )
                .into()),
            };
        }
        if self.sent.is_empty() {
            return self.remove();
        }
        // That of an earlier try to settle; it is made anew.
        remove_whole_beside(letters.target())?;
        letters.lines(|letters, line| {
            match self.sent.get(&line.byte) {
                Some(false) => {}
                Some(true) => {
                    let mut letter: Letter = serde_json::from_slice(&line.bytes)?;
                    (letter.in_doubt, letter.attempts) = (true, letter.attempts.saturating_add(1));
                    letters.write(&serde_json::to_vec(&letter)?)?;
                }
                None => letters.write(&line.bytes)?,
            }
            Ok(true)
        })?;
        for letter in &self.again {
            letters.write(&serde_json::to_vec(letter)?)?;
        }
        if let Some(mut commit) = letters.commit()? {
            commit.sync()?;
            self.note_replacement(letters)?;
            commit.publish()?;
            // The lock on the new file ends with `commit`, when the journal is gone.
            self.remove()?;
        }
        Ok(())
    }

    /// From here on either the old file or the new one may be found.
    fn note_replacement(&self, letters: &LettersFile) -> Result<(), BoxError> {
        let whole = whole_beside(letters.target())?.ok_or("its replacement is gone")?;
        let file = File::open(whole)?;
        let print = Print::of(&file, file.metadata()?.len())?.ok_or("its replacement became shorter")?;
        let mut line = serde_json::to_vec(&Entry::Replaced { file: print })?;
        line.push(b'\n');
        let mut journal = OpenOptions::new().append(true).open(&self.path)?;
        // A line that was cut short is no part of it.
        journal.set_len(self.whole)?;
        journal.write_all(&line)?;
        Ok(journal.sync_data()?)
    }

    fn remove(&self) -> Result<(), BoxError> {
        let removed = fs::remove_file(&self.path);
        removed
            .and_then(|()| sync_directory_of(&self.path))
            .map_err(|cause: io::Error| format!("cannot remove its journal {}: {cause}", self.path.display()).into())
    }
}

#[cfg(test)]
mod tests;
