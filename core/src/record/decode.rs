//! From the cells of a row to fields.

use std::borrow::Cow;
use std::fmt;

use super::number::OutOfRange;
use super::schema::Field;
use super::time::{self, CivilTime, TimeError, Timestamp, Zone};
use super::utf8;
use super::violations::shortened;
use crate::error::BoxError;

/// One row of text fields, in the order of the record's schema, not of the file.
pub trait Row<'a> {
    /// The text of the schema's `index`-th field; `None` when the source has no such column.
    fn field(&self, index: usize) -> Option<&'a [u8]>;
}

/// Reads itself from a row of text fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row of cells",
    label = "this does not read itself from a row",
    note = "write `#[record]` on a struct, or `#[record(tag = \"type\")]` on an enum whose variant the column `type` names"
)]
pub trait FromRow<'a>: Sized {
    /// Reads and validates.
    ///
    /// # Errors
    /// A [`RowError`] with every field that does not parse, or the [`Violations`](super::Violations) of what the schema asks.
    fn from_row(row: &impl Row<'a>) -> Result<Self, BoxError>;
}

/// Reads itself from one cell of a row, strictly: blanks around a number are an error.
///
/// Implement it for a type of your own that one cell holds:
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::{FieldError, FromField};
///
/// enum Level {
///     Low,
///     High,
/// }
///
/// impl FromField<'_> for Level {
///     fn from_field(cell: &[u8]) -> Result<Self, FieldError> {
///         match cell {
///             b"low" => Ok(Level::Low),
///             b"high" => Ok(Level::High),
///             _ => Err(FieldError::Unexpected("`low` or `high`")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "one cell of a row cannot hold a `{Self}`",
    label = "this record has a field of type `{Self}`",
    note = "read the record from JSON with `json_lines`, implement `millstream::record::FromField` for `{Self}`, or say how to \
            read the field with `#[field(with = module)]`"
)]
pub trait FromField<'a>: Sized {
    /// Reads it from the bytes of the cell.
    ///
    /// # Errors
    /// When the cell holds something else.
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError>;

    /// What it is when the row has no such cell: an error for all but `Option`.
    ///
    /// # Errors
    /// [`FieldError::Missing`] when there must be a cell.
    fn absent() -> Result<Self, FieldError> {
        Err(FieldError::Missing)
    }
}

/// Why one cell does not read as its field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// The row has no such cell.
    Missing,
    /// The cell is empty, and the field must have a value; it says what was expected.
    Empty(&'static str),
    /// The cell is not UTF-8.
    NotUtf8,
    /// The cell holds something other than this, which was expected: `a number`.
    Unexpected(&'static str),
    /// The value does not fit this type: `u8`.
    OutOfRange(&'static str),
    /// What was expected, and why this is not it.
    Time(&'static str, TimeError),
    /// What a reader of the user's own says.
    Refused(String),
}

/// Every cell of a row that does not read as its field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowError {
    wrong: Vec<WrongField>,
}

/// One cell that does not read as its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongField {
    /// The name of the column.
    pub column: &'static str,
    /// What was read, shortened; `None` when there was nothing, or the field is secret.
    pub read: Option<String>,
    /// Why it does not do.
    pub why: FieldError,
}

impl fmt::Display for WrongField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WrongField { column, read, why } = self;
        let read = read.as_deref().unwrap_or("the text");
        match why {
            FieldError::Missing => write!(f, "column `{column}` is missing"),
            FieldError::Empty(expected) => write!(f, "column `{column}`: expected {expected}, but it is empty"),
            FieldError::NotUtf8 => write!(f, "column `{column}`: {read} is not UTF-8"),
            FieldError::Unexpected(expected) => write!(f, "column `{column}`: expected {expected}, read {read}"),
            FieldError::OutOfRange(ty) => write!(f, "column `{column}`: {read} {}", OutOfRange(ty)),
            FieldError::Time(expected, why) => write!(f, "column `{column}`: expected {expected}, read {read}: {why}"),
            FieldError::Refused(why) => write!(f, "column `{column}`: {why}, read {read}"),
        }
    }
}

impl RowError {
    /// The cells that do not read, in the order of the fields.
    pub fn wrong(&self) -> &[WrongField] {
        &self.wrong
    }

    /// These cells, and then those.
    pub(super) fn and(mut self, other: RowError) -> RowError {
        self.wrong.extend(other.wrong);
        self
    }

