//! The arguments of a function, and how each attempt gets them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{FnArg, ItemFn, Pat, ReceiverKind, Type};

use super::expand::respanned;
use super::model::Stack;
use crate::names;
use crate::signature::{Lifetimes, Primitive, bare, mentions, mentions_param};

/// An argument of the function, but for `self`.
pub(crate) struct Arg {
    /// What it is called outside of the attempts: its own name, or an invented one for a pattern.
    pub(crate) name: Ident,
    /// As it was written.
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    /// Its name, as users know it.
    pub(crate) text: String,
    pub(crate) passed: Passed,
    /// A policy around all attempts mentions it, or a part of it.
    pub(crate) mentioned: bool,
}

/// How an argument gets into each of several attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It is a `&T`, or a number.
    Copied,
    /// It is a `&mut T`.
    Lent,
    /// Its type decides.
    Kept,
}

impl Arg {
    /// The arguments of a function; `#[deadline]` ones are gone by now.
    pub(crate) fn all(func: &ItemFn) -> Vec<Self> {
        let typed = func.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        typed.enumerate().map(|(n, typed)| Arg::read(n, (*typed.pat).clone(), (*typed.ty).clone())).collect()
    }

    fn read(n: usize, pat: Pat, ty: Type) -> Self {
        let (name, text) = match &pat {
            Pat::Ident(found) if is_name(&pat) => (found.ident.clone(), found.ident.to_string()),
            _ => (names::local_at(&format!("argument{n}"), pat.span()), crate::text::text(&pat)),
        };
        let passed = match bare(&ty) {
            Type::Reference(reference) if reference.mutability.is_some() => Passed::Lent,
            Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => Passed::Copied,
            ty if Primitive::of(ty).is_some() => Passed::Copied,
            _ => Passed::Kept,
        };
        Arg { name, pat, ty, text, passed, mentioned: false }
    }

    /// Whether it is one name.
    pub(crate) fn is_name(&self) -> bool {
        is_name(&self.pat)
    }

