//! Where sources read from, and opening it.

use std::fmt;
use std::fs::File;
use std::io::{self, Empty, ErrorKind, Read, Seek, SeekFrom, Stdin};
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use super::rows::Rows;
use crate::error::BoxError;
use crate::io::claims::{Claim, Use};
use crate::io::compress::Compression;
use crate::io::files::Files;

/// What a source reads from: a path, standard input, the [`files`](crate::io::files()) of a pattern, or a reader of type
/// `R`. Paths are opened when the source is.
///
/// Anything that is a path becomes one, and so do [`Files`]; `-` is standard input.
///
/// ```
/// use millstream_core::io::{Input, files};
///
/// let one = Input::from("orders.csv");
/// let several = Input::from(files("orders/*.csv"));
/// ```
#[derive(Debug)]
pub struct Input<R = Empty> {
    name: String,
    from: Origin<R>,
}

#[derive(Debug)]
enum Origin<R> {
    Path(PathBuf),
    Files(Files),
    Stdin,
    Reader(R),
    /// It is open; these files are still to come.
    Opened(IntoIter<PathBuf>),
}

impl<P: Into<PathBuf>> From<P> for Input {
    fn from(path: P) -> Self {
        let path = path.into();
        if path == Path::new("-") {
            Input { name: "standard input".to_owned(), from: Origin::Stdin }
        } else {
            Input { name: path.display().to_string(), from: Origin::Path(path) }
        }
    }
}

impl From<Files> for Input {
    fn from(files: Files) -> Self {
        Input { name: files.pattern().to_owned(), from: Origin::Files(files) }
    }
}

impl<R: Read> Input<R> {
    /// `reader`, called `name` in errors and reports.
    pub(crate) fn reader(name: String, reader: R) -> Self {
        Input { name, from: Origin::Reader(reader) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was opened.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.from, Origin::Opened(_))
    }

    /// Opens it, or the first of its files, and skips a byte order mark. `None` if there are no files, and need not be.
    pub(crate) fn open(&mut self, max_line: usize) -> Result<Option<Rows<R>>, BoxError> {
        let none = Vec::new().into_iter();
        let opened = match std::mem::replace(&mut self.from, Origin::Opened(none)) {
            Origin::Path(path) => Opened::file(&path, &self.name)?,
            Origin::Files(files) => {
                let mut paths = files.find()?.into_iter();
                let first = paths.next();
                self.from = Origin::Opened(paths);
                let Some(first) = first else { return Ok(None) };
                let name = first.display().to_string();
                let opened = Opened::file(&first, &name)?;
                let mut rows = Rows::new(name, opened, max_line).of_several();
                rows.skip_bom()?;
                return Ok(Some(rows));
            }
            Origin::Stdin => Opened::Stdin(io::stdin()),
            Origin::Reader(reader) => Opened::Reader(reader),
            Origin::Opened(_) => return Err(format!("{} is already open: a source runs once", self.name).into()),
        };
        let mut rows = Rows::new(self.name.clone(), opened, max_line);
        rows.skip_bom()?;
        Ok(Some(rows))
    }

    /// Goes on with the next file; `false` if there is none.
    pub(super) fn next_file(&mut self, rows: &mut Rows<R>) -> Result<bool, BoxError> {
        let Origin::Opened(paths) = &mut self.from else { return Ok(false) };
        let Some(path) = paths.next() else { return Ok(false) };
        let name = path.display().to_string();
        let opened = Opened::file(&path, &name)?;
        rows.restart(name, opened);
        rows.skip_bom()?;
        Ok(true)
    }
}

fn cannot_open(name: &str, cause: &io::Error) -> BoxError {
    match cause.kind() {
        ErrorKind::IsADirectory => format!("cannot read {name}: it is a directory").into(),
        _ => io::Error::new(cause.kind(), format!("cannot open {name}: {cause}")).into(),
    }
}

/// Only a regular file is claimed: what is read from a pipe or a device is gone, whoever writes there.
fn open_file(path: &Path) -> io::Result<(File, Option<Claim>)> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    // Opening a directory succeeds on Unix; it is the first read that would fail.
    if found.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    // A file that is open but has no path any more cannot be named by anybody else.
    let path = path.canonicalize().ok().filter(|_| found.is_file());
    let claim = path.map(|path| Claim::new(path, Use::Source)).transpose()?;
    Ok((file, claim))
}

/// What is being read.
pub(super) enum Opened<R> {
    File { file: File, _claim: Option<Claim> },
    Compressed { reader: Box<dyn Read + Send>, path: PathBuf, _claim: Option<Claim> },
    Stdin(Stdin),
    Reader(R),
}

impl<R> Opened<R> {
    /// The file at `path`, which errors call `name`; what is compressed is read as what it was.
    fn file(path: &Path, name: &str) -> Result<Self, BoxError> {
        let compression = Compression::of(path);
        if let Some(compression) = compression {
            compression.check().map_err(|missing| format!("cannot read {name}: {missing}"))?;
        }
        let (file, claim) = open_file(path).map_err(|cause| cannot_open(name, &cause))?;
        Ok(match compression {
            None => Opened::File { file, _claim: claim },
            Some(compression) => {
                let reader = compression.decoder(file).map_err(|cause| cannot_open(name, &cause))?;
                Opened::Compressed { reader, path: path.to_owned(), _claim: claim }
            }
        })
    }
}

impl<R: Read> Opened<R> {
    /// Goes to the `byte`-th byte, when `read` bytes have been read. What cannot go back can still go forward.
    pub(super) fn seek(&mut self, byte: u64, read: u64) -> io::Result<()> {
        match self {
            Opened::File { file, .. } => {
                if file.metadata()?.len() <= byte {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                return file.seek(SeekFrom::Start(byte)).map(drop);
            }
            Opened::Compressed { reader, path, .. } if byte < read => {
                let Some(compression) = Compression::of(path) else { return Err(ErrorKind::NotSeekable.into()) };
                *reader = compression.decoder(File::open(path)?)?;
                return self.skip(byte);
            }
            Opened::Stdin(_) | Opened::Reader(_) if byte < read => return Err(ErrorKind::NotSeekable.into()),
            Opened::Compressed { .. } | Opened::Stdin(_) | Opened::Reader(_) => {}
        }
        self.skip(byte - read)
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.take(bytes), &mut io::sink())?;
        if skipped < bytes { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Opened::File { file, .. } => file.read(buf),
            Opened::Compressed { reader, .. } => reader.read(buf),
            Opened::Stdin(stdin) => stdin.read(buf),
            Opened::Reader(reader) => reader.read(buf),
        }
    }
}

impl<R> fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Opened::File { .. } => "File",
            Opened::Compressed { .. } => "Compressed",
            Opened::Stdin(_) => "Stdin",
            Opened::Reader(_) => "Reader",
        })
    }
}
