//! Dead letters: rejected items, kept with the reason, so that they can be looked at and sent through again.
//!
//! A file of letters is JSON lines. Letters are appended as they come, each in one write, and stay when the run fails or is
//! killed.
//!
//! ```json
//! {"version":1,"stage":"csv","branch":[],"source":"readings.csv","position":{"item":3,"line":4,"byte":57},
//!  "head":"at,sensor,celsius","raw":"2024-01-01T00:00:00Z,a,oops","error":["celsius: `oops` is not a number"],"attempts":1,
//!  "at":"2026-01-31T12:00:00Z"}
//! ```
//!
//! (One line in the file.) See [`Letter`] for the fields, and [`redrive`](crate::redrive) for how letters are sent again.

use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::beside::{is_at, whole_beside};
use super::claims::{Claim, Use};
use super::compress::Compression;
use crate::source::Position;

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// One rejected item: what it was, where it came from, which stage refused it, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// The label of the stage that rejected the item.
    pub stage: String,
    /// The branches that lead to the stage, outermost first: empty on the main line.
    pub branch: Vec<String>,
    /// The name of the source.
    pub source: String,
    /// The place of the item in the source.
    pub position: Position,
    /// What stands in front of the items of the source and is needed to read `raw`: the header of a CSV file.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "head")]
    pub head: Option<Vec<u8>>,
    /// What the source read; present while the item is still one-to-one with it. Bytes that are not UTF-8 are in the field
    /// `raw_base64` of the file instead of `raw`.
    #[serde(flatten, with = "raw", default)]
    pub raw: Option<Vec<u8>>,
    /// What the stage was given, if `raw` is absent and it could be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// The label of the stage that `input` was given to, where that is not `stage`: a letter that was sent again came
    /// further than before, and its item could not be kept there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Why: the error's message, then its causes'.
    pub error: Vec<String>,
    /// How many times the stage, or what retries inside of it, was called with the item.
    pub attempts: u32,
    /// Why each attempt failed, in order, where a retry gave up. The last one is why the item was rejected, so what it failed with
    /// stands in `error`, too, unless the function made another error of it. Of more than 20 the first and the last 10 are kept,
    /// and a line between them says how many are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// Whether a redrive was interrupted while this letter was on its way, so that it may have arrived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// When it was rejected: RFC 3339, in UTC, to the microsecond.
    pub at: String,
}

impl Letter {
    /// A letter about an item that `stage` refused at its first attempt, with neither raw bytes nor input.
    pub fn new(
        stage: impl Into<String>,
        source: impl Into<String>,
        position: Position,
        error: &(dyn Error + 'static),
        at: SystemTime,
    ) -> Self {
        Letter {
            version: VERSION,
            stage: stage.into(),
            branch: Vec::new(),
            source: source.into(),
            position,
            raw: None,
            head: None,
            input: None,
            from: None,
            error: chain(error),
            attempts: 1,
            failed: Vec::new(),
            in_doubt: false,
            at: rfc3339(at),
        }
    }
}

/// The message of `error`, then those of its causes.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect()
}

fn rfc3339(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).and_then(|at| at.round(jiff::Unit::Microsecond));
    at.unwrap_or_default().to_string()
}

/// `head` as text; bytes that are not UTF-8 as an object that holds their Base64.
mod head {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Engine, STANDARD, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Head {
        Text(String),
        Bytes { base64: String },
    }

    #[allow(clippy::ref_option, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        let head = bytes.as_ref().map(|bytes| match std::str::from_utf8(bytes) {
            Ok(text) => Head::Text(text.to_owned()),
            Err(_) => Head::Bytes { base64: STANDARD.encode(bytes) },
        });
        head.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(match Option::<Head>::deserialize(deserializer)? {
            None => None,
            Some(Head::Text(text)) => Some(text.into_bytes()),
            Some(Head::Bytes { base64 }) => Some(STANDARD.decode(base64).map_err(D::Error::custom)?),
        })
    }
}

