//! The way of most texts: straight into the record, with no word about what is wrong.
//!
//! What this takes, `serde_json` takes too, and reads the same. It may refuse anything: then the text is read again by
//! `serde_json`, and what that says is said. So nothing is kept here for the sake of messages.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

use super::Scratch;
use super::access::{Content, Element, Entry, UnitVariant};
use super::cursor::Cursor;
use super::number::Number;

/// It was not read. Why, is not known.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is read in another way")
    }
}

impl std::error::Error for Refused {}

impl Error for Refused {
    #[cold]
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Refused
    }
}

/// The names by which `serde_json` is asked for what only it has: the text of a number, a value as it stands.
pub(super) fn is_theirs(name: &str) -> bool {
    name.starts_with("$serde_json::private::")
}

/// Reads the one value of a text by `read`.
#[inline]
pub(super) fn read<'a, T>(
    text: &'a [u8],
    scratch: &'a Scratch,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Refused>,
) -> Option<T> {
    let mut cursor = Cursor::new(std::str::from_utf8(text).ok()?, scratch);
    let value = read(&mut cursor).ok()?;
    cursor.has_read_all().then_some(value)
}

impl<'a> Cursor<'a> {
    #[inline]
    fn give<V: Visitor<'a>>(&mut self, number: Number, visitor: V) -> Result<V::Value, Refused> {
        let value = match number {
            Number::Unsigned(value) => visitor.visit_u64(value),
            Number::Signed(value) => visitor.visit_i64(value),
            Number::Float(value) => visitor.visit_f64(value),
        };
        self.note(value)
    }

    /// Hands the value that comes next to `serde_json`.
    #[cold]
    fn theirs<T>(
        &mut self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, Refused> {
        self.peek();
        let start = self.place();
        self.skip()?;
        let value = read(&mut serde_json::Deserializer::from_str(self.since(start)));
        self.note(value.map_err(|_| Refused))
    }

    fn list<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter()?;
        let list = visitor.visit_seq(Element { cursor: self, first: true });
        let list = self.note(list)?;
        self.leave(b']')?;
        Ok(list)
    }

    fn map<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter()?;
        let map = visitor.visit_map(Entry { cursor: self, first: true });
        let map = self.note(map)?;
        self.leave(b'}')?;
        Ok(map)
    }
}

macro_rules! numbers {
    ($($method:ident by $read:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
            let number = self.$read()?;
            self.give(number, visitor)
        }
    )*};
}

macro_rules! wide_numbers {
    ($($method:ident: $ty:ty, $visit:ident;)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
            let value = match self.integer()?.parse::<$ty>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Refused),
            };
            self.note(value)
        }
    )*};
}

macro_rules! as_another {
    ($($method:ident($($arg:ident: $ty:ty),*) is $other:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, Refused> {
            $(let _ = $arg;)*
            self.$other(visitor)
        }
    )*};
}

impl<'a> Deserializer<'a> for &mut Cursor<'a> {
    type Error = Refused;

    numbers! {
        deserialize_i8 by number;
        deserialize_i16 by number;
        deserialize_i32 by number;
        deserialize_i64 by number;
        deserialize_u8 by number;
        deserialize_u16 by number;
        deserialize_u32 by number;
        deserialize_u64 by number;
        deserialize_f32 by single_number;
        deserialize_f64 by number;
    }

    wide_numbers! {
        deserialize_i128: i128, visit_i128;
        deserialize_u128: u128, visit_u128;
    }

    as_another! {
        deserialize_char() is deserialize_str;
        deserialize_string() is deserialize_str;
        deserialize_identifier() is deserialize_str;
        deserialize_byte_buf() is deserialize_bytes;
        deserialize_unit_struct(name: &'static str) is deserialize_unit;
        deserialize_tuple(len: usize) is deserialize_seq;
        deserialize_tuple_struct(name: &'static str, len: usize) is deserialize_seq;
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.peek() {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.map(visitor),
            b'[' => self.list(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            // What it gives for a number of unknown type depends on its features.
            _ => self.theirs(|theirs| theirs.deserialize_any(visitor)),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        let truth = self.peek() == b't';
        self.word(if truth { "true" } else { "false" })?;
        let value = visitor.visit_bool(truth);
        self.note(value)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        let string = self.string()?;
        let value = visitor.visit_borrowed_str(string);
        self.note(value)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.peek() == b'[' {
            return self.list(visitor);
        }
        let string = self.unescaped()?;
        let value = visitor.visit_borrowed_bytes(string.as_bytes());
        self.note(value)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.peek() != b'n' {
            return visitor.visit_some(self);
        }
        self.word("null")?;
        let value = visitor.visit_none();
        self.note(value)
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.peek();
        self.word("null")?;
        let value = visitor.visit_unit();
        self.note(value)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        if is_theirs(name) {
            return self.theirs(|theirs| theirs.deserialize_newtype_struct(name, visitor));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.peek() == b'[' { self.list(visitor) } else { self.refuse() }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.peek() == b'{' { self.map(visitor) } else { self.refuse() }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let _ = (name, fields);
        match self.peek() {
            b'{' => self.map(visitor),
            b'[' => self.list(visitor),
            _ => self.refuse(),
        }
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let _ = (name, variants);
        let value = match self.peek() {
            b'"' => visitor.visit_enum(UnitVariant(self)),
            b'{' => {
                self.enter()?;
                match visitor.visit_enum(Content(self)) {
                    Ok(value) => return self.leave(b'}').map(|()| value),
                    refused => refused,
                }
            }
            _ => Err(Refused),
        };
        self.note(value)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.skip()?;
        let value = visitor.visit_unit();
        self.note(value)
    }
}
