//! The builder: typed-builder over a struct of the same fields, which turns into a checked record.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::super::model::{FieldModel, Kind, Model};
use super::super::taken::ends_the_builder;
use super::{default_call, own, place, rec};
use crate::names;

pub(super) fn expand(model: &Model) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let Model { vis, ident, .. } = model;
    let fields = names::fields_of(ident);
    let builder = format_ident!("{}Builder", ident);
    let lifetime = model.lifetime.iter();
    let generics = quote!(#(<#lifetime>)*);
    let lifetime = model.lifetime.iter();
    let empty = model.fields.iter().map(|_| quote!(()));
    let written = model.fields.iter().map(|field| field_of_builder(field, rt));
    let names: Vec<_> = model.fields.iter().map(|field| &field.ident).collect();
    let made = place::made(model, &quote_spanned!(own()=> #(#names: fields.#names,)*));
    let docs = format!("Builds a `{ident}` field by field; `build()` checks it.");
    quote_spanned! {own()=>
        // typed-builder writes these without a path.
        #[allow(unused_imports)]
        use #rt::core::{clone::Clone, convert::Into, option::Option::Some, panic};

        #[derive(#rt::typed_builder::TypedBuilder)]
        #[builder(
            crate_module_path = #rt::typed_builder,
            builder_type(name = #builder),
            build_method(into = #rt::core::result::Result<#ident #generics, #rec::Violations>)
        )]
        #vis struct #fields #generics { #(#written,)* }

        #[automatically_derived]
        impl #generics #rt::core::convert::From<#fields #generics>
            for #rt::core::result::Result<#ident #generics, #rec::Violations>
        {
            fn from(fields: #fields #generics) -> Self {
                #rec::validated(#made)
            }
        }

        #[automatically_derived]
        impl #generics #ident #generics {
            #[doc = #docs]
            #vis fn builder() -> #builder<#(#lifetime,)* (#(#empty,)*)> {
                #fields::builder()
            }
        }
    }
}

/// The field with its default. Texts and `Option`s take what turns into them.
fn field_of_builder(field: &FieldModel, rt: &TokenStream) -> TokenStream {
    let FieldModel { ident, ty, docs, .. } = field;
    if ends_the_builder(field) {
        // Refused. What is left of the builder need not be given it, so that one mistake is one message.
        let any = quote!(|| -> #ty { #rt::core::unreachable!() });
        return quote!(#[builder(setter(suffix = "_"), default = (#any)())] #ident: #ty);
    }
    let default = match (default_call(field), &field.kind) {
        (Some(default), _) => Some(quote!(default = #default)),
        (None, Kind::Option(_)) => Some(quote!(default)),
        (None, _) => None,
    };
    let into = matches!(field.kind, Kind::Option(_) | Kind::OwnedText | Kind::CowText).then(|| quote!(setter(into)));
    let options = default.iter().chain(&into).map(|option| quote!(#[builder(#option)]));
    quote! {
        #[doc = #docs]
        #(#options)*
        #ident: #ty
    }
}
