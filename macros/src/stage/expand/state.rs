//! How a stage starts, and starts anew for another key.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Parts;
use crate::names;
use crate::signature::mentions;
use crate::stage::model::{Action, State, Word};

impl Parts<'_> {
    pub(super) fn start(&self) -> TokenStream {
        let Parts { stage, rt, own, this, params } = self;
        let (declared, where_clause) = (own.declared(), own.where_clause());
        let (params_name, params_field, marker) = (names::params(), names::params_field(), names::marker_field());
        let given = names::local("params");
        let states = stage.states.iter().map(|state| {
            let (field, value) = (&state.field, self.initial(state));
            quote!(#field: #value)
        });
        let cloned = stage.params.iter().map(|param| {
            let name = &param.name;
            quote!(#name: #rt::core::clone::Clone::clone(&self.#params_field.#name))
        });
        let renewed = names::local("renewed");
        let resources = || stage.resources.iter().map(|resource| &resource.field);
        let (fields, watch) = (resources(), self.watch_field());
        let kept = resources().chain(&watch);
        let watch = watch.iter();
        // A chain ends once, so what ends it is not kept for each key, and a source has no keys.
        let renew = (stage.word == Word::Stage && stage.action() != Action::End).then(|| quote! {
            #[automatically_derived]
            impl<#declared> #rt::Renew for #this #where_clause {
                #[inline]
                fn renew(&self) -> #rt::core::result::Result<Self, #rt::BoxError> {
                    #[allow(unused_mut)]
                    let mut #renewed = Self::__start(#params_name { #(#cloned,)* #marker: #rt::core::marker::PhantomData })?;
                    #(#renewed.#kept = #rt::core::clone::Clone::clone(&self.#kept);)*
                    #rt::core::result::Result::Ok(#renewed)
                }
            }
        });
        quote! {
            impl<#declared> #this #where_clause {
                #[inline]
                fn __start(#given: #params) -> #rt::core::result::Result<Self, #rt::BoxError> {
                    #rt::core::result::Result::Ok(Self { #(#states,)* #(#fields: #rt::Shared::new(),)* #(#watch: #rt::Watched::new(),)* #params_field: #given })
                }
            }
            #renew
        }
    }

    /// The first value of a state. Its expression sees the parameters by their names.
    fn initial(&self, state: &State) -> TokenStream {
        let (rt, ty, given) = (&self.rt, &state.ty, names::local("params"));
        let Some(init) = &state.init else {
            return quote_spanned!(ty.span()=> <#ty as #rt::core::default::Default>::default());
        };
        let seen = self.stage.params.iter().map(|param| &param.name).filter(|name| mentions(init, name));
        let call = quote_spanned!(init.span()=> #rt::Init::<#ty>::init(#init));
        quote! {{
            #(let #seen = #rt::core::clone::Clone::clone(&#given.#seen);)*
            #call?
        }}
    }
}
