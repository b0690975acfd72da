//! `#[record]`: a struct or an enum that knows its schema, checks itself and reads itself from rows and JSON.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Item;

use crate::diag::Diag;

mod check;
mod enums;
mod expand;
mod literal;
mod model;
mod packed;
mod shape;
mod syntax;
mod taken;

/// The item as it was written, with what `#[record]` adds. After a mistake only the rules that are wrong are left out, so
/// that one mistake is one message.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::default();
    let generated = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(mut item)) => {
            let options = syntax::struct_options(options, &mut diag);
            let fields = syntax::fields(&mut item, &mut diag);
            shape::without_serde(&mut item.attrs, &mut diag);
            match shape::check(&item, &mut diag) {
                Ok(()) => {
                    let mut model = model::Model::new(syntax::Syntax { item: item.clone(), options, fields });
                    check::check(&mut model, &mut diag);
                    packed::check(&mut model, &mut diag);
                    taken::check(&mut model, &mut diag);
                    let (item, code) = (expand::item(&item, &model), expand::expand(&model));
                    quote!(#item #code)
                }
                Err(_) => quote!(#item),
            }
        }
        Ok(Item::Enum(item)) => {
            let options = syntax::enum_options(options, &mut diag);
            enums::expand(item, options, &mut diag)
        }
        Ok(other) => {
            // The options of what can be no record are of no interest.
            shape::not_a_record(&other, &mut diag);
            quote!(#other)
        }
        Err(error) => {
            diag.push(error);
            item
        }
    };
    let errors = diag.into_tokens();
    quote!(#generated #errors)
}
