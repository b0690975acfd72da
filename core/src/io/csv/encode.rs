//! From values to rows: a serde serializer that refuses what a row cannot hold.

mod field;

use std::{fmt, io};

use serde::ser::{self, Impossible, Serialize, Serializer};

use self::field::FieldSerializer;
use super::fields::Fields;
use super::options::Dialect;
use crate::io::SinkError;
use crate::record::Schema;

/// The columns of a file, once they are known, and how a row is written.
#[derive(Debug)]
pub(super) struct Header {
    columns: Option<Columns>,
    pub(super) dialect: Dialect,
    /// Whether the names are written.
    pub(super) written: bool,
    /// The first row of the file that is added to.
    first: Option<Vec<String>>,
}

#[derive(Debug)]
enum Columns {
    Named(Vec<String>),
    Unnamed(usize),
}

impl Default for Header {
    fn default() -> Self {
        Header { columns: None, dialect: Dialect::default(), written: true, first: None }
    }
}

impl Header {
    /// Takes the names from `schema`.
    pub(super) fn set(&mut self, schema: &Schema) {
        let names = schema.fields.iter().map(|field| field.name.to_owned()).collect();
        self.columns = Some(Columns::Named(names));
    }

    /// Rows are added to a file with this first row, which must be the header if one is known, or that of `items`.
    pub(super) fn follow(&mut self, first: Option<Vec<String>>, items: Option<&Schema>) -> Result<(), io::Error> {
        let mut of_items = Header::default();
        if let Some(items) = items {
            of_items.set(items);
        }
        if let (Some(first), Some(Columns::Named(names))) =
            (&first, self.columns.as_ref().or(of_items.columns.as_ref()))
            && self.written
            && first != names
        {
            return Err(io::Error::other(other_header(first, names)));
        }
        self.first = first;
        Ok(())
    }

    /// Whether an item, the user, or the file that is added to has said what the columns are.
    pub(super) fn is_known(&self) -> bool {
        self.columns.is_some() || self.first.is_some()
    }

    /// Writes the names at the end of `out`, if there are any.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Some(Columns::Named(names)) = self.columns.as_ref().filter(|_| self.written && self.first.is_none()) else {
            return;
        };
        let Dialect { delimiter, quote } = self.dialect;
        for (i, name) in names.iter().enumerate() {
            if i > 0 {
                out.push(delimiter);
            }
            let start = out.len();
            out.extend_from_slice(name.as_bytes());
            field::quote_from(out, start, self.dialect);
        }
        if names.len() == 1 && names.iter().all(String::is_empty) {
            out.extend_from_slice(&[quote, quote]);
        }
        out.push(b'\n');
    }
}

/// Why an item was not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// A field holds what a field of CSV cannot.
    Field {
        /// The field's name, or its number from 1 in a tuple.
        name: String,
        /// What it holds: `a sequence`, `a map`.
        holds: &'static str,
    },
    /// The item is not a row at all.
    Item(&'static str),
    /// The item's fields are not the ones of the rows before.
    Columns(String),
    /// The item refuses to be written.
    Custom(String),
    /// The target cannot be written.
    Target(SinkError),
}

impl From<SinkError> for WriteError {
    fn from(error: SinkError) -> Self {
        WriteError::Target(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Field { name, holds } => write!(f, "field `{name}` holds {holds}, which a CSV field cannot"),
            WriteError::Item(kind) => write!(f, "{kind} is not a row of CSV; give it a struct or a tuple"),
            WriteError::Columns(text) | WriteError::Custom(text) => f.write_str(text),
            WriteError::Target(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WriteError::Target(error) => error.source(),
            _ => None,
        }
    }
}

impl ser::Error for WriteError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        WriteError::Custom(text.to_string())
    }
}

/// Writes one item as one row, under a header if it is the first and its fields have names.
pub(super) struct RowSerializer<'a> {
    row: &'a mut Vec<u8>,
    header: &'a mut Header,
}

