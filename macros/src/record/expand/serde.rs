//! `Serialize`, `Deserialize` and `FromJson`, over the list of the fields.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Index;

use super::super::model::{FieldModel, Model};
use super::{default_call, for_field, own, place, rec};

pub(super) fn expand(model: &Model) -> TokenStream {
    let serialize = serialize(model);
    let fields = fields(model);
    let values = from_values(model, &quote_spanned!(own()=> fields));
    let entries = entries(model);
    quote! {
        #serialize
        #fields
        #values
        #entries
    }
}

/// `FromValues`, by this method of the values.
pub(super) fn from_values(model: &Model, by: &TokenStream) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let (generics, de_generics, ident) = (generics(model), de_generics(model), &model.ident);
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #de_generics #rec::FromValues<'__de> for #ident #generics {
            #[inline]
            fn from_values<__V: #rec::Values<'__de>>(values: __V) -> #rt::core::result::Result<Self, __V::Error> {
                #rec::Values::#by(values)
            }
        }
    }
}

/// `<'a>`, or nothing.
pub(super) fn generics(model: &Model) -> TokenStream {
    let lifetime = model.lifetime.iter();
    quote!(#(<#lifetime>)*)
}

/// `<'__de: 'a, 'a>`, or `<'__de:,>`.
pub(super) fn de_generics(model: &Model) -> TokenStream {
    let lifetime = model.lifetime.iter();
    let outlives = model.lifetime.iter();
    quote!(<'__de: #(#outlives)*, #(#lifetime)*>)
}

/// `PhantomData<(&'a (),)>`, or one of nothing.
fn phantom(model: &Model) -> TokenStream {
    let rt = &model.rt;
    let lifetime = model.lifetime.iter();
    quote!(#rt::core::marker::PhantomData<(#(&#lifetime (),)*)>)
}

/// A type for a field that says how it is read and written: `with` and `zone`.
pub(super) fn wrapper(model: &Model, field: &FieldModel) -> Option<TokenStream> {
    let (rt, rec) = (&model.rt, rec(model));
    let read = match (&field.rules.with, &field.rules.zone) {
        (Some((_, module)), _) => quote_spanned!(own()=> #module::deserialize(deserializer)),
        (None, Some((_, zone))) => quote_spanned! {own()=>
            {
                static __RECORD_ZONE: #rt::std::sync::LazyLock<#rec::Zone> =
                    #rt::std::sync::LazyLock::new(|| #rec::Zone::new(#zone));
                #rec::deserialize_in_zone(deserializer, &__RECORD_ZONE)
            }
        },
        (None, None) => return None,
    };
    let (reader, ty) = (for_field("de", field), &field.ty);
    let (generics, de_generics, phantom) = (generics(model), de_generics(model), phantom(model));
    let writer = writer(model, field);
    Some(quote_spanned! {own()=>
        struct #reader #generics(#ty, #phantom);

        #[automatically_derived]
        impl #de_generics #rt::serde::Deserialize<'__de> for #reader #generics {
            fn deserialize<__D: #rt::serde::Deserializer<'__de>>(
                deserializer: __D,
            ) -> #rt::core::result::Result<Self, __D::Error> {
                let read: #rt::core::result::Result<#ty, __D::Error> = #read;
                read.map(|value| #reader(value, #rt::core::marker::PhantomData))
            }
        }

        #writer
    })
}

/// The same, for writing: only `with` changes that.
fn writer(model: &Model, field: &FieldModel) -> Option<TokenStream> {
    let rt = &model.rt;
    let (_, module) = field.rules.with.as_ref()?;
    let (writer, ty, phantom) = (for_field("ser", field), &field.ty, phantom(model));
    let lifetime = model.lifetime.iter();
    let generics = quote!(<'__value, #(#lifetime),*>);
    Some(quote_spanned! {own()=>
        struct #writer #generics(&'__value #ty, #phantom);

        #[automatically_derived]
        impl #generics #rt::serde::Serialize for #writer #generics {
            fn serialize<__S: #rt::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> #rt::core::result::Result<__S::Ok, __S::Error> {
                #module::serialize(self.0, serializer)
            }
        }
    })
}

fn serialize(model: &Model) -> TokenStream {
    let (rt, this) = (&model.rt, model.ty(&quote!('_)));
    let (name, count) = (model.ident.to_string(), model.fields.len());
    let fields = model.fields.iter().map(|field| {
        let name = &field.name;
        let write = place::lend(model, field, |value| {
            let value = written(model, field, &value);
            quote_spanned!(own()=> #rt::serde::ser::SerializeStruct::serialize_field(&mut record, #name, #value))
        });
        quote_spanned!(own()=> #write?;)
    });
    let fields: TokenStream = fields.collect();
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #rt::serde::Serialize for #this {
            fn serialize<__S: #rt::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> #rt::core::result::Result<__S::Ok, __S::Error> {
                let mut record = #rt::serde::Serializer::serialize_struct(serializer, #name, #count)?;
                #fields
                #rt::serde::ser::SerializeStruct::end(record)
            }
        }
    }
}

/// What is written for a field: a reference to it, or to what knows how.
pub(super) fn written(model: &Model, field: &FieldModel, place: &TokenStream) -> TokenStream {
    let rt = &model.rt;
    if field.rules.with.is_none() {
        let rec = rec(model);
        return if field.needs_writer() { quote_spanned!(own()=> &#rec::Written(#place)) } else { place.clone() };
    }
    let writer = for_field("ser", field);
    quote_spanned!(own()=> &#writer(#place, #rt::core::marker::PhantomData))
}

/// The list of the fields, which the runtime fills.
pub(super) fn fields(model: &Model) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let wrappers = model.fields.iter().map(|field| wrapper(model, field));
    let (generics, de_generics, ident) = (generics(model), de_generics(model), &model.ident);
    let types = model.fields.iter().map(|field| &field.ty);
    let nothing = model.fields.iter().map(|_| quote!(#rt::core::option::Option::None));
    let names = model.fields.iter().map(|field| &field.name);
    let filled = model.fields.iter().enumerate().map(|(i, _)| {
        let slot = Index::from(i);
        quote_spanned!(own()=> #i => slots.#slot.is_some(),)
    });
    let filled: TokenStream = filled.collect();
    let read: TokenStream = model.fields.iter().enumerate().map(|(i, field)| read(model, i, field)).collect();
    let build: TokenStream = model.fields.iter().enumerate().map(|(i, field)| build(model, i, field)).collect();
    let made = place::made(model, &build);
    quote_spanned! {own()=>
        #(#wrappers)*

        #[automatically_derived]
        impl #de_generics #rec::Fields<'__de> for #ident #generics {
            const NAMES: &'static [&'static str] = &[#(#names),*];
            type Slots = (#(#rt::core::option::Option<#types>,)*);

            fn slots() -> Self::Slots {
                (#(#nothing,)*)
            }

            fn filled(slots: &Self::Slots, field: usize) -> bool {
                match field { #filled _ => false }
            }

            fn read<__N: #rec::Next<'__de>>(
                slots: &mut Self::Slots,
                field: usize,
                next: __N,
            ) -> #rt::core::result::Result<(), __N::Error> {
                match field { #read _ => {} }
                #rt::core::result::Result::Ok(())
            }

            fn build(slots: Self::Slots) -> #rt::core::option::Option<Self> {
                #rt::core::option::Option::Some(#made)
            }
        }
    }
}

/// One arm that reads a field into its slot.
fn read(model: &Model, index: usize, field: &FieldModel) -> TokenStream {
    let rt = &model.rt;
    let slot = Index::from(index);
    let value = value(model, field, &quote_spanned!(own()=> next));
    quote_spanned!(own()=> #index => slots.#slot = #rt::core::option::Option::Some(#value),)
}

/// The value of a field, read from `next`.
pub(super) fn value(model: &Model, field: &FieldModel, next: &TokenStream) -> TokenStream {
    let (rec, ty) = (rec(model), &field.ty);
    if field.rules.with.is_some() || field.rules.zone.is_some() {
        let (reader, generics) = (for_field("de", field), generics(model));
        quote_spanned!(own()=> #next.value::<#reader #generics>()?.0)
    } else if field.needs_exact() {
        quote_spanned!(own()=> #next.value::<#rec::Exact<#ty>>()?.0)
    } else {
        quote_spanned!(own()=> #next.value::<#ty>()?)
    }
}

/// One field of the record from its slot.
fn build(model: &Model, index: usize, field: &FieldModel) -> TokenStream {
    let (rt, ident) = (&model.rt, &field.ident);
    let slot = Index::from(index);
    if let Some(default) = default_call(field) {
        quote_spanned!(own()=> #ident: slots.#slot.unwrap_or_else(|| #default),)
    } else if field.is_optional() {
        quote_spanned!(own()=> #ident: slots.#slot.unwrap_or(#rt::core::option::Option::None),)
    } else {
        quote_spanned!(own()=> #ident: slots.#slot?,)
    }
}

/// `Deserialize` and `FromJson`, which the runtime does.
fn entries(model: &Model) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let (generics, de_generics, ident) = (generics(model), de_generics(model), &model.ident);
    let data = model.data_lifetime();
    quote_spanned! {own()=>
        #[automatically_derived]
        impl #de_generics #rt::serde::Deserialize<'__de> for #ident #generics {
            fn deserialize<__D: #rt::serde::Deserializer<'__de>>(
                deserializer: __D,
            ) -> #rt::core::result::Result<Self, __D::Error> {
                #rec::deserialize(deserializer)
            }
        }

        #[automatically_derived]
        impl<#data> #rec::FromJson<#data> for #ident #generics {
            fn from_json(
                text: &#data [u8],
                scratch: &#data #rec::Scratch,
            ) -> #rt::core::result::Result<Self, #rt::BoxError> {
                #rec::from_json(text, scratch)
            }
        }
    }
}
