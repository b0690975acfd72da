//! `#[record(packed)]`: the struct with its fields laid out anew, and the functions in their place.
//!
//! `struct Reading { at: Timestamp, celsius: Option<f64>, valid: bool }` becomes, with paths left out,
//!
//! ```text
//! struct Reading {
//!     __packed: (Timestamp, <Optional<{ Is::<f64>::BARE }> as Keep<Option<f64>>>::Slot, (), Bits<{ bytes(&[0, Is::<f64>::BARE as usize, 1]) }>),
//! }
//! ```
//!
//! of which the slots are `Timestamp`, `f64`, `()`, and the bits one byte. Beside it stand `__record_pack`, which makes it of the struct
//! that the builder fills, and for each field `__record_lend_celsius` and `__record_replace_celsius`: all else is written by these.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Index, ItemStruct};

use super::super::model::{FieldModel, Model};
use super::super::packed::{Derive, Kept, Packed};
use super::serde::generics;
use super::{for_field, own, rec};
use crate::names;

mod accessors;
mod derives;

/// The struct itself. What it derives is written for the fields as they were; a copy of what it holds is one of it.
pub(super) fn item(item: &ItemStruct, packed: &Packed, model: &Model) -> TokenStream {
    let ItemStruct { vis, ident, generics, .. } = item;
    let (rec, attrs, field) = (rec(model), &packed.attrs, names::packed_field());
    let copies = packed.derives.iter().filter(|derives| matches!(derives.known, Some(Derive::Clone | Derive::Copy)));
    let copies = copies.map(|derives| &derives.path);
    let slots = model.fields.iter().map(|field| slot(model, field));
    let bits = bits(model);
    quote! {
        #(#attrs)*
        #[derive(#(#copies),*)]
        #[allow(private_interfaces, clippy::type_complexity)]
        #vis struct #ident #generics {
            #[doc(hidden)]
            #vis #field: (#(#slots,)* #rec::Bits<{ #rec::bytes(&#bits) }>),
        }
    }
}

/// All that a packed record has besides.
pub(super) fn expand(model: &Model) -> Option<TokenStream> {
    let packed = model.packed.as_ref()?;
    let (rec, places, bits, count) = (rec(model), names::packed_places(), bits(model), model.fields.len());
    let rt = &model.rt;
    let keeps = model.fields.iter().map(|field| {
        let (name, keep) = (for_field("keep", field), keep(model, field));
        quote!(type #name = #keep;)
    });
    let pack = pack(model);
    let gets = model.fields.iter().enumerate().map(|(index, field)| at_field(model, index, field));
    let (accessors, derives) = (accessors::expand(model), derives::expand(model, packed));
    Some(quote! {
        #(#keeps)*
        const #places: [#rt::core::primitive::usize; #count] = #rec::places(#bits);
        #pack
        #(#gets)*
        #accessors
        #derives
    })
}

/// Whether values of this type are kept bare, as a constant.
fn is_bare(model: &Model, ty: &impl ToTokens) -> TokenStream {
    let rec = rec(model);
    quote!({ use #rec::IsNot as _; #rec::Is::<#ty>::BARE })
}

/// The way to keep a field.
fn keep(model: &Model, field: &FieldModel) -> TokenStream {
    let rec = rec(model);
    match field.kept() {
        Kept::AsIs => quote!(#rec::AsIs),
        Kept::Flag => quote!(#rec::Flag),
        Kept::OptionalFlag => quote!(#rec::OptionalFlag),
        Kept::Optional(held) => {
            let is_bare = is_bare(model, &held);
            quote!(#rec::Optional<#is_bare>)
        }
    }
}

/// The type of its slot.
fn slot(model: &Model, field: &FieldModel) -> TokenStream {
    let (rec, ty) = (rec(model), &field.ty);
    match field.kept() {
        Kept::AsIs => quote!(#ty),
        Kept::Flag | Kept::OptionalFlag => quote!(()),
        Kept::Optional(_) => {
            let keep = keep(model, field);
            quote!(<#keep as #rec::Keep<#ty>>::Slot)
        }
    }
}

/// How many bits each field has, as an array.
fn bits(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let bits = model.fields.iter().map(|field| match field.kept() {
        Kept::AsIs => quote!(0),
        Kept::Flag => quote!(1),
        Kept::OptionalFlag => quote!(2),
        Kept::Optional(held) => {
            let is_bare = is_bare(model, &held);
            quote!(#is_bare as #rt::core::primitive::usize)
        }
    });
    quote!([#(#bits),*])
}

/// `fn __record_pack(fields: __RecordFieldsOfReading) -> Reading`.
fn pack(model: &Model) -> TokenStream {
    let (rec, ident, generics) = (rec(model), &model.ident, generics(model));
    let (plain, field, places) = (names::fields_of(ident), names::packed_field(), names::packed_places());
    let slots = model.fields.iter().enumerate().map(|(index, field)| {
        let (keep, ident, ty) = (for_field("keep", field), &field.ident, &field.ty);
        quote_spanned!(own()=> <#keep as #rec::Keep<#ty>>::put(fields.#ident, &mut bits, #places[#index]),)
    });
    let slots: TokenStream = slots.collect();
    quote_spanned! {own()=>
        #[inline]
        fn __record_pack #generics(fields: #plain #generics) -> #ident #generics {
            let mut bits = #rec::Bits::new();
            #ident { #field: (#slots bits) }
        }
    }
}

/// The functions that lend and replace the value of a field.
fn at_field(model: &Model, index: usize, field: &FieldModel) -> TokenStream {
    let (rt, rec, ident, ty) = (&model.rt, rec(model), &model.ident, &field.ty);
    let generics = generics(model);
    let lifetime = model.lifetime.iter();
    let (lend, replace, keep) = (for_field("lend", field), for_field("replace", field), for_field("keep", field));
    let (packed, places) = (names::packed_field(), names::packed_places());
    let (slot, bits) = (Index::from(index), Index::from(model.fields.len()));
    quote_spanned! {own()=>
        #[inline]
        fn #lend<#(#lifetime,)* __R>(
            record: &#ident #generics,
            to: impl #rt::core::ops::FnOnce(&#ty) -> __R,
        ) -> __R {
            <#keep as #rec::Keep<#ty>>::lend(&record.#packed.#slot, &record.#packed.#bits, #places[#index], to)
        }

        #[inline]
        fn #replace #generics(record: &mut #ident #generics, value: #ty) -> #ty {
            let (slot, bits) = (&mut record.#packed.#slot, &mut record.#packed.#bits);
            <#keep as #rec::Keep<#ty>>::replace(slot, bits, #places[#index], value)
        }
    }
}
