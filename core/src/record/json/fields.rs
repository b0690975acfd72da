//! The outermost record of a text, by its list of fields: no serde between its names and ours.
//!
//! Names mostly come in the order of the schema, so the one that is expected is compared where it stands, and no other string
//! is made of it.

use std::marker::PhantomData;

use serde::de::Deserialize;

use super::cursor::Cursor;
use super::direct::Refused;
use crate::record::fields::{Fields, Next};
use crate::record::schema::Extra;

/// Reads a record, not yet validated.
#[inline]
pub(super) fn read<'a, T: Fields<'a>>(cursor: &mut Cursor<'a>) -> Result<T, Refused> {
    if cursor.peek() != b'{' {
        return cursor.refuse();
    }
    cursor.enter()?;
    let (mut slots, mut first, mut expected) = (T::slots(), true, 0);
    while cursor.more(&mut first, b'}')? {
        let Some(field) = field::<T>(cursor, expected)? else {
            cursor.skip()?;
            continue;
        };
        if T::filled(&slots, field) {
            return cursor.refuse();
        }
        T::read(&mut slots, field, Value(cursor))?;
        expected = field + 1;
    }
    cursor.leave(b'}')?;
    match T::build(slots) {
        Some(record) => Ok(record),
        None => cursor.refuse(),
    }
}

/// Takes a name and its colon; `None` if the record ignores it.
#[inline]
fn field<'a, T: Fields<'a>>(cursor: &mut Cursor<'a>, expected: usize) -> Result<Option<usize>, Refused> {
    let field = match T::NAMES.get(expected) {
        Some(name) if Names::<T>::ARE_PLAIN && cursor.take_name(name) => Some(expected),
        _ => named::<T>(cursor)?,
    };
    cursor.take(b':')?;
    Ok(field)
}

/// The field of a name that was not the one expected.
#[inline(never)]
fn named<'a, T: Fields<'a>>(cursor: &mut Cursor<'a>) -> Result<Option<usize>, Refused> {
    let name = cursor.string()?;
    match T::SCHEMA.position(name) {
        None if T::SCHEMA.extra == Extra::Refuse => cursor.refuse(),
        field => Ok(field),
    }
}

/// The names of a record's fields.
struct Names<T>(PhantomData<T>);

impl<'a, T: Fields<'a>> Names<T> {
    /// Whether they stand in a text as they are.
    const ARE_PLAIN: bool = are_plain(T::NAMES);
}

const fn are_plain(mut names: &[&str]) -> bool {
    while let Some((name, others)) = names.split_first() {
        let mut bytes = name.as_bytes();
        while let Some((byte, rest)) = bytes.split_first() {
            if matches!(byte, b'"' | b'\\' | 0..b' ') {
                return false;
            }
            bytes = rest;
        }
        names = others;
    }
    true
}

/// The value that comes next.
struct Value<'c, 'a>(&'c mut Cursor<'a>);

impl<'a> Next<'a> for Value<'_, 'a> {
    type Error = Refused;

    #[inline]
    fn value<T: Deserialize<'a>>(self) -> Result<T, Refused> {
        let value = T::deserialize(&mut *self.0);
        self.0.note(value)
    }
}
