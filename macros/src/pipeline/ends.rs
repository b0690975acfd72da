//! The built-in ends: what their arguments may be, as far as it can be told from what was typed.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use super::nest::{at, respan};
use super::syntax::{Named, WordArgs, name_value};
use super::words::{self, Shape, Word};
use crate::diag::{Diag, suggestion};
use crate::text::text;

/// Reports arguments that cannot be right for a source.
pub(super) fn check_source(shape: &Shape, args: &WordArgs, diag: &mut Diag) {
    if let Some(path) = args.positional.first().filter(|_| takes_files(shape)) {
        check_files(path, diag);
    }
    if shape.word != Word::Csv {
        return;
    }
    check_dialect(args, diag);
    let named = |name: &str| args.named.iter().find(|named| named.name == name);
    match (named("header"), named("columns"), named("rename")) {
        (Some(header), None, _) if is_false(&header.value) => {
            diag.error(
                &header.name,
                "a file without a header needs names for its columns, in their order; add `columns = [\"a\", \"b\"]`",
            );
        }
        (None, Some(columns), _) => {
            diag.error(
                &columns.name,
                "`columns` names the columns of a file without a header; add `header = false`, or write \
                 `rename = [(\"in the file\", \"in the record\")]`",
            );
        }
        (Some(_), Some(_), Some(rename)) => {
            diag.error(&rename.name, "`rename` is for the names in a header; write the new ones in `columns`");
        }
        _ => {}
    }
}

/// Reports arguments that cannot be right for a sink.
pub(super) fn check_sink(shape: &Shape, args: &WordArgs, diag: &mut Diag) {
    for Named { name, .. } in args.named.iter().filter(|arg| !shape.sink_named.contains(&arg.name.to_string().as_str()))
    {
        let takes = match shape.sink_named {
            [] => "no named argument".to_owned(),
            names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        diag.error(name, format!("`{name}` is for reading; at the end `{}` takes {takes}", shape.name));
    }
    if let Some(path) = args.positional.first()
        && takes_files(shape)
        && let Some((span, _)) = files_call(path)
    {
        diag.error_at(
            span,
            format!("`files(..)` is for reading; at the end `{}` takes the path of one file", shape.name),
        );
    }
    if shape.word == Word::Csv {
        check_dialect(args, diag);
    }
}

fn takes_files(shape: &Shape) -> bool {
    matches!(shape.word, Word::Csv | Word::Json | Word::JsonLines | Word::Lines)
}

fn is_false(value: &Expr) -> bool {
    matches!(value, Expr::Lit(lit) if matches!(&lit.lit, Lit::Bool(bool) if !bool.value))
}

/// The characters that part and enclose the fields of CSV, where they are literals.
fn check_dialect(args: &WordArgs, diag: &mut Diag) {
    let mut found = (',', '"');
    let mut last = None;
    for Named { name, value } in &args.named {
        let place = match name.to_string().as_str() {
            "delimiter" => &mut found.0,
            "quote" => &mut found.1,
            _ => continue,
        };
        let Expr::Lit(lit) = value else { return };
        let given = match &lit.lit {
            Lit::Char(given) => given.value(),
            Lit::Byte(given) => char::from(given.value()),
            Lit::Str(given) if given.value().chars().count() == 1 => {
                let letter = given.value().chars().next().unwrap_or_default();
                diag.error(lit, format!("`{name}` is a character; write `{name} = {letter:?}`"));
                return;
            }
            _ => {
                diag.error(lit, format!("`{name}` is one ASCII character; write `{name} = ';'`"));
                return;
            }
        };
        let shown = given.escape_default();
        let wrong = match given {
            '\n' | '\r' => format!("`{name}` cannot be `{shown}`, which ends a row"),
            '+' | '-' | '.' | '0'..='9' | 'a'..='z' | 'A'..='Z' => {
                format!("`{name}` cannot be `{shown}`, which stands in numbers and names")
            }
            _ if !given.is_ascii() => format!("`{name}` must be one ASCII character, got `{given}`"),
            _ => {
                (*place, last) = (given, Some(lit));
                continue;
            }
        };
        diag.error(lit, wrong);
        return;
    }
    if let Some(lit) = last.filter(|_| found.0 == found.1) {
        diag.error(lit, format!("`delimiter` and `quote` are both `{}`", found.0.escape_default()));
    }
}

/// The name and the arguments of `files(..)`, also with methods behind it.
fn files_call(expr: &Expr) -> Option<(Span, &syn::ExprCall)> {
    match expr {
        Expr::MethodCall(call) => files_call(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) if path.qself.is_none() && path.path.is_ident("files") => Some((path.span(), call)),
            _ => None,
        },
        Expr::Group(group) => files_call(&group.expr),
        _ => None,
    }
}

/// Reports what is wrong with the arguments of `files(..)` in the place of a path.
fn check_files(path: &Expr, diag: &mut Diag) {
    let Some((span, call)) = files_call(path) else { return };
    let Some(shape) = words::shape("files") else { return };
    let mut positional = 0;
    for arg in &call.args {
        match name_value(arg.clone()) {
            Ok(Named { name, .. }) if shape.named.contains(&name.to_string().as_str()) => {}
            Ok(Named { name, .. }) => {
                let near = suggestion(&name.to_string(), shape.named);
                diag.error(&name, format!("`files` has no argument `{name}`; {near}"));
            }
            Err(_) if positional == 0 => positional = 1,
            Err(extra) => {
                let value = text(&extra);
                diag.error(extra, format!("one argument too many: `{value}`; write `{}`", shape.example));
            }
        }
    }
    if positional == 0 {
        diag.error_at(span, format!("`files` needs its argument `pattern`; write `{}`", shape.example));
    }
}

/// What a source reads from. `files(..)` needs no import.
pub(super) fn path(expr: &Expr, rt: &TokenStream) -> TokenStream {
    if files_call(expr).is_none() {
        return quote!(#expr);
    }
    match expr {
        Expr::Group(group) => path(&group.expr, rt),
        Expr::MethodCall(call) => {
            let receiver = path(&call.receiver, rt);
            let (method, turbofish, args) = (&call.method, &call.turbofish, &call.args);
            quote_spanned!(at(method.span())=> #receiver.#method #turbofish(#args))
        }
        Expr::Call(call) => {
            let span = at(call.func.span());
            let rt = respan(rt, span);
            let (mut pattern, mut options) = (TokenStream::new(), TokenStream::new());
            for arg in &call.args {
                match name_value(arg.clone()) {
                    Ok(Named { name, value }) => options.extend(quote!(.#name(#value))),
                    Err(value) => pattern.extend(quote!(#value)),
                }
            }
            quote_spanned!(span=> #rt::files(#pattern) #options)
        }
        other => quote!(#other),
    }
}
