//! From JSON text to a record, without a value in between.
//!
//! Most texts are read [directly](direct), by our own reader, which knows nothing of messages. A text that it refuses is read
//! again by `serde_json`, [tracked](tracked) on its way, and what comes of that counts: a record, or what is wrong and where.

mod access;
mod cursor;
mod direct;
mod fields;
mod number;
#[cfg(test)]
mod tests;
mod tracked;

use std::fmt;

use serde::de::DeserializeSeed;

use self::tracked::{Track, Tracked};
use super::Record;
use super::fields::{Fields, MISREAD, Unchecked, validated};
use crate::error::BoxError;

/// Reads itself from one JSON text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "this does not read itself from JSON",
    note = "write `#[record]` on `{Self}`"
)]
pub trait FromJson<'a>: Sized {
    /// Reads and validates. Borrowed strings point into `text`, or into `scratch` where an escape had to be undone.
    ///
    /// # Errors
    /// A [`JsonError`] that says what is wrong with the text, or the [`Violations`](super::Violations) of what the schema
    /// asks.
    fn from_json(text: &'a [u8], scratch: &'a Scratch) -> Result<Self, BoxError>;
}

/// Where strings with escapes are undone; one for each text.
#[derive(Debug, Default)]
pub struct Scratch {
    texts: bumpalo::Bump,
}

impl Scratch {
    /// Forgets what was undone and keeps the memory for the next text.
    pub fn clear(&mut self) {
        self.texts.reset();
    }

    /// Keeps a copy of `text`.
    pub(super) fn keep(&self, text: &str) -> &str {
        self.texts.alloc_str(text)
    }
}

/// What is wrong with a JSON text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonError {
    /// The field that was being read: `items[3].price`; empty for the record as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The line in the text, from 1; 0 where the reader does not know.
    pub line: usize,
    /// The column in the line, from 1; 0 where the reader does not know.
    pub column: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "field `{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            // One text is most often one line, whose number its source knows better.
            (1, column) => write!(f, ", at column {column}"),
            (line, column) => write!(f, ", at line {line}, column {column}"),
        }
    }
}

impl std::error::Error for JsonError {}

/// Reads and validates one record.
///
/// # Errors
/// What is wrong with the text, or all violations.
#[inline]
pub fn from_json<'a, T: Fields<'a>>(text: &'a [u8], scratch: &'a Scratch) -> Result<T, BoxError> {
    match direct::read(text, scratch, fields::read::<T>) {
        Some(record) => Ok(validated(record)?),
        None => tracked(Unchecked::<T>::new(), text, scratch),
    }
}

/// Reads one record by `seed` and validates it.
#[inline]
pub(super) fn from_json_by<'a, T: Record>(
    seed: impl DeserializeSeed<'a, Value = T> + Copy,
    text: &'a [u8],
    scratch: &'a Scratch,
) -> Result<T, BoxError> {
    match direct::read(text, scratch, |cursor| seed.deserialize(cursor)) {
        Some(record) => Ok(validated(record)?),
        None => tracked(seed, text, scratch),
    }
}

/// Reads one record by `seed` and validates it, or says what is wrong.
#[cold]
#[inline(never)]
fn tracked<'a, T: Record>(
    seed: impl DeserializeSeed<'a, Value = T>,
    text: &'a [u8],
    scratch: &'a Scratch,
) -> Result<T, BoxError> {
    let track = Track::new(scratch);
    let mut json = serde_json::Deserializer::from_slice(text);
    let record = seed.deserialize(Tracked::new(&mut json, &track)).and_then(|record| json.end().map(|()| record));
    match record {
        Ok(record) => Ok(validated(record)?),
        Err(error) => Err(Box::new(located::<T>(&error, &track))),
    }
}

fn located<T: Record>(error: &serde_json::Error, track: &Track<'_>) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let place = format!(" at line {line} column {column}");
    let (path, secret) = track.path(T::SCHEMA);
    let message = match message.strip_suffix(&place).unwrap_or(&message) {
        // What serde says about a value quotes it.
        _ if secret && error.is_data() => MISREAD.to_owned(),
        message => message.to_owned(),
    };
    JsonError { path, message, line, column }
}
