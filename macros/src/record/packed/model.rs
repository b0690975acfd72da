//! How each field of a packed record is kept, and what the struct derives.

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, GenericArgument, ItemStruct, Lifetime, Path, PathArguments, Token, Type};

use super::super::model::{FieldModel, Kind};

/// A struct that is packed.
pub(crate) struct Packed {
    /// What stands on it, but for what it derives.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) derives: Vec<Derives>,
}

/// A trait in a `derive`.
pub(crate) struct Derives {
    pub(crate) path: Path,
    /// `None` where it is none that we can write.
    pub(crate) known: Option<Derive>,
}

/// A trait that a packed record can derive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Derive {
    Clone,
    Copy,
    Debug,
    Default,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
}

/// All of them, by name.
pub(super) const KNOWN: &[(&str, Derive)] = &[
    ("Clone", Derive::Clone),
    ("Copy", Derive::Copy),
    ("Debug", Derive::Debug),
    ("Default", Derive::Default),
    ("Eq", Derive::Eq),
    ("Hash", Derive::Hash),
    ("Ord", Derive::Ord),
    ("PartialEq", Derive::PartialEq),
    ("PartialOrd", Derive::PartialOrd),
];

impl Packed {
    /// What stands on the struct.
    pub(crate) fn of(item: &ItemStruct) -> Self {
        let mut packed = Packed { attrs: Vec::new(), derives: Vec::new() };
        for attr in &item.attrs {
            let paths = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
            match paths {
                Ok(paths) if attr.path().is_ident("derive") => packed.derives.extend(paths.into_iter().map(derived)),
                _ => packed.attrs.push(attr.clone()),
            }
        }
        packed
    }
}

fn derived(path: Path) -> Derives {
    let name = name_in_std(&path);
    let known = KNOWN.iter().find(|(known, _)| name.as_deref() == Some(known)).map(|(_, derive)| *derive);
    Derives { path, known }
}

/// The name of a trait of std: `Debug`, `std::fmt::Debug`. What is called the same elsewhere is not the same.
fn name_in_std(path: &Path) -> Option<String> {
    let (first, last) = (path.segments.first()?, path.segments.last()?);
    let is_bare = path.segments.len() == 1 && path.leading_colon.is_none();
    (is_bare || first.ident == "std" || first.ident == "core").then(|| last.ident.to_string())
}

/// How a field is kept.
#[derive(Debug, PartialEq)]
pub(crate) enum Kept {
    /// As in any struct.
    AsIs,
    /// A `bool`: one bit.
    Flag,
    /// An `Option<bool>`: two bits.
    OptionalFlag,
    /// An `Option` of this: bare where the compiler finds that worth it, and a bit that says whether it is there.
    Optional(Box<Type>),
}

impl FieldModel {
    /// How it is kept in a packed record.
    pub(crate) fn kept(&self) -> Kept {
        match (&self.kind, inner(&self.ty)) {
            (Kind::Bool, _) => Kept::Flag,
            (Kind::Option(held), _) if **held == Kind::Bool => Kept::OptionalFlag,
            // The type of a slot that depends on a lifetime would make the record invariant in it. What borrows is a reference most
            // often, of which an `Option` takes no more anyhow.
            (Kind::Option(_), Some(held)) if !borrows(&self.ty) => Kept::Optional(Box::new(held.clone())),
            _ => Kept::AsIs,
        }
    }

    /// Whether its accessor gives it by value: a number, a `bool`, a `char`, a time, a reference, or an `Option` of one.
    pub(crate) fn is_given_by_value(&self) -> bool {
        is_copied(&self.ty, &self.kind)
    }

    /// What the field may hold, if it is an `Option`.
    pub(crate) fn held(&self) -> Option<&Type> {
        matches!(self.kind, Kind::Option(_)).then(|| inner(&self.ty)).flatten()
    }
}

fn is_copied(ty: &Type, kind: &Kind) -> bool {
    match (kind, ty) {
        (_, Type::Group(group)) => is_copied(&group.elem, kind),
        (_, Type::Paren(paren)) => is_copied(&paren.elem, kind),
        (_, Type::Reference(reference)) => reference.mutability.is_none(),
        (Kind::Option(held), ty) => inner(ty).is_some_and(|ty| is_copied(ty, held)),
        (Kind::Timestamp | Kind::CivilTime | Kind::Bool | Kind::Char, _) => true,
        (kind, _) => kind.is_number(),
    }
}

/// The `T` of `Option<T>`.
fn inner(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => inner(&group.elem),
        Type::Paren(paren) => inner(&paren.elem),
        Type::Path(path) => match &path.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(args) => args.args.iter().find_map(|arg| match arg {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the type mentions a lifetime.
fn borrows(ty: &Type) -> bool {
    struct Search(bool);
    impl<'t> Visit<'t> for Search {
        fn visit_lifetime(&mut self, _: &'t Lifetime) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}

#[cfg(test)]
mod tests {
    use super::super::super::model::field;
    use super::super::super::syntax;
    use super::Kept;
    use crate::diag::Diag;

    fn kept(ty: &str) -> (Kept, bool) {
        let mut item = syn::parse_str(&format!("struct R {{ field: {ty} }}")).unwrap();
        let syntax = syntax::fields(&mut item, &mut Diag::default()).remove(0);
        let field = field(syntax, None);
        (field.kept(), field.is_given_by_value())
    }

    #[test]
    fn how_a_field_is_kept_is_read_off_its_type() {
        let optional = |held: &str| Kept::Optional(syn::parse_str(held).unwrap());
        assert_eq!(kept("u8"), (Kept::AsIs, true));
        assert_eq!(kept("String"), (Kept::AsIs, false));
        assert_eq!(kept("&'a [u8]"), (Kept::AsIs, true));
        assert_eq!(kept("bool"), (Kept::Flag, true));
        assert_eq!(kept("std::option::Option<bool>"), (Kept::OptionalFlag, true));
        assert_eq!(kept("Option<Timestamp>"), (optional("Timestamp"), true));
        assert_eq!(kept("Option<Meters>"), (optional("Meters"), false));
        assert_eq!(kept("Option<&'a str>"), (Kept::AsIs, true));
        assert_eq!(kept("Option<Cow<'a, str>>"), (Kept::AsIs, false));
        assert_eq!(kept("Vec<u8>"), (Kept::AsIs, false));
    }
}
