//! Writing files that are either committed whole or leave the target as it was.
//!
//! A regular file is written beside its target, as `.NAME.XXXXXX.partial`; once whole and durable it is `.NAME.XXXXXX.whole`;
//! then it takes the target's place. A run that is killed while it writes leaves a partial file, which is worth nothing. One
//! that is killed between its last steps leaves a whole file: other sinks of the run may have got their place already, so the
//! next sink of that target refuses to start until somebody has looked. Standard output, pipes and devices cannot be taken
//! back: they are written through.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Stderr, Stdout, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::beside::{ADDED, PARTIAL, WHOLE, directory, prefix_beside, refuse_while_interrupted, sync_directory};
use super::claims::{Claim, Use};
use super::compress::{Compression, Encoder};
use super::faults::{Faults, Step};
use crate::error::BoxError;
use crate::sink::{Closed, Commit};
use crate::stage::Flow;

/// How much is kept before it is written.
const CHUNK: usize = 64 << 10;

/// The file or stream that a sink writes to: rows go into a buffer, the buffer in whole rows to the target.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    mode: Mode,
    buffer: Vec<u8>,
    medium: Option<Medium>,
    /// Compresses what goes to the medium, and what came of it so far.
    encoder: Option<(Encoder, Vec<u8>)>,
    /// Somebody may be looking at each row as it comes.
    watched: bool,
    /// The reader has gone: nothing more is written.
    gone: bool,
    /// Why a write failed: rows are missing since, so the file must never be committed.
    failed: Option<io::Error>,
    faults: Faults,
}

/// What the file beside the target is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Another file in the target's place.
    Replace,
    /// What the target holds, and more.
    Append,
    /// A file of letters without those that were sent again.
    Letters,
}

#[derive(Debug)]
enum Medium {
    Stdout(Stdout),
    Stderr(Stderr),
    Through(File),
    Staged(Staged),
}

impl Output {
    /// Will write to `path`; `-` is standard output.
    pub(super) fn new(path: PathBuf) -> Self {
        Output {
            path,
            mode: Mode::Replace,
            buffer: Vec::new(),
            medium: None,
            encoder: None,
            watched: false,
            gone: false,
            failed: None,
            faults: Faults::default(),
        }
    }

    /// Will replace the file of letters at `path`.
    pub(crate) fn of_letters(path: PathBuf) -> Self {
        Output { mode: Mode::Letters, ..Output::new(path) }
    }

    /// Will add to what the target holds. A row that cannot be taken back goes out at once.
    pub(super) fn append(&mut self) {
        self.mode = Mode::Append;
    }

    /// Whether it adds to what the target holds.
    pub(super) fn appends(&self) -> bool {
        self.mode == Mode::Append
    }

    /// Whether nothing is seen of it before it is committed.
    pub(super) fn is_transactional(&self) -> bool {
        matches!(self.medium, Some(Medium::Staged(_)))
    }

    /// What the target holds, as it was before it was compressed; none if it holds nothing, or is no file.
    pub(super) fn target(&self) -> io::Result<Option<Box<dyn Read>>> {
        let Some(Medium::Staged(staged)) = &self.medium else { return Ok(None) };
        let file = match File::open(&staged.target) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        Ok(match Compression::of(&self.path) {
            _ if file.metadata()?.len() == 0 => None,
            None => Some(Box::new(file)),
            Some(compression) => Some(compression.decoder(file)?),
        })
    }

    #[cfg(test)]
    pub(super) fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Finds out whether the target can be written, and starts the file beside it.
    pub(crate) fn open(&mut self) -> Result<(), SinkError> {
        self.open_to_rewrite()?;
        let copied = match &mut self.medium {
            Some(Medium::Staged(staged)) if self.mode == Mode::Append => staged.copy(Compression::of(&self.path)),
            _ => Ok(true),
        };
        if !copied.map_err(|cause| self.error("add to", cause))? {
            self.buffer.push(b'\n');
        }
        Ok(())
    }

    /// As [`open`](Output::open), but nothing of what the target holds is there yet, even if it is to be added to.
    pub(super) fn open_to_rewrite(&mut self) -> Result<(), SinkError> {
        let encoder = Compression::of(&self.path).map(|compression| {
            compression.check().map_err(|missing| io::Error::new(ErrorKind::Unsupported, missing.to_string()))?;
            Ok((compression.encoder()?, Vec::new()))
        });
        self.encoder = encoder.transpose().map_err(|cause| self.error("open", cause))?;
        let medium = Medium::open(&self.path, self.mode, &self.faults);
        let medium = medium.map_err(|cause| self.error("open", cause))?;
        self.watched = medium.is_watched() || self.appends() && !matches!(medium, Medium::Staged(_));
        self.medium = Some(medium);
        Ok(())
    }