    /// Adds a cell unless it read well.
    #[doc(hidden)]
    pub fn note<T>(&mut self, field: &'static Field, cell: Option<&[u8]>, read: Result<T, FieldError>) {
        if let Err(why) = read {
            let shown = cell.filter(|_| !field.secret).map(|cell| match std::str::from_utf8(cell) {
                Ok(text) => format!("`{}`", shortened(text)),
                Err(_) => format!("`{}`", shortened(&cell.escape_ascii().to_string())),
            });
            // The words of a reader of the user's own may repeat what it read.
            let why = match why {
                FieldError::Refused(_) if field.secret => FieldError::Unexpected("something else"),
                why => why,
            };
            self.wrong.push(WrongField { column: field.name, read: shown, why });
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wrong.iter().enumerate().try_for_each(|(i, wrong)| {
            let between = if i == 0 { "" } else { "; " };
            write!(f, "{between}{wrong}")
        })
    }
}

impl std::error::Error for RowError {}

/// Reads every cell again, to list all that are wrong.
#[cold]
#[inline(never)]
pub fn rejected(list: impl FnOnce(&mut RowError)) -> BoxError {
    let mut error = RowError::default();
    list(&mut error);
    Box::new(error)
}

/// Reads a field from its cell, if there is one.
///
/// # Errors
/// When the cell does not read, or must be there.
#[inline]
pub fn field<'a, T: FromField<'a>>(cell: Option<&'a [u8]>) -> Result<T, FieldError> {
    match cell {
        Some(cell) => T::from_field(cell),
        None => T::absent(),
    }
}

/// Whether a field with a default takes it: there is no cell, or nothing in it.
#[inline]
pub fn takes_default(cell: Option<&[u8]>) -> bool {
    cell.is_none_or(<[u8]>::is_empty)
}

/// Reads a field with a zone from its cell.
///
/// # Errors
/// When the cell holds no time, or one that is unclear in the zone.
#[inline]
pub fn zoned_field<T: InZone>(cell: Option<&[u8]>, zone: &Zone) -> Result<T, FieldError> {
    T::field_in_zone(cell, zone)
}

/// A field that `zone` applies to: a `Timestamp`, or an `Option` of one.
pub trait InZone: Sized {
    /// Reads it from a cell.
    ///
    /// # Errors
    /// When the cell holds no time, or one that is unclear in the zone.
    fn field_in_zone(cell: Option<&[u8]>, zone: &Zone) -> Result<Self, FieldError>;

    /// Reads it by serde.
    ///
    /// # Errors
    /// When it is no time, or one that is unclear in the zone.
    fn deserialize_in_zone<'de, D: serde::Deserializer<'de>>(deserializer: D, zone: &Zone) -> Result<Self, D::Error>;
}

impl InZone for Timestamp {
    fn field_in_zone(cell: Option<&[u8]>, zone: &Zone) -> Result<Self, FieldError> {
        let text = value_text(cell.ok_or(FieldError::Missing)?, time::ZONED)?;
        Timestamp::in_zone(text, zone).map_err(|why| FieldError::Time(time::ZONED, why))
    }

    fn deserialize_in_zone<'de, D: serde::Deserializer<'de>>(deserializer: D, zone: &Zone) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(time::ByText { expects: time::ZONED, read: |text: &str| Timestamp::in_zone(text, zone) })
    }
}

impl InZone for Option<Timestamp> {
    fn field_in_zone(cell: Option<&[u8]>, zone: &Zone) -> Result<Self, FieldError> {
        if takes_default(cell) { Ok(None) } else { Timestamp::field_in_zone(cell, zone).map(Some) }
    }

    fn deserialize_in_zone<'de, D: serde::Deserializer<'de>>(deserializer: D, zone: &Zone) -> Result<Self, D::Error> {
        deserializer.deserialize_option(ZonedOption(zone))
    }
}

struct ZonedOption<'z>(&'z Zone);

impl<'de> serde::de::Visitor<'de> for ZonedOption<'_> {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or nothing", time::ZONED)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Timestamp::deserialize_in_zone(deserializer, self.0).map(Some)
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "the answer of a call would go by memory")]
fn text(cell: &[u8]) -> Result<&str, FieldError> {
    // A `match`: `ok_or` would make the error, and drop it, for every text.
    match utf8::text(cell) {
        Some(text) => Ok(text),
        None => Err(FieldError::NotUtf8),
    }
}

/// The text of a cell that must not be empty.
#[inline]
pub(super) fn value_text<'a>(cell: &'a [u8], expected: &'static str) -> Result<&'a str, FieldError> {
    if cell.is_empty() { Err(FieldError::Empty(expected)) } else { text(cell) }
}

impl<'a> FromField<'a> for bool {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        match cell {
            b"true" => Ok(true),
            b"false" => Ok(false),
            b"" => Err(FieldError::Empty("`true` or `false`")),
            _ => Err(FieldError::Unexpected("`true` or `false`")),
        }
    }
}

impl<'a> FromField<'a> for char {
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        let mut chars = value_text(cell, "one character")?.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(FieldError::Unexpected("one character")),
        }
    }
}

impl<'a> FromField<'a> for &'a str {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer of a call would go by memory")]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        text(cell)
    }
}

impl<'a> FromField<'a> for String {
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        text(cell).map(str::to_owned)
    }
}

impl<'a> FromField<'a> for Box<str> {
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        text(cell).map(Box::from)
    }
}

impl<'a> FromField<'a> for Cow<'a, str> {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        text(cell).map(Cow::Borrowed)
    }
}

impl<'a, T: FromField<'a>> FromField<'a> for Option<T> {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        if cell.is_empty() { Ok(None) } else { T::from_field(cell).map(Some) }
    }

    #[inline]
    fn absent() -> Result<Self, FieldError> {
        Ok(None)
    }
}

impl<'a> FromField<'a> for Timestamp {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        match Timestamp::common(cell) {
            Some(time) => Ok(time),
            None => any_time(cell, time::TIMESTAMP, Timestamp::parse),
        }
    }
}

impl<'a> FromField<'a> for CivilTime {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        match CivilTime::common(cell) {
            Some(time) => Ok(time),
            None => any_time(cell, time::CIVIL, CivilTime::parse),
        }
    }
}

/// Reads a time of any shape.
#[cold]
#[inline(never)]
fn any_time<T>(cell: &[u8], expected: &'static str, parse: fn(&str) -> Result<T, TimeError>) -> Result<T, FieldError> {
    parse(value_text(cell, expected)?).map_err(|why| FieldError::Time(expected, why))
}
