//! `MarkStale`: the field that says for how long the record is stale.
//!
//! `#[stale] age: Option<Duration>` becomes `fn mark_stale(&mut self, age: Duration)`, which sets it, and `fn stale_for(&self)`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::super::model::Model;
use super::serde::generics;
use super::{own, place, rec};

/// Nothing, if no field is marked.
pub(super) fn expand(model: &Model) -> Option<TokenStream> {
    let field = model.fields.iter().find(|field| field.stale.is_some())?;
    let (rt, rec, ident, generics) = (&model.rt, rec(model), &model.ident, generics(model));
    let set = place::replace(model, field, &quote_spanned!(own()=> #rt::core::option::Option::Some(age)));
    let age = place::lend(model, field, |value| quote_spanned!(own()=> *#value));
    Some(quote_spanned! {own()=>
        #[automatically_derived]
        impl #generics #rec::MarkStale for #ident #generics {
            fn mark_stale(&mut self, age: #rt::core::time::Duration) {
                let _ = #set;
            }

            fn stale_for(&self) -> #rt::core::option::Option<#rt::core::time::Duration> {
                #age
            }
        }
    })
}
