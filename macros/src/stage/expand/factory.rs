//! A factory of a resource: how it is built, and its registration.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use super::{Parts, place};
use crate::names;
use crate::signature::{bare, behind_arc};
use crate::text::text;

impl Parts<'_> {
    /// What `build` makes, and how.
    pub(super) fn factory(&self, params: &Ident) -> (TokenStream, TokenStream) {
        let Parts { stage, rt, .. } = self;
        let (ty, shared) = self.resource();
        let (found, call) = (names::local("resources"), self.call_once(params));
        let call = if stage.broken {
            quote!(#rt::stage_fn::never_called())
        } else if stage.returns.error.is_some() {
            quote!(#rt::core::result::Result::map_err(#call, #rt::core::convert::Into::into))
        } else {
            quote!(#rt::core::result::Result::Ok(#call))
        };
        let make = if shared { quote!(shared) } else { quote!(from_resources) };
        let resources = self.found_resources(&found);
        let close = stage.options.close.as_ref().map(|close| quote!(.on_close(#close)));
        let make = quote! {
            #rt::core::result::Result::Ok(#rt::Factory::#make(
                move |#found: &#rt::Resources| -> #rt::core::result::Result<_, #rt::BoxError> {
                    #resources
                    #call
                },
            ) #close)
        };
        (quote!(#rt::Factory<#ty>), make)
    }

    /// A factory that needs nothing to be set is found by the type that it makes.
    pub(super) fn registered(&self) -> TokenStream {
        let Parts { stage, rt, this, .. } = self;
        if stage.broken || stage.params.iter().any(|param| param.options.default.is_none()) {
            return TokenStream::new();
        }
        let ((ty, _), name, place) = (self.resource(), text(&stage.name), place(rt, stage.name.span()));
        quote! {
            #[automatically_derived]
            impl #rt::Registers<#ty> for #this {
                fn factory() -> #rt::core::result::Result<#rt::Factory<#ty>, #rt::BoxError> {
                    #rt::core::result::Result::Ok(<#this>::builder().build()?)
                }
            }
            #rt::inventory::submit! { #rt::Registered::new::<#ty, #this>(#name, #place) }
        }
    }

    /// The type that is found, and whether the function returns an `Arc` of it.
    fn resource(&self) -> (Type, bool) {
        let Some(made) = self.stage.made() else { return (syn::parse_quote!(()), false) };
        match behind_arc(made) {
            Some(ty) => (bare(ty).clone(), true),
            None => (made.clone(), false),
        }
    }
}
