//! What stands in the attributes of a stage, token by token.

use proc_macro2::{Ident, TokenStream};
use syn::{Expr, ExprRange, Path};

use crate::attr::Options;
use crate::diag::Diag;
use crate::text::text;

/// The options of `#[stage(..)]` on a function, or of `#[finish(..)]`.
#[derive(Default)]
pub(crate) struct StageOptions {
    pub(crate) krate: Option<Path>,
    pub(crate) finish: Option<Path>,
    pub(crate) fallible: Option<Ident>,
    /// Of `#[resource(..)]`.
    pub(crate) close: Option<Path>,
}

impl StageOptions {
    pub(crate) fn of_stage(tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut options = Options::parse(tokens, diag);
        let found = StageOptions {
            krate: path("crate", "crate = path::to::millstream", &mut options, diag),
            finish: path("finish", "finish = name_of_a_function", &mut options, diag),
            fallible: options.flag("fallible", diag),
            close: None,
        };
        // Unknown options are reported; the rest still says what it says.
        let _ = options.done("#[stage]", &["finish", "fallible", "crate"], diag);
        found
    }

    /// Of `#[sink]` on a function, which hands nothing on.
    pub(crate) fn of_sink(tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut options = Options::parse(tokens, diag);
        let krate = path("crate", "crate = path::to::millstream", &mut options, diag);
        if let Some(entry) = options.take("finish") {
            diag.error(
                &entry.name,
                "a sink hands nothing on at the end, so it has no `finish`; write `#[sink] impl Sink<T> for S`, whose \
                 `close` gives the report its output",
            );
        }
        let _ = options.done("#[sink]", &["crate"], diag);
        StageOptions { krate, ..StageOptions::default() }
    }

    /// Of `#[resource]` on a function.
    pub(crate) fn of_resource(tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut options = Options::parse(tokens, diag);
        let found = StageOptions {
            krate: path("crate", "crate = path::to::millstream", &mut options, diag),
            close: path("close", "close = name_of_a_function", &mut options, diag),
            ..StageOptions::default()
        };
        let _ = options.done("#[resource]", &["close", "crate"], diag);
        found
    }

    /// Of `#[stage] impl ..` and of `#[finish]`, which take only where the runtime is.
    pub(crate) fn of_other(word: &str, tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut options = Options::parse(tokens, diag);
        let krate = path("crate", "crate = path::to::millstream", &mut options, diag);
        let _ = options.done(word, &["crate"], diag);
        StageOptions { krate, ..StageOptions::default() }
    }
}

fn path(name: &str, example: &str, options: &mut Options, diag: &mut Diag) -> Option<Path> {
    // `crate` alone is not an expression that syn takes apart further, but it is a path.
    match options.expr(name, example, diag)? {
        (_, Expr::Path(path)) if path.qself.is_none() => Some(path.path),
        (_, other) => {
            diag.error(other, format!("`{name}` takes a path; write `{example}`"));
            None
        }
    }
}

/// The options of `#[param(..)]`.
#[derive(Default)]
pub(crate) struct ParamOptions {
    pub(crate) default: Option<Expr>,
    pub(crate) range: Option<(Ident, Range)>,
    pub(crate) len: Option<(Ident, Range)>,
}

impl ParamOptions {
    pub(crate) fn of(attr: &syn::Attribute, diag: &mut Diag) -> Self {
        let mut options = Options::of(attr, diag);
        let found = ParamOptions {
            default: options.expr("default", "default = 10", diag).map(|(_, value)| value),
            range: range("range", "range = 1..=10", &mut options, diag),
            len: range("len", "len = 1..=64", &mut options, diag),
        };
        let _ = options.done("#[param]", &["default", "range", "len"], diag);
        found
    }
}

fn range(name: &str, example: &str, options: &mut Options, diag: &mut Diag) -> Option<(Ident, Range)> {
    let (name, value) = options.expr(name, example, diag)?;
    match ungroup(value) {
        Expr::Range(range) => Some((name, Range(range))),
        other => {
            diag.error(other, format!("`{name}` takes a range; write `{example}`"));
            None
        }
    }
}

/// The options of `#[state(..)]`: `init`.
pub(crate) fn state_init(attr: &syn::Attribute, diag: &mut Diag) -> Option<Expr> {
    let mut options = Options::of(attr, diag);
    let init = options.expr("init", "init = Vec::new()", diag).map(|(_, value)| value);
    let _ = options.done("#[state]", &["init"], diag);
    init
}

/// A range of values, as written.
#[derive(Clone)]
pub(crate) struct Range(pub(crate) ExprRange);

impl Range {
    pub(crate) fn text(&self) -> String {
        text(&self.0)
    }

    pub(crate) fn start(&self) -> Option<&Expr> {
        self.0.start.as_deref()
    }

    pub(crate) fn end(&self) -> Option<&Expr> {
        self.0.end.as_deref()
    }

    /// Whether the end belongs to the range.
    pub(crate) fn closed(&self) -> bool {
        matches!(self.0.limits, syn::RangeLimits::Closed(_))
    }
}

/// An expression without the invisible groups of `macro_rules!` and without parentheses.
pub(crate) fn ungroup(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungroup(*group.expr),
        Expr::Paren(paren) => ungroup(*paren.expr),
        other => other,
    }
}
