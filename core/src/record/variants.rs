//! An enum from any serde format and from rows, variant by variant; what `#[record]` writes is only the list of them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
};

use super::fields::{Fields, MISREAD, RecordVisitor};
use super::kept::{Kept, Replayed};
use super::schema::{Extra, Holds, Schema};
use super::violations::shortened;
use super::{Record, json};
use crate::error::BoxError;

/// The variants of an enum; `#[record]` writes this impl.
pub trait Variants<'de>: Record + Sized {
    /// The names of the variants in data, in order.
    const NAMES: &'static [&'static str];

    /// Reads what the variant number `variant` holds, and makes it, not yet validated.
    ///
    /// # Errors
    /// When it does not read.
    fn read<C: Content<'de>>(variant: usize, content: C) -> Result<Self, C::Error>;
}

/// What a variant holds, in data.
pub trait Content<'de> {
    /// Why it does not read.
    type Error: Error;

    /// Nothing.
    ///
    /// # Errors
    /// When there is something.
    fn nothing(self) -> Result<(), Self::Error>;

    /// One value.
    ///
    /// # Errors
    /// When it does not read.
    fn value<T: Deserialize<'de>>(self) -> Result<T, Self::Error>;

    /// Named fields.
    ///
    /// # Errors
    /// When they do not read.
    fn fields<T: Fields<'de>>(self) -> Result<T, Self::Error>;
}

/// Reads an enum and validates it.
///
/// # Errors
/// What does not read, or all violations.
pub fn deserialize_variant<'de, T: Variants<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let record: T = Unchecked(PhantomData).deserialize(deserializer)?;
    super::fields::validated(record).map_err(Error::custom)
}

/// Reads one enum from a JSON text and validates it.
///
/// # Errors
/// What is wrong with the text, or all violations.
#[inline]
pub fn variant_from_json<'a, T: Variants<'a>>(text: &'a [u8], scratch: &'a json::Scratch) -> Result<T, BoxError> {
    json::from_json_by(Unchecked::<T>(PhantomData), text, scratch)
}

/// Reads an enum without validating it.
struct Unchecked<T>(PhantomData<T>);

impl<T> Clone for Unchecked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Unchecked<T> {}

impl<'de, T: Variants<'de>> DeserializeSeed<'de> for Unchecked<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let by_place = !deserializer.is_human_readable();
        match T::SCHEMA.tag {
            // A format without names has no place for a tag among the fields.
            Some(tag) if !by_place => deserializer.deserialize_map(TaggedVisitor { tag, record: PhantomData }),
            _ => deserializer.deserialize_enum(T::SCHEMA.name, T::NAMES, EnumVisitor { by_place, record: PhantomData }),
        }
    }
}

/// The number of a variant, found by its name.
struct VariantName(&'static Schema);

impl<'de> DeserializeSeed<'de> for VariantName {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for VariantName {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        listed(f, self.0)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let found = self.0.variants.iter().position(|variant| variant.name == name);
        found.ok_or_else(|| E::custom(Unknown { schema: self.0, name }))
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<usize, E> {
        let found = usize::try_from(index).ok().filter(|index| *index < self.0.variants.len());
        found.ok_or_else(|| E::custom(Unknown { schema: self.0, name: &index.to_string() }))
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<usize, E> {
        self.visit_str(&String::from_utf8_lossy(name))
    }
}

/// `` `card`, `cash` or `wire` ``
fn listed(f: &mut fmt::Formatter<'_>, schema: &Schema) -> fmt::Result {
    let last = schema.variants.len().saturating_sub(1);
    schema.variants.iter().enumerate().try_for_each(|(i, variant)| {
        let between = match i {
            0 => "",
            i if i == last => " or ",
            _ => ", ",
        };
        write!(f, "{between}`{}`", variant.name)
    })
}

/// A name that no variant has.
struct Unknown<'n> {
    schema: &'static Schema,
    name: &'n str,
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown variant `{}`: {} is ", shortened(self.name), self.schema.name)?;
        listed(f, self.schema)
    }
}

struct EnumVisitor<T> {
    by_place: bool,
    record: PhantomData<T>,
}

impl<'de, T: Variants<'de>> Visitor<'de> for EnumVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}: ", T::SCHEMA.name)?;
        listed(f, T::SCHEMA)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        let (variant, content) = access.variant_seed(VariantName(T::SCHEMA))?;
        let holds = &T::SCHEMA.variants[variant];
        let secret = holds.holds == Holds::Value && holds.fields.iter().any(|field| field.secret);
        T::read(variant, Named { content, by_place: self.by_place, secret })
    }
}

