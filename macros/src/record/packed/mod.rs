//! `#[record(packed)]`: what is known of a struct whose fields are laid out anew.

mod check;
mod model;

pub(super) use check::check;
pub(super) use model::{Derive, Kept, Packed};
