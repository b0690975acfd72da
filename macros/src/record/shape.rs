//! Which items can be records.

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Field, Fields, GenericParam, Generics, Item, ItemEnum, ItemStruct, Lifetime, Token};

use crate::diag::{Diag, Reported};
use crate::text;

/// A struct with named fields, at most one lifetime and no other parameters.
pub(super) fn check(item: &ItemStruct, diag: &mut Diag) -> Result<(), Reported> {
    let fields = fields(item, diag);
    let statics = statics(item.fields.iter(), diag);
    let generics = generics(&item.generics, diag);
    fields.and(statics).and(generics)
}

/// At most one lifetime and no other parameters; what the variants hold is checked with them.
pub(super) fn check_enum(item: &ItemEnum, diag: &mut Diag) -> Result<(), Reported> {
    let statics = statics(item.variants.iter().flat_map(|variant| &variant.fields), diag);
    let generics = generics(&item.generics, diag);
    statics.and(generics)
}

fn fields(item: &ItemStruct, diag: &mut Diag) -> Result<(), Reported> {
    match &item.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(()),
        Fields::Named(_) | Fields::Unit => {
            Err(diag.error(&item.ident, "a record needs at least one field; write `struct Name { field: Type }`"))
        }
        Fields::Unnamed(fields) => {
            Err(diag.error(fields, "the fields of a record have names; write `{ name: Type, .. }` instead of `(..)`"))
        }
    }
}

/// What is read from data borrows from the data, which is not there for ever.
fn statics<'f>(fields: impl Iterator<Item = &'f Field>, diag: &mut Diag) -> Result<(), Reported> {
    let mut result = Ok(());
    for field in fields {
        let mut found = Statics(Vec::new());
        found.visit_type(&field.ty);
        for lifetime in found.0 {
            let message = "a record that is read from data cannot borrow for `'static`; write `String`, or `'a` after giving the struct a \
                 lifetime `<'a>`";
            result = Err(diag.error(lifetime, message));
        }
    }
    result
}

/// The `'static`s of borrowed texts in a type: `&'static str`, `Cow<'static, str>`.
struct Statics<'t>(Vec<&'t Lifetime>);

impl<'t> Visit<'t> for Statics<'t> {
    fn visit_lifetime(&mut self, lifetime: &'t Lifetime) {
        if lifetime.ident == "static" {
            self.0.push(lifetime);
        }
    }

    // A bound such as `dyn Rule + 'static` borrows nothing.
    fn visit_type_trait_object(&mut self, _object: &'t syn::TypeTraitObject) {}
}

fn generics(generics: &Generics, diag: &mut Diag) -> Result<(), Reported> {
    let mut result = Ok(());
    for param in &generics.params {
        if let GenericParam::Type(_) | GenericParam::Const(_) = param {
            let name = match param {
                GenericParam::Type(param) => &param.ident,
                GenericParam::Const(param) => &param.ident,
                GenericParam::Lifetime(param) => &param.lifetime.ident,
            };
            result = Err(diag.error(
                param,
                format!("a record has no type parameters, as its schema is a constant; write the type in the place of `{name}`"),
            ));
        }
    }
    let mut lifetimes = generics.lifetimes();
    if let Some(first) = lifetimes.next() {
        for second in lifetimes {
            let message = format!(
                "a record borrows from one place, so it has one lifetime; write `{}` instead of `{}`",
                first.lifetime, second.lifetime
            );
            result = Err(diag.error(&second.lifetime, message));
        }
        if first.colon_token.is_some() {
            result =
                Err(diag.error(first, format!("the lifetime of a record has no bounds; write `{}`", first.lifetime)));
        }
    }
    if let Some(clause) = &generics.where_clause {
        result = Err(diag.error(clause, "a record has no `where`, as it has no type parameters; remove it"));
    }
    result
}

/// Takes off what would clash with the impls that `#[record]` writes: serde's derives and its attribute.
pub(super) fn without_serde(attrs: &mut Vec<Attribute>, diag: &mut Diag) {
    attrs.retain(|attr| {
        let is_serde = attr.path().is_ident("serde");
        if is_serde {
            diag.error(
                attr.path(),
                "`#[record]` writes the serde impls; say it with `#[record(..)]` and `#[field(..)]`, and remove `#[serde(..)]`",
            );
        }
        !is_serde
    });
    for attr in attrs {
        if attr.path().is_ident("derive")
            && let Ok(paths) = attr.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)
        {
            let kept: Vec<syn::Path> = paths.into_iter().filter(|path| !clashes(path, diag)).collect();
            *attr = syn::parse_quote!(#[derive(#(#kept),*)]);
        }
    }
}

fn clashes(path: &syn::Path, diag: &mut Diag) -> bool {
    let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let clashes = matches!(name.as_str(), "Serialize" | "Deserialize");
    if clashes {
        diag.error(path, format!("`#[record]` already writes `{name}`; remove it from `derive`"));
    }
    clashes
}

/// Says what to write instead.
pub(super) fn not_a_record(item: &Item, diag: &mut Diag) -> Reported {
    match item {
        Item::Union(item) => diag.error(item.union_token, "a record is a struct with named fields; write `struct`"),
        other => {
            let first = quote::ToTokens::to_token_stream(other).into_iter().next();
            diag.error(first, format!("`#[record]` stands on a struct or an enum, not on `{}`", start(other)))
        }
    }
}

/// The first words of an item, to name it by.
fn start(item: &Item) -> String {
    text::text(item).split(['(', '{', ';', '=']).next().unwrap_or_default().trim().to_owned()
}