/// The content of `{"card": {..}}`.
struct Named<A> {
    content: A,
    by_place: bool,
    /// Whether it is a value that messages must not quote.
    secret: bool,
}

impl<'de, A: VariantAccess<'de>> Content<'de> for Named<A> {
    type Error = A::Error;

    fn nothing(self) -> Result<(), A::Error> {
        self.content.unit_variant()
    }

    fn value<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        let secret = self.secret;
        self.content.newtype_variant().map_err(|error| if secret { Error::custom(MISREAD) } else { error })
    }

    fn fields<T: Fields<'de>>(self) -> Result<T, A::Error> {
        self.content.struct_variant(T::NAMES, RecordVisitor::new(self.by_place))
    }
}

struct TaggedVisitor<T> {
    tag: &'static str,
    record: PhantomData<T>,
}

impl<'de, T: Variants<'de>> Visitor<'de> for TaggedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} with the tag `{}`", T::SCHEMA.name, self.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        // What stands before the tag is kept until the tag says what it is.
        let mut early = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            if name == self.tag {
                let variant = map.next_value_seed(VariantName(T::SCHEMA))?;
                let early = early.into_iter();
                return T::read(variant, Tagged { early, value: None, map, schema: T::SCHEMA, tag: self.tag, variant });
            }
            let kept = map.next_value::<Kept<'de>>()?;
            early.push((name, kept));
        }
        Err(Error::missing_field(self.tag))
    }
}

/// A name that is borrowed where it can be.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::fields::ReadExact::read(deserializer).map(Text)
    }
}

/// The fields beside a tag: the ones before it, then the rest of the map.
struct Tagged<'de, A> {
    early: std::vec::IntoIter<(Cow<'de, str>, Kept<'de>)>,
    /// The value of the early name that was given last, with the name.
    value: Option<(Cow<'de, str>, Kept<'de>)>,
    map: A,
    schema: &'static Schema,
    tag: &'static str,
    variant: usize,
}

impl<'de, A: MapAccess<'de>> Tagged<'de, A> {
    /// The next name in the rest of the map.
    fn later(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        match self.map.next_key()? {
            Some(Text(name)) if name == self.tag => Err(Error::duplicate_field(self.tag)),
            name => Ok(name.map(|Text(name)| name)),
        }
    }

    /// What is wrong with a kept value, with the way to it, as it is read outside of its place.
    #[cold]
    fn misread(&self, name: &str, error: &A::Error) -> A::Error {
        let fields = self.schema.variants.get(self.variant).map_or(&[][..], |variant| variant.fields);
        if fields.iter().any(|field| field.secret && field.name == name) {
            return Error::custom(format_args!("`{name}`: {MISREAD}"));
        }
        Error::custom(format_args!("`{name}`: {error}"))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Tagged<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let name = match self.early.next() {
            Some((name, value)) => {
                self.value = Some((name.clone(), value));
                Some(name)
            }
            None => self.later()?,
        };
        match name {
            Some(Cow::Borrowed(name)) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
            Some(Cow::Owned(name)) => seed.deserialize(Replayed::new(Kept::Text(Cow::Owned(name)))).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.value.take() {
            Some((name, value)) => seed.deserialize(Replayed::new(value)).map_err(|error| self.misread(&name, &error)),
            None => self.map.next_value_seed(seed),
        }
    }
}

impl<'de, A: MapAccess<'de>> Content<'de> for Tagged<'de, A> {
    type Error = A::Error;

    fn nothing(mut self) -> Result<(), A::Error> {
        let mut unknown = Vec::new();
        while let Some(Text(name)) = self.next_key()? {
            self.next_value::<IgnoredAny>()?;
            unknown.push(format!("`{name}`"));
        }
        if unknown.is_empty() || self.schema.extra == Extra::Ignore {
            return Ok(());
        }
        let plural = if unknown.len() == 1 { "" } else { "s" };
        let variant = self.schema.variants.get(self.variant).map_or("?", |variant| variant.name);
        Err(Error::custom(format_args!("unknown field{plural} {}: `{variant}` has none", unknown.join(", "))))
    }

    fn value<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(self))
    }

    fn fields<T: Fields<'de>>(self) -> Result<T, A::Error> {
        RecordVisitor::new(false).visit_map(self)
    }
}
