//! How generated code gets at the fields of a record: as fields of the struct, or where `packed` has put them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::super::model::{FieldModel, Model};
use super::{for_field, own};
use crate::names;

/// A record of these fields, `name: value, ..`.
pub(super) fn made(model: &Model, fields: &TokenStream) -> TokenStream {
    let ident = &model.ident;
    if model.packed.is_none() {
        return quote!(#ident { #fields });
    }
    let plain = names::fields_of(ident);
    quote_spanned!(own()=> __record_pack(#plain { #fields }))
}

/// What is done with a reference to a field of `self`.
pub(super) fn lend(model: &Model, field: &FieldModel, to: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    if model.packed.is_none() {
        let ident = &field.ident;
        return to(quote_spanned!(own()=> &self.#ident));
    }
    let (lend, body) = (for_field("lend", field), to(quote_spanned!(own()=> value)));
    quote_spanned!(own()=> #lend(self, |value| #body))
}

/// Another value for a field of `self`, which gives the one before.
pub(super) fn replace(model: &Model, field: &FieldModel, value: &TokenStream) -> TokenStream {
    let (rt, ident) = (&model.rt, &field.ident);
    if model.packed.is_none() {
        return quote_spanned!(own()=> #rt::core::mem::replace(&mut self.#ident, #value));
    }
    let replace = for_field("replace", field);
    quote_spanned!(own()=> #replace(self, #value))
}
