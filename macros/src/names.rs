//! Every name that is invented is made here, so that none can collide with a user's.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Lifetime;
use syn::ext::IdentExt;

/// The static that holds the schema of a record, or of a variant.
pub(crate) fn schema(variant: Option<&Ident>) -> Ident {
    variant.map_or_else(|| format_ident!("__RECORD"), |variant| format_ident!("__RECORD_{}", variant.unraw()))
}

/// The struct of the fields of a record, which its builder fills, or of a variant.
pub(crate) fn fields_of(of: &Ident) -> Ident {
    format_ident!("__RecordFieldsOf{}", of.unraw())
}

/// The one field of a packed record. Compilers name it to those who look for the fields, so it says what there is instead.
pub(crate) fn packed_field() -> Ident {
    format_ident!("__packed_has_a_builder_and_accessors")
}

/// The first bit of each field of a packed record.
pub(crate) fn packed_places() -> Ident {
    format_ident!("__RECORD_BITS")
}

/// A function or type for one field of a record, or of a variant: it belongs to the record's own code.
pub(crate) fn for_field(what: &str, variant: Option<&Ident>, field: &Ident) -> Ident {
    let of = variant.map(|variant| format!("{}_", variant.unraw())).unwrap_or_default();
    Ident::new(&format!("__record_{what}_{of}{}", field.unraw()), Span::call_site())
}

/// The struct of a stage's parameters.
pub(crate) fn params() -> Ident {
    format_ident!("__MillstreamParams")
}

/// The builder of a stage.
pub(crate) fn builder() -> Ident {
    format_ident!("__MillstreamBuilder")
}

/// The trait that says whether a builder was given the parameter `param`.
pub(crate) fn needs(param: &Ident) -> Ident {
    format_ident!("__MillstreamNeeds_{}", param.unraw())
}

/// The function that checks a literal for the parameter `param`. `pipeline!` calls it.
pub(crate) fn check(param: &Ident) -> Ident {
    format_ident!("__check_{}", param.unraw())
}

/// The `n`-th type parameter that is generated.
pub(crate) fn type_param(prefix: &str, n: usize) -> Ident {
    format_ident!("__Millstream{prefix}{n}")
}

/// The field of a stage for who counts what policies do to its calls.
pub(crate) fn watch_field() -> Ident {
    format_ident!("__watched")
}

/// The field that holds a stage's parameters.
pub(crate) fn params_field() -> Ident {
    format_ident!("__params")
}

/// The field that mentions the type parameters which no other field does.
pub(crate) fn marker_field() -> Ident {
    format_ident!("__marker")
}

/// The field of the state number `n`, named as the parameter where it has a name.
pub(crate) fn state_field(n: usize, name: Option<&Ident>) -> Ident {
    name.cloned().unwrap_or_else(|| format_ident!("__state_{n}"))
}

/// The field of the resource number `n`, named as the parameter where it has a name.
pub(crate) fn resource_field(n: usize, name: Option<&Ident>) -> Ident {
    name.cloned().unwrap_or_else(|| format_ident!("__resource_{n}"))
}

/// A local variable that the user's code cannot see and that sees none of theirs.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The same, where what is wrong with it is shown at another place.
pub(crate) fn local_at(name: &str, at: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(at))
}

/// The name of the lifetime number `n` that the user left out, at its place.
pub(crate) fn lifetime(n: usize, span: Span) -> Lifetime {
    Lifetime::new(&format!("'__millstream{n}"), span)
}
