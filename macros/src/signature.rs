//! What the signature of a function says: marked parameters, lifetimes, and the shape of what it returns.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Generics, Ident, Lifetime, Pat, PathArguments, PathSegment,
    ReturnType, Signature, Type, TypeParamBound,
};

use crate::names;

/// One parameter of a function, with its marks taken off.
pub(crate) struct Arg {
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    /// `#[state]`, `#[param]` or `#[resource]`, in the order in which they stand.
    pub(crate) marks: Vec<(Ident, Attribute)>,
    pub(crate) docs: String,
}

impl Arg {
    /// The name of the parameter, if it is no pattern.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match &self.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
            _ => None,
        }
    }
}

/// Takes the marks and doc comments off a function's parameters, so that rustc takes the function.
pub(crate) fn take_args(signature: &mut Signature) -> Vec<Arg> {
    let typed = signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    typed
        .map(|typed| {
            let docs = crate::text::docs(&typed.attrs);
            let mut marks = Vec::new();
            typed.attrs.retain(|attr| match attr.path().get_ident() {
                Some(word) if ["state", "param", "resource"].iter().any(|mark| word == mark) => {
                    marks.push((word.clone(), attr.clone()));
                    false
                }
                _ => !attr.path().is_ident("doc"),
            });
            Arg { pat: (*typed.pat).clone(), ty: bare(&typed.ty).clone(), marks, docs }
        })
        .collect()
}

/// A type without the invisible groups of `macro_rules!` and without parentheses.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Whether `name` stands anywhere among the tokens.
pub(crate) fn mentions(tokens: impl ToTokens, name: &Ident) -> bool {
    any(tokens.to_token_stream(), &mut |token, after_tick| {
        !after_tick && matches!(token, TokenTree::Ident(ident) if ident == name)
    })
}

/// The same for an expression: a text in it may mention the name, too, as macros like `format!` read `"{name}"`.
pub(crate) fn refers_to(expr: impl ToTokens, name: &Ident) -> bool {
    let text = name.unraw().to_string();
    any(expr.to_token_stream(), &mut |token, after_tick| match token {
        TokenTree::Ident(ident) => !after_tick && ident == name,
        TokenTree::Literal(literal) => captures(&literal.to_string(), &text),
        _ => false,
    })
}

/// Whether a literal is a text like `"{name}"`, `"{name:?}"` or `"{:name$}"`.
fn captures(literal: &str, name: &str) -> bool {
    literal.match_indices(name).any(|(at, _)| {
        let (before, after) = (&literal[..at], &literal[at + name.len()..]);
        after.starts_with('$') || before.trim_end().ends_with('{') && after.trim_start().starts_with(['}', ':'])
    })
}

/// Whether the lifetime stands anywhere among the tokens.
pub(crate) fn mentions_lifetime(tokens: impl ToTokens, lifetime: &Lifetime) -> bool {
    any(tokens.to_token_stream(), &mut |token, after_tick| {
        after_tick && matches!(token, TokenTree::Ident(ident) if *ident == lifetime.ident)
    })
}

/// Whether what the generic parameter names stands anywhere among the tokens.
pub(crate) fn mentions_param(tokens: impl ToTokens, param: &GenericParam) -> bool {
    match param {
        GenericParam::Lifetime(param) => mentions_lifetime(tokens, &param.lifetime),
        GenericParam::Type(param) => mentions(tokens, &param.ident),
        GenericParam::Const(param) => mentions(tokens, &param.ident),
    }
}

fn any(tokens: TokenStream, holds: &mut impl FnMut(&TokenTree, bool) -> bool) -> bool {
    let mut after_tick = false;
    for token in tokens {
        if holds(&token, after_tick) {
            return true;
        }
        after_tick = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        if let TokenTree::Group(group) = token
            && any(group.stream(), holds)
        {
            return true;
        }
    }
    false
}

/// Whether the type is one of the generic type parameters.
pub(crate) fn is_type_param(ty: &Type, generics: &Generics) -> bool {
    path_ident(ty).is_some_and(|ident| generics.type_params().any(|param| param.ident == *ident))
}