    /// Writes one row: what `fill` puts at the end of the buffer. If it fails, nothing of the row is written.
    #[inline]
    pub(crate) fn row<E: From<SinkError>>(
        &mut self,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Flow, E> {
        let start = self.buffer.len();
        if let Err(error) = fill(&mut self.buffer) {
            self.buffer.truncate(start);
            return Err(error);
        }
        if self.buffer.len() >= CHUNK || self.failed.is_some() || self.watched {
            self.drain()?;
        }
        Ok(if self.gone { Flow::Break(()) } else { Flow::Continue(()) })
    }

    /// Writes what is buffered.
    fn drain(&mut self) -> Result<(), SinkError> {
        if let Some(cause) = &self.failed {
            self.buffer.clear();
            return Err(self.error("write", again(cause)));
        }
        let packed = match &mut self.encoder {
            Some((encoder, packed)) if !self.gone => encoder.write(&self.buffer, packed),
            _ => Ok(()),
        };
        let bytes = self.encoder.as_ref().map_or(&self.buffer, |(_, packed)| packed);
        let written = match &mut self.medium {
            _ if self.gone => Ok(()),
            Some(medium) => packed.and_then(|()| self.faults.check(Step::Write)).and_then(|()| medium.write(bytes)),
            None => Err(io::Error::other("the sink was not opened")),
        };
        self.buffer.clear();
        if let Some((_, packed)) = &mut self.encoder {
            packed.clear();
        }
        match written {
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            written => written.map_err(|cause| {
                self.failed = Some(again(&cause));
                self.error("write", cause)
            }),
        }
    }

    /// Whether rows are missing, or will be: no other row can be written.
    pub(super) fn is_broken(&self) -> bool {
        self.failed.is_some()
    }

    /// Writes what is buffered, and leaves the commit.
    pub(crate) fn close(mut self) -> Result<Closed<()>, SinkError> {
        self.drain()?;
        if let Some((encoder, _)) = self.encoder.take() {
            // What the encoder still holds goes to the medium as it is.
            self.buffer = encoder.finish().map_err(|cause| self.error("write", cause))?;
            self.drain()?;
        }
        match self.medium.take() {
            Some(Medium::Staged(staged)) => {
                let commit = StagedCommit { path: self.path, staged, faults: self.faults, published: false };
                Ok(Closed { output: (), commit: Some(Box::new(commit)) })
            }
            Some(_) | None => Ok(Closed::new(())),
        }
    }

    #[cold]
    pub(super) fn error(&self, action: &'static str, cause: io::Error) -> SinkError {
        SinkError { path: self.path.clone(), action, cause }
    }
}

/// The same error once more.
fn again(cause: &io::Error) -> io::Error {
    match cause.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(cause.kind(), cause.to_string()),
    }
}

impl Medium {
    fn open(path: &Path, mode: Mode, faults: &Faults) -> io::Result<Self> {
        if path == Path::new("-") || path == Path::new("/dev/stdout") {
            return Ok(Medium::Stdout(io::stdout()));
        }
        if path == Path::new("/dev/stderr") {
            return Ok(Medium::Stderr(io::stderr()));
        }
        // What stands under /proc and /dev/fd is somebody's open file: there is nothing to rename.
        let open_elsewhere = path.starts_with("/proc") || path.starts_with("/dev/fd");
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() || open_elsewhere => {
                OpenOptions::new().append(true).open(path).map(Medium::Through)
            }
            Ok(found) => {
                // A file that may not be written may not be replaced either.
                OpenOptions::new().write(true).open(path)?;
                Staged::new(follow_links(path)?, Some(found.permissions()), mode, faults).map(Medium::Staged)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Staged::new(follow_links(path)?, None, mode, faults).map(Medium::Staged)
            }
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Medium::Stdout(stdout) => stdout.write_all(bytes).and_then(|()| stdout.flush()),
            Medium::Stderr(stderr) => stderr.write_all(bytes),
            Medium::Through(file) => file.write_all(bytes),
            Medium::Staged(staged) => staged.temp.write_all(bytes),
        }
    }

    fn is_watched(&self) -> bool {
        use std::io::IsTerminal;
        match self {
            Medium::Stdout(stdout) => stdout.is_terminal(),
            Medium::Stderr(_) => true,
            Medium::Through(_) | Medium::Staged(_) => false,
        }
    }
}

/// What `path` stands for once symbolic links are followed, also when that does not exist yet.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = directory(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A file on its way to its target. Dropped, it is removed, and the target is as it was.
#[derive(Debug)]
struct Staged {
    temp: NamedTempFile,
    target: PathBuf,
    mode: Mode,
    _claim: Claim,
}

