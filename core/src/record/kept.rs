//! Values that are kept until it is known what they are: the fields before the tag of an enum.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// Any value, its texts borrowed where they can be.
#[derive(Clone, Debug)]
pub(super) enum Kept<'de> {
    Nothing,
    Truth(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Cow<'de, str>),
    List(Vec<Kept<'de>>),
    Map(Vec<(Kept<'de>, Kept<'de>)>),
}

impl<'de> Deserialize<'de> for Kept<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeptVisitor)
    }
}

struct KeptVisitor;

impl<'de> Visitor<'de> for KeptVisitor {
    type Value = Kept<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Kept<'de>, E> {
        Ok(Kept::Nothing)
    }

    fn visit_none<E>(self) -> Result<Kept<'de>, E> {
        Ok(Kept::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kept<'de>, D::Error> {
        Kept::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kept<'de>, D::Error> {
        Kept::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kept<'de>, E> {
        Ok(Kept::Truth(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kept<'de>, E> {
        Ok(Kept::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kept<'de>, E> {
        Ok(Kept::Unsigned(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kept<'de>, E> {
        Ok(Kept::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Kept<'de>, E> {
        Ok(Kept::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kept<'de>, E> {
        Ok(Kept::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Kept<'de>, E> {
        Ok(Kept::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept<'de>, A::Error> {
        let mut kept = Vec::new();
        while let Some(value) = list.next_element()? {
            kept.push(value);
        }
        Ok(Kept::List(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kept<'de>, A::Error> {
        let mut kept = Vec::new();
        while let Some(entry) = map.next_entry()? {
            kept.push(entry);
        }
        Ok(Kept::Map(kept))
    }
}

impl<'de, E: Error> IntoDeserializer<'de, E> for Kept<'de> {
    type Deserializer = Replayed<'de, E>;

    fn into_deserializer(self) -> Replayed<'de, E> {
        Replayed::new(self)
    }
}

/// Reads a kept value, with the errors of where it came from.
pub(super) struct Replayed<'de, E> {
    value: Kept<'de>,
    error: PhantomData<E>,
}

impl<'de, E> Replayed<'de, E> {
    pub(super) fn new(value: Kept<'de>) -> Self {
        Replayed { value, error: PhantomData }
    }
}

impl<'de, E: Error> Deserializer<'de> for Replayed<'de, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Kept::Nothing => visitor.visit_unit(),
            Kept::Truth(value) => visitor.visit_bool(value),
            Kept::Signed(value) => visitor.visit_i64(value),
            Kept::Unsigned(value) => visitor.visit_u64(value),
            Kept::Float(value) => visitor.visit_f64(value),
            Kept::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Kept::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Kept::List(list) => {
                let mut list = SeqDeserializer::new(list.into_iter());
                let value = visitor.visit_seq(&mut list)?;
                list.end()?;
                Ok(value)
            }
            Kept::Map(map) => {
                let mut map = MapDeserializer::new(map.into_iter());
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Kept::Nothing => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.value {
            Kept::Text(_) => visitor.visit_enum(Variant { name: self.value, content: None, error: PhantomData }),
            Kept::Map(map) => {
                let mut entries = map.into_iter();
                match (entries.next(), entries.next()) {
                    (Some((name, content)), None) => {
                        visitor.visit_enum(Variant { name, content: Some(content), error: PhantomData })
                    }
                    _ => Err(E::invalid_value(Unexpected::Map, &"a map of one entry, the variant")),
                }
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Variant<'de, E> {
    name: Kept<'de>,
    content: Option<Kept<'de>>,
    error: PhantomData<E>,
}

impl<'de, E: Error> EnumAccess<'de> for Variant<'de, E> {
    type Error = E;
    type Variant = Contents<'de, E>;

    fn variant_seed<S: serde::de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), E> {
        let name = seed.deserialize(Replayed::new(self.name))?;
        Ok((name, Contents { content: self.content, error: PhantomData }))
    }
}

struct Contents<'de, E> {
    content: Option<Kept<'de>>,
    error: PhantomData<E>,
}

impl<'de, E: Error> Contents<'de, E> {
    fn given(self, expected: &str) -> Result<Replayed<'de, E>, E> {
        let content = self.content.ok_or_else(|| E::invalid_type(Unexpected::UnitVariant, &expected))?;
        Ok(Replayed::new(content))
    }
}

impl<'de, E: Error> VariantAccess<'de> for Contents<'de, E> {
    type Error = E;

    fn unit_variant(self) -> Result<(), E> {
        self.content.map_or(Ok(()), |content| <()>::deserialize(Replayed::new(content)))
    }

    fn newtype_variant_seed<S: serde::de::DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, E> {
        seed.deserialize(self.given("a variant with a value")?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, E> {
        self.given("a variant with values")?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, E> {
        self.given("a variant with fields")?.deserialize_map(visitor)
    }
}
