//! What is wrong with the variants of an enum.

use std::collections::HashMap;

use syn::{Fields, ItemEnum};

use super::model::{EnumModel, VariantModel};
use super::syntax::VariantSyntax;
use crate::diag::{Diag, Reported};

/// Every rule about what variants hold; nothing is generated for an enum that breaks one.
pub(super) fn shape(item: &ItemEnum, syntax: &[VariantSyntax], tagged: bool, diag: &mut Diag) -> Result<(), Reported> {
    if item.variants.is_empty() {
        return Err(diag.error(&item.ident, "a record needs at least one variant; write `enum Name { Variant }`"));
    }
    let mut result = Ok(());
    for (variant, syntax) in item.variants.iter().zip(syntax) {
        if let Err(reported) = holds_a_record(variant, tagged, diag) {
            result = Err(reported);
        } else if let (Fields::Unnamed(_), [value]) = (&variant.fields, syntax.fields.as_slice()) {
            let (default, rename) = (&value.rules.default, &value.rules.rename);
            if let Some((default, _)) = default {
                result = Err(diag.error(default, "a value without a name is always there; remove `default`"));
            }
            if let Some(rename) = rename {
                let message = "the name in data is that of the variant; write `#[field(rename = \"..\")]` above it";
                result = Err(diag.error(rename, message));
            }
        }
    }
    result
}

fn holds_a_record(variant: &syn::Variant, tagged: bool, diag: &mut Diag) -> Result<(), Reported> {
    let name = &variant.ident;
    match &variant.fields {
        Fields::Named(fields) if fields.named.is_empty() => {
            Err(diag.error(fields, format!("a variant without fields has no braces; write `{name}`")))
        }
        Fields::Unnamed(fields) if fields.unnamed.is_empty() => {
            Err(diag.error(fields, format!("a variant that holds nothing has no parentheses; write `{name}`")))
        }
        Fields::Unnamed(fields) if fields.unnamed.len() > 1 => {
            let message = format!("several values need names; write `{name} {{ name: Type, .. }}` instead of `(..)`");
            Err(diag.error(fields, message))
        }
        Fields::Unnamed(fields) if tagged => {
            let message =
                format!("beside a tag stand named fields; write `{name} {{ name: Type, .. }}`, or leave out `tag`");
            Err(diag.error(fields, message))
        }
        _ => Ok(()),
    }
}

/// Every rule about the names of variants.
pub(super) fn check(model: &mut EnumModel, diag: &mut Diag) {
    names_differ(&model.variants, diag);
    tag_is_no_field(model, diag);
}

fn names_differ(variants: &[VariantModel], diag: &mut Diag) {
    let mut seen: HashMap<&str, &VariantModel> = HashMap::new();
    for variant in variants {
        let Some(other) = seen.insert(&variant.name, variant) else { continue };
        let message = format!(
            "`{}` is already the name of the variant `{}`; rename one to another name",
            variant.name, other.ident
        );
        match variant.rename.as_ref().or(other.rename.as_ref()) {
            Some(rename) => diag.error(rename, message),
            // By `rename_all`: two variants of one name are for the compiler to report.
            None if variant.ident != other.ident => diag.error(&variant.ident, message),
            None => continue,
        };
    }
}

fn tag_is_no_field(model: &mut EnumModel, diag: &mut Diag) {
    let Some(tag) = &model.tag else { return };
    let name = tag.value();
    let fields = model.variants.iter().flat_map(|variant| &variant.model.fields);
    for field in fields.filter(|field| field.name == name) {
        let message = format!("`{name}` is the tag of the enum; give the field another name");
        match &field.rules.rename {
            Some(rename) => diag.error(rename, message),
            None => diag.error(&field.ident, message),
        };
    }
}
