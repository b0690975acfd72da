//! What an enum means: its variants, each with the model of its fields.

use proc_macro2::Ident;
use syn::visit::Visit;
use syn::{Fields, ItemEnum, Lifetime, LitStr, Variant};

use super::super::model::{FieldModel, Model, field};
use super::super::syntax::{Case, RecordOptions};
use super::syntax::VariantSyntax;
use crate::names;
use crate::text;

/// An enum that can be expanded.
pub(in super::super) struct EnumModel {
    /// The enum as a record that has no fields of its own.
    pub(in super::super) base: Model,
    pub(in super::super) tag: Option<LitStr>,
    pub(in super::super) variants: Vec<VariantModel>,
}

/// One variant.
pub(in super::super) struct VariantModel {
    pub(in super::super) ident: Ident,
    /// What it is called in data.
    pub(in super::super) name: String,
    pub(in super::super) rename: Option<LitStr>,
    pub(in super::super) docs: String,
    pub(in super::super) holds: Holds,
    /// A struct of its fields.
    pub(in super::super) model: Model,
}

/// What a variant holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Holds {
    Nothing,
    Value,
    Fields,
}

/// A column of a row: the fields of this name, with the numbers of their variants.
pub(in super::super) struct Column<'m> {
    pub(in super::super) name: &'m str,
    pub(in super::super) fields: Vec<(usize, &'m FieldModel)>,
}

impl EnumModel {
    /// The model of what was written.
    pub(super) fn new(item: ItemEnum, options: RecordOptions, variants: Vec<VariantSyntax>) -> Self {
        let (tag, case) = (options.tag.clone(), options.rename_all);
        let lifetime = item.generics.lifetimes().next().map(|param| param.lifetime.clone());
        let docs = text::docs(&item.attrs);
        let base = Model::of_nothing(item.ident, item.vis, lifetime, docs, options);
        let variants = item.variants.iter().zip(variants);
        let variants = variants.map(|(item, syntax)| variant(&base, item, syntax, case.as_ref())).collect();
        EnumModel { base, tag, variants }
    }

    /// Whether no variant holds anything.
    pub(in super::super) fn is_plain(&self) -> bool {
        self.variants.iter().all(|variant| variant.holds == Holds::Nothing)
    }

    /// The fields of all variants, each name once, in the order in which they are written.
    pub(in super::super) fn columns(&self) -> Vec<Column<'_>> {
        let mut columns: Vec<Column<'_>> = Vec::new();
        for (number, variant) in self.variants.iter().enumerate() {
            for field in &variant.model.fields {
                match columns.iter_mut().find(|column| column.name == field.name) {
                    Some(column) => column.fields.push((number, field)),
                    None => columns.push(Column { name: &field.name, fields: vec![(number, field)] }),
                }
            }
        }
        columns
    }
}

fn variant(base: &Model, item: &Variant, syntax: VariantSyntax, case: Option<&Case>) -> VariantModel {
    let VariantSyntax { ident, docs, rename, fields } = syntax;
    let plain = ident.to_string();
    let plain = plain.strip_prefix("r#").unwrap_or(&plain);
    let name = match (&rename, case) {
        (Some(rename), _) => rename.value(),
        (None, Some(case)) => case.apply(plain),
        (None, None) => plain.to_owned(),
    };
    let holds = match &item.fields {
        Fields::Unit => Holds::Nothing,
        Fields::Unnamed(_) => Holds::Value,
        Fields::Named(_) => Holds::Fields,
    };
    let mut fields: Vec<FieldModel> = fields.into_iter().map(|syntax| field(syntax, Some(&ident))).collect();
    if holds == Holds::Value {
        // In data a value that has no name stands under that of its variant.
        for field in &mut fields {
            field.name.clone_from(&name);
        }
    }
    let borrows = holds == Holds::Value || item.fields.iter().any(|field| mentions(&field.ty, base.lifetime.as_ref()));
    let model = Model {
        rt: base.rt.clone(),
        ident: names::fields_of(&ident),
        name: format!("{}::{plain}", base.name),
        vis: syn::Visibility::Inherited,
        lifetime: base.lifetime.clone().filter(|_| borrows),
        docs: docs.clone(),
        check: None,
        ignore_extra: base.ignore_extra,
        max_size: None,
        packed: None,
        fields,
        schema: names::schema(Some(&ident)),
    };
    VariantModel { ident, name, rename, docs, holds, model }
}

/// Whether the type mentions the lifetime.
fn mentions(ty: &syn::Type, lifetime: Option<&Lifetime>) -> bool {
    struct Search<'l>(&'l Lifetime, bool);
    impl<'t> Visit<'t> for Search<'_> {
        fn visit_lifetime(&mut self, found: &'t Lifetime) {
            self.1 |= found.ident == self.0.ident;
        }
    }
    lifetime.is_some_and(|lifetime| {
        let mut search = Search(lifetime, false);
        search.visit_type(ty);
        search.1
    })
}
