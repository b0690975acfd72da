//! From text to fields.

use crate::error::BoxError;

/// One row of text fields, in the order of the record's schema, not of the file.
pub trait Row<'a> {
    /// The text of the schema's `index`-th field; `None` when the source has no such column.
    fn field(&self, index: usize) -> Option<&'a [u8]>;
}

/// Reads itself from a row of text fields.
pub trait FromRow<'a>: Sized {
    /// Reads and validates.
    ///
    /// # Errors
    /// Every field that does not parse, or every violation of what the schema asks.
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError>;
}

/// Reads itself from one JSON text.
pub trait FromJson<'a>: Sized {
    /// Reads and validates. Borrowed strings point into `text`, or into `scratch` where an escape had to be undone.
    ///
    /// # Errors
    /// What is wrong with the text, or every violation of what the schema asks.
    fn from_json(text: &'a [u8], scratch: &'a Scratch) -> Result<Self, BoxError>;
}

/// Where strings with escapes are undone; one for each text.
#[derive(Debug, Default)]
pub struct Scratch {}
