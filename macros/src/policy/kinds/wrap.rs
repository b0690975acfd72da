//! `#[wrap]`.

use quote::quote;

use super::super::model::{Asked, Made, Place};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let Some(policy) = reader.options.first.take() else {
        reader.error_here("`#[wrap]` needs the policy; write `#[wrap(LogCalls)]`");
        return None;
    };
    Some(Made { value: quote!((#policy)), place: Place::Before, asked: Asked::Around, ..Made::default() })
}
