//! A function for each field, of its name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Index;

use super::super::super::model::{FieldModel, Model};
use super::super::serde::generics;
use super::super::{for_field, own, rec};
use crate::names;

/// `fn celsius(&self) -> Option<f64>`, `fn name(&self) -> &String`, `fn place(&self) -> Option<&Place>`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let (ident, generics) = (&model.ident, generics(model));
    let accessors = model.fields.iter().enumerate().map(|(index, field)| accessor(model, index, field));
    quote! {
        #[automatically_derived]
        impl #generics #ident #generics {
            #(#accessors)*
        }
    }
}

fn accessor(model: &Model, index: usize, field: &FieldModel) -> TokenStream {
    let FieldModel { ident, vis, ty, attrs, .. } = field;
    let (packed, slot) = (names::packed_field(), Index::from(index));
    let (rt, rec, lend) = (&model.rt, rec(model), for_field("lend", field));
    let (gives, value) = if field.is_given_by_value() {
        (quote!(#ty), quote_spanned!(own()=> #lend(self, |value| *value)))
    } else if let Some(held) = field.held() {
        let (keep, places) = (for_field("keep", field), names::packed_places());
        let bits = Index::from(model.fields.len());
        let get = quote_spanned!(own()=>
            <#keep as #rec::KeepOption<#held>>::get(&self.#packed.#slot, &self.#packed.#bits, #places[#index])
        );
        (quote!(#rt::core::option::Option<&#held>), get)
    } else {
        (quote!(&#ty), quote_spanned!(own()=> &self.#packed.#slot))
    };
    quote_spanned! {own()=>
        #(#attrs)*
        #[inline]
        #vis fn #ident(&self) -> #gives {
            #value
        }
    }
}