impl<'a> RowSerializer<'a> {
    #[inline]
    pub(super) fn new(row: &'a mut Vec<u8>, header: &'a mut Header) -> Self {
        RowSerializer { row, header }
    }

    #[inline]
    fn fields(self) -> FieldsSerializer<'a> {
        let start = self.row.len();
        FieldsSerializer { row: self.row, header: self.header, start, count: 0, names: Vec::new(), key: None }
    }

    fn lone<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        let mut fields = self.fields();
        fields.unnamed(value)?;
        fields.finish()
    }
}

/// The fields of a row on their way. The row's bytes begin at `start`.
pub(super) struct FieldsSerializer<'a> {
    row: &'a mut Vec<u8>,
    header: &'a mut Header,
    start: usize,
    count: usize,
    /// The names so far, while there is no header.
    names: Vec<String>,
    /// The key of a map whose value comes next.
    key: Option<String>,
}

impl FieldsSerializer<'_> {
    #[inline]
    fn named<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), WriteError> {
        match &self.header.columns {
            None => self.names.push(name.to_owned()),
            Some(Columns::Named(names)) => match names.get(self.count) {
                Some(column) if column == name => {}
                column => return Err(misplaced(name, column)),
            },
            Some(Columns::Unnamed(_)) => {
                return Err(WriteError::Columns(format!("field `{name}`, but the rows before have no names")));
            }
        }
        self.value(value).map_err(|error| in_field(error, || name.to_owned()))
    }

    #[inline]
    fn unnamed<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        let number = self.count + 1;
        self.value(value).map_err(|error| in_field(error, || number.to_string()))
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        if self.count > 0 {
            self.row.push(self.header.dialect.delimiter);
        }
        self.count += 1;
        value.serialize(FieldSerializer { row: self.row, dialect: self.header.dialect })
    }

    #[inline]
    fn finish(self) -> Result<(), WriteError> {
        let expected = match &self.header.columns {
            Some(Columns::Named(names)) => names.len(),
            Some(Columns::Unnamed(count)) => *count,
            None => return self.finish_first(),
        };
        if self.count != expected {
            let fields = if self.count == 1 { "field" } else { "fields" };
            let text = format!("{} {fields}, but the rows before have {expected}", self.count);
            return Err(WriteError::Columns(text));
        }
        self.end_row();
        Ok(())
    }

    #[cold]
    fn finish_first(mut self) -> Result<(), WriteError> {
        if self.count == 0 {
            return Err(WriteError::Item("an item without fields"));
        }
        let names = std::mem::take(&mut self.names);
        if let Some(first) = &self.header.first {
            if self.header.written && !names.is_empty() && *first != names {
                return Err(WriteError::Columns(other_header(first, &names)));
            }
            if self.count != first.len() {
                let text = format!("{} fields, but the rows of the file have {}", self.count, first.len());
                return Err(WriteError::Columns(text));
            }
        }
        if names.is_empty() {
            self.header.columns = Some(Columns::Unnamed(self.count));
        } else {
            self.header.columns = Some(Columns::Named(names));
            let row = self.row.split_off(self.start);
            self.header.write(self.row);
            self.start = self.row.len();
            self.row.extend_from_slice(&row);
        }
        self.end_row();
        Ok(())
    }

    #[inline]
    fn end_row(self) {
        // A lone empty field would be an empty line.
        if self.row.len() == self.start {
            let mark = self.header.dialect.quote;
            self.row.extend_from_slice(&[mark, mark]);
        }
        self.row.push(b'\n');
    }
}

fn other_header(first: &[String], names: &[String]) -> String {
    format!("it has the header `{}`, and the rows to be added have the fields `{}`", first.join(","), names.join(","))
}

#[cold]
fn misplaced(name: &str, column: Option<&String>) -> WriteError {
    WriteError::Columns(match column {
        Some(column) => format!("field `{name}` where the header has `{column}`"),
        None => format!("field `{name}` is not in the header"),
    })
}

