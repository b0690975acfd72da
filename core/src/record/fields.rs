//! A record from any serde format, field by field; what `#[record]` writes is only the list of its fields.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::schema::{Extra, Schema};
use super::{Record, Violations, decode, time::Zone};

/// The fields of a record while they arrive; `#[record]` writes this impl.
pub trait Fields<'de>: Record + Sized {
    /// The names of the fields in data, in order.
    const NAMES: &'static [&'static str];
    /// One `Option` for each field.
    type Slots;

    /// No field yet.
    fn slots() -> Self::Slots;

    /// Whether this field has arrived.
    fn filled(slots: &Self::Slots, field: usize) -> bool;

    /// Takes the value of this field.
    ///
    /// # Errors
    /// When it does not read.
    fn read<N: Next<'de>>(slots: &mut Self::Slots, field: usize, next: N) -> Result<(), N::Error>;

    /// The record, not yet validated; `None` when a field is missing.
    fn build(slots: Self::Slots) -> Option<Self>;
}

/// The next value of a map or a sequence.
pub trait Next<'de> {
    /// Why it does not read.
    type Error: Error;

    /// Reads it.
    ///
    /// # Errors
    /// When it does not read.
    fn value<T: Deserialize<'de>>(self) -> Result<T, Self::Error>;
}

struct InMap<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> Next<'de> for InMap<'_, A> {
    type Error = A::Error;

    #[inline]
    fn value<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        self.0.next_value()
    }
}

struct InSeq<'m, A> {
    list: &'m mut A,
    schema: &'static Schema,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> Next<'de> for InSeq<'_, A> {
    type Error = A::Error;

    fn value<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        match self.list.next_element()? {
            Some(value) => Ok(value),
            None => Err(Error::invalid_length(self.index, &Asked(self.schema))),
        }
    }
}

/// Reads a record and validates it.
///
/// # Errors
/// What does not read, or all violations.
pub fn deserialize<'de, T: Fields<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let record: T = Unchecked::new().deserialize(deserializer)?;
    match record.validate() {
        Ok(()) => Ok(record),
        Err(violations) => Err(Error::custom(violations)),
    }
}

/// A validated record.
///
/// # Errors
/// All violations.
#[inline]
pub fn validated<T: Record>(record: T) -> Result<T, Violations> {
    match record.validate() {
        Ok(()) => Ok(record),
        Err(violations) => Err(violations),
    }
}

/// Reads a record without validating it.
pub(super) struct Unchecked<T>(PhantomData<T>);

impl<T> Clone for Unchecked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Unchecked<T> {}

impl<T> Unchecked<T> {
    pub(super) fn new() -> Self {
        Unchecked(PhantomData)
    }
}

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Unchecked<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        // A list is a record only in formats that have no names.
        let by_place = !deserializer.is_human_readable();
        deserializer.deserialize_struct(T::SCHEMA.name, T::NAMES, RecordVisitor::new(by_place))
    }
}

/// What is said about a secret value that does not read.
pub(super) const MISREAD: &str = "the text is not what the field expects";

/// Reads the fields of a record.
pub(super) struct RecordVisitor<T> {
    by_place: bool,
    record: PhantomData<T>,
}

impl<T> RecordVisitor<T> {
    /// `by_place` where the format has no names.
    pub(super) fn new(by_place: bool) -> Self {
        RecordVisitor { by_place, record: PhantomData }
    }
}

/// `record Reading with fields ..`, in errors.
struct Asked(&'static Schema);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} with {} fields", self.0.name, self.0.fields.len())
    }
}

impl serde::de::Expected for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for RecordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", T::SCHEMA.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let schema = T::SCHEMA;
        let mut slots = T::slots();
        let mut unknown = Vec::new();
        // Data mostly comes in the order of the schema, so each name is looked for where it is expected first.
        let mut expected = 0;
        while let Some(name) = map.next_key_seed(NameOf { schema, expected })? {
            match name {
                Name::Known(field) if T::filled(&slots, field) => {
                    return Err(Error::duplicate_field(schema.fields[field].name));
                }
                Name::Known(field) => {
                    let read = T::read(&mut slots, field, InMap(&mut map));
                    // What a format says about a value quotes it.
                    read.map_err(|error| if schema.fields[field].secret { Error::custom(MISREAD) } else { error })?;
                    expected = field + 1;
                }
                Name::Unknown(name) => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.extend(name);
                }
            }
        }
        finished(slots, &unknown)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        if !self.by_place {
            return Err(Error::invalid_type(serde::de::Unexpected::Seq, &self));
        }
        let schema = T::SCHEMA;
        let mut slots = T::slots();
        for index in 0..schema.fields.len() {
            T::read(&mut slots, index, InSeq { list: &mut list, schema, index })?;
        }
        finished(slots, &[])
    }
}

/// The record, if every field that must be there is, and no other.
fn finished<'de, T: Fields<'de>, E: Error>(slots: T::Slots, unknown: &[String]) -> Result<T, E> {
    let schema = T::SCHEMA;
    let missing: Vec<&str> = if unknown.is_empty() && all_filled::<T>(&slots) {
        Vec::new()
    } else {
        let missing = |&(i, _): &(usize, _)| !T::filled(&slots, i);
        schema.fields.iter().enumerate().filter(missing).filter(|(_, f)| !f.optional).map(|(_, f)| f.name).collect()
    };
    match T::build(slots) {
        Some(record) if unknown.is_empty() => Ok(record),
        _ => Err(Error::custom(Misfit { schema, missing, unknown })),
    }
}

