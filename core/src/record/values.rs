//! A record from a row of values that have types, as a database has them.

use super::Record;
use super::fields::Fields;
use super::variants::Variants;

/// A record that reads itself from typed values by the columns of its schema; `#[record]` writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the columns of a table",
    label = "this has no columns",
    note = "write `#[record]` on a struct, or `#[record(tag = \"type\")]` on an enum whose variant the column `type` names"
)]
pub trait FromValues<'de>: Record + Sized {
    /// Reads it by its fields or by its variants.
    ///
    /// # Errors
    /// When it does not read.
    fn from_values<V: Values<'de>>(values: V) -> Result<Self, V::Error>;
}

/// The values of a row.
pub trait Values<'de> {
    /// Why they do not read.
    type Error;

    /// Reads a struct.
    ///
    /// # Errors
    /// When it does not read.
    fn fields<T: Fields<'de>>(self) -> Result<T, Self::Error>;

    /// Reads an enum whose variant a column names.
    ///
    /// # Errors
    /// When it does not read.
    fn variant<T: Variants<'de>>(self) -> Result<T, Self::Error>;
}
