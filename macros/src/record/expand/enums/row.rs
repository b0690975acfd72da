//! An enum in a row: `FromRow` where a column is its tag, `FromField` and `Key` where no variant holds anything.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::super::super::enums::{EnumModel, Holds};
use super::super::{own, rec, row};
use super::serde::made;
use crate::diag::listed;

/// `FromRow`: the variant that the tag names, from its own columns.
pub(super) fn expand(model: &EnumModel) -> TokenStream {
    let (base, rt, rec, schema) = (&model.base, &model.base.rt, rec(&model.base), &model.base.schema);
    let (data, this) = (
        base.data_lifetime(),
        base.ty(&{
            let data = base.data_lifetime();
            quote!(#data)
        }),
    );
    let bounds = model.variants.iter().flat_map(|variant| {
        variant.model.fields.iter().filter_map(|field| row::bound_at(&variant.model, field, &data))
    });
    let columns = model.columns();
    let columns = model.variants.iter().map(|variant| {
        let places = variant.model.fields.iter().filter_map(|field| {
            // Before the fields of the variants stands the tag.
            columns.iter().position(|column| column.name == field.name).map(|at| at + 1)
        });
        quote!(&[#(#places),*])
    });
    let last = model.variants.len().saturating_sub(1);
    let arms: TokenStream = model
        .variants
        .iter()
        .enumerate()
        .map(|(number, variant)| {
            let number = if number == last { quote!(_) } else { quote!(#number) };
            let (enum_ident, ident) = (&base.ident, &variant.ident);
            if variant.holds == Holds::Nothing {
                return quote_spanned!(own()=> #number => #enum_ident::#ident,);
            }
            let (fields, made) = (variant.model.ty(&quote!(#data)), made(model, variant));
            quote_spanned! {own()=>
                #number => { let fields = <#fields as #rec::FromRow<#data>>::from_row(row)?; #made }
            }
        })
        .collect();
    quote_spanned! {own()=>
        #[automatically_derived]
        impl<#data> #rec::FromRow<#data> for #this where #(#bounds,)* {
            fn from_row(row: &impl #rec::Row<#data>) -> #rt::core::result::Result<Self, #rt::BoxError> {
                let record = #rec::variant_of_row(row, &#schema, &[#(#columns),*], |variant, row| {
                    #rt::core::result::Result::Ok(match variant { #arms })
                })?;
                #rt::core::result::Result::Ok(#rec::validated(record)?)
            }
        }
    }
}

/// `FromField` and `Key` of an enum that is a name.
pub(super) fn cell(model: &EnumModel) -> TokenStream {
    let (rt, rec, this) = (&model.base.rt, rec(&model.base), &model.base.ident);
    let names: Vec<&str> = model.variants.iter().map(|variant| variant.name.as_str()).collect();
    let expected = listed(names.iter().copied());
    let idents: Vec<_> = model.variants.iter().map(|variant| &variant.ident).collect();
    let bytes = names.iter().map(|name| syn::LitByteStr::new(name.as_bytes(), proc_macro2::Span::call_site()));
    let numbers = 0_u32..;
    quote_spanned! {own()=>
        #[automatically_derived]
        impl<'__data> #rec::FromField<'__data> for #this {
            #[inline]
            fn from_field(cell: &'__data [u8]) -> #rt::core::result::Result<Self, #rec::FieldError> {
                match cell {
                    #(#bytes => #rt::core::result::Result::Ok(#this::#idents),)*
                    b"" => #rt::core::result::Result::Err(#rec::FieldError::Empty(#expected)),
                    _ => #rt::core::result::Result::Err(#rec::FieldError::Unexpected(#expected)),
                }
            }
        }

        #[automatically_derived]
        impl #rec::Plain for #this {
            #[inline]
            fn number(&self) -> u32 {
                match self { #(#this::#idents => #numbers,)* }
            }

            #[inline]
            fn same(&self) -> Self {
                match self { #(#this::#idents => #this::#idents,)* }
            }
        }

        #[automatically_derived]
        impl #rec::Key for #this {
            type Owned = Self;

            #[inline]
            fn hash_key(&self, state: &mut impl #rt::core::hash::Hasher) {
                #rt::core::hash::Hasher::write_u32(state, #rec::Plain::number(self));
            }

            #[inline]
            fn is(&self, owned: &Self::Owned) -> bool {
                #rec::Plain::number(owned) == #rec::Plain::number(self)
            }

            #[inline]
            fn to_key(&self) -> Self::Owned {
                #rec::Plain::same(self)
            }
        }
    }
}