    /// Whether it is one name that never changes.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_name() && matches!(&self.pat, Pat::Ident(pat) if pat.mutability.is_none())
    }

    /// Whether each attempt needs one of its own.
    pub(crate) fn is_bound_anew(&self) -> bool {
        !self.is_plain() || self.passed != Passed::Copied
    }

    /// Where it is kept for all attempts.
    fn slot(&self) -> Ident {
        names::local_at(&format!("kept_{}", self.text_of_name()), self.place())
    }

    /// Where what is wrong with it is shown.
    fn place(&self) -> Span {
        Span::mixed_site().located_at(self.pat.span())
    }

    fn text_of_name(&self) -> String {
        self.name.to_string().trim_start_matches("r#").to_owned()
    }

    /// Keeps it for the attempts, unless it stays where it is as others use it, too; `whole` says whether they use all of a
    /// pattern.
    pub(crate) fn keep(&self, rt: &TokenStream, whole: bool) -> Option<TokenStream> {
        let (slot, name) = (self.slot(), &self.name);
        let at = self.place();
        let way = quote_spanned!(at=> { #[allow(unused_imports)] use #rt::{Clones as _, Copies as _}; (&&#rt::passed(&#name)).way() });
        let kept = quote_spanned!(at=> #way.keep(#name));
        (self.passed == Passed::Kept && !self.stays(whole)).then(|| quote!(let mut #slot = #kept;))
    }

    /// Makes the one of the next attempt; `more` says whether another may follow.
    pub(crate) fn bind(&self, rt: &TokenStream, more: &TokenStream, whole: bool) -> Option<TokenStream> {
        if !self.is_bound_anew() {
            return None;
        }
        let (slot, pat) = (self.slot(), &self.pat);
        let attempt = match self.passed {
            Passed::Kept if !self.stays(whole) => quote_spanned!(self.place()=> #slot.attempt(#more)),
            _ => self.another(rt),
        };
        // It may be there for the policies alone.
        let allow = self.mentioned.then(|| quote!(#[allow(unused_variables)]));
        Some(quote!(#allow let #pat = #attempt;))
    }

    /// Whether each attempt gets another one, and none the argument itself.
    fn stays(&self, whole: bool) -> bool {
        if self.is_name() { self.mentioned } else { whole }
    }

    /// Another one like it, which stays where it is.
    fn another(&self, rt: &TokenStream) -> TokenStream {
        let name = &self.name;
        match self.passed {
            Passed::Copied => name.to_token_stream(),
            Passed::Lent => quote!(&mut *#name),
            Passed::Kept => {
                let rt = respanned(rt.clone(), self.place());
                quote_spanned!(self.place()=> #rt::Repeatable::repeat(&#name))
            }
        }
    }

    /// Gives the parts of a pattern their names, and leaves the whole where it is.
    pub(crate) fn name_parts(&self, rt: &TokenStream) -> TokenStream {
        let (pat, whole) = (&self.pat, self.another(rt));
        quote!(#[allow(unused_variables, unused_mut)] let #pat = #whole;)
    }

    /// The same, and uses it up.
    pub(crate) fn take_apart(&self) -> TokenStream {
        let (pat, name) = (&self.pat, &self.name);
        quote!(let #pat = #name;)
    }

    /// Whether a retry clones it, as code that may stand outside of the function.
    pub(crate) fn clones(&self, rt: &TokenStream, func: &ItemFn) -> TokenStream {
        if self.passed != Passed::Kept {
            return quote!(false);
        }
        if needs_function(&self.ty, func) {
            return quote!(true);
        }
        let ty = &self.ty;
        quote!({ #[allow(unused_imports)] use #rt::{Clones as _, Copies as _}; (&&#rt::Passed::<#ty>::new()).way().clones() })
    }

    /// Code for what a map may own of it. What is no key is one error, at its type.
    pub(crate) fn owned(&self, rt: &TokenStream) -> TokenStream {
        self.key_part(rt, "owned")
    }

    /// Code for what it is looked up by.
    pub(crate) fn lent(&self, rt: &TokenStream) -> TokenStream {
        self.key_part(rt, "lent")
    }

    fn key_part(&self, rt: &TokenStream, method: &str) -> TokenStream {
        let name = &self.name;
        let (lent, at) = match bare(&self.ty) {
            Type::Reference(reference) => (quote!(#name), reference.elem.span()),
            ty => (quote!(&#name), ty.span()),
        };
        let method = Ident::new(method, Span::mixed_site().located_at(at));
        let part = quote_spanned!(at=> #rt::KeyPart(#lent).#method());
        quote!({ #[allow(unused_imports)] use #rt::NoKey as _; #part })
    }

    /// The type of what a map may own of it, outside of the function; `None` if the type is known only in it.
    pub(crate) fn owned_type(&self, rt: &TokenStream, func: &ItemFn) -> Option<TokenStream> {
        let ty = bare(&self.ty);
        if needs_function(ty, func) {
            return None;
        }
        Some(match ty {
            Type::Reference(reference) => {
                let elem = &reference.elem;
                quote!(<#elem as #rt::std::borrow::ToOwned>::Owned)
            }
            ty => quote!(#ty),
        })
    }
}

/// Whether a type means nothing outside of the function: its generics, its lifetimes, `impl Trait`, `Self`.
fn needs_function(ty: &Type, func: &ItemFn) -> bool {
    let of_type = mentions(ty, &Ident::new("Self", Span::call_site()));
    let generic = func.sig.generics.params.iter().any(|param| mentions_param(ty, param));
    has_impl(ty) || of_type || generic || !Lifetimes::written(ty).is_empty()
}

/// Whether `impl Trait` stands anywhere in a type.
pub(crate) fn has_impl(ty: &Type) -> bool {
    struct Found(bool);
    impl<'ast> Visit<'ast> for Found {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut found = Found(false);
    found.visit_type(ty);
    found.0
}

fn is_name(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none())
}

/// Gives the function's arguments their names, where these are not what was written: patterns and `mut` go inside.
pub(crate) fn rename(func: &mut ItemFn, stack: &Stack) {
    let typed = func.sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, arg) in typed.zip(&stack.args) {
        if stack.is_renamed(arg) {
            let name = &arg.name;
            *typed.pat = syn::parse_quote!(#name);
        }
    }
}

/// The place of a `self` that each attempt would use up.
pub(crate) fn used_up(func: &ItemFn) -> Option<Span> {
    let receiver = func.sig.receiver()?;
    let lent = match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => matches!(bare(ty), Type::Reference(_)),
        _ => false,
    };
    (!lent).then_some(receiver.self_token.span)
}
