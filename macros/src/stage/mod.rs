//! `#[stage]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, Item};

use self::model::StageFn;
pub(crate) use self::model::Word;
use self::syntax::StageOptions;
pub(crate) use self::syntax::ungroup;
use crate::diag::{Diag, Reported};
use crate::{paths, policy};

mod by_hand;
mod check;
mod expand;
pub(crate) mod finish;
mod lifetimes;
mod model;
mod resource;
mod syntax;

/// Expands one of the attributes; they differ in what the function takes and returns.
pub(crate) fn expand(word: Word, options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::default();
    let written = item.clone();
    let expanded = match syn::parse2::<Item>(item) {
        Ok(Item::Fn(func)) => function(word, options, func, &mut diag),
        Ok(Item::Impl(implementation)) if word != Word::Resource => {
            by_hand::expand(word, options, implementation, &mut diag)
        }
        Ok(other) => {
            let (attribute, by_hand) = (word.attribute(), by_hand::header(word));
            let message = if word == Word::Resource {
                "`#[resource]` is for a function that makes one, or for a parameter of a stage; write it on one of these"
                    .to_owned()
            } else {
                format!("`{attribute}` is for a function, or for `{by_hand}`; write it on one of these")
            };
            diag.error(first_token(&other), message);
            other.into_token_stream()
        }
        // rustc parses what is left and says what is wrong with it.
        Err(error) => {
            diag.push(error);
            written
        }
    };
    let errors = diag.into_tokens();
    quote!(#errors #expanded)
}

fn function(word: Word, options: TokenStream, mut func: syn::ItemFn, diag: &mut Diag) -> TokenStream {
    let options = match word {
        Word::Stage => StageOptions::of_stage(options, diag),
        Word::Sink => StageOptions::of_sink(options, diag),
        Word::Source => StageOptions::of_other(word.attribute(), options, diag),
        Word::Resource => StageOptions::of_resource(options, diag),
    };
    let rt = paths::runtime(options.krate.as_ref());
    let named = named_params(&func);
    let given = policy::Given::take(&mut func);
    let checked = given.check(&func, word.attribute(), diag);
    let generated = match checked.and_then(|()| read(word, &mut func, options, diag)) {
        Ok(stage) => {
            given.put_back(&mut func);
            policy::beside_a_type(&mut func.attrs, stage.own_generics().args().is_empty());
            expand::expand(&stage)
        }
        Err(_) => {
            given.take_off(&mut func);
            // A method cannot stand beside a type.
            if func.sig.receiver().is_some() { TokenStream::new() } else { expand::stub(word, &rt, &func, &named) }
        }
    };
    let inline = inline(&func);
    // A stage's signature says how items, states and parameters are passed, so it cannot be otherwise.
    quote! {
        #[allow(
            clippy::needless_lifetimes, clippy::needless_pass_by_value, clippy::ptr_arg, clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps
        )]
        #inline
        #func
        #generated
    }
}

/// A stage is called in one place of a chain, often of another crate: there it should be inlined as in the loop one would
/// write by hand. Unless the user says otherwise.
fn inline(func: &syn::ItemFn) -> TokenStream {
    const OTHERWISE: [&str; 5] = ["inline", "cold", "no_mangle", "export_name", "unsafe"];
    let otherwise = |attr: &syn::Attribute| OTHERWISE.iter().any(|word| attr.path().is_ident(word));
    if func.attrs.iter().any(otherwise) { TokenStream::new() } else { quote!(#[inline]) }
}

fn read(word: Word, func: &mut syn::ItemFn, options: StageOptions, diag: &mut Diag) -> Result<StageFn, Reported> {
    let mut stage = StageFn::read(word, func, options, diag)?;
    check::wished(&mut stage, diag);
    check::needed(&stage, diag)?;
    allow_unused(func, &stage);
    Ok(stage)
}

/// A parameter that an `init` reads is used, whatever the body does, and so is one that a `finish` may read.
fn allow_unused(func: &mut syn::ItemFn, stage: &StageFn) {
    let inits: TokenStream =
        stage.states.iter().filter_map(|state| state.init.as_ref()).map(ToTokens::to_token_stream).collect();
    for (input, role) in func.sig.inputs.iter_mut().zip(&stage.roles) {
        if let (FnArg::Typed(typed), model::Role::Param(n)) = (input, role)
            && (stage.options.finish.is_some() || crate::signature::mentions(&inits, &stage.params[*n].name))
        {
            typed.attrs.push(syn::parse_quote!(#[allow(unused_variables)]));
        }
    }
}

/// The names that the stub's builder takes.
fn named_params(func: &syn::ItemFn) -> Vec<syn::Ident> {
    let typed = func.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) if typed.attrs.iter().any(|attr| attr.path().is_ident("param")) => Some(&*typed.pat),
        _ => None,
    });
    let mut names: Vec<syn::Ident> = Vec::new();
    for pat in typed {
        if let syn::Pat::Ident(pat) = pat
            && !names.contains(&pat.ident)
            && !["build", "builder"].iter().any(|taken| pat.ident == taken)
        {
            names.push(pat.ident.clone());
        }
    }
    names
}

fn first_token(item: &impl ToTokens) -> TokenStream {
    item.to_token_stream().into_iter().take(1).collect()
}
