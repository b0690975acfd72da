//! `#[wrap]`.

use super::super::model::{Asked, Made};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let Some(policy) = reader.options.first.take() else {
        reader.error_here("`#[wrap]` needs the policy; write `#[wrap(LogCalls)]`");
        return None;
    };
    Some(Made { asked: Asked::Around, ..reader.policy(&policy) })
}
