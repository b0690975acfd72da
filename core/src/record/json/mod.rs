//! From JSON text to a record, without a value in between.
//!
//! Most texts are read [directly](direct), by our own reader, which knows nothing of messages. A text that it refuses is read
//! again by `serde_json`, [tracked](tracked) on its way, and what comes of that counts: a record, or what is wrong and where.

mod access;
mod cursor;
mod direct;
mod fields;
mod number;
mod place;
#[cfg(test)]
mod tests;
mod tracked;

use std::fmt;

use serde::de::DeserializeSeed;

use self::tracked::{Track, Tracked};
use super::Record;
use super::fields::{Fields, MISREAD, Unchecked, validated};
use super::number::OutOfRange;
use super::violations::shortened;
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
    /// The line in the text, from 1; 0 where the reader does not know. It is that of the first byte of a value that is wrong, or
    /// of the byte at which the text cannot go on as it does.
    pub line: usize,
    /// The column of that byte in the line, from 1; 0 where the reader does not know.
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
        Err(error) => Err(Box::new(located::<T>(&error, text, &track))),
    }
}

fn located<T: Record>(error: &serde_json::Error, text: &[u8], track: &Track<'_>) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
    // The text is well formed, and its number is one that no float holds.
    let too_large = message == "number out of range";
    let value = place::value_before(text, track.depth(), line, column).filter(|_| error.is_data() || too_large);
    let number = value.and_then(|value| value.number);
    let (path, secret) = track.path(T::SCHEMA);
    // To serde, a whole number that no `u64` holds is a float, and of the wrong type.
    let integer = message.rsplit_once(", expected ").map(|(_, ty)| ty);
    let out_of_range = number.zip(integer).and_then(|(number, ty)| OutOfRange::of(number, ty));
    let message = match (number.map(shortened), out_of_range) {
        // What serde says about a value quotes it.
        _ if secret && error.is_data() => MISREAD.to_owned(),
        (Some(number), Some(out_of_range)) => format!("`{number}` {out_of_range}"),
        (Some(number), None) if too_large && !secret => format!("{message}: `{number}`"),
        _ => message.to_owned(),
    };
    let (line, column) = value.map_or((line, column), |value| (value.line, value.column));
    JsonError { path, message, line, column }
}
