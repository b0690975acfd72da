//! From a record to the parameters of a statement: a serde serializer that binds each field.

use std::fmt;

use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::ser::{self, Impossible, Serialize, Serializer};

use super::kind::{Affinity, Kind};
use super::read::shown;
use crate::io::finite::Finite;

/// A column that is written.
#[derive(Debug)]
pub(super) struct Target {
    /// That of the field, and of the column.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) affinity: Affinity,
    /// It is part of the key by which rows are replaced.
    pub(super) key: bool,
    pub(super) secret: bool,
}

/// Why an item cannot be bound.
#[derive(Debug)]
pub(super) enum Unbound {
    /// It has fields inside: it is bound as JSON.
    Nested,
    /// The item or its field cannot be written.
    Refused(String),
    /// The database said no.
    Sqlite(rusqlite::Error),
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unbound::Nested => f.write_str("it has fields inside"),
            Unbound::Refused(why) => f.write_str(why),
            Unbound::Sqlite(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Unbound {}

impl ser::Error for Unbound {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Unbound::Refused(text.to_string())
    }
}

/// Binds the fields of one record.
pub(super) struct RecordBinder<'b, 's> {
    pub(super) statement: &'b mut Statement<'s>,
    pub(super) targets: &'b [Target],
}

/// The fields of a record on their way.
pub(super) struct FieldsBinder<'b, 's> {
    statement: &'b mut Statement<'s>,
    targets: &'b [Target],
    /// Where the next field is expected: they come in the order of the schema.
    next: usize,
    /// The key of a map whose value comes next.
    key: Option<String>,
    /// How many bytes the texts and blobs have.
    bytes: usize,
}

impl<'b, 's> RecordBinder<'b, 's> {
    fn fields(self) -> FieldsBinder<'b, 's> {
        FieldsBinder { statement: self.statement, targets: self.targets, next: 0, key: None, bytes: 0 }
    }
}

impl FieldsBinder<'_, '_> {
    #[inline]
    fn bind<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unbound> {
        let expected = self.targets.get(self.next).is_some_and(|target| target.name == name);
        let at = if expected { Some(self.next) } else { self.targets.iter().position(|target| target.name == name) };
        let Some((at, target)) = at.and_then(|at| Some((at, self.targets.get(at)?))) else {
            return Err(Unbound::Refused(format!("field `{name}` is not in the record's schema")));
        };
        self.next = at + 1;
        let mut binder = FieldBinder { statement: &mut *self.statement, place: at + 1, target, bytes: &mut self.bytes };
        match value.serialize(&mut binder) {
            Err(Unbound::Nested) => binder.bind_nested(value),
            bound => bound,
        }
        .map_err(|error| match error {
            Unbound::Refused(_) if target.secret => Unbound::Refused(format!("field `{name}` cannot be written")),
            Unbound::Refused(why) => Unbound::Refused(format!("field `{name}`: {why}")),
            error => error,
        })
    }
}

/// Binds one field.
struct FieldBinder<'b, 's> {
    statement: &'b mut Statement<'s>,
    /// Of the parameter, from 1.
    place: usize,
    target: &'b Target,
    bytes: &'b mut usize,
}

impl FieldBinder<'_, '_> {
    #[inline]
    fn bind(&mut self, value: ValueRef<'_>) -> Result<(), Unbound> {
        let Target { kind, affinity, key, .. } = *self.target;
        if key && matches!(value, ValueRef::Null) {
            // A NULL equals no other, so the row would be added again by each run.
            return Err(Unbound::Refused("the key has no value".to_owned()));
        }
        if let Some(change) = affinity.changes(kind, value) {
            let shown = shown(value);
            return Err(Unbound::Refused(format!("the column would not keep {shown} but make {change}")));
        }
        if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = value {
            *self.bytes += bytes.len();
        }
        self.statement.raw_bind_parameter(self.place, ToSqlOutput::Borrowed(value)).map_err(Unbound::Sqlite)
    }

    /// A list, a map or a struct is JSON, but for `Vec<u8>`, which is a blob.
    fn bind_nested<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unbound> {
        let refused = |error: serde_json::Error| Unbound::Refused(format!("JSON cannot hold it: {error}"));
        let json = serde_json::to_vec(&Finite(value)).map_err(refused)?;
        if self.target.kind == Kind::Bytes {
            let bytes: Vec<u8> = serde_json::from_slice(&json).map_err(refused)?;
            return self.bind(ValueRef::Blob(&bytes));
        }
        self.bind(ValueRef::Text(&json))
    }