/// The identifier that is the whole type.
pub(crate) fn path_ident(ty: &Type) -> Option<&Ident> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// A type of numbers, or of what is checked like them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primitive {
    Signed,
    Unsigned,
    Float,
    Char,
    Bool,
}

impl Primitive {
    /// What the name of the type says.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let name = path_ident(ty)?.to_string();
        match name.as_str() {
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => Some(Primitive::Signed),
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => Some(Primitive::Unsigned),
            "f32" | "f64" => Some(Primitive::Float),
            "char" => Some(Primitive::Char),
            "bool" => Some(Primitive::Bool),
            _ => None,
        }
    }
}

/// Gives every lifetime that the user left out a name.
#[derive(Default)]
pub(crate) struct Lifetimes {
    pub(crate) named: Vec<Lifetime>,
    /// When set, lifetimes left out get this one and no new name.
    all: Option<Lifetime>,
}

impl Lifetimes {
    /// A new name.
    pub(crate) fn fresh(&mut self, span: Span) -> Lifetime {
        if let Some(lifetime) = &self.all {
            return Lifetime { apostrophe: span, ident: Ident::new(&lifetime.ident.to_string(), span) };
        }
        let lifetime = names::lifetime(self.named.len(), span);
        self.named.push(lifetime.clone());
        lifetime
    }

    /// The type with every lifetime named.
    pub(crate) fn name(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    /// The type with `lifetime` at each place where one was left out.
    pub(crate) fn fill(ty: &Type, lifetime: &Lifetime) -> Type {
        Lifetimes { named: Vec::new(), all: Some(lifetime.clone()) }.name(ty)
    }

    /// The places in a type of the lifetimes that have a name, but for `'static`.
    pub(crate) fn written(ty: &Type) -> Vec<Span> {
        struct Written(Vec<Span>);
        impl VisitMut for Written {
            fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
                if lifetime.ident != "_" && lifetime.ident != "static" {
                    self.0.push(lifetime.span());
                }
            }
            // A `for<'a>` names its own.
            fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
            fn visit_trait_bound_mut(&mut self, bound: &mut syn::TraitBound) {
                if bound.lifetimes.is_none() {
                    visit_mut::visit_trait_bound_mut(self, bound);
                }
            }
        }
        let mut written = Written(Vec::new());
        written.visit_type_mut(&mut ty.clone());
        written.0
    }

    /// The places in a type where a lifetime was left out.
    pub(crate) fn left_out(ty: &Type) -> Vec<Span> {
        let mut lifetimes = Lifetimes::default();
        lifetimes.name(ty);
        lifetimes.named.iter().map(|lifetime| lifetime.apostrophe).collect()
    }
}

impl VisitMut for Lifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.fresh(reference.and_token.span));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.fresh(lifetime.apostrophe);
        }
    }

    // Lifetimes left out in these are the callee's, not ours.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}
}

/// What a function returns.
#[derive(Clone)]
pub(crate) struct Returns {
    pub(crate) shape: Shape,
    /// The type of the error, if the shape stands in a `Result`.
    pub(crate) error: Option<ErrorType>,
    /// The type as it was written.
    pub(crate) written: Option<Type>,
}

/// What a function returns when all goes well.
#[derive(Clone)]
pub(crate) enum Shape {
    /// `()`
    Unit,
    /// `bool`
    Bool,
    /// `Option<U>`
    Maybe(Type),
    /// `impl Iterator<Item = U>`
    Many(Type),
    /// Any other type.
    One(Type),
}

/// The type of an error.
#[derive(Clone)]
pub(crate) enum ErrorType {
    /// `Result<U, E>` says it.
    Written(Type),
    /// An alias `Result<U>` knows it: the alias, with `()` for its `U`.
    Of(Type),
}

impl ErrorType {
    /// The type, where it was written.
    pub(crate) fn written(&self) -> Option<&Type> {
        match self {
            ErrorType::Written(ty) => Some(ty),
            ErrorType::Of(_) => None,
        }
    }
}

