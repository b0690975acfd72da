//! The arguments of a function, and how each attempt gets them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{FnArg, ItemFn, Pat, ReceiverKind, Type};

use crate::names;
use crate::signature::{Lifetimes, Primitive, bare};

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
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                (pat.ident.clone(), pat.ident.to_string())
            }
            _ => (names::local(&format!("argument{n}")), crate::text::text(&pat)),
        };
        let passed = match bare(&ty) {
            Type::Reference(reference) if reference.mutability.is_some() => Passed::Lent,
            Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => Passed::Copied,
            ty if Primitive::of(ty).is_some() => Passed::Copied,
            _ => Passed::Kept,
        };
        Arg { name, pat, ty, text, passed }
    }

    /// Whether it is one name that never changes.
    fn is_plain(&self) -> bool {
        matches!(&self.pat, Pat::Ident(pat) if pat.mutability.is_none() && pat.by_ref.is_none() && pat.subpat.is_none())
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

    /// Keeps it for the attempts.
    pub(crate) fn keep(&self, rt: &TokenStream) -> Option<TokenStream> {
        let (slot, name) = (self.slot(), &self.name);
        let at = self.place();
        let way = quote_spanned!(at=> { #[allow(unused_imports)] use #rt::{Clones as _, Copies as _}; (&&#rt::passed(&#name)).way() });
        let kept = quote_spanned!(at=> #way.keep(#name));
        (self.passed == Passed::Kept).then(|| quote!(let mut #slot = #kept;))
    }

    /// Makes the one of the next attempt; `more` says whether another may follow.
    pub(crate) fn bind(&self, more: &TokenStream) -> Option<TokenStream> {
        let (slot, name, pat) = (self.slot(), &self.name, &self.pat);
        self.is_bound_anew().then(|| match self.passed {
            Passed::Copied => quote!(let #pat = #name;),
            Passed::Lent => quote!(let #pat = &mut *#name;),
            Passed::Kept => {
                let attempt = quote_spanned!(self.place()=> #slot.attempt(#more));
                quote!(let #pat = #attempt;)
            }
        })
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

    /// Code for what a map may own of it.
    pub(crate) fn owned(&self, rt: &TokenStream) -> TokenStream {
        let name = &self.name;
        match bare(&self.ty) {
            Type::Reference(_) => quote!(#rt::std::borrow::ToOwned::to_owned(#name)),
            ty if Primitive::of(ty).is_some() => name.to_token_stream(),
            _ => quote!(#rt::core::clone::Clone::clone(&#name)),
        }
    }

    /// Code for a reference to what it is.
    pub(crate) fn lent(&self) -> TokenStream {
        let name = &self.name;
        if matches!(bare(&self.ty), Type::Reference(_)) { name.to_token_stream() } else { quote!(&#name) }
    }

    /// The type of such a reference, outside of the function; `None` if the type is known only in it.
    pub(crate) fn lent_type(&self, func: &ItemFn) -> Option<TokenStream> {
        let ty = bare(&self.ty);
        if needs_function(ty, func) {
            return None;
        }
        Some(match ty {
            Type::Reference(reference) => {
                let elem = &reference.elem;
                quote!(&#elem)
            }
            ty => quote!(&#ty),
        })
    }
}

/// Whether a type means nothing outside of the function: its generics, its lifetimes, `impl Trait`, `Self`.
fn needs_function(ty: &Type, func: &ItemFn) -> bool {
    struct Opaque(bool);
    impl<'ast> Visit<'ast> for Opaque {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
    }
    let mut opaque = Opaque(false);
    opaque.visit_type(ty);
    let generic = func.sig.generics.params.iter().any(|param| crate::signature::mentions_param(ty, param));
    opaque.0 || generic || Lifetimes::written(ty).iter().any(|_| true)
}

/// Gives the function's arguments their names, where they are to be bound anew: patterns and `mut` go inside.
pub(crate) fn rename(func: &mut ItemFn, args: &[Arg]) {
    let typed = func.sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, arg) in typed.zip(args) {
        if !arg.is_plain() {
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
