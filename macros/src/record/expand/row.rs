//! `FromRow`: each field straight from its cell.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Lifetime;

use super::super::model::{FieldModel, Model};
use super::{default_call, for_field, own, place, rec};

pub(super) fn expand(model: &Model) -> TokenStream {
    let (rt, rec, schema) = (&model.rt, rec(model), &model.schema);
    let readers = model.fields.iter().map(|field| reader(model, field));
    let bounds = model.fields.iter().filter_map(|field| bound(model, field));
    let data = model.data_lifetime();
    let this = model.ty(&quote!(#data));
    let fields: TokenStream = model
        .fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let (name, read) = (&field.ident, for_field("read", field));
            quote_spanned!(own()=> #name: #read(#rec::Row::field(row, #i)).ok()?,)
        })
        .collect();
    let made = place::made(model, &fields);
    let notes: TokenStream = model
        .fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let read = for_field("read", field);
            quote_spanned! {own()=>
                wrong.note(&#schema.fields[#i], #rec::Row::field(row, #i), #read(#rec::Row::field(row, #i)));
            }
        })
        .collect();
    quote_spanned! {own()=>
        #(#readers)*

        #[automatically_derived]
        impl<#data> #rec::FromRow<#data> for #this where #(#bounds,)* {
            #[inline]
            fn from_row(row: &impl #rec::Row<#data>) -> #rt::core::result::Result<Self, #rt::BoxError> {
                let read = || -> #rt::core::option::Option<Self> {
                    #rt::core::option::Option::Some(#made)
                };
                match read() {
                    #rt::core::option::Option::Some(record) => #rt::core::result::Result::Ok(#rec::validated(record)?),
                    #rt::core::option::Option::None => {
                        #rt::core::result::Result::Err(#rec::rejected(|wrong| { #notes }))
                    }
                }
            }
        }
    }
}

/// What the field's type must be able to do. It names the lifetime of the data, so that a record with a field that no cell
/// can hold is an error only where it is read from rows.
fn bound(model: &Model, field: &FieldModel) -> Option<TokenStream> {
    bound_at(model, field, &model.data_lifetime())
}

/// The same for data of this lifetime.
pub(super) fn bound_at(model: &Model, field: &FieldModel, data: &Lifetime) -> Option<TokenStream> {
    if field.rules.with.is_some() || field.rules.zone.is_some() {
        return None;
    }
    let (rec, ty) = (rec(model), &field.ty);
    Some(quote!(#ty: #rec::FromField<#data>))
}

/// The function that reads one field from its cell.
fn reader(model: &Model, field: &FieldModel) -> TokenStream {
    let (rt, rec, data, ty) = (&model.rt, rec(model), model.data_lifetime(), &field.ty);
    let (name, bound) = (for_field("read", field), bound(model, field));
    let default = default_call(field).or_else(|| {
        // What says how it is read does not say what it is when it is missing.
        let says_how = field.rules.with.is_some() && field.is_optional();
        says_how.then(|| quote!(#rt::core::option::Option::None))
    });
    let default = default.map(|default| {
        quote_spanned! {own()=>
            if #rec::takes_default(cell) {
                return #rt::core::result::Result::Ok(#default);
            }
        }
    });
    let read = match (&field.rules.with, &field.rules.zone) {
        (Some((_, module)), _) => {
            quote_spanned!(own()=> #rec::field_with(cell, |cell| #module::deserialize(cell)))
        }
        (None, Some((_, zone))) => quote_spanned! {own()=>
            static __RECORD_ZONE: #rt::std::sync::LazyLock<#rec::Zone> =
                #rt::std::sync::LazyLock::new(|| #rec::Zone::new(#zone));
            #rec::zoned_field(cell, &__RECORD_ZONE)
        },
        (None, None) => quote_spanned!(own()=> #rec::field(cell)),
    };
    quote_spanned! {own()=>
        #[inline]
        fn #name<#data>(
            cell: #rt::core::option::Option<&#data [u8]>,
        ) -> #rt::core::result::Result<#ty, #rec::FieldError> where #bound {
            #default
            #read
        }
    }
}