impl Returns {
    /// Reads the return type. An `impl` that is no iterator gives its span.
    pub(crate) fn read(output: &ReturnType) -> Result<Self, Span> {
        let ReturnType::Type(_, written) = output else {
            return Ok(Returns { shape: Shape::Unit, error: None, written: None });
        };
        let written = bare(written).clone();
        let (shape, error) = match result(&written) {
            Some((value, error)) => (Shape::read(&value)?, Some(error)),
            None => (Shape::read(&written)?, None),
        };
        Ok(Returns { shape, error, written: Some(written) })
    }

    /// The type of the value, to look for an alias in: the whole return type, or what stands in its `Result`.
    pub(crate) fn value(&self) -> Option<&Type> {
        match &self.shape {
            Shape::One(ty) => Some(ty),
            _ => None,
        }
    }
}

impl Shape {
    fn read(ty: &Type) -> Result<Self, Span> {
        match bare(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Ok(Shape::Unit),
            Type::ImplTrait(opaque) => match opaque.bounds.iter().find_map(item_of_iterator) {
                Some(item) => Ok(Shape::Many(item)),
                None => Err(opaque.impl_token.span),
            },
            ty if path_ident(ty).is_some_and(|ident| ident == "bool") => Ok(Shape::Bool),
            ty => match last_segment(ty).map(|segment| (segment, type_args(segment))) {
                Some((segment, args)) if segment.ident == "Option" && args.len() == 1 => {
                    Ok(Shape::Maybe(args[0].clone()))
                }
                _ => Ok(Shape::One(ty.clone())),
            },
        }
    }

    /// The types in the shape, to see what they mention.
    pub(crate) fn ty(&self) -> Option<&Type> {
        match self {
            Shape::Unit | Shape::Bool => None,
            Shape::Maybe(ty) | Shape::Many(ty) | Shape::One(ty) => Some(ty),
        }
    }

    /// The same shape with its type changed.
    pub(crate) fn map(&self, f: impl FnOnce(&Type) -> Type) -> Shape {
        match self {
            Shape::Unit => Shape::Unit,
            Shape::Bool => Shape::Bool,
            Shape::Maybe(ty) => Shape::Maybe(f(ty)),
            Shape::Many(ty) => Shape::Many(f(ty)),
            Shape::One(ty) => Shape::One(f(ty)),
        }
    }
}

/// `R` of `Arc<R>`.
pub(crate) fn behind_arc(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Arc")?;
    match type_args(segment)[..] {
        [ty] => Some(ty),
        _ => None,
    }
}

/// `U` of `Result<U, E>`; any other type is itself.
pub(crate) fn value_of(ty: &Type) -> &Type {
    match last_segment(ty).filter(|segment| segment.ident == "Result").map(type_args).as_deref() {
        Some([value, ..]) => value,
        _ => bare(ty),
    }
}

/// The error of a type that is written as a `Result`.
pub(crate) fn error_of(ty: &Type) -> Option<ErrorType> {
    result(ty).map(|(_, error)| error)
}

/// `Result<U, E>`, or `Result<U>` behind whatever path: `U`, and what the error is.
fn result(ty: &Type) -> Option<(Type, ErrorType)> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Result")?;
    match type_args(segment)[..] {
        [value, error] => Some((value.clone(), ErrorType::Written(error.clone()))),
        [value] => {
            let mut alias = ty.clone();
            if let Type::Path(path) = &mut alias
                && let Some(PathArguments::AngleBracketed(args)) =
                    path.path.segments.last_mut().map(|segment| &mut segment.arguments)
            {
                for arg in &mut args.args {
                    if let GenericArgument::Type(ty) = arg {
                        *ty = syn::parse_quote!(());
                    }
                }
            }
            Some((value.clone(), ErrorType::Of(alias)))
        }
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

fn type_args(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(args) = &segment.arguments else { return Vec::new() };
    let types = args.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// `U` of `Iterator<Item = U>`, or of another trait that has iterators as its super-trait.
fn item_of_iterator(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let segment = bound.path.segments.last()?;
    let PathArguments::AngleBracketed(args) = &segment.arguments else { return None };
    if !segment.ident.to_string().ends_with("Iterator") {
        return None;
    }
    args.args.iter().find_map(|arg| match arg {
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(assoc.ty.clone()),
        _ => None,
    })
}
