//! From a row to a record.

use rusqlite::types::ValueRef;
use serde::de::{Deserialize, Error};

use super::kind::is_option;
use super::read::{Cell, Wrong, shown};
use super::source::{Reject, WrongColumn};
use crate::record::generated::{Content, Fields, FromValues, Values, Variants, validated};
use crate::record::{Extra, Field, Schema};

/// Which column of a row each field is read from.
pub(super) struct Columns {
    fields: Vec<Option<usize>>,
    /// Of an enum: the same for each variant.
    variants: Vec<VariantColumns>,
}

struct VariantColumns {
    fields: Vec<Option<usize>>,
    /// The columns that belong to other variants only, and their fields.
    foreign: Vec<(&'static Field, usize)>,
}

impl Columns {
    pub(super) fn new(fields: Vec<Option<usize>>, schema: &'static Schema) -> Self {
        let column = |name: &str| schema.position(name).and_then(|at| fields.get(at).copied().flatten());
        let variants = schema.variants.iter().map(|variant| {
            let is_foreign = |field: &&Field| {
                schema.tag != Some(field.name) && !variant.fields.iter().any(|own| own.name == field.name)
            };
            let foreign = schema.fields.iter().filter(is_foreign);
            VariantColumns {
                fields: variant.fields.iter().map(|field| column(field.name)).collect(),
                foreign: foreign.filter_map(|field| Some((field, column(field.name)?))).collect(),
            }
        });
        Columns { variants: variants.collect(), fields }
    }
}

/// Reads and validates one record; `value` gives the value of a column.
#[inline]
pub(super) fn decode<'a, T: FromValues<'a>>(
    columns: &Columns,
    value: impl Fn(usize) -> ValueRef<'a>,
) -> Result<T, Reject> {
    let record = T::from_values(InRow { columns, value })?;
    validated(record).map_err(|violations| Reject::Record(violations.into()))
}

struct InRow<'c, F> {
    columns: &'c Columns,
    value: F,
}

impl<'a, F: Fn(usize) -> ValueRef<'a>> Values<'a> for InRow<'_, F> {
    type Error = Reject;

    #[inline]
    fn fields<T: Fields<'a>>(self) -> Result<T, Reject> {
        let mut wrong = Vec::new();
        let record = read(&self.columns.fields, &self.value, &mut wrong);
        finished(record, wrong)
    }

    fn variant<T: Variants<'a>>(self) -> Result<T, Reject> {
        let schema = T::SCHEMA;
        let tag = self.columns.fields.first().copied().flatten().map_or(ValueRef::Null, &self.value);
        let is_named = |name: &str| matches!(tag, ValueRef::Text(text) if text == name.as_bytes());
        let found = schema.variants.iter().position(|variant| is_named(variant.name));
        let Some((at, variant)) = found.and_then(|at| Some((at, self.columns.variants.get(at)?))) else {
            return Err(Reject::Columns(vec![unknown(schema, tag)]));
        };
        let mut wrong = Vec::new();
        let record = T::read(at, InVariant { columns: &variant.fields, value: &self.value, wrong: &mut wrong });
        if schema.extra == Extra::Refuse {
            for (field, column) in &variant.foreign {
                let value = (self.value)(*column);
                // It would be lost.
                if !matches!(value, ValueRef::Null) {
                    let why = format!("`{}` has no such field", schema.variants[at].name);
                    wrong.push(WrongColumn { column: field.name, read: (!field.secret).then(|| shown(value)), why });
                }
            }
        }
        finished(record.ok(), wrong)
    }
}

/// The fields of one variant.
struct InVariant<'c, F> {
    columns: &'c [Option<usize>],
    value: &'c F,
    wrong: &'c mut Vec<WrongColumn>,
}

impl<'a, F: Fn(usize) -> ValueRef<'a>> Content<'a> for InVariant<'_, F> {
    type Error = Wrong;

    fn nothing(self) -> Result<(), Wrong> {
        Ok(())
    }

    fn value<T: Deserialize<'a>>(self) -> Result<T, Wrong> {
        // A variant beside a tag has names for what it holds.
        Err(Wrong::custom("expected fields"))
    }

    fn fields<T: Fields<'a>>(self) -> Result<T, Wrong> {
        read(self.columns, self.value, self.wrong).ok_or_else(|| Wrong::custom(NO_VALUE))
    }
}

const NO_VALUE: &str = "a field has no value";

/// Reads the fields, and notes all columns that are wrong.
#[inline]
fn read<'a, T: Fields<'a>>(
    columns: &[Option<usize>],
    value: &impl Fn(usize) -> ValueRef<'a>,
    wrong: &mut Vec<WrongColumn>,
) -> Option<T> {
    let mut slots = T::slots();
    for (index, (field, column)) in T::SCHEMA.fields.iter().zip(columns).enumerate() {
        let Some(value) = column.map(value) else {
            if !field.optional {
                wrong.push(WrongColumn { column: field.name, read: None, why: "there is none".to_owned() });
            }
            continue;
        };
        // NULL is nothing, so a field with a default takes that. In an `Option` it is a value.
        if matches!(value, ValueRef::Null) && field.default.is_some() && !is_option(field) {
            continue;
        }
        if let Err(why) = T::read(&mut slots, index, Cell(value)) {
            let (read, why) =
                if field.secret { (None, "expected something else".to_owned()) } else { (Some(shown(value)), why.0) };
            wrong.push(WrongColumn { column: field.name, read, why });
        }
    }
    if wrong.is_empty() { T::build(slots) } else { None }
}

#[inline]
fn finished<T>(record: Option<T>, wrong: Vec<WrongColumn>) -> Result<T, Reject> {
    match record {
        _ if !wrong.is_empty() => Err(Reject::Columns(wrong)),
        Some(record) => Ok(record),
        None => Err(Reject::Record(NO_VALUE.into())),
    }
}

#[cold]
fn unknown(schema: &'static Schema, tag: ValueRef<'_>) -> WrongColumn {
    let names: Vec<String> = schema.variants.iter().map(|variant| format!("`{}`", variant.name)).collect();
    let expected = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    };
    WrongColumn { column: schema.tag.unwrap_or_default(), read: Some(shown(tag)), why: format!("expected {expected}") }
}
