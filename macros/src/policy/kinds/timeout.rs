//! `#[timeout]`.

use quote::quote;

use super::super::model::{Asked, Made, Place};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let Some(limit) = reader.options.first.take() else {
        reader.error_here("`#[timeout]` needs its limit; write `#[timeout(\"800ms\")]`");
        return None;
    };
    let limit = reader.time_of("the limit", false, limit)?;
    let place = if limit.constant { Place::Constant } else { Place::Before };
    let limit = limit.tokens;
    Some(Made { value: quote!(#rt::Timeout::new(#limit)), place, asked: Asked::Limit, fails: true, ..Made::default() })
}
