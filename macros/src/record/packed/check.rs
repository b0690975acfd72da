//! What a packed record cannot be.

use super::super::model::Model;
use super::model::KNOWN;
use crate::diag::{Diag, listed};
use crate::text;

/// Every rule about packed records, in reading order.
pub(crate) fn check(model: &mut Model, diag: &mut Diag) {
    derives_are_known(model, diag);
    layout_is_ours(model, diag);
}

fn derives_are_known(model: &mut Model, diag: &mut Diag) {
    let Some(packed) = &mut model.packed else { return };
    packed.derives.retain(|derives| {
        if derives.known.is_none() {
            let name = text::text(&derives.path);
            let known = listed(KNOWN.iter().map(|(name, _)| *name));
            let message = format!(
                "a packed record has no fields that `{name}` could be derived from, only {known}; implement `{name}` by hand, with \
                 the accessors"
            );
            diag.error(&derives.path, message);
        }
        derives.known.is_some()
    });
}

fn layout_is_ours(model: &mut Model, diag: &mut Diag) {
    let Some(packed) = &mut model.packed else { return };
    packed.attrs.retain(|attr| {
        let is_repr = attr.path().is_ident("repr");
        if is_repr {
            diag.error(attr.path(), "`packed` lays the fields out anew; remove `#[repr(..)]`, or `packed`");
        }
        !is_repr
    });
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Model;
    use super::super::super::syntax::{self, Syntax};
    use super::check;
    use crate::diag::Diag;

    /// What is said about a packed record, up to the advice.
    fn found(item: &str) -> Vec<String> {
        let mut diag = Diag::default();
        let mut item = syn::parse_str(item).unwrap();
        let options = syntax::struct_options(quote::quote!(packed), &mut diag);
        let fields = syntax::fields(&mut item, &mut diag);
        check(&mut Model::new(Syntax { item, options, fields }), &mut diag);
        let problem = |message: String| message.split([',', ';']).next().unwrap_or_default().to_owned();
        diag.messages().into_iter().map(problem).collect()
    }

    #[test]
    fn a_derive_is_known_by_its_whole_path() {
        let derives =
            "Debug, std::fmt::Debug, ::core::clone::Clone, derive_more::Debug, fmt::Debug, ::derive_more::Eq, ::Hash";
        let refused = ["derive_more::Debug", "fmt::Debug", "::derive_more::Eq", "::Hash"];
        assert_eq!(
            found(&format!("#[derive({derives})] struct R {{ value: u8 }}")),
            refused.map(|path| format!("a packed record has no fields that `{path}` could be derived from"))
        );
    }
}
