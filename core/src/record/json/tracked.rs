//! A deserializer that wraps another: it keeps strings that would not outlive the call, and says which field failed.
//!
//! Every method hands on to the wrapped one. Three do more: a string that was put together elsewhere is moved into the
//! scratch, so that it can be borrowed; a name is remembered; and an error leaves the way it came.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::Scratch;
use crate::record::schema::{Field, Holds, Schema};

/// What is kept while one text is read.
pub(super) struct Track<'a> {
    scratch: &'a Scratch,
    /// The way to the value that failed, from the inside out.
    path: RefCell<Vec<Step<'a>>>,
}

enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Track<'a> {
    pub(super) fn new(scratch: &'a Scratch) -> Self {
        Track { scratch, path: RefCell::default() }
    }

    /// The way to the value that failed, and whether it lies in a secret field of the record.
    pub(super) fn path(&self, schema: &Schema) -> (String, bool) {
        let steps = self.path.borrow();
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.extend([".", name]),
                Step::Index(index) => path.extend(["[", index.to_string().as_str(), "]"]),
            }
        }
        (path, is_secret(schema, &mut steps.iter().rev()))
    }

    /// In how many others the value lies that failed.
    pub(super) fn depth(&self) -> usize {
        self.path.borrow().len()
    }

    #[cold]
    fn left(&self, step: Step<'a>) {
        self.path.borrow_mut().push(step);
    }
}

/// Whether the way leads into a secret field of the record, or of one of its variants.
fn is_secret<'s>(schema: &Schema, steps: &mut impl Iterator<Item = &'s Step<'s>>) -> bool {
    let Some(Step::Name(name)) = steps.next() else { return false };
    let secret = |fields: &[Field], name: &str| fields.iter().any(|field| field.secret && field.name == name);
    if secret(schema.fields, name) {
        return true;
    }
    match schema.variants.iter().find(|variant| schema.tag.is_none() && variant.name == *name) {
        Some(variant) if variant.holds == Holds::Value => secret(variant.fields, name),
        Some(variant) => matches!(steps.next(), Some(Step::Name(name)) if secret(variant.fields, name)),
        None => false,
    }
}

/// A deserializer, a seed, a visitor or an access that tracks.
pub(super) struct Tracked<'t, 'a, T> {
    inner: T,
    track: &'t Track<'a>,
    /// Where the string that is read goes when it is a name.
    name: Option<&'t Cell<Option<&'a str>>>,
}

impl<'t, 'a, T> Tracked<'t, 'a, T> {
    pub(super) fn new(inner: T, track: &'t Track<'a>) -> Self {
        Tracked { inner, track, name: None }
    }

    fn with<U>(&self, inner: U) -> Tracked<'t, 'a, U> {
        Tracked { inner, track: self.track, name: self.name }
    }
}

macro_rules! hand_on {
    ($($method:ident($($arg:ident: $ty:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.with(visitor);
            self.inner.$method($($arg,)* visitor)
        }
    )*};
}

impl<'a, D: Deserializer<'a>> Deserializer<'a> for Tracked<'_, 'a, D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($ty:ty);)*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

macro_rules! visit_nested {
    ($($method:ident($access:ident);)*) => {$(
        #[inline]
        fn $method<A: $access<'a>>(self, access: A) -> Result<V::Value, A::Error> {
            let access = Tracked::new(access, self.track);
            self.inner.$method(access)
        }
    )*};
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Tracked<'_, 'a, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        let text = self.track.scratch.keep(text);
        self.visit_borrowed_str(text)
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<V::Value, E> {
        if let Some(name) = self.name {
            name.set(Some(text));
        }
        self.inner.visit_borrowed_str(text)
    }

    visit! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'a [u8]);
        visit_byte_buf(Vec<u8>);
    }

    visit_nested! {
        visit_some(Deserializer);
        visit_newtype_struct(Deserializer);
        visit_enum(EnumAccess);
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    #[inline]
    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(TrackedMap { map, track: self.track, name: Cell::new(None) })
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'a>>(self, list: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(TrackedSeq { list, track: self.track, index: 0 })
    }
}

impl<'a, S: DeserializeSeed<'a>> DeserializeSeed<'a> for Tracked<'_, 'a, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.deserialize(deserializer)
    }
}

struct TrackedMap<'t, 'a, A> {
    map: A,
    track: &'t Track<'a>,
    name: Cell<Option<&'a str>>,
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for TrackedMap<'_, 'a, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.map.next_key_seed(Tracked { inner: seed, track: self.track, name: Some(&self.name) })
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.map.next_value_seed(Tracked::new(seed, self.track));
        if value.is_err() {
            self.track.left(Step::Name(self.name.get().unwrap_or("?")));
        }
        value
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint()
    }
}

struct TrackedSeq<'t, 'a, A> {
    list: A,
    track: &'t Track<'a>,
    index: usize,
}

impl<'a, A: SeqAccess<'a>> SeqAccess<'a> for TrackedSeq<'_, 'a, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let value = self.list.next_element_seed(Tracked::new(seed, self.track));
        if value.is_err() {
            self.track.left(Step::Index(self.index));
        }
        self.index += 1;
        value
    }

    fn size_hint(&self) -> Option<usize> {
        self.list.size_hint()
    }
}

impl<'t, 'a, A: EnumAccess<'a>> EnumAccess<'a> for Tracked<'t, 'a, A> {
    type Error = A::Error;
    type Variant = TrackedVariant<'t, 'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (track, name) = (self.track, Cell::new(None));
        let (value, variant) = self.inner.variant_seed(Tracked { inner: seed, track, name: Some(&name) })?;
        Ok((value, TrackedVariant { variant, track, name: name.get() }))
    }
}

pub(super) struct TrackedVariant<'t, 'a, A> {
    variant: A,
    track: &'t Track<'a>,
    name: Option<&'a str>,
}

impl<'a, A: VariantAccess<'a>> TrackedVariant<'_, 'a, A> {
    #[inline]
    fn of<T>(self, read: impl FnOnce(A, &Track<'a>) -> Result<T, A::Error>) -> Result<T, A::Error> {
        let value = read(self.variant, self.track);
        if value.is_err() {
            self.track.left(Step::Name(self.name.unwrap_or("?")));
        }
        value
    }
}

impl<'a, A: VariantAccess<'a>> VariantAccess<'a> for TrackedVariant<'_, 'a, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.of(|variant, _| variant.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.of(|variant, track| variant.newtype_variant_seed(Tracked::new(seed, track)))
    }

    fn tuple_variant<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.of(|variant, track| variant.tuple_variant(len, Tracked::new(visitor, track)))
    }

    fn struct_variant<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        self.of(|variant, track| variant.struct_variant(fields, Tracked::new(visitor, track)))
    }
}