/// `raw` as text where it is UTF-8, else as Base64.
mod raw {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Engine, STANDARD, Serialize};

    #[derive(Serialize, Deserialize, Default)]
    struct Raw<'a> {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<std::borrow::Cow<'a, str>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw_base64: Option<String>,
    }

    #[allow(clippy::ref_option, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = match bytes.as_deref().map(|bytes| (std::str::from_utf8(bytes), bytes)) {
            None => Raw::default(),
            Some((Ok(text), _)) => Raw { raw: Some(text.into()), raw_base64: None },
            Some((Err(_), bytes)) => Raw { raw: None, raw_base64: Some(STANDARD.encode(bytes)) },
        };
        raw.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        match (raw.raw, raw.raw_base64) {
            (Some(_), Some(_)) => Err(D::Error::custom("a letter has `raw` or `raw_base64`, not both")),
            (Some(text), None) => Ok(Some(text.into_owned().into_bytes())),
            (None, Some(text)) => STANDARD.decode(text).map(Some).map_err(D::Error::custom),
            (None, None) => Ok(None),
        }
    }
}

/// The writer of one file of letters. Stages that name the same path share one.
#[derive(Debug)]
pub struct Letters {
    path: PathBuf,
    file: File,
    _claim: Claim,
}

impl Drop for Letters {
    /// A process that was just started elsewhere may hold the file a moment longer, and the lock with it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Letters {
    /// Opens the file at `path`, and makes it if there is none; letters that it holds stay.
    ///
    /// # Errors
    /// When it cannot be appended to, or is standard output or a device: what has been printed cannot be sent again. Also when
    /// its name is that of a compressed file, `.gz` or `.zst`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LettersError> {
        let path = path.into();
        match open(&path) {
            Ok((file, claim)) => Ok(Letters { path, file, _claim: claim }),
            Err(cause) => Err(LettersError { path, cause }),
        }
    }

    /// Where the letters are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one letter, in one write.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&self, letter: &Letter) -> Result<(), LettersError> {
        self.write(letter).map_err(|cause| LettersError { path: self.path.clone(), cause })
    }

    fn write(&self, letter: &Letter) -> io::Result<()> {
        let mut line = serde_json::to_vec(letter)?;
        line.push(b'\n');
        (&self.file).write_all(&line)
    }
}

fn open(path: &Path) -> io::Result<(File, Claim)> {
    if path == Path::new("-") {
        return Err(io::Error::new(ErrorKind::InvalidInput, "letters need a file, not standard output"));
    }
    if Compression::of(path).is_some() {
        let text = "letters are appended one by one, and never compressed; give them another name";
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let kind = file.metadata()?;
    if !kind.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "letters need a regular file"));
    }
    let target = path.canonicalize()?;
    let claim = Claim::new(target.clone(), Use::Letters)?;
    // Many may append at a time, but none while another process sends the letters again and replaces the file. Where files
    // cannot be locked nobody can send them again.
    let busy = || io::Error::new(ErrorKind::ResourceBusy, "its letters are being sent again");
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => return Err(busy()),
        Ok(()) if !is_at(&file, &target)? => return Err(busy()),
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    if let Some(left) = whole_beside(&target)? {
        let left = left.display();
        let why = format!("a redrive of its letters was interrupted, and left {left}: redrive them again first");
        return Err(io::Error::other(why));
    }
    // A line that a full disk cut short must not swallow the next letter.
    if kind.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok((file, claim))
}

/// Why letters cannot be kept, and in which file.
#[derive(Debug)]
pub struct LettersError {
    path: PathBuf,
    cause: io::Error,
}

impl LettersError {
    /// The cause, which the message already includes.
    pub fn cause(&self) -> &io::Error {
        &self.cause
    }
}

impl fmt::Display for LettersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot keep dead letters in {}: {}", self.path.display(), self.cause)
    }
}

impl Error for LettersError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}
