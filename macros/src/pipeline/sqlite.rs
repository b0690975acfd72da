//! The arguments of `sqlite`, which differ between the start of a pipeline and its end.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::nest::{at, respan};
use super::syntax::{Named, WordArgs};
use crate::diag::Diag;

/// Where the word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Sink,
}

/// Reports what is wrong with the arguments. `enabled` says whether the feature is on.
pub(super) fn check(args: &WordArgs, span: Span, end: End, enabled: bool, diag: &mut Diag) {
    if !enabled {
        diag.error_at(span, "`sqlite` needs the feature `sqlite`; write `cargo add millstream --features sqlite`");
        return;
    }
    for Named { name, .. } in &args.named {
        match (end, name.to_string().as_str()) {
            (End::Source, word @ ("create" | "every")) => {
                diag.error(name, format!("`{word}` is for `sqlite` at the end; a source only reads, so remove it"));
            }
            (End::Sink, "query") => {
                diag.error(name, "`query` is for `sqlite` at the start; a sink writes to a table: `table = \"name\"`");
            }
            _ => {}
        }
    }
    let (table, query) = (named(args, "table"), named(args, "query"));
    match (end, table, query) {
        (End::Source, None, None) => {
            let message = "`sqlite` at the start needs `table = \"name\"` or `query = \"select ..\"`";
            diag.error_at(span, message);
        }
        (End::Source, Some(_), Some(query)) => {
            diag.error(&query.name, "`sqlite` reads from `table` or from `query`, not from both; remove one");
        }
        (End::Sink, None, None) => {
            diag.error_at(span, "`sqlite` at the end needs `table = \"name\"`");
        }
        _ => {}
    }
    if end == End::Source && args.generics.is_none() {
        diag.error_at(
            span,
            "`sqlite` at the start needs the type of its records; write `sqlite::<Record>(\"path\", table = \"name\")`",
        );
    }
}

fn named<'a>(args: &'a WordArgs, name: &str) -> Option<&'a Named> {
    args.named.iter().find(|arg| arg.name == name)
}

/// A `Result` of the source or the stage that the sink is.
pub(super) fn make(args: &WordArgs, end: End, rt: &TokenStream, span: Span) -> TokenStream {
    let rt = respan(rt, span);
    let path: Option<&Expr> = args.positional.first();
    let generics = args.generics.as_ref();
    let options = args.named.iter().filter(|arg| arg.name != "table" && arg.name != "query");
    let options: TokenStream = options
        .map(|Named { name, value }| {
            let span = at(name.span());
            quote_spanned!(span=> .#name(#value))
        })
        .collect();
    let value = |name| named(args, name).map(|arg| &arg.value);
    match (end, value("query")) {
        (End::Source, Some(query)) => {
            quote_spanned!(span=> #rt::sqlite::query #generics(#path, #query) #options .checked())
        }
        (End::Source, None) => {
            let table = value("table");
            quote_spanned!(span=> #rt::sqlite::table #generics(#path, #table) #options .checked())
        }
        (End::Sink, _) => {
            let table = value("table");
            let rows = generics.map(|of| quote!(.rows_of #of()));
            quote_spanned!(span=> #rt::sqlite::sink(#path, #table) #rows #options .checked().map(#rt::SinkStage))
        }
    }
}
