//! The traits that a packed record derives, written by its accessors: they say what those of the plain struct would.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::super::super::model::{FieldModel, Model};
use super::super::super::packed::{Derive, Packed};
use super::super::serde::generics;
use super::super::{own, place};

pub(super) fn expand(model: &Model, packed: &Packed) -> TokenStream {
    let derives = packed.derives.iter().filter_map(|derives| match derives.known? {
        // They copy what the struct holds, so they stand on it.
        Derive::Clone | Derive::Copy => None,
        Derive::Debug => Some(debug(model)),
        Derive::Default => Some(default(model)),
        Derive::Eq => Some(eq(model)),
        Derive::Hash => Some(hash(model)),
        Derive::Ord => Some(ord(model)),
        Derive::PartialEq => Some(partial_eq(model)),
        Derive::PartialOrd => Some(partial_ord(model)),
    });
    derives.collect()
}

/// The place of the field's type, where what it does not implement is reported.
fn at(field: &FieldModel) -> Span {
    own().located_at(field.ty.span())
}

/// An impl for the record.
fn of_record(model: &Model, of: &TokenStream, body: &TokenStream) -> TokenStream {
    let (ident, generics) = (&model.ident, generics(model));
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #generics #of for #ident #generics { #body }
    }
}

fn debug(model: &Model) -> TokenStream {
    let (rt, name) = (&model.rt, &model.name);
    let fields = model.fields.iter().map(|field| {
        let (ident, name) = (&field.ident, field.ident.unraw().to_string());
        quote_spanned!(at(field)=> .field(#name, &self.#ident()))
    });
    let fields: TokenStream = fields.collect();
    let body = quote_spanned! {own()=>
        fn fmt(&self, f: &mut #rt::core::fmt::Formatter<'_>) -> #rt::core::fmt::Result {
            f.debug_struct(#name)#fields.finish()
        }
    };
    of_record(model, &quote!(#rt::core::fmt::Debug), &body)
}

fn default(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let fields = model.fields.iter().map(|field| {
        let ident = &field.ident;
        quote_spanned!(at(field)=> #ident: #rt::core::default::Default::default(),)
    });
    let made = place::made(model, &fields.collect());
    let body = quote!(fn default() -> Self { #made });
    of_record(model, &quote!(#rt::core::default::Default), &body)
}

fn partial_eq(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let same = model.fields.iter().map(|field| {
        let ident = &field.ident;
        quote_spanned!(at(field)=> && #rt::core::cmp::PartialEq::eq(&self.#ident(), &other.#ident()))
    });
    let same: TokenStream = same.collect();
    let body = quote_spanned! {own()=>
        #[inline]
        fn eq(&self, other: &Self) -> #rt::core::primitive::bool { true #same }
    };
    of_record(model, &quote!(#rt::core::cmp::PartialEq), &body)
}

/// `Eq` has nothing to do but to ask it of every field.
fn eq(model: &Model) -> TokenStream {
    let (rt, generics) = (&model.rt, generics(model));
    let asked = model.fields.iter().map(|field| {
        let ty = &field.ty;
        quote_spanned!(at(field)=> is_eq::<#ty>();)
    });
    let asked: TokenStream = asked.collect();
    let implemented = of_record(model, &quote!(#rt::core::cmp::Eq), &TokenStream::new());
    quote_spanned! {own()=>
        #implemented

        fn __record_is_eq #generics() {
            fn is_eq<__T: #rt::core::cmp::Eq>() {}
            #asked
        }
    }
}

fn hash(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let fields = model.fields.iter().map(|field| {
        let ident = &field.ident;
        quote_spanned!(at(field)=> #rt::core::hash::Hash::hash(&self.#ident(), state);)
    });
    let fields: TokenStream = fields.collect();
    let body = quote_spanned! {own()=>
        fn hash<__H: #rt::core::hash::Hasher>(&self, state: &mut __H) { #fields }
    };
    of_record(model, &quote!(#rt::core::hash::Hash), &body)
}

fn partial_ord(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let equal = quote!(#rt::core::option::Option::Some(#rt::core::cmp::Ordering::Equal));
    let fields = by_fields(model, &quote!(#rt::core::cmp::PartialOrd::partial_cmp), &equal);
    let body = quote_spanned! {own()=>
        fn partial_cmp(&self, other: &Self) -> #rt::core::option::Option<#rt::core::cmp::Ordering> {
            #fields
            #equal
        }
    };
    of_record(model, &quote!(#rt::core::cmp::PartialOrd), &body)
}

fn ord(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let equal = quote!(#rt::core::cmp::Ordering::Equal);
    let fields = by_fields(model, &quote!(#rt::core::cmp::Ord::cmp), &equal);
    let body = quote_spanned! {own()=>
        fn cmp(&self, other: &Self) -> #rt::core::cmp::Ordering {
            #fields
            #equal
        }
    };
    of_record(model, &quote!(#rt::core::cmp::Ord), &body)
}

/// The first field that tells both apart decides.
fn by_fields(model: &Model, compare: &TokenStream, equal: &TokenStream) -> TokenStream {
    let fields = model.fields.iter().map(|field| {
        let ident = &field.ident;
        quote_spanned! {at(field)=>
            match #compare(&self.#ident(), &other.#ident()) {
                #equal => {}
                decided => return decided,
            }
        }
    });
    fields.collect()
}
