//! What stands in for a stage that has mistakes, so that its uses add none.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ItemFn;

use super::allowed;
use crate::names;
use crate::stage::model::Word;

/// A stage of the function's name that takes anything, or a source that yields anything, with a builder that takes the
/// parameters `params`.
pub(crate) fn stub(word: Word, rt: &TokenStream, func: &ItemFn, params: &[Ident]) -> TokenStream {
    let built = match word {
        Word::Stage | Word::Sink | Word::Resource => quote!(Self),
        Word::Source => quote!(#rt::source_fn::Anything<__T>),
    };
    let (anything, make) = match word {
        Word::Stage | Word::Sink | Word::Resource => (TokenStream::new(), quote!(self)),
        Word::Source => (quote!(<__T>), quote!(#rt::source_fn::Anything::new())),
    };
    let implementation = implementation(word, rt, &func.sig.ident);
    let (vis, name, allowed) = (&func.vis, &func.sig.ident, allowed());
    let setters = params.iter().map(|param| {
        let (check, value) = (names::check(param), format_ident!("__T"));
        quote! {
            #vis fn #param<#value>(self, _: #value) -> Self { self }
            #vis const fn #check<#value: ?#rt::core::marker::Sized>(_: &#value) {}
        }
    });
    quote! {
        #[doc(hidden)]
        #allowed
        #vis struct #name {}
        #[doc(hidden)]
        #allowed
        const _: () = {
            impl #name {
                #vis fn builder() -> Self { Self {} }
                #vis const fn __check(_: &#rt::core::primitive::str, _: #rt::stage_fn::Literal<'_>) {}
                #vis fn __complete<__B>(builder: __B) -> __B { builder }
                #vis fn build #anything(self) -> #rt::core::result::Result<#built, #rt::stage_fn::ParamError> {
                    #rt::core::result::Result::Ok(#make)
                }
                #(#setters)*
            }
            #implementation
        };
    }
}

fn implementation(word: Word, rt: &TokenStream, name: &Ident) -> TokenStream {
    let (out, hand_on) = match word {
        Word::Stage => (quote!(__In), quote!(#rt::stage_fn::one(item, out))),
        Word::Sink => (quote!(#rt::Ended<()>), quote!({ let _ = item; #rt::stage_fn::absorb((), out) })),
        Word::Source | Word::Resource => return TokenStream::new(),
    };
    quote! {
        impl<__In> #rt::Stage<__In> for #name {
            type Out = #out;
            type Error = #rt::Never;
            type Key = #rt::AnyKey;
            fn process(
                &mut self,
                item: __In,
                out: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
            ) -> #rt::core::result::Result<#rt::Flow, #rt::Rejected<#rt::Never, __In>> {
                #hand_on
            }
        }
        impl #rt::Renew for #name {
            fn renew(&self) -> #rt::core::result::Result<Self, #rt::BoxError> {
                #rt::core::result::Result::Ok(Self {})
            }
        }
    }
}
