//! The impls of `Stage`, and of `Sink` where the chain ends: the call of the function, and what becomes of what it returns.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::Parts;
use crate::names;
use crate::signature::{Primitive, Shape, bare, is_type_param};
use crate::stage::lifetimes::{Take, Variant};
use crate::stage::model::{Action, ErrorOf, Resource, Role};

impl Parts<'_> {
    pub(super) fn impls(&self) -> TokenStream {
        let mut variants = self.stage.variants();
        for variant in &mut variants {
            // What a clause asks for is taken as given in the impl, so a mistake is one error, at the clause.
            let asked = self.asked(variant);
            for predicate in asked {
                variant.generics.also(predicate);
            }
        }
        let impls = variants.iter().map(|variant| match self.stage.action() {
            Action::End => {
                let (sink, stage) = (self.sink(variant), self.stage_impl(variant));
                quote!(#sink #stage)
            }
            _ => self.stage_impl(variant),
        });
        let alias = variants.first().and_then(|variant| self.alias_check(variant));
        quote!(#(#impls)* #alias)
    }

    fn stage_impl(&self, variant: &Variant) -> TokenStream {
        let Parts { stage, rt, this, .. } = self;
        let (declared, where_clause, input) =
            (variant.generics.declared(), variant.generics.where_clause(), &variant.input);
        let (item, out) = (names::local("item"), names::local("out"));
        let (output, key) = (self.output(variant), self.key());
        // That of the sink is checked there.
        let error = if stage.action() == Action::End {
            quote!(<Self as #rt::Sink<#input>>::Error)
        } else {
            self.error(variant)
        };
        let (kind, finish, connect) = (self.variant_kind(variant), self.finish(), self.connect());
        let stateless = stage.states.is_empty() && stage.resources.is_empty();
        // What a resource keeps is not the stage's own.
        let stateful = !stage.states.is_empty();
        let (body, mutable) = (self.body(variant), (variant.take == Take::Update).then(|| quote!(mut)));
        quote! {
            #[automatically_derived]
            impl<#declared> #rt::Stage<#input> for #this #where_clause {
                type Out = #output;
                type Error = #error;
                type Key = #key;
                const KIND: #rt::Kind = #kind;
                const STATELESS: #rt::core::primitive::bool = #stateless;
                const MAY_END: #rt::core::primitive::bool = false;
                fn is_stateful(&mut self) -> #rt::core::primitive::bool {
                    #stateful
                }
                #connect
                #[inline(always)]
                fn process(
                    &mut self,
                    #mutable #item: #input,
                    #out: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
                ) -> #rt::core::result::Result<#rt::Flow, #rt::Rejected<Self::Error, #input>> {
                    #body
                }
                #finish
            }
        }
    }

    fn sink(&self, variant: &Variant) -> TokenStream {
        let Parts { rt, this, .. } = self;
        let (declared, where_clause, input) =
            (variant.generics.declared(), variant.generics.where_clause(), &variant.input);
        let (item, error, call) = (names::local("item"), self.error(variant), self.call(variant));
        let connect = self.connect();
        let done = quote!(#rt::core::result::Result::Ok(#rt::Flow::Continue(())));
        let failure = names::local("error");
        let body = if variant.error.is_none() {
            quote!({ let () = #call; #done })
        } else {
            quote! {
                match #call {
                    #rt::core::result::Result::Ok(()) => #done,
                    #rt::core::result::Result::Err(#failure) => #rt::core::result::Result::Err(#failure),
                }
            }
        };
        quote! {
            #[automatically_derived]
            impl<#declared> #rt::Sink<#input> for #this #where_clause {
                type Output = ();
                type Error = #error;
                #connect
                #[inline(always)]
                fn write(&mut self, #item: #input) -> #rt::core::result::Result<#rt::Flow, Self::Error> {
                    #body
                }
                fn close(self) -> #rt::core::result::Result<#rt::Closed<()>, Self::Error> {
                    #rt::core::result::Result::Ok(#rt::Closed::new(()))
                }
            }
        }
    }

    /// The plain call of the user's function.
    fn call(&self, variant: &Variant) -> TokenStream {
        self.call_with(variant.take)
    }

    /// The same; a function without an item takes it as a whole.
    pub(super) fn call_with(&self, take: Take) -> TokenStream {
        let Parts { stage, rt, .. } = self;
        let (params_field, item) = (names::params_field(), names::local("item"));
        let args = stage.roles.iter().map(|role| match role {
            Role::State(n) => {
                let state = &stage.states[*n];
                let field = &state.field;
                if state.mutable { quote!(&mut self.#field) } else { quote!(&self.#field) }
            }
            Role::Param(n) => {
                let name = &stage.params[*n].name;
                quote!(#rt::core::clone::Clone::clone(&self.#params_field.#name))
            }
            Role::Resource(n) => {
                let Resource { field, shared, .. } = &stage.resources[*n];
                if *shared { quote!(self.#field.share()) } else { quote!(self.#field.get()) }
            }
            Role::Item => match take {
                Take::Whole | Take::Reference => quote!(#item),
                Take::Lend => quote!(&#item),
                Take::Update => quote!(&mut #item),
            },
        });
        let name = &stage.name;
        let call = if stage.broken { quote!(#rt::stage_fn::never_called()) } else { quote!(#name(#(#args),*)) };
        let call = match self.watch_field() {
            Some(field) => {
                let within = names::local("within");
                quote!({ let #within = #rt::Watched::enter(&mut self.#field); #call })
            }
            None => call,
        };
        if stage.options.fallible.is_some() { quote!(#rt::stage_fn::Fallible::split(#call)) } else { call }
    }

    fn body(&self, variant: &Variant) -> TokenStream {
        let rt = &self.rt;
        if self.stage.broken {
            return quote!(#rt::stage_fn::never_called());
        }
        let (item, value, error) = (names::local("item"), names::local("value"), names::local("error"));
        let call = self.call(variant);
        if variant.error.is_none() {
            return self.hand_on(&call);
        }
        let hand_on = self.hand_on(&quote!(#value));
        // What was lent, or can be copied, is given back for the dead letter.
        let copied =
            variant.take == Take::Reference || Primitive::of(&variant.input).is_some() || is_shared(&variant.input);
        let refusal = if copied || variant.take == Take::Lend {
            quote!(#rt::stage_fn::give_back(#error, #item))
        } else {
            quote!(#rt::stage_fn::refuse(#error))
        };
        quote! {
            // The value may borrow from the item, so it has to be gone before the item can be given back.
            let #error = match #call {
                #rt::core::result::Result::Ok(#value) => return #hand_on,
                #rt::core::result::Result::Err(#error) => #error,
            };
            #refusal
        }
    }

    fn hand_on(&self, value: &TokenStream) -> TokenStream {
        let (rt, item, out) = (&self.rt, names::local("item"), names::local("out"));
        match self.stage.action() {
            Action::One => quote!(#rt::stage_fn::one(#value, #out)),
            Action::Maybe => quote!(#rt::stage_fn::maybe(#value, #out)),
            Action::Many => quote!(#rt::stage_fn::many(#value, #out)),
            Action::Pass => quote!(#rt::stage_fn::pass(#value, #item, #out)),
            Action::Look => quote!(#rt::stage_fn::look(#value, #item, #out)),
            Action::Absorb | Action::End => quote!(#rt::stage_fn::absorb(#value, #out)),
        }
    }

    fn output(&self, variant: &Variant) -> TokenStream {
        let (rt, input) = (&self.rt, &variant.input);
        match (self.stage.action(), &variant.shape) {
            (Action::Absorb, _) => {
                let finish = self.finish_as_trait();
                quote!(#finish::Out)
            }
            (Action::Look | Action::Pass, _) => quote!(#input),
            (Action::End, _) => quote!(#rt::Ended<()>),
            (_, Shape::One(ty)) if self.stage.options.fallible.is_some() => {
                quote!(<#ty as #rt::stage_fn::Fallible>::Value)
            }
            (_, Shape::One(ty) | Shape::Maybe(ty) | Shape::Many(ty)) => quote!(#ty),
            (_, Shape::Bool) => quote!(#rt::core::primitive::bool),
            (_, Shape::Unit) => quote!(()),
        }
    }

    fn error(&self, variant: &Variant) -> TokenStream {
        let rt = &self.rt;
        match &variant.error {
            None => quote!(#rt::Never),
            Some(ErrorOf::Written(ty)) => quote!(#ty),
            Some(ErrorOf::Alias(ty)) => quote_spanned!(ty.span()=> <#ty as #rt::stage_fn::Fallible>::Error),
        }
    }

    fn variant_kind(&self, variant: &Variant) -> TokenStream {
        match (&variant.error, &self.stage.options) {
            (Some(ErrorOf::Alias(ty)), options) if options.fallible.is_some() && options.finish.is_none() => {
                let rt = &self.rt;
                quote!(<#ty as #rt::stage_fn::Fallible>::KIND)
            }
            _ => self.kind(),
        }
    }

    fn key(&self) -> TokenStream {
        let rt = &self.rt;
        if self.stage.options.finish.is_none() {
            return quote!(#rt::AnyKey);
        }
        let finish = self.finish_as_trait();
        quote!(#finish::Key)
    }

    /// What the impl relies on that the user may have got wrong, each at the token that says it.
    fn asked(&self, variant: &Variant) -> Vec<TokenStream> {
        let (stage, rt) = (self.stage, &self.rt);
        let mut asked = Vec::new();
        if let Some(finish) = &stage.options.finish {
            let output = (stage.action() != Action::Absorb).then(|| {
                let output = self.output(variant);
                quote!(Out = #output)
            });
            let bound = self.finish_bound(output.as_ref());
            asked.push(quote!(#finish: #bound));
        }
        if let (Some(_), Some(ErrorOf::Alias(ty))) = (&stage.options.fallible, &variant.error) {
            asked.push(respan(quote!(#ty: #rt::stage_fn::Fallible), ty.span()));
        }
        asked
    }

    /// `Finish<Params, (S,)>`, at the place where the user names the function.
    fn finish_bound(&self, output: Option<&TokenStream>) -> TokenStream {
        let Parts { stage, rt, params, .. } = self;
        let states = stage.states.iter().map(|state| &state.ty);
        respan(quote!(#rt::Finish<#params, (#(#states,)*), #output>), stage.options.finish.span())
    }

    /// `<of_sensor as Finish<Params, (S,)>>`
    fn finish_as_trait(&self) -> TokenStream {
        let (finish, bound) = (&self.stage.options.finish, self.finish_bound(None));
        quote!(<#finish as #bound>)
    }

    fn finish(&self) -> Option<TokenStream> {
        let Parts { stage, rt, .. } = self;
        let (key, out) = (names::local("key"), names::local("out"));
        let call = match (&stage.options.finish, stage.action()) {
            (Some(_), _) => {
                let (finish, params_field) = (self.finish_as_trait(), names::params_field());
                let states = stage.states.iter().map(|state| &state.field);
                quote!(#finish::finish(#key, (#(self.#states,)*), &self.#params_field, #out))
            }
            (None, Action::End) => quote!(#out(#rt::Ended(#rt::Closed::new(())))),
            (None, _) => return None,
        };
        Some(quote! {
            fn finish(
                self,
                #key: &Self::Key,
                mut #out: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
            ) -> #rt::core::result::Result<#rt::Flow, Self::Error> {
                #rt::core::result::Result::Ok(#call)
            }
        })
    }

    /// Asks the compiler whether a type that was read as a plain value is an alias of something with a meaning.
    fn alias_check(&self, variant: &Variant) -> Option<TokenStream> {
        let (stage, rt) = (self.stage, &self.rt);
        let Shape::One(ty) = &variant.shape else { return None };
        if stage.options.fallible.is_some() || stage.broken {
            return None;
        }
        let written = matches!(bare(ty), Type::Path(_)) && Primitive::of(ty).is_none();
        if !written || is_type_param(ty, &stage.generics) {
            return None;
        }
        let (declared, where_clause) = (variant.generics.declared(), variant.generics.where_clause());
        let span = stage.returns.value().map_or_else(Span::call_site, Spanned::span);
        let probe = if stage.item.mode.is_borrowed() { quote!(ProbeBorrowed) } else { quote!(Probe) };
        let asked = quote!(#rt::stage_fn::#probe::<#ty>(#rt::core::marker::PhantomData).ask());
        let asked = respan(asked, span);
        Some(quote! {
            fn __visible<#declared>() #where_clause {
                use #rt::stage_fn::Ask as _;
                #rt::stage_fn::visible(#asked);
            }
        })
    }
}

fn is_shared(ty: &Type) -> bool {
    matches!(bare(ty), Type::Reference(reference) if reference.mutability.is_none())
}

/// The same tokens, each at `span`.
pub(super) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut new = proc_macro2::Group::new(group.delimiter(), respan(group.stream(), span));
            new.set_span(span);
            TokenTree::Group(new)
        }
        mut other => {
            other.set_span(span);
            other
        }
    });
    respanned.collect()
}
