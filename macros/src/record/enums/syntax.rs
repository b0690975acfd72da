//! What the user wrote on the variants of an enum.

use proc_macro2::{Ident, TokenStream};
use syn::{Fields, ItemEnum, LitStr};

use super::super::syntax::{FieldSyntax, field_syntax, field_tokens, text_option};
use crate::attr::Options;
use crate::diag::Diag;
use crate::text;

/// One variant with what stands on it.
pub(in super::super) struct VariantSyntax {
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) rename: Option<LitStr>,
    pub(super) fields: Vec<FieldSyntax>,
}

const VARIANT_OPTIONS: &[&str] = &["rename"];

/// Takes the options off the variants and their fields.
pub(super) fn variants(item: &mut ItemEnum, diag: &mut Diag) -> Vec<VariantSyntax> {
    item.variants.iter_mut().map(|variant| variant_syntax(variant, diag)).collect()
}

fn variant_syntax(variant: &mut syn::Variant, diag: &mut Diag) -> VariantSyntax {
    let mut options = TokenStream::new();
    for attr in std::mem::take(&mut variant.attrs) {
        match attr.path().get_ident().map(Ident::to_string).as_deref() {
            Some("field") => options.extend(field_tokens(&attr, diag)),
            Some("serde") => {
                diag.error(attr.path(), "`#[record]` writes the serde impls; say it with `#[field(rename = \"..\")]`");
            }
            Some(mark @ ("key" | "event_time" | "stale")) => {
                diag.error(attr.path(), format!("`#[{mark}]` stands on a field, not on a variant; remove it"));
            }
            Some("cfg") => {
                diag.error(
                    attr.path(),
                    "a variant of a record cannot depend on `cfg`; put the `cfg` on two versions of the enum",
                );
                variant.attrs.push(attr);
            }
            _ => variant.attrs.push(attr),
        }
    }
    let mut options = Options::parse(options, diag);
    let rename = text_option(&mut options, "rename", "rename = \"name\"", diag).map(|(_, text)| text);
    // What else is there is reported.
    let _ = options.done("field", VARIANT_OPTIONS, diag);
    let in_place = matches!(&variant.fields, Fields::Unnamed(_));
    let ident = variant.ident.clone();
    let fields = variant.fields.iter_mut().filter_map(|field| field_syntax(field, in_place.then_some("value"), diag));
    let fields = fields.collect();
    VariantSyntax { docs: text::docs(&variant.attrs), ident, rename, fields }
}