impl Staged {
    fn new(target: PathBuf, permissions: Option<fs::Permissions>, mode: Mode, faults: &Faults) -> io::Result<Self> {
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the path names no file"));
        };
        let directory = directory(&target);
        if !fs::metadata(directory)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        let use_as = if mode == Mode::Letters { Use::Redrive } else { Use::Sink };
        let claim = Claim::new(directory.canonicalize()?.join(name), use_as)?;
        let prefix = prefix_beside(name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(PARTIAL);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        refuse_while_interrupted(&target, &prefix, mode == Mode::Letters)?;
        faults.check(Step::Create)?;
        let temp = builder.tempfile_in(directory)?;
        match mode {
            Mode::Append | Mode::Replace => {}
            // Nobody has seen it yet; so whoever comes when it has its place finds it locked.
            Mode::Letters => temp.as_file().lock()?,
        }
        if let Some(permissions) = permissions {
            temp.as_file().set_permissions(permissions)?;
        }
        Ok(Staged { temp, target, mode, _claim: claim })
    }
}

impl Drop for Staged {
    /// A process that was just started elsewhere may hold the file a moment longer, and the lock with it.
    fn drop(&mut self) {
        if self.mode == Mode::Letters {
            let _ = self.temp.as_file().unlock();
        }
    }
}

/// The last byte of all that is read.
fn last_byte(mut from: impl Read) -> io::Result<Option<u8>> {
    let (mut chunk, mut last) = (vec![0; CHUNK], None);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(last),
            Ok(read) => last = chunk.get(read - 1).copied(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Staged {
    /// Copies what the target holds, if it is there; whether its last line has an end. What is compressed is copied as it is:
    /// what follows is one more part of it.
    fn copy(&mut self, compression: Option<Compression>) -> io::Result<bool> {
        let mut from = match File::open(&self.target) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            from => from?,
        };
        if io::copy(&mut from, self.temp.as_file_mut())? == 0 {
            return Ok(true);
        }
        let last = if let Some(compression) = compression {
            from.seek(SeekFrom::Start(0))?;
            last_byte(compression.decoder(from)?)?
        } else {
            from.seek(SeekFrom::End(-1))?;
            last_byte(from)?
        };
        Ok(last.is_none_or(|last| last == b'\n'))
    }
}

impl Staged {
    /// Gives the file the name of a whole one. It is still removed when it is dropped.
    fn mark_whole(&mut self) -> io::Result<()> {
        let partial = self.temp.path().to_owned();
        let whole = if self.mode == Mode::Append { ADDED } else { WHOLE };
        let whole = partial.with_extension(&whole[1..]);
        fs::rename(&partial, &whole)?;
        let renamed = TempPath::try_from_path(whole)?;
        let file = self.temp.as_file().try_clone()?;
        // The old name is gone, and with it what was to be removed.
        let _ = std::mem::replace(&mut self.temp, NamedTempFile::from_parts(file, renamed)).into_temp_path().keep();
        Ok(())
    }
}

struct StagedCommit {
    path: PathBuf,
    staged: Staged,
    faults: Faults,
    /// The file has its target's name.
    published: bool,
}

impl StagedCommit {
    fn error(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> BoxError {
        move |cause| SinkError { path: path.to_owned(), action, cause }.into()
    }
}

impl Commit for StagedCommit {
    fn sync(&mut self) -> Result<(), BoxError> {
        let synced = self.faults.check(Step::Sync).and_then(|()| self.staged.temp.as_file().sync_all());
        let marked = synced.and_then(|()| self.faults.check(Step::Mark)).and_then(|()| self.staged.mark_whole());
        marked.map_err(Self::error(&self.path, "sync"))
    }

    fn publish(&mut self) -> Result<(), BoxError> {
        let StagedCommit { path, staged: Staged { temp, target, .. }, faults, published } = self;
        let renamed = faults.check(Step::Rename).and_then(|()| fs::rename(temp.path(), &*target));
        renamed.map_err(Self::error(path, "replace"))?;
        // Its name is gone: nothing is left to remove.
        temp.disable_cleanup(true);
        *published = true;
        let synced = faults.check(Step::SyncDirectory).and_then(|()| sync_directory(directory(target)));
        synced.map_err(Self::error(path, "sync the directory of"))
    }

    fn is_published(&self) -> bool {
        self.published
    }

    fn leave(mut self: Box<Self>) -> Option<PathBuf> {
        if self.published {
            return None;
        }
        self.staged.temp.disable_cleanup(true);
        Some(self.staged.temp.path().to_owned())
    }
}

/// Why a sink cannot write: what it tried, on which path, and the cause.
#[derive(Debug)]
pub struct SinkError {
    path: PathBuf,
    action: &'static str,
    cause: io::Error,
}

impl SinkError {
    /// The path of the sink, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The cause, which the message already includes.
    pub fn cause(&self) -> &io::Error {
        &self.cause
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_os_str() {
            dash if dash == "-" => Path::new("standard output"),
            _ => &self.path,
        };
        write!(f, "cannot {} {}: ", self.action, path.display())?;
        match self.cause.kind() {
            ErrorKind::IsADirectory => f.write_str("it is a directory"),
            ErrorKind::NotFound => f.write_str("its directory does not exist"),
            _ => self.cause.fmt(f),
        }
    }
}

impl std::error::Error for SinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}
