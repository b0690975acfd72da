//! From a value to the text of one field.

use std::fmt::{self, Write};

use serde::ser::{Impossible, Serialize, Serializer};

use super::WriteError;
use crate::io::csv::options::Dialect;
use crate::io::read::BOM;

/// Puts the bytes of `row` from `start` on in quotes if they need them.
#[inline]
pub(super) fn quote_from(row: &mut Vec<u8>, start: usize, dialect: Dialect) {
    let Dialect { delimiter, quote: mark } = dialect;
    let special = |byte: &u8| *byte == delimiter || *byte == mark || matches!(byte, b'\n' | b'\r');
    let Some(text) = row.get(start..) else { return };
    // At the start of a file a reader would take a mark for the file's own.
    if text.iter().any(special) || text.starts_with(BOM) {
        quote(row, start, mark);
    }
}

#[cold]
fn quote(row: &mut Vec<u8>, start: usize, mark: u8) {
    let text = row.split_off(start);
    row.push(mark);
    for byte in text {
        if byte == mark {
            row.push(mark);
        }
        row.push(byte);
    }
    row.push(mark);
}

/// Writes one value at the end of a row.
pub(super) struct FieldSerializer<'a> {
    pub(super) row: &'a mut Vec<u8>,
    pub(super) dialect: Dialect,
}

impl FieldSerializer<'_> {
    #[inline]
    fn text(self, text: &[u8]) {
        let start = self.row.len();
        self.row.extend_from_slice(text);
        quote_from(self.row, start, self.dialect);
    }
}

/// Lets `fmt` write into a row.
struct AsFmt<'a>(&'a mut Vec<u8>);

impl Write for AsFmt<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn refused<T>(holds: &'static str) -> Result<T, WriteError> {
    Err(WriteError::Field { name: String::new(), holds })
}

macro_rules! integers {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), WriteError> {
            self.row.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

macro_rules! floats {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), WriteError> {
            self.row.extend_from_slice(zmij::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl Serializer for FieldSerializer<'_> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Impossible<(), WriteError>;
    type SerializeTuple = Impossible<(), WriteError>;
    type SerializeTupleStruct = Impossible<(), WriteError>;
    type SerializeTupleVariant = Impossible<(), WriteError>;
    type SerializeMap = Impossible<(), WriteError>;
    type SerializeStruct = Impossible<(), WriteError>;
    type SerializeStructVariant = Impossible<(), WriteError>;

    integers!(
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
    );
    floats!(serialize_f32: f32, serialize_f64: f64);

    fn serialize_bool(self, value: bool) -> Result<(), WriteError> {
        self.text(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), WriteError> {
        self.text(value.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), WriteError> {
        self.text(value.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), WriteError> {
        self.text(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), WriteError> {
        self.serialize_str(name)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), WriteError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), WriteError> {
        refused("an enum variant with fields")
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, WriteError> {
        refused("a sequence")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, WriteError> {
        refused("a tuple")
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, WriteError> {
        refused("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, WriteError> {
        refused("an enum variant with fields")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, WriteError> {
        refused("a map")
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self::SerializeStruct, WriteError> {
        refused("a struct")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, WriteError> {
        refused("an enum variant with fields")
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        let start = self.row.len();
        if write!(AsFmt(self.row), "{value}").is_err() {
            return Err(WriteError::Custom("cannot be printed".to_owned()));
        }
        quote_from(self.row, start, self.dialect);
        Ok(())
    }
}
