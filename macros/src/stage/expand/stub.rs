//! What stands in for a stage that has mistakes, so that its uses add none.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ItemFn;

use super::allowed;
use crate::names;

/// A stage of the function's name that takes anything, with a builder that takes the parameters `params`.
pub(crate) fn stub(rt: &TokenStream, func: &ItemFn, params: &[Ident]) -> TokenStream {
    let (vis, name, allowed) = (&func.vis, &func.sig.ident, allowed());
    let setters = params.iter().map(|param| {
        let (check, value) = (names::check(param), format_ident!("__T"));
        quote! {
            #vis fn #param<#value>(self, _: #value) -> Self { self }
            #vis const fn #check<#value: ?Sized>(_: &#value) {}
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
                #vis fn build(self) -> #rt::core::result::Result<Self, #rt::stage_fn::ParamError> {
                    #rt::core::result::Result::Ok(self)
                }
                #(#setters)*
            }
            impl<__In> #rt::Stage<__In> for #name {
                type Out = __In;
                type Error = #rt::Never;
                type Key = #rt::AnyKey;
                fn process(
                    &mut self,
                    item: __In,
                    out: impl #rt::core::ops::FnMut(__In) -> #rt::Flow,
                ) -> #rt::core::result::Result<#rt::Flow, #rt::Rejected<#rt::Never, __In>> {
                    #rt::stage_fn::one(item, out)
                }
            }
            impl #rt::Renew for #name {
                fn renew(&self) -> #rt::core::result::Result<Self, #rt::BoxError> {
                    #rt::core::result::Result::Ok(Self {})
                }
            }
        };
    }
}
