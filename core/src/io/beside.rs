//! The files beside a target: what a run that was interrupted left there.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub(super) const PARTIAL: &str = ".partial";
pub(super) const WHOLE: &str = ".whole";
/// That of a redrive's sinks: unlike others they may not take their places without those letters having been sent.
pub(super) const ADDED: &str = ".added";

/// The directory of a path.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// What the names of files beside one of this name start with.
pub(super) fn prefix_beside(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// What was to take the place of `target`, a path free of links, when a run was interrupted.
pub(crate) fn whole_beside(target: &Path) -> io::Result<Option<PathBuf>> {
    left_beside(directory(target), &prefix_beside(target.file_name().unwrap_or_default()), WHOLE)
}

/// Removes that.
pub(crate) fn remove_whole_beside(target: &Path) -> io::Result<()> {
    while let Some(left) = whole_beside(target)? {
        fs::remove_file(left)?;
    }
    Ok(())
}

/// Whether `path` still leads to `file`, which was opened there.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (open, there) = (file.metadata()?, fs::metadata(path)?);
        Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}

/// Makes it durable that a file of this path was made, or removed.
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    sync_directory(directory(path))
}

/// What a run left that was interrupted when all of its output was written, but not all of it in place.
fn left_beside(directory: &Path, prefix: &OsString, ending: &str) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let bytes = name.as_encoded_bytes();
        let random =
            bytes.strip_prefix(prefix.as_encoded_bytes()).and_then(|rest| rest.strip_suffix(ending.as_bytes()));
        // What has a dot there is that of a longer name.
        if random.is_some_and(|random| !random.contains(&b'.')) {
            return Ok(Some(directory.join(name)));
        }
    }
    Ok(None)
}

/// Refuses to write what is to replace `target` while an interrupted run waits for its place.
pub(super) fn refuse_while_interrupted(target: &Path, prefix: &OsString, letters: bool) -> io::Result<()> {
    let of_whole = if letters { Interruption::Letters } else { Interruption::Run };
    for (ending, of) in [(WHOLE, of_whole), (ADDED, Interruption::Redrive)] {
        if let Some(left) = left_beside(directory(target), prefix, ending)? {
            return Err(io::Error::other(Interrupted { left, target: target.to_owned(), of }));
        }
    }
    Ok(())
}

/// Why nothing can be written now.
#[derive(Debug)]
struct Interrupted {
    left: PathBuf,
    target: PathBuf,
    of: Interruption,
}

/// What was interrupted.
#[derive(Debug)]
enum Interruption {
    /// A run, which replaced this file.
    Run,
    /// A redrive, which added to this file.
    Redrive,
    /// A redrive of the letters in this file.
    Letters,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, target) = (self.left.display(), self.target.display());
        match self.of {
            Interruption::Run => write!(
                f,
                "an earlier run was interrupted while it put its files in place, and left {left}, whole; move it to \
                 {target} to finish that run, or remove it, and run again"
            ),
            Interruption::Redrive => write!(
                f,
                "a redrive was interrupted while it put its files in place, and left {left}: if there is a `.whole` file \
                 beside its letters, move this one to {target} and then that one to the letters, else remove this one"
            ),
            Interruption::Letters => write!(
                f,
                "an earlier redrive of them was interrupted while it put its files in place, and left {left}: move each \
                 `.added` file beside a target of its sinks to that target, and then this one to {target}"
            ),
        }
    }
}

impl std::error::Error for Interrupted {}

/// Makes a rename in it durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
