//! The files of a pattern.

use std::convert::Infallible;
use std::fmt;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use globset::{GlobBuilder, GlobMatcher};

use crate::error::BoxError;
use crate::source::{At, Source};

/// The files whose paths match `pattern`, in sorted order: a source of paths, and what a source of files reads one after the
/// other.
///
/// In a pattern `*` stands for any part of a name, `?` for one character, `[a-z]` for one of several, `{a,b}` for one of
/// several texts, and `**` for any number of directories. As in a shell, `*` and `**` match no name that begins with a dot:
/// write the dot. Parts are separated by `/`. Directories are not files; `**` does not follow links to them.
///
/// That nothing matches is an error, unless [`optional`](Files::optional) says otherwise, and so is a directory that cannot
/// be read. What matches is found when the source opens; files that appear later are not read.
///
/// ```
/// use millstream_core::io::{files, lines};
/// use millstream_core::source::Source;
///
/// # let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join("b.log"), "third\n")?;
/// std::fs::write(dir.path().join("a.log"), "first\nsecond\n")?;
/// let mut log = lines::source(files(format!("{}/*.log", dir.path().display())));
/// log.open()?;
/// let mut read = Vec::new();
/// while let Some((line, at)) = log.next()? {
///     read.push(format!("{}: {}", at.position, line?));
/// }
/// assert_eq!(read, ["line 1: first", "line 2: second", "line 1: third"]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn files(pattern: impl Into<String>) -> Files {
    Files { pattern: pattern.into(), optional: false, found: Vec::new().into_iter() }
}

/// The files of a pattern; made by [`files`].
#[derive(Clone, Debug)]
#[must_use = "a source reads nothing until a pipeline runs it"]
pub struct Files {
    pattern: String,
    optional: bool,
    found: IntoIter<PathBuf>,
}

impl Files {
    /// Whether it is right that no file matches (default `false`: it is an error).
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Looks for the files.
    pub(super) fn find(&self) -> Result<Vec<PathBuf>, FilesError> {
        let error = |problem| FilesError { pattern: self.pattern.clone(), problem };
        let (base, parts) = parts(&self.pattern).map_err(|cause| error(Problem::Pattern(cause)))?;
        let mut found = Vec::new();
        let walked = walk(&base, &parts, &mut found);
        walked.map_err(|(path, cause)| error(Problem::Directory(path, cause)))?;
        found.sort_unstable();
        found.dedup();
        if found.is_empty() && !self.optional {
            return Err(error(Problem::Nothing));
        }
        Ok(found)
    }
}

/// A part of a pattern, between slashes.
enum Part {
    /// `**`
    Directories,
    /// A pattern for a name, and whether it takes names that begin with a dot.
    Name(GlobMatcher, bool),
}

/// Where to begin, and what to look for from there. Without parts it is a path.
fn parts(pattern: &str) -> Result<(PathBuf, Vec<Part>), globset::Error> {
    let Some(first) = pattern.find(['*', '?', '[', '{', '\\']) else {
        return Ok((PathBuf::from(pattern), Vec::new()));
    };
    let start = pattern.get(..first).and_then(|before| before.rfind('/')).map_or(0, |slash| slash + 1);
    let (base, rest) = pattern.split_at(start);
    let names = rest.split('/').filter(|name| !name.is_empty()).map(|name| match name {
        "**" => Ok(Part::Directories),
        name => {
            let glob = GlobBuilder::new(name).literal_separator(true).build()?;
            Ok(Part::Name(glob.compile_matcher(), name.starts_with('.')))
        }
    });
    let mut parts = names.collect::<Result<Vec<_>, globset::Error>>()?;
    if let Some(Part::Directories) = parts.last() {
        parts.push(Part::Name(GlobBuilder::new("*").build()?.compile_matcher(), false));
    }
    Ok((PathBuf::from(base), parts))
}

/// Adds the files below `path` that match; the error is that of a directory.
fn walk(path: &Path, parts: &[Part], found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let Some((part, rest)) = parts.split_first() else {
        match fs::metadata(path) {
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err((path.to_owned(), error)),
            Ok(kind) if kind.is_dir() => {}
            Ok(_) => found.push(path.to_owned()),
        }
        return Ok(());
    };
    if let Part::Directories = part {
        walk(path, rest, found)?;
    }
    let directory = if path == Path::new("") { Path::new(".") } else { path };
    let failed = |error| (directory.to_owned(), error);
    let entries = match fs::read_dir(directory) {
        Err(error) if is_missing(&error) => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        match part {
            Part::Directories if hidden || !entry.file_type().map_err(failed)?.is_dir() => {}
            Part::Directories => walk(&path.join(name), parts, found)?,
            Part::Name(matcher, dot) if (hidden && !dot) || !matcher.is_match(Path::new(&name)) => {}
            Part::Name(..) if rest.is_empty() => {
                if !is_directory(&entry) {
                    found.push(path.join(name));
                }
            }
            Part::Name(..) if is_directory(&entry) => walk(&path.join(name), rest, found)?,
            Part::Name(..) => {}
        }
    }
    Ok(())
}

/// Also through a link. What cannot be told apart is a file, which says why when it is opened.
fn is_directory(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => fs::metadata(entry.path()).is_ok_and(|kind| kind.is_dir()),
    }
}

/// Nothing of this name, or a file where the pattern has a directory: it does not match.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl Source for Files {
    type Item<'a> = PathBuf;
    type Reject = Infallible;
    type Error = Infallible;

    fn name(&self) -> String {
        self.pattern.clone()
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.found = self.find()?.into_iter();
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Result<PathBuf, Infallible>, At<'_>)>, Infallible> {
        Ok(self.found.next().map(|path| (Ok(path), At::default())))
    }

    fn size_hint(&self) -> (u64, Option<u64>) {
        let left = self.found.len() as u64;
        (left, Some(left))
    }
}

/// Why the files of a pattern cannot be listed.
#[derive(Debug)]
pub struct FilesError {
    pattern: String,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Pattern(globset::Error),
    Directory(PathBuf, io::Error),
    Nothing,
}

impl FilesError {
    /// The pattern, as it was given.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the pattern is right and no file matches it.
    pub fn is_no_match(&self) -> bool {
        matches!(self.problem, Problem::Nothing)
    }
}

impl fmt::Display for FilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = &self.pattern;
        match &self.problem {
            Problem::Pattern(cause) => write!(f, "`{pattern}` is not a pattern of files: {}", cause.kind()),
            Problem::Directory(path, cause) => {
                write!(f, "cannot look for `{pattern}` in {}: {cause}", path.display())
            }
            Problem::Nothing => write!(f, "no file matches `{pattern}`; if that is right, write `optional = true`"),
        }
    }
}

impl std::error::Error for FilesError {}
