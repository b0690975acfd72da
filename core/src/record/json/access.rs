//! What stands in lists, maps and variants, for the way of most texts.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::cursor::Cursor;
use super::direct::Refused;

/// The elements of a list.
pub(super) struct Element<'c, 'a> {
    pub(super) cursor: &'c mut Cursor<'a>,
    pub(super) first: bool,
}

impl<'a> SeqAccess<'a> for Element<'_, 'a> {
    type Error = Refused;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        if !self.cursor.more(&mut self.first, b']')? {
            return Ok(None);
        }
        let value = seed.deserialize(&mut *self.cursor);
        self.cursor.note(value).map(Some)
    }
}

/// The entries of a map.
pub(super) struct Entry<'c, 'a> {
    pub(super) cursor: &'c mut Cursor<'a>,
    pub(super) first: bool,
}

impl<'a> MapAccess<'a> for Entry<'_, 'a> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        if !self.cursor.more(&mut self.first, b'}')? {
            return Ok(None);
        }
        key(self.cursor, seed).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let value = seed.deserialize(&mut *self.cursor);
        self.cursor.note(value)
    }
}

/// Takes the name of an entry, and the colon.
#[inline]
fn key<'a, S: DeserializeSeed<'a>>(cursor: &mut Cursor<'a>, seed: S) -> Result<S::Value, Refused> {
    let key = seed.deserialize(Key(cursor));
    let key = cursor.note(key)?;
    cursor.take(b':')?;
    Ok(key)
}

/// The name of an entry. It is a string, but may be asked for as what stands in it.
struct Key<'c, 'a>(&'c mut Cursor<'a>);

macro_rules! within {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            let name = self.0.unescaped()?;
            let mut within = self.0.within(name);
            // White space in a number's place is white space that belongs to the name.
            if within.byte() <= b' ' {
                return self.0.refuse();
            }
            match within.$method(visitor) {
                Ok(value) if within.is_at_end() => Ok(value),
                _ => self.0.refuse(),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = Refused;

    within! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.0.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.0.peek() == b'"' { self.0.deserialize_bytes(visitor) } else { self.0.refuse() }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        if super::direct::is_theirs(name) { self.0.refuse() } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        if self.0.peek() == b'"' { self.0.deserialize_enum(name, variants, visitor) } else { self.0.refuse() }
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// `"card"`: a variant with nothing in it.
pub(super) struct UnitVariant<'c, 'a>(pub(super) &'c mut Cursor<'a>);

impl<'a> EnumAccess<'a> for UnitVariant<'_, 'a> {
    type Error = Refused;
    type Variant = Nothing;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Nothing), Refused> {
        let name = seed.deserialize(&mut *self.0);
        Ok((self.0.note(name)?, Nothing))
    }
}

/// The content that is not there.
pub(super) struct Nothing;

impl<'a> VariantAccess<'a> for Nothing {
    type Error = Refused;

    #[inline]
    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, _seed: S) -> Result<S::Value, Refused> {
        Err(Refused)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _len: usize, _visitor: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Refused> {
        Err(Refused)
    }
}

/// `"card": {..}`: a variant and its content.
pub(super) struct Content<'c, 'a>(pub(super) &'c mut Cursor<'a>);

impl<'a> EnumAccess<'a> for Content<'_, 'a> {
    type Error = Refused;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self), Refused> {
        // Without a name there is no variant.
        self.0.peek();
        Ok((key(self.0, seed)?, self))
    }
}

impl<'a> VariantAccess<'a> for Content<'_, 'a> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        <()>::deserialize(self.0)
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Refused> {
        let value = seed.deserialize(&mut *self.0);
        self.0.note(value)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.0.deserialize_seq(visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refused> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
