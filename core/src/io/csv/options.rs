//! How a file says where its fields begin and end, and what its columns are called.

use std::fmt;

/// The two bytes that part and enclose fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', quote: b'"' }
    }
}

/// What the user asked for.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) delimiter: char,
    pub(super) quote: char,
    pub(super) header: bool,
    /// The names of the columns of a file without a header.
    pub(super) columns: Option<Vec<String>>,
    /// The names of columns, and what they are called instead.
    pub(super) rename: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Options { delimiter: ',', quote: '"', header: true, columns: None, rename: Vec::new() }
    }
}

impl Options {
    /// The bytes that part and enclose fields, if they can.
    pub(super) fn dialect(&self) -> Result<Dialect, OptionError> {
        let delimiter = byte("delimiter", self.delimiter)?;
        let quote = byte("quote", self.quote)?;
        if delimiter == quote {
            return Err(OptionError(format!("`delimiter` and `quote` are both `{}`", self.quote.escape_default())));
        }
        Ok(Dialect { delimiter, quote })
    }

    /// Whether they can be right for a file that is read.
    pub(super) fn check(&self) -> Result<(), OptionError> {
        self.dialect()?;
        let wrong = match (&self.columns, self.header) {
            (None, false) => {
                "a file without a header needs names for its columns, in their order: `columns = [\"a\", \"b\"]`"
            }
            (Some(_), true) => {
                "`columns` names the columns of a file without a header; add `header = false`, or write \
                 `rename = [(\"in the file\", \"in the record\")]`"
            }
            (Some(_), false) if !self.rename.is_empty() => {
                "`rename` is for the names in a header; with `header = false` write the new ones in `columns`"
            }
            _ => return Ok(()),
        };
        Err(OptionError(wrong.to_owned()))
    }
}

/// A byte that cannot be part of a number, or of a line's end.
fn byte(option: &'static str, given: char) -> Result<u8, OptionError> {
    let shown = given.escape_default();
    match u8::try_from(given) {
        Ok(b'\n' | b'\r') => Err(OptionError(format!("`{option}` cannot be `{shown}`, which ends a row"))),
        Ok(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
            Err(OptionError(format!("`{option}` cannot be `{shown}`, which stands in numbers and names")))
        }
        Ok(byte) if byte.is_ascii() => Ok(byte),
        _ => Err(OptionError(format!("`{option}` must be one ASCII character, got `{given}`"))),
    }
}

/// Why options of CSV cannot be right, whatever the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}
