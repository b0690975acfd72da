//! From the values of a row to a record.

use std::fmt;

use rusqlite::types::ValueRef;
use serde::de::value::SeqDeserializer;
use serde::de::{self, Deserialize, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};

use crate::record::generated::Next;

/// One value of a row, for the field that it is read into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a>(pub(super) ValueRef<'a>);

/// Why a value does not read.
#[derive(Clone, Debug)]
pub(super) struct Wrong(pub(super) String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Wrong(message.to_string())
    }

    // What was read is said by whoever knows whether it may be shown.
    fn invalid_type(_read: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Wrong(format!("expected {expected}"))
    }

    fn invalid_value(_read: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Wrong(format!("expected {expected}"))
    }
}

impl<'a> Next<'a> for Cell<'a> {
    type Error = Wrong;

    #[inline]
    fn value<T: Deserialize<'a>>(self) -> Result<T, Wrong> {
        match T::deserialize(self) {
            Ok(value) => Ok(value),
            // An enum with a tag inside does not say beforehand that it wants JSON. No text or number reads from an object.
            Err(wrong) => match self.0 {
                ValueRef::Text(text) if text.starts_with(b"{") => {
                    json(text, |json| T::deserialize(json)).map_err(|_| wrong)
                }
                _ => Err(wrong),
            },
        }
    }
}

/// Reads what a text holds in JSON.
fn json<'a, T>(
    text: &'a [u8],
    read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::SliceRead<'a>>) -> serde_json::Result<T>,
) -> Result<T, Wrong> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = read(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| Wrong(format!("expected JSON of the field's type: {error}")))
}

/// How a value is shown in messages.
pub(super) fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(value) => format!("the integer {value}"),
        ValueRef::Real(value) => format!("the number {value:?}"),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => format!("the text `{}`", crate::record::shortened(text)),
            Err(_) => format!("the text `{}`", crate::record::shortened(&text.escape_ascii().to_string())),
        },
        ValueRef::Blob(blob) => format!("a blob of {} bytes", blob.len()),
    }
}

impl<'a> Cell<'a> {
    fn text<E: de::Error>(text: &'a [u8]) -> Result<&'a str, E> {
        std::str::from_utf8(text).map_err(|_| E::custom("expected a text in UTF-8"))
    }

    /// The value by its own type.
    fn plain<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Null => visitor.visit_unit(),
            ValueRef::Integer(value) => visitor.visit_i64(value),
            ValueRef::Real(value) => visitor.visit_f64(value),
            ValueRef::Text(text) => visitor.visit_borrowed_str(Self::text(text)?),
            ValueRef::Blob(blob) => visitor.visit_borrowed_bytes(blob),
        }
    }

    /// A value for a field that is a whole number. A text or a REAL is not one, whatever it looks like.
    fn integer<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Real(value) => Err(de::Error::invalid_type(Unexpected::Float(value), &visitor)),
            _ => self.plain(visitor),
        }
    }

    /// A value for a field that is a text. Serde's `String` would take a blob, and a decimal a REAL.
    fn only_text<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
                Err(de::Error::invalid_type(Unexpected::Other("no text"), &visitor))
            }
            _ => self.plain(visitor),
        }
    }
}

/// The `f64` that is the same number, if there is one.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the way back shows the loss")]
fn exact(value: i64) -> Option<f64> {
    let float = value as f64;
    // `i64::MAX as f64` is one more, which saturates on the way back.
    (float as i64 == value && value != i64::MAX).then_some(float)
}

/// The `f32` that is the same number, if there is one.
#[allow(clippy::cast_possible_truncation, reason = "the way back shows the loss")]
fn single(value: f64) -> Option<f32> {
    let single = value as f32;
    (f64::from(single).to_bits() == value.to_bits()).then_some(single)
}

fn rounded(ty: &str) -> Wrong {
    Wrong(format!("expected a number that {ty} holds without rounding"))
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.integer(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.only_text(visitor)
        }
    )*};
}

macro_rules! plain {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.plain(visitor)
        }
    )*};
}

impl<'a> Deserializer<'a> for Cell<'a> {
    type Error = Wrong;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }
    texts! { deserialize_str deserialize_string deserialize_char deserialize_identifier }
    plain! { deserialize_any deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_ignored_any }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Integer(value @ 0..=1) => visitor.visit_bool(value == 1),
            _ => Err(Wrong("expected 0 or 1".to_owned())),
        }
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Integer(value) => visitor.visit_f64(exact(value).ok_or_else(|| rounded("f64"))?),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let value = match self.0 {
            ValueRef::Integer(value) => exact(value).and_then(single),
            ValueRef::Real(value) => single(value),
            _ => return self.plain(visitor),
        };
        visitor.visit_f32(value.ok_or_else(|| rounded("f32"))?)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if matches!(self.0, ValueRef::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        self.plain(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) => json(text, |json| json.deserialize_seq(visitor)),
            ValueRef::Blob(blob) => visitor.visit_seq(SeqDeserializer::<_, Wrong>::new(blob.iter().copied())),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) => json(text, |json| json.deserialize_tuple(len, visitor)),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) => json(text, |json| json.deserialize_tuple_struct(name, len, visitor)),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) => json(text, |json| json.deserialize_map(visitor)),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) => json(text, |json| json.deserialize_struct(name, fields, visitor)),
            _ => self.plain(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            ValueRef::Text(text) if text.starts_with(b"{") => {
                json(text, |json| json.deserialize_enum(name, variants, visitor))
            }
            ValueRef::Text(text) => visitor.visit_enum(IntoDeserializer::<Wrong>::into_deserializer(Self::text(text)?)),
            _ => self.plain(visitor),
        }
    }
}
