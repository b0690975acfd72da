//! What a record means: kinds of fields, and rules that are known to apply.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, GenericArgument, Lifetime, LitInt, PathArguments, PathSegment, Type, TypePath, Visibility};

use super::literal::Decimal;
use super::packed::Packed;
use super::syntax::{FieldSyntax, RecordOptions, Rules, Syntax, ungrouped};
use crate::text;

/// A record that can be expanded.
pub(crate) struct Model {
    /// The path of what generated code calls: `::millstream::__private`.
    pub(crate) rt: TokenStream,
    pub(crate) ident: Ident,
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) docs: String,
    pub(crate) check: Option<syn::Path>,
    pub(crate) ignore_extra: bool,
    pub(crate) max_size: Option<LitInt>,
    /// What is known of the struct where its fields are laid out anew.
    pub(crate) packed: Option<Packed>,
    pub(crate) fields: Vec<FieldModel>,
    /// The name of the static that holds its schema.
    pub(crate) schema: Ident,
}

/// One field.
pub(crate) struct FieldModel {
    pub(crate) ident: Ident,
    /// Where it stands among fields of the same name: the variant, for the field of an enum.
    pub(crate) of: Option<Ident>,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
    pub(crate) attrs: Vec<syn::Attribute>,
    pub(crate) docs: String,
    /// What it is called in data.
    pub(crate) name: String,
    pub(crate) event_time: Option<syn::Path>,
    pub(crate) key: Option<syn::Path>,
    /// Where it says for how long the record is stale.
    pub(crate) stale: Option<syn::Path>,
    pub(crate) rules: Rules,
}

/// What a type is, as far as its tokens say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Int,
    Single,
    Double,
    Bool,
    Char,
    /// `&str`
    Str,
    /// `String`, `Box<str>`, `Short`, `Symbol`: made from a literal by `From`.
    OwnedText,
    /// `Cow<'_, str>`
    CowText,
    Timestamp,
    CivilTime,
    /// The exact number, where the feature says that there is one.
    Decimal,
    Option(Box<Kind>),
    List(Box<Kind>),
    /// A type of the user's own, or an alias.
    Unknown,
}

impl Kind {
    /// The kind of a type.
    pub(crate) fn of(ty: &Type) -> Self {
        match ty {
            Type::Group(group) => Kind::of(&group.elem),
            Type::Paren(paren) => Kind::of(&paren.elem),
            Type::Reference(reference) => match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => Kind::Str,
                Type::Slice(slice) => Kind::List(Box::new(Kind::of(&slice.elem))),
                _ => Kind::Unknown,
            },
            Type::Path(path) if path.qself.is_none() => Kind::of_path(path),
            _ => Kind::Unknown,
        }
    }

    fn of_path(path: &TypePath) -> Self {
        let Some(last) = path.path.segments.last() else { return Kind::Unknown };
        let name = last.ident.to_string();
        match (name.as_str(), types_in(last).as_slice()) {
            ("Option", [inner]) => Kind::Option(Box::new(Kind::of(inner))),
            ("Vec", [inner]) => Kind::List(Box::new(Kind::of(inner))),
            ("Cow", [inner]) if text::text(inner) == "str" => Kind::CowText,
            ("Box", [inner]) if text::text(inner) == "str" => Kind::OwnedText,
            ("String" | "Short" | "Symbol", []) => Kind::OwnedText,
            ("Timestamp", []) => Kind::Timestamp,
            ("CivilTime", []) => Kind::CivilTime,
            ("Decimal", []) if cfg!(feature = "decimal") => Kind::Decimal,
            ("f32", []) => Kind::Single,
            ("f64", []) => Kind::Double,
            ("bool", []) => Kind::Bool,
            ("char", []) => Kind::Char,
            ("u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize", []) => {
                Kind::Int
            }
            _ => Kind::Unknown,
        }
    }

    /// What is left without `Option` and `Vec` around it.
    pub(crate) fn leaf(&self) -> &Kind {
        match self {
            Kind::Option(inner) | Kind::List(inner) => inner.leaf(),
            leaf => leaf,
        }
    }

    /// What is left without `Option` around it.
    pub(crate) fn value(&self) -> &Kind {
        match self {
            Kind::Option(inner) => inner.value(),
            value => value,
        }
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Kind::Single | Kind::Double)
    }

    pub(crate) fn is_number(&self) -> bool {
        self.is_float() || matches!(self, Kind::Int | Kind::Decimal)
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Kind::Str | Kind::OwnedText | Kind::CowText)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        *self == Kind::Unknown
    }
}

