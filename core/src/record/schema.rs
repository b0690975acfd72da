//! What a record is, as data.

/// What a record is, as data: written by `#[record]`, read by sources, descriptions and generators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The name of the struct.
    pub name: &'static str,
    /// Its doc comment, without the leading blanks.
    pub docs: &'static str,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// What becomes of fields of the data that the record does not know.
    pub extra: Extra,
    /// Its variants, if it is an enum.
    ///
    /// The `fields` of an enum with a `tag` are then the tag, and after it the fields of all variants, each name once: the
    /// columns that such an enum has in a table. An enum without one has no `fields`.
    pub variants: &'static [Variant],
    /// The name of the field that says which variant it is: `#[record(tag = "type")]`.
    pub tag: Option<&'static str>,
}

/// One variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// What it is called in data.
    pub name: &'static str,
    /// What it is called in Rust.
    pub ident: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Its fields; of one that holds a value, that value, under the name of the variant.
    pub fields: &'static [Field],
}

/// What a variant of an enum holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing: `Cash`.
    Nothing,
    /// One value without a name: `Wire(Account)`.
    Value,
    /// Fields: `Card { number: Short }`.
    Fields,
}

/// What becomes of fields of the data that a record does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// They are an error that lists them.
    Refuse,
    /// They are passed over: `#[record(extra = "ignore")]`.
    Ignore,
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is a mark that the user sets or leaves out")]
pub struct Field {
    /// What it is called in data: the name of the field, or what `rename` says.
    pub name: &'static str,
    /// What it is called in Rust.
    pub ident: &'static str,
    /// Its type, as written.
    pub ty: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// Whether the data may do without it: an `Option`, or a field with a default.
    pub optional: bool,
    /// Its default, as written; `Default::default()` where only `default` is.
    pub default: Option<&'static str>,
    /// The unit of its values.
    pub unit: Option<&'static str>,
    /// The time zone of its text where that has no offset.
    pub zone: Option<&'static str>,
    /// What its values must satisfy.
    pub constraints: &'static [Constraint],
    /// Whether it is (part of) the key.
    pub key: bool,
    /// Whether it says when the event of the record happened.
    pub event_time: bool,
    /// Whether its values are kept out of messages.
    pub secret: bool,
    /// Whether it is read and written by functions of the user's own, whatever its type: `with`.
    pub with: bool,
}

/// What the values of a field must satisfy. Ranges are texts as written: `-60.0..=160.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constraint {
    /// In this range, and finite.
    Range(&'static str),
    /// With this many characters or elements.
    Len(&'static str),
    /// Found by this regular expression.
    Pattern(&'static str),
    /// One of these literals, as written.
    OneOf(&'static [&'static str]),
    /// Neither infinite nor NaN.
    Finite,
    /// Accepted by this function.
    Check(&'static str),
}

impl Schema {
    /// The index of the field of this name in the data.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

#[doc(hidden)]
impl Schema {
    /// For generated code.
    pub const fn new(name: &'static str, docs: &'static str, fields: &'static [Field], extra: Extra) -> Self {
        Schema { name, docs, fields, extra, variants: &[], tag: None }
    }

    /// For generated code.
    #[must_use]
    pub const fn variants(self, variants: &'static [Variant], tag: Option<&'static str>) -> Self {
        Schema { variants, tag, ..self }
    }
}

#[doc(hidden)]
impl Variant {
    /// For generated code.
    pub const fn new(
        name: &'static str,
        ident: &'static str,
        docs: &'static str,
        holds: Holds,
        fields: &'static [Field],
    ) -> Self {
        Variant { name, ident, docs, holds, fields }
    }
}

#[doc(hidden)]
impl Field {
    /// For generated code.
    pub const fn new(name: &'static str, ident: &'static str, ty: &'static str, docs: &'static str) -> Self {
        Field {
            name,
            ident,
            ty,
            docs,
            optional: false,
            default: None,
            unit: None,
            zone: None,
            constraints: &[],
            key: false,
            event_time: false,
            secret: false,
            with: false,
        }
    }

    /// For generated code.
    #[must_use]
    pub const fn optional(self) -> Self {
        Field { optional: true, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn default(self, text: &'static str) -> Self {
        Field { default: Some(text), optional: true, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn typed(self, ty: &'static str) -> Self {
        Field { ty, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn unit(self, text: &'static str) -> Self {
        Field { unit: Some(text), ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn zone(self, text: &'static str) -> Self {
        Field { zone: Some(text), ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn constraints(self, constraints: &'static [Constraint]) -> Self {
        Field { constraints, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn key(self) -> Self {
        Field { key: true, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn event_time(self) -> Self {
        Field { event_time: true, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn secret(self) -> Self {
        Field { secret: true, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn with(self) -> Self {
        Field { with: true, ..self }
    }
}
