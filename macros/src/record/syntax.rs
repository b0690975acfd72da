//! What the user wrote on a record, option by option.

use proc_macro2::{Ident, TokenStream};
use syn::{Expr, ExprRange, ItemStruct, LitInt, LitStr, Path, Type, Visibility};

use crate::attr::{Options, Value};
use crate::diag::{Diag, Reported};
use crate::text;

/// A struct with its options, which are taken off it.
pub(crate) struct Syntax {
    pub(crate) item: ItemStruct,
    pub(crate) options: StructOptions,
    pub(crate) fields: Vec<FieldSyntax>,
}

/// `#[record(..)]`.
#[derive(Default)]
pub(crate) struct StructOptions {
    pub(crate) check: Option<Path>,
    pub(crate) ignore_extra: bool,
    pub(crate) max_size: Option<LitInt>,
    pub(crate) krate: Option<Path>,
}

/// One field with what stands on it.
pub(crate) struct FieldSyntax {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) docs: String,
    pub(crate) event_time: Option<Path>,
    pub(crate) key: Option<Path>,
    pub(crate) rules: Rules,
}

/// `#[field(..)]`: each option with its name, for messages that point at it.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) range: Option<(Ident, ExprRange)>,
    pub(crate) len: Option<(Ident, Expr)>,
    pub(crate) pattern: Option<(Ident, LitStr)>,
    pub(crate) one_of: Option<(Ident, Vec<Expr>)>,
    pub(crate) finite: Option<Ident>,
    pub(crate) unit: Option<(Ident, LitStr)>,
    pub(crate) default: Option<(Ident, Option<Expr>)>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) check: Option<(Ident, Path)>,
    pub(crate) with: Option<(Ident, Path)>,
    pub(crate) zone: Option<(Ident, LitStr)>,
    pub(crate) secret: Option<Ident>,
}

const STRUCT_OPTIONS: &[&str] = &["check", "extra", "max_size", "crate"];
const FIELD_OPTIONS: &[&str] =
    &["range", "len", "pattern", "one_of", "finite", "unit", "default", "rename", "check", "with", "zone", "secret"];

/// The expression without the invisible groups that `macro_rules!` puts around what it passes on.
pub(crate) fn ungrouped(mut expr: &Expr) -> &Expr {
    loop {
        match expr {
            Expr::Group(group) => expr = &group.expr,
            Expr::Paren(paren) => expr = &paren.expr,
            _ => return expr,
        }
    }
}

/// `#[record(..)]`.
pub(crate) fn struct_options(tokens: TokenStream, diag: &mut Diag) -> StructOptions {
    let mut options = Options::parse(tokens, diag);
    if let Some(packed) = options.take("packed") {
        diag.error(&packed.name, "`packed` is not there yet: the fields of a record stay as written; remove it");
    }
    let found = StructOptions {
        check: options.expr("check", "check = function", diag).and_then(|(_, expr)| path(&expr, "check", diag).ok()),
        ignore_extra: options.expr("extra", "extra = \"ignore\"", diag).is_some_and(|(_, expr)| extra(&expr, diag)),
        max_size: options.expr("max_size", "max_size = 64", diag).and_then(|(_, expr)| size(&expr, diag).ok()),
        krate: options.expr("crate", "crate = path", diag).and_then(|(_, expr)| path(&expr, "crate", diag).ok()),
    };
    // Every option was taken or is reported.
    let _ = options.done("record", STRUCT_OPTIONS, diag);
    found
}

fn extra(expr: &Expr, diag: &mut Diag) -> bool {
    let ignores = text_literal(expr).is_some_and(|text| text.value() == "ignore");
    if !ignores {
        let message =
            "`extra` says what becomes of unknown fields; write `extra = \"ignore\"`, or leave it out to refuse them";
        diag.error(expr, message);
    }
    ignores
}

fn size(expr: &Expr, diag: &mut Diag) -> Result<LitInt, Reported> {
    match ungrouped(expr) {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(size), .. }) if size.base10_parse::<usize>().is_ok() => {
            Ok(size.clone())
        }
        other => Err(diag.error(other, "`max_size` needs a number of bytes; write `max_size = 64`")),
    }
}

fn path(expr: &Expr, name: &str, diag: &mut Diag) -> Result<Path, Reported> {
    match ungrouped(expr) {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
        other => {
            let what = match name {
                "with" => "module that has `serialize` and `deserialize`; write `with = path::of::module`",
                "crate" => "crate; write `crate = path::of::millstream`",
                _ => "function; write `check = path::of::function`",
            };
            Err(diag.error(other, format!("`{name}` needs the path of a {what}")))
        }
    }
}

