//! The schema, and the impl of `Record`.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::model::{FieldModel, Model};
use super::serde::generics;
use super::{layout, rec};
use crate::text;

pub(super) fn expand(model: &Model) -> TokenStream {
    let (constant, record) = (constant(model), record(model, &layout::of_struct(model)));
    quote!(#constant #record)
}

/// The schema of a struct, or of a variant.
pub(super) fn constant(model: &Model) -> TokenStream {
    let rec = rec(model);
    let fields: Vec<TokenStream> = model.fields.iter().map(|field| one(field, &rec)).collect();
    constant_of(model, &fields, &TokenStream::new())
}

/// A schema of these fields, with what else is set on it.
pub(super) fn constant_of(model: &Model, fields: &[TokenStream], more: &TokenStream) -> TokenStream {
    let (rec, schema, name, docs) = (rec(model), &model.schema, &model.name, &model.docs);
    let extra = if model.ignore_extra { quote!(Ignore) } else { quote!(Refuse) };
    quote! {
        static #schema: #rec::Schema = #rec::Schema::new(#name, #docs, &[#(#fields),*], #rec::Extra::#extra)#more;
    }
}

/// The impl of `Record`.
pub(super) fn record(model: &Model, layout: &TokenStream) -> TokenStream {
    let (rec, schema, ident) = (rec(model), &model.schema, &model.ident);
    let (generics, of) = (generics(model), model.ty(&quote!('__of)));
    quote! {
        #[automatically_derived]
        impl #generics #rec::Record for #ident #generics {
            type Of<'__of> = #of;
            const SCHEMA: &'static #rec::Schema = &#schema;
            const LAYOUT: &'static #rec::Layout = &#layout;
        }
    }
}

/// `Field::new("celsius", "celsius", "f64", "").constraints(&[..])`.
pub(super) fn one(field: &FieldModel, rec: &TokenStream) -> TokenStream {
    let (name, docs, ty) = (&field.name, &field.docs, text::text(&field.ty));
    let ident = field.ident.to_string();
    let rules = &field.rules;
    let mut chain = quote!(#rec::Field::new(#name, #ident, #ty, #docs));
    if field.is_optional() {
        chain.extend(quote!(.optional()));
    }
    if let Some((_, default)) = &rules.default {
        let default = default.as_ref().map_or_else(|| "Default::default()".to_owned(), text::text);
        chain.extend(quote!(.default(#default)));
    }
    if let Some((_, unit)) = &rules.unit {
        chain.extend(quote!(.unit(#unit)));
    }
    if let Some((_, zone)) = &rules.zone {
        chain.extend(quote!(.zone(#zone)));
    }
    for (mark, set) in [
        (quote!(.key()), field.key.is_some()),
        (quote!(.event_time()), field.event_time.is_some()),
        (quote!(.secret()), rules.secret.is_some()),
        (quote!(.with()), rules.with.is_some()),
    ] {
        chain.extend(set.then_some(mark));
    }
    let constraints = constraints(field, rec);
    if !constraints.is_empty() {
        chain.extend(quote!(.constraints(&[#(#constraints),*])));
    }
    chain
}

pub(super) fn constraints(field: &FieldModel, rec: &TokenStream) -> Vec<TokenStream> {
    let rules = &field.rules;
    let range = rules.range.as_ref().map(|(_, range)| {
        let range = text::text(range);
        quote!(#rec::Constraint::Range(#range))
    });
    let len = rules.len.as_ref().map(|(_, len)| {
        let len = text::text(len);
        quote!(#rec::Constraint::Len(#len))
    });
    let pattern = rules.pattern.as_ref().map(|(_, pattern)| quote!(#rec::Constraint::Pattern(#pattern)));
    let one_of = rules.one_of.as_ref().map(|(_, values)| {
        let values = values.iter().map(text::text);
        quote!(#rec::Constraint::OneOf(&[#(#values),*]))
    });
    let finite = rules.finite.as_ref().map(|_| quote!(#rec::Constraint::Finite));
    let check = rules.check.as_ref().map(|(_, check)| {
        let check = text::text(check);
        quote!(#rec::Constraint::Check(#check))
    });
    [range, len, pattern, one_of, finite, check].into_iter().flatten().collect()
}
