//! `pipeline!`: what was typed -> [`syntax`] -> [`build`], which checks it -> [`model`] -> [`expand`], which writes the plan,
//! what is made once (see [`setup`]) and the chain (see [`nest`], and [`several`] where it has several sources) from the same
//! model.

mod aggregate;
mod blocks;
mod build;
mod ends;
mod expand;
mod label;
mod meet;
mod model;
mod modifiers;
mod nest;
mod refuse;
mod reusable;
mod setup;
mod several;
mod sides;
mod sqlite;
mod syntax;
#[cfg(test)]
mod tests;
mod words;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Diag;
use crate::paths;

pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut diag = Diag::default();
    let model = syntax::parse(tokens, &mut diag).map(|chain| build::build(chain, &mut diag));
    match model {
        Ok(model) if diag.is_clean() => expand::expand(&model, &paths::runtime(None)),
        // The last `compile_error!` stands for the value: its type is unknown, so what is done with it is not one more mistake.
        _ => {
            let errors = diag.into_tokens();
            quote!({ #errors })
        }
    }
}
