//! What the user wrote on a record, option by option.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, ExprRange, ItemStruct, LitInt, LitStr, Path, Type, Visibility};

use crate::attr::{Options, Value};
use crate::diag::{Diag, Reported, suggestion};
use crate::text;

/// A struct with its options, which are taken off it.
pub(crate) struct Syntax {
    pub(crate) item: ItemStruct,
    pub(crate) options: RecordOptions,
    pub(crate) fields: Vec<FieldSyntax>,
}

/// `#[record(..)]`.
#[derive(Default)]
pub(crate) struct RecordOptions {
    pub(crate) check: Option<Path>,
    pub(crate) ignore_extra: bool,
    pub(crate) max_size: Option<LitInt>,
    /// Whether the fields are laid out anew; only on a struct.
    pub(crate) packed: Option<Ident>,
    pub(crate) krate: Option<Path>,
    /// The field that says which variant it is; only on an enum.
    pub(crate) tag: Option<LitStr>,
    /// How the names of variants are written in data; only on an enum.
    pub(crate) rename_all: Option<Case>,
}

/// One field with what stands on it.
pub(crate) struct FieldSyntax {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// What else stands on it, docs among it.
    pub(crate) attrs: Vec<syn::Attribute>,
    pub(crate) docs: String,
    pub(crate) event_time: Option<Path>,
    pub(crate) key: Option<Path>,
    pub(crate) stale: Option<Path>,
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

const STRUCT_OPTIONS: &[&str] = &["check", "extra", "max_size", "packed", "crate"];
const ENUM_OPTIONS: &[&str] = &["tag", "rename_all", "check", "extra", "max_size", "crate"];
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

/// `#[record(..)]` on a struct.
pub(crate) fn struct_options(tokens: TokenStream, diag: &mut Diag) -> RecordOptions {
    let mut options = Options::parse(tokens, diag);
    if let Some(tag) = options.take("tag") {
        diag.error(&tag.name, "`tag` tells the variants of an enum apart, and a struct has none; remove it");
    }
    if let Some(all) = options.take("rename_all") {
        let message = "`rename_all` is for the variants of an enum; write `#[field(rename = \"..\")]` on a field";
        diag.error(&all.name, message);
    }
    let mut found = common_options(&mut options, diag);
    found.packed = options.flag("packed", diag);
    // Every option was taken or is reported.
    let _ = options.done("record", STRUCT_OPTIONS, diag);
    found
}

/// `#[record(..)]` on an enum.
pub(crate) fn enum_options(tokens: TokenStream, diag: &mut Diag) -> RecordOptions {
    let mut options = Options::parse(tokens, diag);
    if let Some(packed) = options.take("packed") {
        let message = "`packed` lays out the fields of a struct, and rustc already lays the variants of an enum over one another; \
                       remove it, or write it on the structs that they hold";
        diag.error(&packed.name, message);
    }
    let mut found = common_options(&mut options, diag);
    found.tag = text_option(&mut options, "tag", "tag = \"type\"", diag).map(|(_, tag)| tag);
    found.rename_all = text_option(&mut options, "rename_all", "rename_all = \"snake_case\"", diag)
        .and_then(|(_, text)| Case::of(&text, diag).ok());
    // Every option was taken or is reported.
    let _ = options.done("record", ENUM_OPTIONS, diag);
    found
}

fn common_options(options: &mut Options, diag: &mut Diag) -> RecordOptions {
    RecordOptions {
        check: options.expr("check", "check = function", diag).and_then(|(_, expr)| path(&expr, "check", diag).ok()),
        ignore_extra: options.expr("extra", "extra = \"ignore\"", diag).is_some_and(|(_, expr)| extra(&expr, diag)),
        max_size: options.expr("max_size", "max_size = 64", diag).and_then(|(_, expr)| size(&expr, diag).ok()),
        krate: options.expr("crate", "crate = path", diag).and_then(|(_, expr)| path(&expr, "crate", diag).ok()),
        packed: None,
        tag: None,
        rename_all: None,
    }
}

/// How a name is written in data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    upper: bool,
    between: &'static str,
    /// Words after the first begin with a capital: `camelCase`.
    humps: bool,
}

const CASES: &[(&str, Case)] = &[
    ("lowercase", Case { upper: false, between: "", humps: false }),
    ("UPPERCASE", Case { upper: true, between: "", humps: false }),
    ("camelCase", Case { upper: false, between: "", humps: true }),
    ("snake_case", Case { upper: false, between: "_", humps: false }),
    ("SCREAMING_SNAKE_CASE", Case { upper: true, between: "_", humps: false }),
    ("kebab-case", Case { upper: false, between: "-", humps: false }),
];

impl Case {
    fn of(text: &LitStr, diag: &mut Diag) -> Result<Self, Reported> {
        let name = text.value();
        let found = CASES.iter().find(|(known, _)| *known == name);
        found.map(|(_, case)| *case).ok_or_else(|| {
            let known: Vec<&str> = CASES.iter().map(|(known, _)| *known).collect();
            diag.error(text, format!("there is no case `{name}`; {}", suggestion(&name, &known)))
        })
    }

    /// The name of a variant, which begins each of its words with a capital.
    pub(crate) fn apply(self, name: &str) -> String {
        let mut written = String::new();
        for (i, letter) in name.chars().enumerate() {
            let begins = letter.is_uppercase();
            if begins && i > 0 {
                written.push_str(self.between);
            }
            if self.upper || (self.humps && begins && i > 0) {
                written.extend(letter.to_uppercase());
            } else {
                written.extend(letter.to_lowercase());
            }
        }
        written
    }
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
    item.fields.iter_mut().filter_map(|field| field_syntax(field, None, diag)).collect()
}

/// The field, which is called `unnamed` where it has no name.
pub(super) fn field_syntax(field: &mut syn::Field, unnamed: Option<&str>, diag: &mut Diag) -> Option<FieldSyntax> {
    let (mut event_time, mut key, mut stale, mut options) = (None, None, None, TokenStream::new());
    for attr in std::mem::take(&mut field.attrs) {
        match attr.path().get_ident().map(Ident::to_string).as_deref() {
            Some("event_time") => mark(&attr, &mut event_time, diag),
            Some("key") => mark(&attr, &mut key, diag),
            Some("stale") => mark(&attr, &mut stale, diag),
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
    let ident = field.ident.clone().or_else(|| unnamed.map(|name| Ident::new(name, Span::call_site())))?;
    let attrs = field.attrs.clone();
    Some(FieldSyntax {
        ident,
        vis: field.vis.clone(),
        ty: field.ty.clone(),
        attrs,
        docs,
        event_time,
        key,
        stale,
        rules,
    })
}

/// `#[event_time]`, `#[key]`, `#[stale]`: once, and without options.
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
pub(super) fn field_tokens(attr: &syn::Attribute, diag: &mut Diag) -> TokenStream {
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

pub(super) fn text_option(
    options: &mut Options,
    name: &str,
    example: &str,
    diag: &mut Diag,
) -> Option<(Ident, LitStr)> {
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
