//! A file of letters, while they are sent again: nobody else appends to it or sends its letters.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::journal::Journal;
use crate::error::BoxError;
use crate::io::{Output, SinkError, is_at};
use crate::sink::Commit;

/// See the head of this module.
#[derive(Debug)]
pub(super) struct LettersFile {
    /// As it was given.
    path: PathBuf,
    /// Free of links.
    target: PathBuf,
    /// Locked, which ends with it.
    file: File,
    /// What is to take its place; locked from its start, so that the lock does not end when it does.
    replacement: Option<Output>,
}

/// A line of the file.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Where it starts.
    pub(super) byte: u64,
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes, without the line's end.
    pub(super) bytes: Vec<u8>,
}

impl Drop for LettersFile {
    /// A process that was just started elsewhere may hold the file a moment longer, and the lock with it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl LettersFile {
    /// Opens the file at `path`, after what an interrupted redrive left is settled.
    pub(super) fn open(path: &Path) -> Result<Self, RedriveError> {
        let of = |cause: BoxError| RedriveError { path: path.to_owned(), cause };
        let mut letters = Self::lock(path).map_err(|cause| of(cause.into()))?;
        if let Some(journal) = Journal::left_of(&letters.target).map_err(of)? {
            journal.settle(&mut letters).map_err(of)?;
            // What was settled is another file now.
            drop(letters);
            letters = Self::lock(path).map_err(|cause| of(cause.into()))?;
        }
        letters.replacement().map_err(of)?;
        Ok(letters)
    }

    pub(super) fn lock(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Err(io::Error::new(ErrorKind::InvalidInput, "they must be in a file, not on standard input"));
        }
        let target = path.canonicalize()?;
        // What may not be written may not be replaced.
        let file = OpenOptions::new().read(true).write(true).open(&target)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "they must be in a regular file"));
        }
        let busy =
            || io::Error::new(ErrorKind::ResourceBusy, "a run writes to it, or another redrive sends its letters");
        match file.try_lock() {
            Ok(()) if is_at(&file, &target)? => {}
            Ok(()) | Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        Ok(LettersFile { path: path.to_owned(), target, file, replacement: None })
    }

    /// The file's path, free of links.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The file itself.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// What is to take the file's place.
    fn replacement(&mut self) -> Result<&mut Output, BoxError> {
        let replacement = match self.replacement.take() {
            Some(replacement) => replacement,
            None => {
                let mut replacement = Output::of_letters(self.target.clone());
                replacement.open()?;
                replacement
            }
        };
        Ok(self.replacement.insert(replacement))
    }

    /// Writes a line to what is to take the file's place.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), BoxError> {
        let _ = self.replacement()?.row(|rows| {
            rows.extend_from_slice(line);
            rows.push(b'\n');
            Ok::<_, SinkError>(())
        })?;
        Ok(())
    }

    /// What was written is to take the file's place.
    pub(super) fn commit(&mut self) -> Result<Option<Box<dyn Commit>>, BoxError> {
        self.replacement()?;
        match self.replacement.take() {
            Some(replacement) => Ok(replacement.close()?.commit),
            None => Ok(None),
        }
    }

    /// Gives each line to `each`, until it says that it has enough.
    pub(super) fn lines(
        &mut self,
        mut each: impl FnMut(&mut Self, &Line) -> Result<bool, BoxError>,
    ) -> Result<(), BoxError> {
        let mut file = &self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        let (mut reader, mut line, mut next) = (BufReader::new(file), Line::default(), 0);
        loop {
            line.bytes.clear();
            (line.byte, line.number) = (next, line.number + 1);
            next += reader.read_until(b'\n', &mut line.bytes)? as u64;
            if line.byte == next {
                return Ok(());
            }
            if line.bytes.ends_with(b"\n") {
                line.bytes.pop();
            }
            if !each(self, &line)? {
                return Ok(());
            }
        }
    }

    /// The error of the letters in this file.
    pub(super) fn error(&self, cause: BoxError) -> RedriveError {
        RedriveError { path: self.path.clone(), cause }
    }
}

/// Why letters cannot be sent again, and in which file they are.
#[derive(Debug)]
pub(super) struct RedriveError {
    path: PathBuf,
    cause: BoxError,
}

impl fmt::Display for RedriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot send the letters in {} again: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for RedriveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}
