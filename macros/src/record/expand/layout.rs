//! `LAYOUT`: where each byte of the record is.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;
use syn::ext::IdentExt;

use super::super::enums::{EnumModel, Holds, VariantModel};
use super::super::model::{FieldModel, Model};
use super::{for_field, rec};
use crate::{names, text};

/// `Layout::of::<Self>("Reading", &[Place::new("at", "Timestamp", offset_of!(Self, at), size_of::<Timestamp>()), ..])`.
pub(super) fn of_struct(model: &Model) -> TokenStream {
    let (rt, rec, name) = (&model.rt, rec(model), &model.name);
    let places = model.fields.iter().enumerate().map(|(index, field)| place(model, index, field));
    let bits = model.packed.as_ref().map(|_| {
        let (packed, last) = (names::packed_field(), Index::from(model.fields.len()));
        quote!(.bits(#rt::core::mem::offset_of!(Self, #packed.#last)))
    });
    quote!(#rec::Layout::of::<Self>(#name, &[#(#places),*])#bits)
}

fn place(model: &Model, index: usize, field: &FieldModel) -> TokenStream {
    let (rt, rec, name, ty) = (&model.rt, rec(model), field.ident.unraw().to_string(), &field.ty);
    let (ident, shown) = (&field.ident, text::text(ty));
    if model.packed.is_none() {
        return quote! {
            #rec::Place::new(#name, #shown, #rt::core::mem::offset_of!(Self, #ident), #rt::core::mem::size_of::<#ty>())
        };
    }
    let (packed, slot, bits, keep) =
        (names::packed_field(), Index::from(index), names::packed_places(), for_field("keep", field));
    quote! {
        #rec::Place::new(
            #name,
            #shown,
            #rt::core::mem::offset_of!(Self, #packed.#slot),
            #rt::core::mem::size_of::<<#keep as #rec::Keep<#ty>>::Slot>(),
        )
        .sharing(#bits[#index], <#keep as #rec::Keep<#ty>>::BITS)
    }
}

/// `Layout::of::<Self>("Payment", &[]).variants(&[Place::new("Cash", "nothing", 0, 0), ..])`.
pub(super) fn of_enum(model: &EnumModel) -> TokenStream {
    let (rec, name) = (rec(&model.base), &model.base.name);
    let variants = model.variants.iter().map(|variant| held(model, variant));
    quote!(#rec::Layout::of::<Self>(#name, &[]).variants(&[#(#variants),*]))
}

/// What a variant holds, and how many bytes that takes.
fn held(model: &EnumModel, variant: &VariantModel) -> TokenStream {
    let (rt, rec, name) = (&model.base.rt, rec(&model.base), variant.ident.unraw().to_string());
    let fields = &variant.model.fields;
    let (holds, ty) = match (variant.holds, fields.as_slice()) {
        (Holds::Value, [value]) => {
            let ty = &value.ty;
            (text::text(ty), quote!(#ty))
        }
        (Holds::Fields, _) => {
            let names: Vec<String> = fields.iter().map(|field| field.ident.unraw().to_string()).collect();
            let lifetime = variant.model.lifetime.as_ref();
            (names.join(", "), variant.model.ty(&quote!(#lifetime)))
        }
        _ => ("nothing".to_owned(), quote!(())),
    };
    quote!(#rec::Place::new(#name, #holds, 0, #rt::core::mem::size_of::<#ty>()))
}
