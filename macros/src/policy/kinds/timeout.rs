//! `#[timeout]`.

use proc_macro2::Ident;
use quote::quote;
use syn::{Expr, ExprLit, Lit};

use super::super::model::{Asked, Made, Place};
use super::Reader;
use crate::text::text;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let Some(limit) = reader.options.first.take() else {
        match reader.named() {
            Some((name, limit)) => {
                let limit = limit_of(&name, &limit);
                reader.error(name, format!("the limit has no name; write `#[timeout({limit})]`"));
            }
            None => reader.error_here("`#[timeout]` needs its limit; write `#[timeout(\"800ms\")]`"),
        }
        return None;
    };
    let limit = reader.time_of("the limit", false, limit)?;
    let place = if limit.constant { Place::Constant } else { Place::Before };
    let limit = limit.tokens;
    Some(Made { value: quote!(#rt::Timeout::new(#limit)), place, asked: Asked::Limit, fails: true, ..Made::default() })
}

/// The limit that `secs = 5` means.
fn limit_of(name: &Ident, limit: &Expr) -> String {
    let name = name.to_string();
    let unit = match name.as_bytes() {
        [b'm', b'i', b'n', ..] => "m",
        [b'm', ..] => "ms",
        _ => "s",
    };
    match limit {
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => format!("\"{}{unit}\"", text(limit)),
        _ => text(limit),
    }
}
