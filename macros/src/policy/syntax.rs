//! The attributes of a function that are policies, in the order in which they stand.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Path};

use crate::diag::Diag;
use crate::text::text;

/// Which policy an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Retry,
    Timeout,
    CircuitBreaker,
    Fallback,
    RateLimit,
    Bulkhead,
    Cached,
    Wrap,
}

impl Kind {
    const ALL: [Kind; 8] = [
        Kind::Retry,
        Kind::Timeout,
        Kind::CircuitBreaker,
        Kind::Fallback,
        Kind::RateLimit,
        Kind::Bulkhead,
        Kind::Cached,
        Kind::Wrap,
    ];

    /// The name of the attribute.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Retry => "retry",
            Kind::Timeout => "timeout",
            Kind::CircuitBreaker => "circuit_breaker",
            Kind::Fallback => "fallback",
            Kind::RateLimit => "rate_limit",
            Kind::Bulkhead => "bulkhead",
            Kind::Cached => "cached",
            Kind::Wrap => "wrap",
        }
    }

    /// The attribute, as one writes it.
    pub(crate) fn attribute(self) -> String {
        format!("#[{}]", self.name())
    }

    /// What an attribute is, by the last part of its path.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let last = &attr.path().segments.last()?.ident;
        Kind::ALL.into_iter().find(|kind| last == kind.name())
    }
}

/// One policy as it was written.
pub(crate) struct Written {
    pub(crate) kind: Kind,
    /// The attribute's name, or all of it for the topmost.
    pub(crate) at: Span,
    pub(crate) options: TokenStream,
    /// The attribute's name as it was written, but for the topmost.
    path: Option<Path>,
}

impl Written {
    /// The attribute that is expanded now.
    pub(crate) fn top(kind: Kind, options: TokenStream) -> Self {
        Written { kind, at: Span::call_site(), options, path: None }
    }

    /// The options, as they were typed.
    pub(crate) fn text(&self) -> String {
        let text = text(&self.options);
        let text = text.strip_suffix(super::model::BESIDE).unwrap_or(&text);
        text.trim_end_matches([',', ' ']).to_owned()
    }
}

/// What an attribute that was taken is given in place of its options.
const TAKEN: &str = "__taken";

impl Written {
    /// An item that expands to nothing: so the name of an attribute that was taken is used, and rustc knows what it is.
    pub(crate) fn used(&self) -> Option<TokenStream> {
        let (path, taken) = (self.path.as_ref()?, quote::format_ident!("{TAKEN}"));
        Some(quote!(#[#path(#taken)] const _: () = ();))
    }

    /// Whether these options stand on such an item.
    pub(crate) fn was_taken(options: &TokenStream) -> bool {
        options.to_string() == TAKEN
    }
}

/// What turns a function into something else, and so stands above its policies.
const MAKERS: [&str; 5] = ["stage", "source", "sink", "resource", "finish"];

/// The policies of a function, outermost first; takes off those beneath the topmost.
pub(crate) fn take(top: Written, attrs: &mut Vec<Attribute>, diag: &mut Diag) -> Vec<Written> {
    let mut stack = vec![top];
    attrs.retain(|attr| {
        let Some(kind) = Kind::of(attr) else { return stands(attr, diag) };
        let options = match &attr.meta {
            Meta::Path(_) => TokenStream::new(),
            Meta::List(list) => list.tokens.clone(),
            Meta::NameValue(pair) => {
                let word = kind.name();
                diag.error(pair, format!("options stand in parentheses: `#[{word}(option = value)]`"));
                TokenStream::new()
            }
        };
        stack.push(Written { kind, at: attr.path().span(), options, path: Some(attr.path().clone()) });
        false
    });
    stack
}

/// Whether an attribute that is no policy may stand beneath one; it is reported and goes if not.
fn stands(attr: &Attribute, diag: &mut Diag) -> bool {
    if let Some(maker) =
        attr.path().segments.last().map(|last| &last.ident).filter(|last| MAKERS.iter().any(|maker| last == maker))
    {
        diag.error(attr.path(), format!("`#[{maker}]` stands above the policies of its function; write it on top"));
        return false;
    }
    true
}

/// Writes one more option, which takes no value, behind those of an attribute.
pub(crate) fn add_option(attr: &mut Attribute, name: &str) {
    let (path, name) = (attr.path(), quote::format_ident!("{name}"));
    let options = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    };
    let ends = options.clone().into_iter().last().is_none_or(|last| last.to_string() == ",");
    let comma = (!ends).then(|| quote!(,));
    attr.meta = syn::parse_quote!(#path(#options #comma #name));
}
