//! The builder: one method for each parameter, `build` at the end.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Parts;
use crate::names;
use crate::stage::model::{Param, Word};
use crate::text::text;

/// One field of the builder.
struct Slot<'s> {
    param: &'s Param,
    /// A required parameter's field has a type of its own until it is set: the type parameters before and after, and the
    /// trait that asks for it.
    required: Option<(Ident, Ident, Ident)>,
}

impl Parts<'_> {
    pub(super) fn builder(&self) -> TokenStream {
        let Parts { stage, rt, own, .. } = self;
        let slots: Vec<Slot<'_>> = stage.params.iter().enumerate().map(|(n, param)| Slot::new(n, param)).collect();
        let (vis, declared, mention) = (&stage.vis, own.declared(), own.mention(rt));
        let (builder, marker) = (names::builder(), names::marker_field());
        let open = slots.iter().filter_map(Slot::open);
        let fields = slots.iter().map(|slot| {
            let (name, ty) = (&slot.param.name, &slot.param.ty);
            slot.open().map_or_else(|| quote!(#name: #rt::core::option::Option<#ty>), |open| quote!(#name: #open))
        });
        let needs = slots.iter().filter_map(|slot| self.needs(slot));
        let (entry, setters, build) = (self.entry(&slots), self.setters(&slots), self.build(&slots));
        quote! {
            #[must_use = "a builder does nothing until `.build()`"]
            #vis struct #builder<#declared #(#open,)*> {
                #(#fields,)*
                #marker: #rt::core::marker::PhantomData<fn() -> #mention>,
            }
            #(#needs)*
            #entry
            #setters
            #build
        }
    }

    /// The trait that a required parameter's field implements once it is set; until then it explains itself.
    fn needs(&self, slot: &Slot<'_>) -> Option<TokenStream> {
        let (_, _, needs) = slot.required.as_ref()?;
        let (rt, vis) = (&self.rt, &self.stage.vis);
        let (stage, param) = (text(&self.stage.name), text(&slot.param.name));
        let message = format!("`{stage}` needs its parameter `{param}`");
        let label = format!("write `{stage}({param} = ..)`");
        Some(quote! {
            #[diagnostic::on_unimplemented(message = #message, label = #label)]
            #vis trait #needs<__V> {
                type Set;
                fn set(self) -> Self::Set;
                fn value(self) -> __V;
            }
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl<__V> #needs<__V> for #rt::stage_fn::Set<__V> {
                type Set = Self;
                #[inline]
                fn set(self) -> Self {
                    self
                }
                #[inline]
                fn value(self) -> __V {
                    self.0
                }
            }
        })
    }

    /// What the stage's type has: `builder`, and what `pipeline!` calls before `build`.
    fn entry(&self, slots: &[Slot<'_>]) -> TokenStream {
        let Parts { stage, rt, own, this, .. } = self;
        let (vis, declared, args) = (&stage.vis, own.declared(), own.args());
        let (builder, marker, given) = (names::builder(), names::marker_field(), names::local("builder"));
        let unset = slots.iter().filter_map(Slot::open).map(|_| quote!(()));
        let empty = slots.iter().map(|slot| {
            let name = &slot.param.name;
            if slot.required.is_some() { quote!(#name: ()) } else { quote!(#name: #rt::core::option::Option::None) }
        });
        let open: Vec<&Ident> = slots.iter().filter_map(Slot::open).collect();
        let set: Vec<&Ident> = slots.iter().filter_map(|slot| slot.required.as_ref().map(|(_, set, _)| set)).collect();
        let bounds = slots.iter().filter_map(|slot| {
            let (open, set, needs) = slot.required.as_ref()?;
            let ty = &slot.param.ty;
            Some(quote!(#open: #needs<#ty, Set = #set>))
        });
        let passed = slots.iter().map(|slot| {
            let (name, ty) = (&slot.param.name, &slot.param.ty);
            if let Some((_, _, needs)) = &slot.required {
                quote!(#name: #needs::<#ty>::set(#given.#name))
            } else {
                quote!(#name: #given.#name)
            }
        });
        let (doc, checks) = (format!("Sets the parameters of `{}`.", text(&stage.name)), self.checks());
        quote! {
            impl<#declared> #this {
                #[doc = #doc]
                #[inline]
                #vis fn builder() -> #builder<#args #(#unset,)*> {
                    #builder { #(#empty,)* #marker: #rt::core::marker::PhantomData }
                }
                #[doc(hidden)]
                #[inline]
                #vis fn __complete<#(#open, #set,)*>(#given: #builder<#args #(#open,)*>) -> #builder<#args #(#set,)*>
                where
                    #(#bounds,)*
                {
                    #builder { #(#passed,)* #marker: #rt::core::marker::PhantomData }
                }
                #checks
            }
        }
    }

    fn setters(&self, slots: &[Slot<'_>]) -> TokenStream {
        let Parts { stage, rt, own, .. } = self;
        let (vis, declared, args) = (&stage.vis, own.declared(), own.args());
        let (builder, marker) = (names::builder(), names::marker_field());
        let open: Vec<&Ident> = slots.iter().filter_map(Slot::open).collect();
        let setters = slots.iter().map(|slot| {
            let Param { name, ty, docs, .. } = slot.param;
            let value = names::local("value");
            let (taken, given) = if slot.param.into() {
                (quote!(impl #rt::core::convert::Into<#ty>), quote!(#rt::core::convert::Into::into(#value)))
            } else {
                (quote!(#ty), quote!(#value))
            };
            let (after, given) = match &slot.required {
                Some(_) => (quote!(#rt::stage_fn::Set<#ty>), quote!(#rt::stage_fn::Set(#given))),
                None => (quote!(), quote!(#rt::core::option::Option::Some(#given))),
            };
            let types = slots.iter().filter_map(|other| {
                let open = other.open()?;
                Some(if other.param.name == *name { after.clone() } else { quote!(#open) })
            });
            let rest = slots.iter().map(|other| &other.param.name).filter(|other| *other != name);
            quote! {
                #[doc = #docs]
                #[inline]
                #vis fn #name(self, #value: #taken) -> #builder<#args #(#types,)*> {
                    #builder { #name: #given, #(#rest: self.#rest,)* #marker: #rt::core::marker::PhantomData }
                }
            }
        });
        quote! {
            impl<#declared #(#open,)*> #builder<#args #(#open,)*> {
                #(#setters)*
            }
        }
    }

    fn build(&self, slots: &[Slot<'_>]) -> TokenStream {
        let Parts { stage, rt, own, this, .. } = self;
        let (vis, declared, args, where_clause) = (&stage.vis, own.declared(), own.args(), own.where_clause());
        let (builder, params, marker) = (names::builder(), names::params(), names::marker_field());
        let (local, value, cause) = (names::local("params"), names::local("value"), names::local("cause"));
        let (open, name): (Vec<&Ident>, String) = (slots.iter().filter_map(Slot::open).collect(), text(&stage.name));
        let fields = slots.iter().map(|slot| {
            let Param { name, ty, options, .. } = slot.param;
            let default = options.default.as_ref();
            let default =
                if slot.param.into() { quote!(#rt::core::convert::Into::into(#default)) } else { quote!(#default) };
            if let Some((_, _, needs)) = &slot.required {
                quote!(#name: #needs::<#ty>::value(self.#name))
            } else {
                quote! {
                    #name: match self.#name {
                        #rt::core::option::Option::Some(#value) => #value,
                        #rt::core::option::Option::None => #default,
                    }
                }
            }
        });
        let bounds = slots.iter().filter_map(|slot| {
            let (open, _, needs) = slot.required.as_ref()?;
            let ty = &slot.param.ty;
            Some(quote!(#open: #needs<#ty>))
        });
        let constraints = self.constraints(&local);
        let (made, make) = if self.keeps_itself() {
            let make = quote! {
                match <#this>::__start(#local) {
                    #rt::core::result::Result::Ok(#value) => #rt::core::result::Result::Ok(#value),
                    #rt::core::result::Result::Err(#cause) => {
                        #rt::core::result::Result::Err(#rt::stage_fn::ParamError::state(#name, #cause))
                    }
                }
            };
            (this.clone(), make)
        } else if stage.word == Word::Source {
            self.started(&local, &open)
        } else {
            self.factory(&local)
        };
        quote! {
            impl<#declared #(#open,)*> #builder<#args #(#open,)*> #where_clause {
                /// Checks the parameters and makes the stage's state.
                #[inline]
                #vis fn build(self) -> #rt::core::result::Result<#made, #rt::stage_fn::ParamError>
                where
                    #(#bounds,)*
                {
                    let #local = #params { #(#fields,)* #marker: #rt::core::marker::PhantomData };
                    #constraints
                    #make
                }
            }
        }
    }
}

impl<'s> Slot<'s> {
    fn new(n: usize, param: &'s Param) -> Self {
        let required = param
            .options
            .default
            .is_none()
            .then(|| (names::type_param("Open", n), names::type_param("Set", n), names::needs(&param.name)));
        Slot { param, required }
    }

    /// The type parameter of a required parameter's field.
    fn open(&self) -> Option<&Ident> {
        self.required.as_ref().map(|(open, _, _)| open)
    }
}
