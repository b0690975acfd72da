//! The code that a record adds to its struct.
//!
//! `#[record] struct Reading<'a> { #[field(range = 0.0..)] celsius: f64, .. }` adds one `const _: () = { .. };` with
//! `static __RECORD: Schema`, a function `__record_check_celsius` and one `__record_read_celsius` for each field, and the
//! impls `Record`, `Validate`, `Serialize`, `Deserialize`, `FromRow`, `FromJson`, the setters and the builder, all of which
//! call those.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ItemStruct;

use super::model::{FieldModel, Model};
use crate::names;

mod builder;
pub(super) mod enums;
mod layout;
mod packed;
mod place;
mod row;
mod schema;
mod serde;
mod stale;
mod validate;

/// Everything that the record adds.
pub(super) fn expand(model: &Model) -> TokenStream {
    let schema = schema::expand(model);
    let validate = validate::expand(model);
    let builder = builder::expand(model);
    let serde = serde::expand(model);
    let row = row::expand(model);
    let stale = stale::expand(model);
    let size = size(model);
    let packed = packed::expand(model);
    let defaults = model.fields.iter().filter_map(|field| default(model, field));
    enclosed(&quote! {
        #(#defaults)*
        #schema
        #validate
        #builder
        #serde
        #row
        #stale
        #size
        #packed
    })
}

/// The struct: as it was written, unless it is packed.
pub(super) fn item(item: &ItemStruct, model: &Model) -> TokenStream {
    model.packed.as_ref().map_or_else(|| item.to_token_stream(), |packed| packed::item(item, packed, model))
}

/// The code of a record in a scope of its own, without the lints that a user may deny.
fn enclosed(code: &TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(
            dead_code, missing_docs, non_snake_case, non_camel_case_types, non_upper_case_globals, non_local_definitions,
            unreachable_pub, unused_lifetimes, unused_qualifications, single_use_lifetimes, elided_lifetimes_in_paths,
            private_interfaces, deprecated, clippy::all, clippy::pedantic, clippy::nursery, clippy::absolute_paths
        )]
        const _: () = { #code };
    }
}

/// The module of the runtime that this code calls.
fn rec(model: &Model) -> TokenStream {
    let rt = &model.rt;
    quote!(#rt::record)
}

/// A span whose local names no name of the user's can meet.
fn own() -> Span {
    Span::mixed_site()
}

/// A function or type for one field.
fn for_field(what: &str, field: &FieldModel) -> Ident {
    names::for_field(what, field.of.as_ref(), &field.ident)
}

/// A function for the default of a field, so that what is wrong with it is said once.
fn default(model: &Model, field: &FieldModel) -> Option<TokenStream> {
    let (value, name, ty) = (field.default(&model.rt)?, for_field("default", field), &field.ty);
    let lifetime = model.lifetime.iter();
    Some(quote!(fn #name<#(#lifetime)*>() -> #ty { #value }))
}

/// A call of that function, if the field has a default.
fn default_call(field: &FieldModel) -> Option<TokenStream> {
    let name = for_field("default", field);
    field.rules.default.as_ref().map(|_| quote!(#name()))
}

/// `max_size` as a check at compile time, reported at its number.
fn size(model: &Model) -> Option<TokenStream> {
    let max = model.max_size.as_ref()?;
    let rec = rec(model);
    let ty = model.ty(&quote!('static));
    let check = quote!(const _: () = #rec::Layout::assert_size(<#ty as #rec::Record>::LAYOUT, #max););
    Some(all_at(check, max.span()))
}

/// The same tokens, all at one place, which the compiler then underlines alone.
fn all_at(tokens: TokenStream, place: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            let inner = all_at(group.stream(), place);
            token = TokenTree::Group(Group::new(group.delimiter(), inner));
        }
        token.set_span(token.span().located_at(place));
        token
    });
    moved.collect()
}
