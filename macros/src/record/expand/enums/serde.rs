//! `Variants`, `Serialize`, `Deserialize` and `FromJson` of an enum.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::super::super::enums::{EnumModel, Holds, VariantModel};
use super::super::serde::{de_generics, from_values, generics, value, wrapper, written};
use super::super::{own, rec};
use super::{bound, pattern};

pub(super) fn expand(model: &EnumModel) -> TokenStream {
    let values = model.variants.iter().filter(|variant| variant.holds == Holds::Value);
    let wrappers = values.flat_map(|variant| variant.model.fields.iter().map(|field| wrapper(&variant.model, field)));
    let (variants, serialize, entries) = (variants(model), serialize(model), entries(model));
    let columns = model.tag.iter().map(|_| from_values(&model.base, &quote_spanned!(own()=> variant)));
    quote! {
        #(#wrappers)*
        #variants
        #(#columns)*
        #serialize
        #entries
    }
}

/// The list of the variants, which the runtime chooses from.
fn variants(model: &EnumModel) -> TokenStream {
    let (base, rt, rec) = (&model.base, &model.base.rt, rec(&model.base));
    let (generics, de_generics, ident) = (generics(base), de_generics(base), &base.ident);
    let names = model.variants.iter().map(|variant| &variant.name);
    let last = model.variants.len().saturating_sub(1);
    let arms: TokenStream = model
        .variants
        .iter()
        .enumerate()
        .map(|(number, variant)| {
            let number = if number == last { quote!(_) } else { quote!(#number) };
            let read = read(model, variant);
            quote_spanned!(own()=> #number => #read,)
        })
        .collect();
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #de_generics #rec::Variants<'__de> for #ident #generics {
            const NAMES: &'static [&'static str] = &[#(#names),*];

            fn read<__C: #rec::Content<'__de>>(
                variant: usize,
                content: __C,
            ) -> #rt::core::result::Result<Self, __C::Error> {
                #rt::core::result::Result::Ok(match variant { #arms })
            }
        }
    }
}

