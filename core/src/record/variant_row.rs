//! An enum from a row: one column says which variant the row is, and the others are the fields of all variants.

use super::decode::{FieldError, Row, RowError};
use super::schema::{Extra, Schema};
use crate::error::BoxError;

/// The fields of one variant among the columns of all.
pub struct VariantRow<'r, R> {
    row: &'r R,
    /// By field of the variant: the field of the enum's schema.
    columns: &'static [usize],
}

impl<'a, R: Row<'a>> Row<'a> for VariantRow<'_, R> {
    #[inline]
    fn field(&self, index: usize) -> Option<&'a [u8]> {
        self.row.field(*self.columns.get(index)?)
    }
}

/// Reads the tag, which is the schema's first field, and then the variant that it names: `columns` are those of each
/// variant, and `read` makes the variant of a number.
///
/// # Errors
/// When there is no such variant, it does not read, or a column that is not the variant's holds something.
pub fn variant_of_row<'a, R: Row<'a>, T>(
    row: &R,
    schema: &'static Schema,
    columns: &'static [&'static [usize]],
    read: impl FnOnce(usize, &VariantRow<'_, R>) -> Result<T, BoxError>,
) -> Result<T, BoxError> {
    let tag = row.field(0);
    let found = tag.and_then(|tag| schema.variants.iter().position(|variant| variant.name.as_bytes() == tag));
    let Some((variant, columns)) = found.and_then(|variant| Some((variant, *columns.get(variant)?))) else {
        return Err(unknown(schema, tag));
    };
    let result = read(variant, &VariantRow { row, columns });
    let is_foreign = |index: &usize| !columns.contains(index) && row.field(*index).is_some_and(|cell| !cell.is_empty());
    if schema.extra == Extra::Refuse && (1..schema.fields.len()).any(|index| is_foreign(&index)) {
        let mut error = RowError::default();
        for index in (1..schema.fields.len()).filter(is_foreign) {
            let why = format!("`{}` has no such field", schema.variants[variant].name);
            error.note(&schema.fields[index], row.field(index), Err::<(), _>(FieldError::Refused(why)));
        }
        return Err(match result {
            Ok(_) => Box::new(error),
            Err(other) => match other.downcast::<RowError>() {
                Ok(other) => Box::new(other.and(error)),
                Err(_) => Box::new(error),
            },
        });
    }
    result
}

#[cold]
fn unknown(schema: &'static Schema, tag: Option<&[u8]>) -> BoxError {
    let names: Vec<String> = schema.variants.iter().map(|variant| format!("`{}`", variant.name)).collect();
    let expected = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("expected {} or {last}", rest.join(", ")),
        _ => format!("expected {}", names.concat()),
    };
    let why = match tag {
        Some(b"") => FieldError::Empty("the name of a variant"),
        Some(_) => FieldError::Refused(expected),
        None => FieldError::Missing,
    };
    let mut error = RowError::default();
    if let Some(field) = schema.fields.first() {
        error.note(field, tag, Err::<(), _>(why));
    }
    Box::new(error)
}