#[cold]
fn in_field(error: WriteError, name: impl FnOnce() -> String) -> WriteError {
    match error {
        WriteError::Field { holds, .. } => WriteError::Field { name: name(), holds },
        WriteError::Custom(text) => WriteError::Custom(format!("field `{}`: {text}", name())),
        error => error,
    }
}

/// The methods of a serializer that make a row of one field.
macro_rules! lone {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), WriteError> {
            self.lone(&value)
        })*
    };
}

impl<'a> Serializer for RowSerializer<'a> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = FieldsSerializer<'a>;
    type SerializeTuple = FieldsSerializer<'a>;
    type SerializeTupleStruct = FieldsSerializer<'a>;
    type SerializeTupleVariant = Impossible<(), WriteError>;
    type SerializeMap = FieldsSerializer<'a>;
    type SerializeStruct = FieldsSerializer<'a>;
    type SerializeStructVariant = Impossible<(), WriteError>;

    lone!(
        serialize_bool: bool,
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
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
    );

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), WriteError> {
        Err(WriteError::Item("a byte string"))
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        Err(WriteError::Item("`None`"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        Err(WriteError::Item("`()`"))
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), WriteError> {
        Err(WriteError::Item("a unit struct"))
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), WriteError> {
        self.lone(variant)
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
        Err(WriteError::Item("an enum variant with fields"))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<FieldsSerializer<'a>, WriteError> {
        Ok(self.fields())
    }

    fn serialize_tuple(self, _len: usize) -> Result<FieldsSerializer<'a>, WriteError> {
        Ok(self.fields())
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<FieldsSerializer<'a>, WriteError> {
        Ok(self.fields())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, WriteError> {
        Err(WriteError::Item("an enum variant with fields"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<FieldsSerializer<'a>, WriteError> {
        Ok(self.fields())
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<FieldsSerializer<'a>, WriteError> {
        Ok(self.fields())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, WriteError> {
        Err(WriteError::Item("an enum variant with fields"))
    }
}

impl ser::SerializeStruct for FieldsSerializer<'_> {
    type Ok = ();
    type Error = WriteError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), WriteError> {
        self.named(key, value)
    }

    /// A field that this item does without, such as one of another variant, is a column as well.
    #[inline]
    fn skip_field(&mut self, key: &'static str) -> Result<(), WriteError> {
        self.named(key, &())
    }

    #[inline]
    fn end(self) -> Result<(), WriteError> {
        self.finish()
    }
}

/// A struct with `#[serde(flatten)]` comes as a map; so does a real one, whose keys must be the same in every row.
impl ser::SerializeMap for FieldsSerializer<'_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WriteError> {
        let mut name = Vec::new();
        key.serialize(FieldSerializer { row: &mut name, dialect: self.header.dialect })?;
        // A key is written as a field is. The name is what a reader would make of that.
        let dialect = self.header.dialect;
        let mut fields = Fields::of(1, dialect);
        if name.first() == Some(&dialect.quote) && fields.split(&name, true).is_ok() {
            name = fields.of_row(&name).get(0).unwrap_or_default().to_vec();
        }
        self.key = Some(String::from_utf8_lossy(&name).into_owned());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        let key = self.key.take().unwrap_or_default();
        self.named(&key, value)
    }

    fn end(self) -> Result<(), WriteError> {
        self.finish()
    }
}

/// The impls of the three kinds of rows without names.
macro_rules! unnamed {
    ($($kind:ident, $method:ident;)*) => {
        $(impl ser::$kind for FieldsSerializer<'_> {
            type Ok = ();
            type Error = WriteError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
                self.unnamed(value)
            }

            #[inline]
            fn end(self) -> Result<(), WriteError> {
                self.finish()
            }
        })*
    };
}

unnamed! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
}