/// The variant from its content.
fn read(model: &EnumModel, variant: &VariantModel) -> TokenStream {
    let (this, ident) = (&model.base.ident, &variant.ident);
    match variant.holds {
        Holds::Nothing => quote_spanned! {own()=> { content.nothing()?; #this::#ident } },
        Holds::Value => {
            let value =
                variant.model.fields.iter().map(|field| value(&variant.model, field, &quote_spanned!(own()=> content)));
            quote_spanned!(own()=> #this::#ident(#(#value)*))
        }
        Holds::Fields => {
            let (fields, generics) = (&variant.model.ident, generics(&variant.model));
            let made = made(model, variant);
            quote_spanned! {own()=> { let fields = content.fields::<#fields #generics>()?; #made } }
        }
    }
}

/// The variant from the struct of its fields.
pub(super) fn made(model: &EnumModel, variant: &VariantModel) -> TokenStream {
    let (this, ident) = (&model.base.ident, &variant.ident);
    let names = variant.model.fields.iter().map(|field| {
        let name = &field.ident;
        quote_spanned!(own()=> #name: fields.#name,)
    });
    let names: TokenStream = names.collect();
    quote!(#this::#ident { #names })
}

fn serialize(model: &EnumModel) -> TokenStream {
    let (rt, this) = (&model.base.rt, model.base.ty(&quote!('_)));
    let named: TokenStream =
        model.variants.iter().enumerate().map(|(number, variant)| named(model, number, variant)).collect();
    let tagged = model.tag.as_ref().map(|tag| {
        let arms: TokenStream = model.variants.iter().map(|variant| tagged(model, variant, tag)).collect();
        quote_spanned! {own()=>
            // A format without names has no place for a tag among the fields.
            if #rt::serde::Serializer::is_human_readable(&serializer) {
                return match self { #arms };
            }
        }
    });
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #rt::serde::Serialize for #this {
            fn serialize<__S: #rt::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> #rt::core::result::Result<__S::Ok, __S::Error> {
                #tagged
                match self { #named }
            }
        }
    }
}

/// One arm that writes `{"card": {..}}`.
fn named(model: &EnumModel, number: usize, variant: &VariantModel) -> TokenStream {
    let rt = &model.base.rt;
    let (of, name) = (&model.base.name, &variant.name);
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let pattern = pattern(model, variant, |_| true);
    let fields = &variant.model.fields;
    let values: Vec<TokenStream> = fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let value = bound(i);
            written(&variant.model, field, &quote!(#value))
        })
        .collect();
    match variant.holds {
        Holds::Nothing => quote_spanned! {own()=>
            #pattern => #rt::serde::Serializer::serialize_unit_variant(serializer, #of, #number, #name),
        },
        Holds::Value => quote_spanned! {own()=>
            #pattern => #rt::serde::Serializer::serialize_newtype_variant(
                serializer, #of, #number, #name, #(#values)*
            ),
        },
        Holds::Fields => {
            let count = fields.len();
            let names = fields.iter().map(|field| &field.name);
            quote_spanned! {own()=>
                #pattern => {
                    let mut fields = #rt::serde::Serializer::serialize_struct_variant(
                        serializer, #of, #number, #name, #count,
                    )?;
                    #(#rt::serde::ser::SerializeStructVariant::serialize_field(&mut fields, #names, #values)?;)*
                    #rt::serde::ser::SerializeStructVariant::end(fields)
                }
            }
        }
    }
}

/// One arm that writes `{"type": "card", ..}`. Fields of other variants are skipped by name, so that a table has a cell for
/// each of its columns.
fn tagged(model: &EnumModel, variant: &VariantModel, tag: &syn::LitStr) -> TokenStream {
    let rt = &model.base.rt;
    let (of, name) = (&model.base.name, &variant.name);
    let pattern = pattern(model, variant, |_| true);
    let count = 1 + variant.model.fields.len();
    let columns: TokenStream = model
        .columns()
        .iter()
        .map(|column| {
            let (name, fields) = (column.name, &variant.model.fields);
            match fields.iter().position(|field| field.name == name) {
                Some(i) => {
                    let value = bound(i);
                    let value = written(&variant.model, &fields[i], &quote!(#value));
                    quote_spanned! {own()=>
                        #rt::serde::ser::SerializeStruct::serialize_field(&mut fields, #name, #value)?;
                    }
                }
                None => quote_spanned! {own()=>
                    #rt::serde::ser::SerializeStruct::skip_field(&mut fields, #name)?;
                },
            }
        })
        .collect();
    quote_spanned! {own()=>
        #pattern => {
            let mut fields = #rt::serde::Serializer::serialize_struct(serializer, #of, #count)?;
            #rt::serde::ser::SerializeStruct::serialize_field(&mut fields, #tag, #name)?;
            #columns
            #rt::serde::ser::SerializeStruct::end(fields)
        }
    }
}

/// `Deserialize` and `FromJson`, which the runtime does.
fn entries(model: &EnumModel) -> TokenStream {
    let (base, rt, rec) = (&model.base, &model.base.rt, rec(&model.base));
    let (generics, de_generics, ident, data) = (generics(base), de_generics(base), &base.ident, base.data_lifetime());
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #de_generics #rt::serde::Deserialize<'__de> for #ident #generics {
            fn deserialize<__D: #rt::serde::Deserializer<'__de>>(
                deserializer: __D,
            ) -> #rt::core::result::Result<Self, __D::Error> {
                #rec::deserialize_variant(deserializer)
            }
        }

        #[automatically_derived]
        impl<#data> #rec::FromJson<#data> for #ident #generics {
            fn from_json(
                text: &#data [u8],
                scratch: &#data #rec::Scratch,
            ) -> #rt::core::result::Result<Self, #rt::BoxError> {
                #rec::variant_from_json(text, scratch)
            }
        }
    }
}