fn text_literal(expr: &Expr) -> Option<&LitStr> {
    match ungrouped(expr) {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// Takes the options off the fields of a struct.
pub(crate) fn fields(item: &mut ItemStruct, diag: &mut Diag) -> Vec<FieldSyntax> {
    item.fields.iter_mut().filter_map(|field| field_syntax(field, diag)).collect()
}

fn field_syntax(field: &mut syn::Field, diag: &mut Diag) -> Option<FieldSyntax> {
    let (mut event_time, mut key, mut options) = (None, None, TokenStream::new());
    for attr in std::mem::take(&mut field.attrs) {
        match attr.path().get_ident().map(Ident::to_string).as_deref() {
            Some("event_time") => mark(&attr, &mut event_time, diag),
            Some("key") => mark(&attr, &mut key, diag),
            Some("field") => options.extend(field_tokens(&attr, diag)),
            Some("serde") => {
                diag.error(
                    attr.path(),
                    "`#[record]` writes the serde impls; say it with `#[field(..)]`: `rename`, `default`, `with`",
                );
            }
            Some("cfg") => {
                diag.error(
                    attr.path(),
                    "a field of a record cannot depend on `cfg`; put the `cfg` on two versions of the struct",
                );
                field.attrs.push(attr);
            }
            _ => field.attrs.push(attr),
        }
    }
    let docs = text::docs(&field.attrs);
    let rules = rules(options, diag);
    let ident = field.ident.clone()?;
    Some(FieldSyntax { ident, vis: field.vis.clone(), ty: field.ty.clone(), docs, event_time, key, rules })
}

/// `#[event_time]`, `#[key]`: once, and without options.
fn mark(attr: &syn::Attribute, slot: &mut Option<Path>, diag: &mut Diag) {
    let name = text::text(attr.path());
    if !matches!(attr.meta, syn::Meta::Path(_)) {
        diag.error(&attr.meta, format!("`#[{name}]` takes no options; write just `#[{name}]`"));
    }
    if slot.is_some() {
        diag.error(attr.path(), format!("`#[{name}]` is given twice; remove one"));
    }
    *slot = Some(attr.path().clone());
}

/// The options of one `#[field(..)]`, with a comma behind them, so that several read as one.
fn field_tokens(attr: &syn::Attribute, diag: &mut Diag) -> TokenStream {
    match &attr.meta {
        syn::Meta::List(list) if !list.tokens.is_empty() => {
            let mut tokens = list.tokens.clone();
            let ends_in_comma = matches!(
                tokens.clone().into_iter().last(),
                Some(proc_macro2::TokenTree::Punct(punct)) if punct.as_char() == ','
            );
            if !ends_in_comma {
                tokens.extend(quote::quote!(,));
            }
            tokens
        }
        syn::Meta::List(_) => TokenStream::new(),
        other => {
            diag.error(other, "`#[field]` needs options; write for instance `#[field(range = 0..=100)]`");
            TokenStream::new()
        }
    }
}

fn rules(tokens: TokenStream, diag: &mut Diag) -> Rules {
    let mut options = Options::parse(tokens, diag);
    let rules = Rules {
        range: options.expr("range", "range = 0..=100", diag).and_then(|(key, expr)| range(key, &expr, diag).ok()),
        len: options.expr("len", "len = 1..=64", diag),
        pattern: text_option(&mut options, "pattern", "pattern = \"^[a-z]+$\"", diag),
        one_of: options.expr("one_of", "one_of = [1, 2]", diag).and_then(|(key, expr)| list(key, &expr, diag).ok()),
        finite: options.flag("finite", diag),
        unit: text_option(&mut options, "unit", "unit = \"celsius\"", diag),
        default: default(&mut options, diag),
        rename: text_option(&mut options, "rename", "rename = \"name\"", diag).map(|(_, text)| text),
        check: path_option(&mut options, "check", diag),
        with: path_option(&mut options, "with", diag),
        zone: text_option(&mut options, "zone", "zone = \"Europe/Berlin\"", diag),
        secret: options.flag("secret", diag),
    };
    // Every option was taken or is reported.
    let _ = options.done("field", FIELD_OPTIONS, diag);
    rules
}

fn range(key: Ident, expr: &Expr, diag: &mut Diag) -> Result<(Ident, ExprRange), Reported> {
    match ungrouped(expr) {
        Expr::Range(range) => Ok((key, range.clone())),
        other => {
            Err(diag.error(other, "`range` needs a range; write `range = 0..=100`, `range = 0..` or `range = ..100`"))
        }
    }
}

fn list(key: Ident, expr: &Expr, diag: &mut Diag) -> Result<(Ident, Vec<Expr>), Reported> {
    match ungrouped(expr) {
        Expr::Array(list) => Ok((key, list.elems.iter().cloned().collect())),
        other => Err(diag.error(other, "`one_of` needs a list; write `one_of = [\"a\", \"b\"]` or `one_of = [1, 2]`")),
    }
}

fn default(options: &mut Options, diag: &mut Diag) -> Option<(Ident, Option<Expr>)> {
    let entry = options.take("default")?;
    match entry.value {
        Value::None => Some((entry.name, None)),
        Value::Expr(value) => Some((entry.name, Some(value))),
        Value::Group => {
            diag.error(&entry.name, "`default` takes no parentheses; write `default` or `default = value`");
            None
        }
    }
}

fn text_option(options: &mut Options, name: &str, example: &str, diag: &mut Diag) -> Option<(Ident, LitStr)> {
    let (key, expr) = options.expr(name, example, diag)?;
    match text_literal(&expr) {
        Some(text) if text.value().is_empty() && name != "pattern" => {
            diag.error(text, format!("`{name}` is empty; write for instance `{example}`"));
            None
        }
        Some(text) => Some((key, text.clone())),
        None => {
            diag.error(&expr, format!("`{name}` needs a text; write for instance `{example}`"));
            None
        }
    }
}

fn path_option(options: &mut Options, name: &str, diag: &mut Diag) -> Option<(Ident, Path)> {
    let (key, expr) = options.expr(name, &format!("{name} = path"), diag)?;
    path(&expr, name, diag).ok().map(|path| (key, path))
}