fn all_filled<'de, T: Fields<'de>>(slots: &T::Slots) -> bool {
    (0..T::SCHEMA.fields.len()).all(|i| T::filled(slots, i))
}

/// The fields that are missing, and those that nobody knows.
struct Misfit<'m> {
    schema: &'static Schema,
    missing: Vec<&'m str>,
    unknown: &'m [String],
}

impl fmt::Display for Misfit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: AsRef<str>>(f: &mut fmt::Formatter<'_>, what: &str, names: &[T]) -> fmt::Result {
            let plural = if names.len() == 1 { "" } else { "s" };
            let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
            write!(f, "{what} field{plural} {}", names.join(", "))
        }
        if !self.missing.is_empty() {
            list(f, "missing", &self.missing)?;
        }
        if !self.unknown.is_empty() {
            if !self.missing.is_empty() {
                f.write_str("; ")?;
            }
            list(f, "unknown", self.unknown)?;
            let known: Vec<String> = self.schema.fields.iter().map(|field| format!("`{}`", field.name)).collect();
            write!(f, ": the record {} has {}", self.schema.name, known.join(", "))?;
        }
        Ok(())
    }
}

/// A field's name, found in the schema.
enum Name {
    Known(usize),
    /// The name, unless the record ignores what it does not know.
    Unknown(Option<String>),
}

struct NameOf {
    schema: &'static Schema,
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for NameOf {
    type Value = Name;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameOf {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let fields = self.schema.fields;
        if fields.get(self.expected).is_some_and(|field| field.name == name) {
            return Ok(Name::Known(self.expected));
        }
        Ok(match self.schema.position(name) {
            Some(field) => Name::Known(field),
            None => Name::Unknown((self.schema.extra == Extra::Refuse).then(|| name.to_owned())),
        })
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<Name, E> {
        match usize::try_from(index) {
            Ok(index) if index < self.schema.fields.len() => Ok(Name::Known(index)),
            _ => Ok(Name::Unknown((self.schema.extra == Extra::Refuse).then(|| index.to_string()))),
        }
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Name, E> {
        self.visit_str(&String::from_utf8_lossy(name))
    }
}

/// A value that serde would read with loss: an `f32` that overflows, a `Cow` that never borrows.
pub struct Exact<T>(pub T);

impl<'de, T: ReadExact<'de>> Deserialize<'de> for Exact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Exact)
    }
}

/// Reads itself without the loss that serde's own impl has.
pub trait ReadExact<'de>: Sized {
    /// Reads itself.
    ///
    /// # Errors
    /// When it does not read, or not without loss.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl<'de> ReadExact<'de> for f32 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Single;
        impl Visitor<'_> for Single {
            type Value = f32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f32<E: Error>(self, value: f32) -> Result<f32, E> {
                Ok(value)
            }

            #[allow(clippy::cast_possible_truncation, reason = "what does not fit is refused")]
            fn visit_f64<E: Error>(self, value: f64) -> Result<f32, E> {
                let single = value as f32;
                let lost = (single.is_infinite() && value.is_finite()) || (single == 0.0 && value != 0.0);
                if lost { Err(E::custom(format_args!("{value:e} is out of range for f32"))) } else { Ok(single) }
            }

            #[allow(clippy::cast_precision_loss, reason = "rounded as any decimal is")]
            fn visit_u64<E: Error>(self, value: u64) -> Result<f32, E> {
                Ok(value as f32)
            }

            #[allow(clippy::cast_precision_loss, reason = "rounded as any decimal is")]
            fn visit_i64<E: Error>(self, value: i64) -> Result<f32, E> {
                Ok(value as f32)
            }
        }
        deserializer.deserialize_f32(Single)
    }
}

impl<'de: 'a, 'a> ReadExact<'de> for Cow<'a, str> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed<'a>(PhantomData<&'a str>);
        impl<'de: 'a, 'a> Visitor<'de> for Borrowed<'a> {
            type Value = Cow<'a, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(Borrowed(PhantomData))
    }
}

impl<'de, T: ReadExact<'de>> ReadExact<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Exact<T>>::deserialize(deserializer)?.map(|Exact(value)| value))
    }
}

impl<'de, T: ReadExact<'de>> ReadExact<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Exact<T>>::deserialize(deserializer)?.into_iter().map(|Exact(value)| value).collect())
    }
}

/// A value that serde's own impl would write with loss, or in another form when a feature of its crate says so.
#[derive(Debug)]
pub struct Written<'v, T>(pub &'v T);

impl<T: WriteExact> Serialize for Written<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Writes itself without the loss that serde's own impl may have.
pub trait WriteExact {
    /// Writes itself.
    ///
    /// # Errors
    /// When the format says so.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl<T: WriteExact> WriteExact for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&Written(value)),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: WriteExact> WriteExact for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }
}

/// Reads a field with a zone.
///
/// # Errors
/// When it is no time, or unclear in that zone.
pub fn deserialize_in_zone<'de, T: decode::InZone, D: Deserializer<'de>>(
    deserializer: D,
    zone: &Zone,
) -> Result<T, D::Error> {
    T::deserialize_in_zone(deserializer, zone)
}
