//! `#[stage]` on `impl Stage<In> for T`: what the impl leaves out, and a description from its doc comment.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericArgument, ImplItem, ItemImpl, PathArguments, Type};

use super::expand::{Description, described, place};
use super::lifetimes::Subset;
use super::syntax::StageOptions;
use crate::diag::{Diag, Reported};
use crate::paths;
use crate::signature::{bare, mentions_param};
use crate::text::docs;
use crate::text::text;

pub(crate) fn expand(options: TokenStream, mut written: ItemImpl, diag: &mut Diag) -> TokenStream {
    let options = StageOptions::of_other("`#[stage]` on an impl", options, diag);
    let rt = paths::runtime(options.krate.as_ref());
    let description = describe(&rt, &written, diag);
    if description.is_ok() {
        fill_in(&rt, &mut written);
    }
    let described = description.map(|description| described(&rt, &description)).unwrap_or_default();
    quote!(#written #described)
}

fn describe(rt: &TokenStream, written: &ItemImpl, diag: &mut Diag) -> Result<Description, Reported> {
    const HINT: &str = "`#[stage]` is for `impl Stage<In> for T`; write it on such an impl";
    let Some((path, _)) = &written.trait_ else {
        return Err(diag.error(&written.self_ty, HINT));
    };
    let Some(segment) = path.segments.last().filter(|segment| segment.ident == "Stage") else {
        return Err(diag.error(path, HINT));
    };
    let input = match &segment.arguments {
        PathArguments::AngleBracketed(args) => args.args.iter().find_map(|arg| match arg {
            GenericArgument::Type(ty) => Some(text(ty)),
            _ => None,
        }),
        _ => None,
    };
    let Some(input) = input else {
        return Err(diag.error(segment, "`Stage` needs the type of its items; write `impl Stage<In> for T`"));
    };
    let (name, span) = match bare(&written.self_ty) {
        Type::Path(path) => match path.path.segments.last() {
            Some(segment) => (segment.ident.to_string(), segment.ident.span()),
            None => (text(path), proc_macro2::Span::call_site()),
        },
        other => (text(other), syn::spanned::Spanned::span(other)),
    };
    let this = written.self_ty.to_token_stream();
    let generics = Subset::of(&written.generics, |param| mentions_param(&this, param));
    let output = assoc_type(written, "Out").map(text).unwrap_or_default();
    Ok(Description {
        generics: generics.declared(),
        where_clause: generics.where_clause(),
        this,
        name,
        docs: docs(&written.attrs),
        params: Vec::new(),
        input,
        output,
        kind: kind(rt, written),
        place: place(rt, span),
    })
}

/// The kind that the impl gives, or the one that it has if it gives none.
fn kind(rt: &TokenStream, written: &ItemImpl) -> TokenStream {
    let given = written.items.iter().find_map(|item| match item {
        ImplItem::Const(constant) if constant.ident == "KIND" => Some(constant.expr.to_token_stream()),
        _ => None,
    });
    given.unwrap_or_else(|| quote!(#rt::Kind::Expand))
}

fn assoc_type<'i>(written: &'i ItemImpl, name: &str) -> Option<&'i Type> {
    written.items.iter().find_map(|item| match item {
        ImplItem::Type(assoc) if assoc.ident == name => Some(&assoc.ty),
        _ => None,
    })
}

fn fill_in(rt: &TokenStream, written: &mut ItemImpl) {
    if assoc_type(written, "Error").is_none() {
        written.items.insert(0, syn::parse_quote!(type Error = #rt::Never;));
    }
    if assoc_type(written, "Key").is_none() {
        written.items.insert(0, syn::parse_quote!(type Key = #rt::AnyKey;));
    }
}
