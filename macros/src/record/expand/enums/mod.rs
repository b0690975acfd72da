//! The code that a record adds to its enum.
//!
//! `#[record] enum Payment { Cash, Card { number: Short }, Wire(Account) }` adds one `const _: () = { .. };` with a struct
//! `__RecordFieldsOfCard { number: Short }` that reads itself as a record does, a schema for each variant and one for all,
//! and the impls `Record`, `Validate`, `Variants`, `Serialize`, `Deserialize` and `FromJson`, which match on the variant.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::super::enums::{EnumModel, Holds, VariantModel};
use super::super::model::FieldModel;
use super::{default, enclosed, for_field, own, rec, size, validate};

mod row;
mod schema;
mod serde;

/// Everything that the record adds.
pub(in super::super) fn expand(model: &EnumModel) -> TokenStream {
    let variants = &model.variants;
    let defaults = variants
        .iter()
        .flat_map(|variant| variant.model.fields.iter().filter_map(|field| default(&variant.model, field)));
    let checks = variants.iter().flat_map(|variant| {
        let schema = &variant.model.schema;
        let fields = variant.model.fields.iter().enumerate();
        fields.filter_map(move |(i, field)| validate::check(&variant.model, &quote!(#schema.fields[#i]), field))
    });
    let structs = variants.iter().filter(|variant| variant.holds == Holds::Fields);
    let structs = structs.map(|variant| fields_of(variant, model.tag.is_some()));
    let (schema, validated, serde) = (schema::expand(model), validated(model), serde::expand(model));
    let row = model.tag.is_some().then(|| row::expand(model));
    let cell = (model.tag.is_none() && model.is_plain()).then(|| row::cell(model));
    let size = size(&model.base);
    enclosed(&quote! {
        #(#defaults)*
        #schema
        #(#checks)*
        #(#structs)*
        #validated
        #serde
        #row
        #cell
        #size
    })
}

/// The struct of the fields of a variant, which reads itself as a record does. It is validated as a part of the enum.
fn fields_of(variant: &VariantModel, in_rows: bool) -> TokenStream {
    let model = &variant.model;
    let (rec, ident, generics) = (rec(model), &model.ident, super::serde::generics(model));
    let fields = model.fields.iter().map(|FieldModel { ident, ty, .. }| quote!(#ident: #ty));
    let (record, read) = (super::schema::record(model, &super::layout::of_struct(model)), super::serde::fields(model));
    let row = in_rows.then(|| super::row::expand(model));
    let this = model.ty(&quote!('_));
    quote! {
        struct #ident #generics { #(#fields),* }

        #record

        #[automatically_derived]
        impl #rec::Validate for #this {
            #[inline]
            fn validate_at(&self, _: &#rec::Path<'_>, _: &mut #rec::Violations) {}
        }

        #read
        #row
    }
}

/// The variable that a field of a variant is bound to.
fn bound(index: usize) -> Ident {
    format_ident!("field_{index}", span = own())
}

/// The pattern of a variant that binds those of its fields.
fn pattern(model: &EnumModel, variant: &VariantModel, binds: impl Fn(&FieldModel) -> bool) -> TokenStream {
    let (this, ident) = (&model.base.ident, &variant.ident);
    if variant.holds == Holds::Value {
        let value = bound(0);
        let any = variant.model.fields.iter().any(binds);
        return if any { quote!(#this::#ident(#value)) } else { quote!(#this::#ident(_)) };
    }
    let fields = variant.model.fields.iter().enumerate().filter(|(_, field)| binds(field)).map(|(i, field)| {
        let (ident, bound) = (&field.ident, bound(i));
        quote!(#ident: #bound,)
    });
    quote!(#this::#ident { #(#fields)* .. })
}

/// `Validate`: the checks of the fields of the variant. A path goes as the data does: through the name of the variant, unless
/// a tag stands among the fields.
fn validated(model: &EnumModel) -> TokenStream {
    let rec = rec(&model.base);
    let this = model.base.ty(&quote!('_));
    let whole = validate::whole(&model.base);
    let arms: TokenStream = model
        .variants
        .iter()
        .map(|variant| {
            let pattern = pattern(model, variant, validate::has_check);
            let name = &variant.name;
            let within = variant.holds == Holds::Fields && model.tag.is_none();
            let at = within.then(|| quote_spanned!(own()=> let at = &at.variant(#name);));
            let calls: Vec<TokenStream> = variant
                .model
                .fields
                .iter()
                .enumerate()
                .filter(|(_, field)| validate::has_check(field))
                .map(|(i, field)| {
                    let (check, value) = (for_field("check", field), bound(i));
                    quote_spanned!(own()=> #check(#value, at, found);)
                })
                .collect();
            let at = at.filter(|_| !calls.is_empty());
            quote_spanned!(own()=> #pattern => { #at #(#calls)* })
        })
        .collect();
    quote_spanned! {own()=>
        fn __record_check_whole(record: &#this, at: &#rec::Path<'_>, found: &mut #rec::Violations) {
            #whole
        }

        #[automatically_derived]
        impl #rec::Validate for #this {
            fn validate_at(&self, at: &#rec::Path<'_>, found: &mut #rec::Violations) {
                match self { #arms }
                __record_check_whole(self, at, found);
            }
        }
    }
}
