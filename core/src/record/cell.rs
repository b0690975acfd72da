//! A cell as a serde deserializer, for fields that say how they are read: `#[field(with = module)]`.

use std::fmt;

use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::decode::{FieldError, FromField};
use super::number::OutOfRange;

/// One cell of a row, read as what its reader asks for: a number where it asks for one, else a text.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a>(&'a [u8]);

/// Reads a field by a function that takes a deserializer.
///
/// # Errors
/// When there is no cell, or the function says so.
#[inline]
pub fn field_with<'a, T>(
    cell: Option<&'a [u8]>,
    read: impl FnOnce(Cell<'a>) -> Result<T, CellError>,
) -> Result<T, FieldError> {
    read(Cell(cell.ok_or(FieldError::Missing)?)).map_err(|CellError(error)| error)
}

/// Why a cell does not read.
#[derive(Clone, Debug)]
pub struct CellError(FieldError);

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            FieldError::Missing => f.write_str("it is missing"),
            FieldError::Empty(expected) | FieldError::Unexpected(expected) => write!(f, "expected {expected}"),
            FieldError::NotUtf8 => f.write_str("it is not UTF-8"),
            FieldError::OutOfRange(ty) => write!(f, "it {}", OutOfRange(ty)),
            FieldError::Time(expected, why) => write!(f, "expected {expected}: {why}"),
            FieldError::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CellError {}

impl de::Error for CellError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        CellError(FieldError::Refused(message.to_string()))
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $ty:ty,)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, CellError> {
            visitor.$visit(<$ty>::from_field(self.0).map_err(CellError)?)
        }
    )*};
}

impl<'a> Deserializer<'a> for Cell<'a> {
    type Error = CellError;

    parsed! {
        deserialize_any visit_borrowed_str &'a str,
        deserialize_bool visit_bool bool,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
        deserialize_char visit_char char,
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, CellError> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CellError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CellError> {
        let name: &'a str = FromField::from_field(self.0).map_err(CellError)?;
        visitor.visit_enum(IntoDeserializer::<CellError>::into_deserializer(name))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