    fn float(&mut self, value: f64) -> Result<(), Unbound> {
        if value.is_nan() {
            return Err(Unbound::Refused("SQLite has no NaN".to_owned()));
        }
        self.bind(ValueRef::Real(value))
    }

    fn integer<I: Copy + fmt::Display + TryInto<i64>>(&mut self, value: I) -> Result<(), Unbound> {
        match value.try_into() {
            Ok(value) => self.bind(ValueRef::Integer(value)),
            Err(_) => Err(Unbound::Refused(format!("{value} does not fit an INTEGER, which has 64 bits and a sign"))),
        }
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Unbound> {
            self.integer(value)
        })*
    };
}

/// The methods of what is not one value.
macro_rules! nested {
    ($($method:ident($($type:ty),*) -> $compound:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$compound, Unbound> {
            Err(Unbound::Nested)
        })*
    };
}

type Never = Impossible<(), Unbound>;

impl Serializer for &mut FieldBinder<'_, '_> {
    type Ok = ();
    type Error = Unbound;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    nested! {
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Unbound> {
        Err(Unbound::Nested)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unbound> {
        self.bind(ValueRef::Integer(value.into()))
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unbound> {
        self.float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unbound> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Unbound> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Unbound> {
        self.bind(ValueRef::Text(value.as_bytes()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unbound> {
        self.bind(ValueRef::Blob(value))
    }

    fn serialize_none(self) -> Result<(), Unbound> {
        self.bind(ValueRef::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unbound> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unbound> {
        self.bind(ValueRef::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Unbound> {
        self.bind(ValueRef::Null)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Unbound> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Unbound> {
        value.serialize(self)
    }
}

impl ser::SerializeStruct for FieldsBinder<'_, '_> {
    type Ok = usize;
    type Error = Unbound;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unbound> {
        self.bind(key, value)
    }

    fn end(self) -> Result<usize, Unbound> {
        Ok(self.bytes)
    }
}

impl ser::SerializeMap for FieldsBinder<'_, '_> {
    type Ok = usize;
    type Error = Unbound;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unbound> {
        let key = serde_json::to_value(key).map_err(ser::Error::custom)?;
        self.key = key.as_str().map(str::to_owned);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unbound> {
        let key = self.key.take().unwrap_or_default();
        self.bind(&key, value)
    }

    fn end(self) -> Result<usize, Unbound> {
        Ok(self.bytes)
    }
}

fn not_a_record<T>() -> Result<T, Unbound> {
    Err(Unbound::Refused("the item is not written as a struct, so it has no columns".to_owned()))
}

/// The methods of what is not a record.
macro_rules! refused {
    ($($method:ident($($type:ty),*) -> $compound:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$compound, Unbound> {
            not_a_record()
        })*
    };
}

type NoRecord = Impossible<usize, Unbound>;

/// Gives the bytes of the texts and blobs.
impl<'b, 's> Serializer for RecordBinder<'b, 's> {
    type Ok = usize;
    type Error = Unbound;
    type SerializeSeq = NoRecord;
    type SerializeTuple = NoRecord;
    type SerializeTupleStruct = NoRecord;
    type SerializeTupleVariant = NoRecord;
    type SerializeMap = FieldsBinder<'b, 's>;
    type SerializeStruct = FieldsBinder<'b, 's>;
    type SerializeStructVariant = NoRecord;

    refused! {
        serialize_bool(bool) -> usize;
        serialize_i8(i8) -> usize;
        serialize_i16(i16) -> usize;
        serialize_i32(i32) -> usize;
        serialize_i64(i64) -> usize;
        serialize_u8(u8) -> usize;
        serialize_u16(u16) -> usize;
        serialize_u32(u32) -> usize;
        serialize_u64(u64) -> usize;
        serialize_f32(f32) -> usize;
        serialize_f64(f64) -> usize;
        serialize_char(char) -> usize;
        serialize_str(&str) -> usize;
        serialize_bytes(&[u8]) -> usize;
        serialize_none() -> usize;
        serialize_unit() -> usize;
        serialize_unit_struct(&'static str) -> usize;
        serialize_unit_variant(&'static str, u32, &'static str) -> usize;
        serialize_seq(Option<usize>) -> NoRecord;
        serialize_tuple(usize) -> NoRecord;
        serialize_tuple_struct(&'static str, usize) -> NoRecord;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> NoRecord;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> NoRecord;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<usize, Unbound> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<usize, Unbound> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<usize, Unbound> {
        not_a_record()
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<FieldsBinder<'b, 's>, Unbound> {
        Ok(self.fields())
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<FieldsBinder<'b, 's>, Unbound> {
        Ok(self.fields())
    }
}