/// The types in the brackets behind a name.
fn types_in(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(args) => {
            let types = args.args.iter().filter_map(|arg| match arg {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}

/// `Option<Duration>`, by whatever paths.
fn is_optional_duration(ty: &Type) -> bool {
    let last = |ty: &'_ Type| match ty {
        Type::Path(path) => path.path.segments.last().cloned(),
        _ => None,
    };
    last(ty).is_some_and(|option| {
        let inner: Vec<_> = types_in(&option).into_iter().filter_map(last).collect();
        option.ident == "Option" && matches!(inner.as_slice(), [inner] if inner.ident == "Duration")
    })
}

impl FieldModel {
    /// Whether serde's own impl would lose something: an `f32` that overflows, a `Cow` that never borrows.
    pub(crate) fn needs_exact(&self) -> bool {
        matches!(self.kind.leaf(), Kind::Single | Kind::CowText | Kind::Decimal)
    }

    /// Whether what serde writes for it is not for us to say.
    pub(crate) fn needs_writer(&self) -> bool {
        *self.kind.leaf() == Kind::Decimal
    }

    /// Whether it is `#[stale]`, and of the type that this needs.
    pub(crate) fn is_age(&self) -> bool {
        self.stale.is_some() && is_optional_duration(&self.ty)
    }

    /// Whether the field may be missing.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.kind, Kind::Option(_)) || self.rules.default.is_some()
    }

    /// The default as an expression of the field's type.
    pub(crate) fn default(&self, rt: &TokenStream) -> Option<TokenStream> {
        let (_, value) = self.rules.default.as_ref()?;
        let Some(value) = value else { return Some(quote!(#rt::core::default::Default::default())) };
        let is_text = matches!(ungrouped(value), Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(_), .. }));
        Some(match &self.kind {
            Kind::OwnedText | Kind::CowText if is_text => quote!(#rt::core::convert::From::from(#value)),
            kind if kind.is_float() => {
                let value = as_float(value);
                quote!(#value)
            }
            Kind::Decimal => as_decimal(value, rt),
            _ => quote!(#value),
        })
    }
}

/// A literal as the exact number that its digits say; anything else as it is.
pub(crate) fn as_decimal(expr: &Expr, rt: &TokenStream) -> TokenStream {
    let Some(decimal) = Decimal::of(expr) else { return quote!(#expr) };
    let (low, middle, high, negative, scale) = decimal.parts();
    let call = quote!(#rt::record::decimal(#low, #middle, #high, #negative, #scale));
    quote::quote_spanned!(proc_macro2::Span::mixed_site().located_at(syn::spanned::Spanned::span(expr))=> #call)
}

/// `5` as `5.0`, also behind a minus; anything else as it is.
pub(crate) fn as_float(expr: &Expr) -> Expr {
    match expr {
        Expr::Lit(syn::ExprLit { attrs, lit: syn::Lit::Int(int) }) if int.suffix().is_empty() => {
            let lit = syn::LitFloat::new(&format!("{}.0", int.base10_digits()), int.span());
            Expr::Lit(syn::ExprLit { attrs: attrs.clone(), lit: syn::Lit::Float(lit) })
        }
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            Expr::Unary(syn::ExprUnary { expr: Box::new(as_float(&unary.expr)), ..unary.clone() })
        }
        Expr::Group(group) => as_float(&group.expr),
        other => other.clone(),
    }
}

impl Model {
    /// The model of what was written.
    pub(crate) fn new(syntax: Syntax) -> Self {
        let Syntax { item, options, fields } = syntax;
        let packed = options.packed.is_some().then(|| Packed::of(&item));
        let lifetime = item.generics.lifetimes().next().map(|param| param.lifetime.clone());
        let fields = fields.into_iter().map(|syntax| field(syntax, None)).collect();
        let mut model = Model {
            packed,
            fields,
            ..Model::of_nothing(item.ident, item.vis, lifetime, text::docs(&item.attrs), options)
        };
        let rt = &model.rt;
        for field in model.fields.iter_mut().filter(|field| field.is_age()) {
            let seconds = || (syn::parse_quote!(with), syn::parse_quote!(#rt::record::seconds));
            field.rules.with.get_or_insert_with(seconds);
        }
        model
    }

    /// The model without its fields.
    pub(super) fn of_nothing(
        ident: Ident,
        vis: Visibility,
        lifetime: Option<Lifetime>,
        docs: String,
        options: RecordOptions,
    ) -> Self {
        Model {
            rt: crate::paths::runtime(options.krate.as_ref()),
            name: ident.to_string(),
            ident,
            vis,
            lifetime,
            docs,
            check: options.check,
            ignore_extra: options.ignore_extra,
            max_size: options.max_size,
            packed: None,
            fields: Vec::new(),
            schema: crate::names::schema(None),
        }
    }

    /// The type with this lifetime in the place of its own, if it has one.
    pub(crate) fn ty(&self, lifetime: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        let lifetime = self.lifetime.iter().map(|_| lifetime);
        quote!(#ident #(<#lifetime>)*)
    }

    /// The lifetime that borrowed data has: the record's own, or `'__data`.
    pub(crate) fn data_lifetime(&self) -> Lifetime {
        self.lifetime.clone().unwrap_or_else(|| Lifetime::new("'__data", proc_macro2::Span::call_site()))
    }
}

/// A field of a struct, or of the variant `of`.
pub(super) fn field(syntax: FieldSyntax, of: Option<&Ident>) -> FieldModel {
    let FieldSyntax { ident, vis, ty, attrs, docs, event_time, key, stale, rules } = syntax;
    let plain = ident.to_string();
    let name = match &rules.rename {
        Some(rename) => rename.value(),
        None => plain.strip_prefix("r#").map(str::to_owned).unwrap_or(plain),
    };
    FieldModel {
        kind: Kind::of(&ty),
        of: of.cloned(),
        ident,
        vis,
        ty,
        attrs,
        docs,
        name,
        event_time,
        key,
        stale,
        rules,
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_are_read_off_the_tokens() {
        let kind = |text: &str| syn::parse_str(text).map(|ty| Kind::of(&ty)).unwrap();
        assert_eq!(kind("&'a str"), Kind::Str);
        assert_eq!(kind("std::borrow::Cow<'a, str>"), Kind::CowText);
        assert_eq!(kind("Option<Vec<f32>>"), Kind::Option(Box::new(Kind::List(Box::new(Kind::Single)))));
        assert_eq!(kind("Option<Vec<f32>>").leaf(), &Kind::Single);
        assert_eq!(kind("millstream::record::Timestamp"), Kind::Timestamp);
        assert_eq!(kind("Meters"), Kind::Unknown);
    }
}
