//! The attributes on an impl by hand, such as `#[stage] impl Stage<In> for T`: what the impl leaves out, a description from
//! its doc comment, and what makes it usable by name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericArgument, ImplItem, ItemImpl, PathArguments, Type};

use super::expand::{Description, described, place, refused_as_stage};
use super::lifetimes::Subset;
use super::model::Word;
use super::syntax::StageOptions;
use crate::diag::{Diag, Reported};
use crate::paths;
use crate::signature::{Lifetimes, bare, mentions_param};
use crate::text::docs;
use crate::text::text;

pub(crate) fn expand(word: Word, options: TokenStream, mut written: ItemImpl, diag: &mut Diag) -> TokenStream {
    let options = StageOptions::of_other(&format!("{} on an impl", word.attribute()), options, diag);
    let rt = paths::runtime(options.krate.as_ref());
    let generated = match describe(word, &rt, &written, diag) {
        Ok((description, input)) => {
            fill_in(word, &rt, &mut written);
            let described = described(&rt, &description);
            let stage = input.filter(|_| word == Word::Sink).map(|input| stage_of_sink(&rt, &written, &input));
            let source = (word == Word::Source).then(|| {
                let Description { generics, this, where_clause, .. } = &description;
                refused_as_stage(&rt, generics, this, where_clause)
            });
            quote!(#described #stage #source)
        }
        Err(_) => TokenStream::new(),
    };
    quote!(#written #generated)
}

/// The impl that an attribute is for.
pub(crate) fn header(word: Word) -> &'static str {
    match word {
        Word::Stage | Word::Resource => "impl Stage<In> for T",
        Word::Sink => "impl Sink<In> for T",
        Word::Source => "impl Source for T",
    }
}

fn trait_name(word: Word) -> &'static str {
    match word {
        Word::Stage | Word::Resource => "Stage",
        Word::Sink => "Sink",
        Word::Source => "Source",
    }
}

/// The description, and the type of the items that it takes.
fn describe(
    word: Word,
    rt: &TokenStream,
    written: &ItemImpl,
    diag: &mut Diag,
) -> Result<(Description, Option<Type>), Reported> {
    let hint = format!("`{}` is for `{}`; write it on such an impl", word.attribute(), header(word));
    let Some((path, _)) = &written.trait_ else {
        return Err(diag.error(&written.self_ty, hint));
    };
    let Some(segment) = path.segments.last().filter(|segment| segment.ident == trait_name(word)) else {
        return Err(diag.error(path, hint));
    };
    let input = match &segment.arguments {
        PathArguments::AngleBracketed(args) => args.args.iter().find_map(|arg| match arg {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        }),
        _ => None,
    };
    if input.is_none() && word != Word::Source {
        let (name, header) = (trait_name(word), header(word));
        return Err(diag.error(segment, format!("`{name}` needs the type of its items; write `{header}`")));
    }
    let (name, span) = match bare(&written.self_ty) {
        Type::Path(path) => match path.path.segments.last() {
            Some(segment) => (segment.ident.to_string(), segment.ident.span()),
            None => (text(path), proc_macro2::Span::call_site()),
        },
        other => (text(other), syn::spanned::Spanned::span(other)),
    };
    let this = written.self_ty.to_token_stream();
    let generics = Subset::of(&written.generics, |param| mentions_param(&this, param));
    let output = match word {
        Word::Source => assoc_type(written, "Item"),
        _ => assoc_type(written, "Out"),
    };
    let description = Description {
        generics: generics.declared(),
        where_clause: generics.where_clause(),
        this,
        name,
        docs: docs(&written.attrs),
        params: Vec::new(),
        input: input.as_ref().map(text).unwrap_or_default(),
        output: output.map(text).unwrap_or_default(),
        kind: match word {
            Word::Sink => quote!(#rt::Kind::Sink),
            Word::Source => quote!(#rt::Kind::Source),
            Word::Stage | Word::Resource => kind(rt, written),
        },
        place: place(rt, span),
    };
    Ok((description, input))
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

fn fill_in(word: Word, rt: &TokenStream, written: &mut ItemImpl) {
    let never = syn::parse_quote!(type Error = #rt::Never;);
    let also: Option<ImplItem> = match word {
        Word::Stage | Word::Resource => Some(syn::parse_quote!(type Key = #rt::AnyKey;)),
        Word::Sink => None,
        Word::Source => Some(syn::parse_quote!(type Reject = #rt::Never;)),
    };
    for item in also.into_iter().chain([never]) {
        if let ImplItem::Type(assoc) = &item
            && assoc_type(written, &assoc.ident.to_string()).is_none()
        {
            written.items.insert(0, item);
        }
    }
}

/// A sink is the last stage of a chain.
fn stage_of_sink(rt: &TokenStream, written: &ItemImpl, input: &Type) -> TokenStream {
    let mut lifetimes = Lifetimes::default();
    let input = lifetimes.name(input);
    let mut generics = written.generics.clone();
    for lifetime in lifetimes.named {
        generics.params.insert(0, syn::GenericParam::Lifetime(syn::LifetimeParam::new(lifetime)));
    }
    let (generics, _, where_clause) = generics.split_for_impl();
    let (this, sink) = (&written.self_ty, quote!(#rt::Sink<#input>));
    quote! {
        #[automatically_derived]
        impl #generics #rt::Stage<#input> for #this #where_clause {
            type Out = #rt::Ended<<Self as #sink>::Output>;
            type Error = <Self as #sink>::Error;
            type Key = #rt::AnyKey;
            const KIND: #rt::Kind = #rt::Kind::Sink;
            fn connect(&mut self, resources: &#rt::Resources) -> #rt::core::result::Result<(), #rt::BoxError> {
                <Self as #sink>::connect(self, resources)
            }
            fn append(&mut self) -> #rt::core::result::Result<(), #rt::BoxError> {
                <Self as #sink>::append(self)
            }
            fn is_transactional(&self) -> #rt::core::primitive::bool {
                <Self as #sink>::is_transactional(self)
            }
            fn open(&mut self) -> #rt::core::result::Result<(), #rt::BoxError> {
                <Self as #sink>::open(self)
            }
            #[inline]
            fn process(
                &mut self,
                item: #input,
                _: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
            ) -> #rt::core::result::Result<#rt::Flow, #rt::Rejected<Self::Error, #input>> {
                #rt::core::result::Result::map_err(<Self as #sink>::write(self, item), #rt::Rejected::from)
            }
            fn is_broken(&self) -> #rt::core::primitive::bool {
                <Self as #sink>::is_broken(self)
            }
            fn finish(
                self,
                _: &#rt::AnyKey,
                mut out: impl #rt::core::ops::FnMut(Self::Out) -> #rt::Flow,
            ) -> #rt::core::result::Result<#rt::Flow, Self::Error> {
                #rt::core::result::Result::Ok(out(#rt::Ended(<Self as #sink>::close(self)?)))
            }
        }
    }
}
