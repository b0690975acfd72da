//! The impl of `Source`, or the call of a function that returns an iterator.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;
use syn::spanned::Spanned;

use super::Parts;
use super::process::respan;
use crate::names;
use crate::signature::{ErrorType, Lifetimes, Primitive, Shape, bare, error_of, is_type_param};
use crate::stage::lifetimes::Take;
use crate::stage::model::Role;
use crate::text::text;

/// A source behind `|` is one error, in words that say so.
pub(crate) fn refused_as_stage(
    rt: &TokenStream,
    declared: &TokenStream,
    this: &TokenStream,
    where_clause: &TokenStream,
) -> TokenStream {
    let follows = quote!(Self: #rt::source_fn::Follows<__In>);
    let where_clause = if where_clause.is_empty() { quote!(where #follows) } else { quote!(#where_clause #follows) };
    quote! {
        #[automatically_derived]
        impl<#declared __In> #rt::Stage<__In> for #this #where_clause {
            type Out = <Self as #rt::source_fn::Follows<__In>>::Out;
            type Error = #rt::Never;
            type Key = #rt::AnyKey;
            fn process(
                &mut self,
                _: __In,
                _: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
            ) -> #rt::core::result::Result<#rt::Flow, #rt::Rejected<Self::Error, __In>> {
                #rt::core::result::Result::Ok(#rt::Flow::Break(()))
            }
        }
    }
}

impl Parts<'_> {
    /// The impl of a function that is called for each item; that of an iterator is in the runtime.
    pub(super) fn source(&self) -> TokenStream {
        let Parts { stage, rt, own, this, .. } = self;
        let alias = self.element_alias_check();
        if !self.keeps_itself() {
            return alias;
        }
        let (declared, where_clause, name) = (own.declared(), own.where_clause(), text(&stage.name));
        let (one, error) = (self.split(quote!(split), quote!(whole)), self.unreadable());
        let (connect, call, value) = (self.connect(), self.call_with(Take::Whole), names::local("value"));
        let one = if stage.returns.error.is_none() {
            quote!(#rt::source_fn::#one(#call))
        } else {
            let failure = names::local("error");
            quote! {
                match #call {
                    #rt::core::result::Result::Ok(#value) => #rt::source_fn::#one(#value),
                    #rt::core::result::Result::Err(#failure) => #rt::core::result::Result::Err(#failure),
                }
            }
        };
        let one = if stage.broken { quote!(#rt::stage_fn::never_called()) } else { one };
        let (item, reject) = (self.item(), self.reject());
        let refused = refused_as_stage(rt, &declared, this, &where_clause);
        quote! {
            #alias
            #refused
            #[automatically_derived]
            impl<#declared> #rt::Source for #this #where_clause {
                type Item<'__item>
                    = #item
                where
                    Self: '__item;
                type Reject = #reject;
                type Error = #error;
                fn name(&self) -> #rt::std::string::String {
                    #rt::std::string::String::from(#name)
                }
                #connect
                #[inline]
                fn next(
                    &mut self,
                ) -> #rt::core::result::Result<
                    #rt::core::option::Option<(
                        #rt::core::result::Result<Self::Item<'_>, Self::Reject>,
                        #rt::At<'_>,
                    )>,
                    Self::Error,
                > {
                    #one
                }
            }
        }
    }

    /// What `build` makes of a function that returns an iterator, and how.
    pub(super) fn started(&self, params: &Ident, open: &[&Ident]) -> (TokenStream, TokenStream) {
        let Parts { stage, rt, own, .. } = self;
        let (pick, element, args, name) = (self.pick(), self.element(), own.args(), text(&stage.name));
        let found = names::local("resources");
        let items = quote!(#rt::Begin<Items: #rt::core::iter::Iterator<Item = #element>>);
        let made = quote!(#rt::SourceFn<impl #rt::Start<Ready: #items> + use<#args #(#open,)*>, #pick>);
        let call = self.call_once(params);
        let given = if stage.broken {
            quote!(-> #rt::core::result::Result<#rt::core::iter::Empty<#element>, #rt::BoxError> {
                #rt::stage_fn::never_called()
            })
        } else if stage.returns.error.is_some() {
            quote!(-> #rt::core::result::Result<_, #rt::BoxError> {
                #rt::core::result::Result::map_err(#call, #rt::core::convert::Into::into)
            })
        } else {
            quote!(-> #rt::core::result::Result<_, #rt::BoxError> { #rt::core::result::Result::Ok(#call) })
        };
        let resources = self.found_resources(&found);
        let picks = self.picks();
        let make = quote! {
            #picks
            #rt::core::result::Result::Ok(#rt::SourceFn::new(#name, move |#found: &#rt::Resources| {
                #resources
                #rt::core::result::Result::<_, #rt::BoxError>::Ok(move || #given)
            }))
        };
        (made, make)
    }

    /// Finds each resource, under the name of its field.
    pub(super) fn found_resources(&self, found: &Ident) -> TokenStream {
        let rt = &self.rt;
        let resources = self.stage.resources.iter().map(|resource| {
            let (field, ty) = (&resource.field, &resource.ty);
            quote!(let #field = #found.get::<#ty>()?;)
        });
        quote!({ let _: &#rt::Resources = #found; } #(#resources)*)
    }

    /// The call of a function that is called but once: it takes its parameters, and resources that were found before.
    pub(super) fn call_once(&self, params: &Ident) -> TokenStream {
        let args = self.stage.roles.iter().filter_map(|role| match role {
            Role::Param(n) => {
                let name = &self.stage.params[*n].name;
                Some(quote!(#params.#name))
            }
            Role::Resource(n) => {
                let resource = &self.stage.resources[*n];
                let field = &resource.field;
                Some(if resource.shared { quote!(#field) } else { quote!(&*#field) })
            }
            Role::State(_) | Role::Item => None,
        });
        let name = &self.stage.name;
        quote!(#name(#(#args),*))
    }

    /// Asks the compiler whether a type that was read as an item is an alias of a `Result`.
    fn element_alias_check(&self) -> TokenStream {
        let (stage, rt, own) = (self.stage, &self.rt, &self.own);
        let Some(ty) = stage.returns.shape.ty() else { return TokenStream::new() };
        let seen = error_of(ty).is_some() || Primitive::of(ty).is_some() || !matches!(bare(ty), Type::Path(_));
        if seen || stage.broken || is_type_param(ty, &stage.generics) {
            return TokenStream::new();
        }
        let (declared, where_clause, element) = (own.declared(), own.where_clause(), self.element());
        let asked = quote!(#rt::stage_fn::ProbeElement::<#element>(#rt::core::marker::PhantomData).ask());
        let asked = respan(asked, ty.span());
        quote! {
            fn __visible<#declared>() #where_clause {
                #[allow(unused_imports)]
                use #rt::stage_fn::Ask as _;
                #rt::stage_fn::visible_element(#asked);
            }
        }
    }

    /// Whether the elements are items or results of them.
    fn pick(&self) -> TokenStream {
        let rt = &self.rt;
        self.split(quote!(#rt::source_fn::Split), quote!(#rt::source_fn::Whole))
    }

    /// The first where elements are results of items, the second where they are items.
    fn split(&self, results: TokenStream, items: TokenStream) -> TokenStream {
        if self.stage.returns.shape.ty().and_then(error_of).is_some() { results } else { items }
    }

    /// An element that is no item is one error, at its type.
    fn picks(&self) -> TokenStream {
        let span = self.stage.returns.shape.ty().map_or_else(proc_macro2::Span::call_site, Spanned::span);
        let (rt, pick, element) = (&self.rt, self.pick(), self.element());
        respan(quote!(#rt::source_fn::picks::<#pick, #element>();), span)
    }

    fn item(&self) -> TokenStream {
        let fixed = syn::Lifetime::new("'static", proc_macro2::Span::call_site());
        self.stage.made().map(|ty| Lifetimes::fill(ty, &fixed).into_token_stream()).unwrap_or_default()
    }

    /// Why an element is no item.
    fn reject(&self) -> TokenStream {
        self.error_type(self.stage.returns.shape.ty().and_then(error_of).as_ref())
    }

    /// What the iterator or the `Option` holds.
    fn element(&self) -> TokenStream {
        let fixed = syn::Lifetime::new("'static", proc_macro2::Span::call_site());
        match &self.stage.returns.shape {
            Shape::Maybe(ty) | Shape::Many(ty) => {
                let ty = Lifetimes::fill(ty, &fixed);
                quote!(#ty)
            }
            Shape::Unit | Shape::Bool | Shape::One(_) => quote!(()),
        }
    }

    /// The error after which nothing more can be read.
    fn unreadable(&self) -> TokenStream {
        self.error_type(self.stage.returns.error.as_ref())
    }

    fn error_type(&self, error: Option<&ErrorType>) -> TokenStream {
        let rt = &self.rt;
        match error {
            None => quote!(#rt::Never),
            Some(ErrorType::Written(ty)) => quote!(#ty),
            Some(ErrorType::Of(ty)) => quote!(<#ty as #rt::stage_fn::Fallible>::Error),
        }
    }
}
