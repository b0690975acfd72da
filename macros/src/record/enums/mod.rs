//! `#[record]` on an enum: the fields of each variant are as those of a struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemEnum;

use super::expand::enums as code;
use super::syntax::RecordOptions;
use super::{check as fields, shape};
use crate::diag::Diag;

mod check;
mod model;
mod syntax;

pub(super) use model::{Column, EnumModel, Holds, VariantModel};

/// The enum as it was written, with what `#[record]` adds.
pub(super) fn expand(mut item: ItemEnum, options: RecordOptions, diag: &mut Diag) -> TokenStream {
    let variants = syntax::variants(&mut item, diag);
    shape::without_serde(&mut item.attrs, diag);
    let shaped = shape::check_enum(&item, diag);
    let shaped = check::shape(&item, &variants, options.tag.is_some(), diag).and(shaped);
    let code = shaped.map(|()| {
        let mut model = EnumModel::new(item.clone(), options, variants);
        check::check(&mut model, diag);
        for variant in &mut model.variants {
            fields::check(&mut variant.model, diag);
        }
        code::expand(&model)
    });
    let code = code.unwrap_or_default();
    quote!(#item #code)
}
