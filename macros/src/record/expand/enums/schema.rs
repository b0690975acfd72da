//! The schemas of an enum: one for each variant, and one for all.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::super::enums::{Column, EnumModel, Holds, VariantModel};
use super::super::schema::{constant, constant_of, constraints, one, record};
use super::super::{layout, rec};
use crate::text;

pub(super) fn expand(model: &EnumModel) -> TokenStream {
    let (base, rec) = (&model.base, rec(&model.base));
    let schemas = model.variants.iter().map(|variant| constant(&variant.model));
    let variants = model.variants.iter().map(|variant| one_variant(variant, &rec));
    let columns = model.tag.iter().map(|tag| {
        let names = model.variants.iter().map(|variant| format!("{:?}", variant.name));
        let enum_name = &base.name;
        quote!(#rec::Field::new(#tag, #tag, #enum_name, "").constraints(&[#rec::Constraint::OneOf(&[#(#names),*])]))
    });
    let rest = model.columns();
    let rest = rest.iter().filter(|_| model.tag.is_some()).map(|column| merged(model, column, &rec));
    let fields: Vec<TokenStream> = columns.chain(rest).collect();
    let rt = &base.rt;
    let tag = match &model.tag {
        Some(tag) => quote!(#rt::core::option::Option::Some(#tag)),
        None => quote!(#rt::core::option::Option::None),
    };
    let own = constant_of(base, &fields, &quote!(.variants(&[#(#variants),*], #tag)));
    let record = record(base, &layout::of_enum(model));
    quote! {
        #(#schemas)*
        #own
        #record
    }
}

/// `Variant::new("card", "Card", "", Holds::Fields, __RECORD_Card.fields)`.
fn one_variant(variant: &VariantModel, rec: &TokenStream) -> TokenStream {
    let VariantModel { name, docs, holds, model, .. } = variant;
    let ident = variant.ident.to_string();
    let schema = &model.schema;
    let holds = match holds {
        Holds::Nothing => quote!(Nothing),
        Holds::Value => quote!(Value),
        Holds::Fields => quote!(Fields),
    };
    quote!(#rec::Variant::new(#name, #ident, #docs, #rec::Holds::#holds, #schema.fields))
}

/// The field of a column: what the fields of its name have in common.
fn merged(model: &EnumModel, column: &Column<'_>, rec: &TokenStream) -> TokenStream {
    let Some(((_, first), others)) = column.fields.split_first() else { return TokenStream::new() };
    let mut field = one(first, rec);
    let rules = |field| constraints(field, rec).iter().map(ToString::to_string).collect::<Vec<_>>();
    if others.iter().any(|(_, other)| rules(other) != rules(first)) {
        field.extend(quote!(.constraints(&[])));
    }
    let mut types = vec![text::text(&first.ty)];
    for (_, other) in others {
        let ty = text::text(&other.ty);
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
    if types.len() > 1 {
        let types = types.join(" or ");
        field.extend(quote!(.typed(#types)));
    }
    if column.fields.len() < model.variants.len() || others.iter().any(|(_, other)| other.is_optional()) {
        field.extend(quote!(.optional()));
    }
    if others.iter().any(|(_, other)| other.rules.secret.is_some()) {
        field.extend(quote!(.secret()));
    }
    field
}
