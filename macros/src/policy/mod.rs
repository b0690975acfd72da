//! `#[retry]`, `#[timeout]` and all other policies: what stands around a function.
//!
//! The topmost attribute takes all that stand beneath it, and writes the whole stack at once.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Block, FnArg, Item, ItemFn, PatType, TraitItemFn};

use self::boxed::Boxed;
use self::model::Stack;
pub(crate) use self::syntax::Kind;
use self::syntax::Written;
use crate::diag::{Diag, Reported};

mod args;
mod boxed;
mod check;
mod duration;
mod expand;
mod handle;
mod kinds;
mod model;
mod syntax;
#[cfg(test)]
mod tests;
mod value;

/// Expands the attribute `kind` and all other policies on the function.
pub(crate) fn expand(kind: Kind, options: TokenStream, item: TokenStream) -> TokenStream {
    if Written::was_taken(&options) {
        return TokenStream::new();
    }
    let mut diag = Diag::default();
    let word = kind.attribute();
    let expanded = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(func) => function(kind, options, func, &mut diag),
        Err(error) => {
            if let Ok(func) = syn::parse2::<TraitItemFn>(item.clone()) {
                let name = func.sig.ident;
                diag.error(
                    &name,
                    format!("`{name}` has no body for `{word}` to stand around; write it where the body is"),
                );
            } else if syn::parse2::<Item>(item.clone()).is_ok() {
                diag.error_at(Span::call_site(), format!("`{word}` is for a function; write it on one"));
            } else {
                // rustc parses what is left and says what is wrong with it.
                diag.push(error);
            }
            item
        }
    };
    let errors = diag.into_tokens();
    quote!(#errors #expanded)
}

/// Tells the policies of a function that a type of its name stands beside it: a stage. `plain` is one without generics.
pub(crate) fn beside_a_type(attrs: &mut [Attribute], plain: bool) {
    if let Some(top) = attrs.iter_mut().find(|attr| Kind::of(attr).is_some()) {
        syntax::add_option(top, if plain { model::BESIDE } else { model::ASSOCIATED });
    }
}

/// What policies give to a function that is a stage, too, and the stage does not: its deadline.
pub(crate) struct Given(Vec<(Attribute, PatType)>);

impl Given {
    /// Takes the parameters off, so that the stage does not see them.
    pub(crate) fn take(func: &mut ItemFn) -> Self {
        Given(model::take_deadlines(func))
    }

    /// Somebody gives them.
    pub(crate) fn check(&self, func: &ItemFn, attribute: &str, diag: &mut Diag) -> Result<(), Reported> {
        match self.0.first() {
            Some((mark, _)) if !func.attrs.iter().any(|attr| Kind::of(attr).is_some()) => {
                let message = format!("a deadline comes from `#[timeout]`; write one beneath `{attribute}`");
                Err(diag.error(mark.path(), message))
            }
            _ => Ok(()),
        }
    }

    /// Gives them back to the policies, which take them off themselves.
    pub(crate) fn put_back(self, func: &mut ItemFn) {
        func.sig.inputs.extend(self.0.into_iter().map(|(mark, mut typed)| {
            typed.attrs.push(mark);
            FnArg::Typed(typed)
        }));
    }

    /// Takes the policies off a function that is not to be expanded; these parameters become like any other.
    pub(crate) fn take_off(self, func: &mut ItemFn) {
        func.attrs.retain(|attr| Kind::of(attr).is_none());
        func.sig.inputs.extend(self.0.into_iter().map(|(_, typed)| FnArg::Typed(typed)));
    }
}

fn function(kind: Kind, options: TokenStream, mut func: ItemFn, diag: &mut Diag) -> TokenStream {
    let written = syntax::take(Written::top(kind, options), &mut func.attrs, diag);
    let boxed = Boxed::open(&mut func);
    let stack = Stack::read(&mut func, &written, diag);
    check::all(&func, &stack, diag);
    let used: TokenStream = written.iter().filter_map(Written::used).collect();
    if !diag.is_clean() {
        let stub = handle::stub(&func, &stack);
        // In front of the body, which in braces of its own would get a warning for them.
        let used: Block = syn::parse_quote!({ #used });
        func.block.stmts.splice(..0, used.stmts);
        if let Some(boxed) = boxed {
            boxed.close(&mut func);
        }
        return quote!(#func #stub);
    }
    let handle = handle::handle(&func, &stack);
    expand::expand(&mut func, &stack, &used);
    if let Some(boxed) = boxed {
        boxed.close(&mut func);
    }
    quote!(#func #handle)
}
