//! Writes the code of a stage.
//!
//! For `#[stage] fn twice(n: u32) -> u32 { n * 2 }` it is, shortened,
//!
//! ```ignore
//! fn twice(n: u32) -> u32 { n * 2 }
//!
//! struct twice { __params: <twice as rt::stage_fn::Stored>::Params }
//! const _: () = {
//!     struct __MillstreamParams {}
//!     struct __MillstreamBuilder {}                   // builder.rs
//!     impl rt::Stage<u32> for twice {                 // process.rs
//!         type Out = u32;
//!         fn process(&mut self, item: u32, out: impl FnMut(u32) -> rt::Flow) -> Result<rt::Flow, ..> {
//!             rt::stage_fn::one(twice(item), out)
//!         }
//!     }
//!     impl rt::Renew for twice {}                     // state.rs
//!     impl rt::Described for twice {}                 // describe.rs
//! };
//! ```
//!
//! Only the stage's own type is in the user's scope; everything it needs is in the block.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::lifetimes::Subset;
use super::model::{StageFn, Word};
use crate::signature::Shape;
use crate::{names, paths};

mod builder;
mod checks;
mod describe;
mod factory;
mod process;
mod source;
mod state;
mod stub;

pub(crate) use describe::{Description, described, place};
pub(crate) use source::refused_as_stage;
pub(crate) use stub::stub;

/// What every part of the expansion needs.
struct Parts<'s> {
    stage: &'s StageFn,
    rt: TokenStream,
    /// The generics of the stage's type.
    own: Subset,
    /// The stage's type.
    this: TokenStream,
    /// The struct of its parameters.
    params: TokenStream,
}

pub(crate) fn expand(stage: &StageFn) -> TokenStream {
    let rt = paths::runtime(stage.options.krate.as_ref());
    let own = stage.own_generics();
    let (name, args, params) = (&stage.name, own.args(), names::params());
    let (this, params) = (quote!(#name<#args>), quote!(#params<#args>));
    let parts = Parts { stage, rt, own, this, params };
    let (declaration, allowed, cfgs) = (parts.declaration(), allowed(), &stage.cfgs);
    let (params, builder, described) = (parts.params_struct(), parts.builder(), parts.described());
    let start = parts.keeps_itself().then(|| parts.start());
    let impls = match stage.word {
        Word::Stage | Word::Sink => parts.impls(),
        Word::Source => parts.source(),
        Word::Resource => parts.registered(),
    };
    quote! {
        #declaration
        #(#cfgs)*
        #[doc(hidden)]
        #allowed
        const _: () = {
            #params
            #builder
            #start
            #impls
            #described
        };
    }
}

impl Parts<'_> {
    /// The stage's type: its parameters and its states.
    fn declaration(&self) -> TokenStream {
        let Parts { stage, rt, own, this, .. } = self;
        let (attrs, vis, name) = (&stage.attrs, &stage.vis, &stage.name);
        let (generics, params_field) = (own.with_defaults(), names::params_field());
        let fields = stage.states.iter().map(|state| (&state.field, &state.ty));
        let fields = fields.map(|(field, ty)| quote!(#field: #ty)).chain(self.shared_fields());
        let allowed = allowed();
        quote! {
            #(#attrs)*
            #allowed
            #vis struct #name<#generics> {
                #(#fields,)*
                #params_field: <#this as #rt::stage_fn::Stored>::Params,
            }
        }
    }

    /// Whether the type is itself what is made, and not only where its builder is.
    fn keeps_itself(&self) -> bool {
        match self.stage.word {
            Word::Stage | Word::Sink => true,
            Word::Source => matches!(self.stage.returns.shape, Shape::Maybe(_)),
            Word::Resource => false,
        }
    }

    /// The field for who counts what policies do, where the function has any and is called for each item.
    fn watch_field(&self) -> Option<Ident> {
        (self.stage.watched && self.keeps_itself()).then(names::watch_field)
    }

    /// Where the resources are, and who counts what policies do.
    fn shared_fields(&self) -> impl Iterator<Item = TokenStream> {
        let rt = &self.rt;
        let resources = self.stage.resources.iter().filter(|_| self.keeps_itself()).map(move |resource| {
            let (field, ty) = (&resource.field, &resource.ty);
            quote!(#field: #rt::Shared<#ty>)
        });
        resources.chain(self.watch_field().map(move |field| quote!(#field: #rt::Watched)))
    }

    /// How a stage finds its resources.
    fn connect(&self) -> Option<TokenStream> {
        let Parts { stage, rt, .. } = self;
        let watch = self.watch_field();
        if stage.resources.is_empty() && watch.is_none() {
            return None;
        }
        let (fields, found) = (stage.resources.iter().map(|resource| &resource.field), names::local("resources"));
        let watch = watch.map(|field| quote!(self.#field.connect(#found);));
        Some(quote! {
            fn connect(&mut self, #found: &#rt::Resources) -> #rt::core::result::Result<(), #rt::BoxError> {
                #(self.#fields.connect(#found)?;)*
                #watch
                #rt::core::result::Result::Ok(())
            }
        })
    }

    /// The struct of the parameters, and what finds them by name.
    fn params_struct(&self) -> TokenStream {
        let Parts { stage, rt, own, this, params } = self;
        let (vis, declared, mention) = (&stage.vis, own.declared(), own.mention(rt));
        let (struct_name, marker) = (names::params(), names::marker_field());
        let fields = stage.params.iter().map(|param| (&param.name, &param.ty));
        let fields = fields.map(|(name, ty)| quote!(#name: #ty));
        // Only a finish function looks for parameters by name.
        let by_name = stage.params.iter().filter(|_| stage.options.finish.is_some()).map(|param| {
            let (name, ty, text) = (&param.name, &param.ty, crate::text::text(&param.name));
            quote! {
                #[automatically_derived]
                impl<#declared> #rt::HasParam<{ #rt::param_id(#text) }> for #params {
                    type Value = #ty;
                    fn param(&self) -> &#ty {
                        &self.#name
                    }
                }
            }
        });
        quote! {
            #vis struct #struct_name<#declared> {
                #(#fields,)*
                #marker: #rt::core::marker::PhantomData<fn() -> #mention>,
            }
            #[automatically_derived]
            impl<#declared> #rt::stage_fn::Stored for #this {
                type Params = #params;
            }
            #(#by_name)*
        }
    }
}

/// Lints that mean the code a person wrote.
pub(crate) fn allowed() -> TokenStream {
    quote! {
        #[allow(
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, dead_code, deprecated,
            elided_lifetimes_in_paths, explicit_outlives_requirements, missing_copy_implementations,
            missing_debug_implementations, missing_docs, non_camel_case_types, non_snake_case, private_bounds,
            private_interfaces, redundant_lifetimes, single_use_lifetimes, unnameable_types, unreachable_code,
            unreachable_pub, unused_comparisons, unused_lifetimes, unused_mut, unused_parens, unused_qualifications,
            unused_variables
        )]
    }
}
