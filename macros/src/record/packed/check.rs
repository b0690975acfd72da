//! What a packed record cannot be.

use syn::ext::IdentExt;

use super::super::model::Model;
use super::model::KNOWN;
use crate::diag::{Diag, listed};
use crate::text;

/// Every rule about packed records, in reading order.
pub(crate) fn check(model: &mut Model, diag: &mut Diag) {
    derives_are_known(model, diag);
    layout_is_ours(model, diag);
    accessors_have_names_of_their_own(model, diag);
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

/// A field whose accessor has the name of another function of the record. Nothing is packed then.
fn accessors_have_names_of_their_own(model: &mut Model, diag: &mut Diag) {
    if model.packed.is_none() {
        return;
    }
    let names: Vec<String> = model.fields.iter().map(|field| field.ident.unraw().to_string()).collect();
    let mut fine = true;
    for (field, name) in model.fields.iter().zip(&names) {
        let Some(taken) = taken(name, &names) else { continue };
        let message = format!(
            "a packed record has a function for each field, but `{name}` already {taken}; give the field another name, and keep \
             the one in data with `#[field(rename = \"{}\")]`",
            field.name
        );
        diag.error(&field.ident, message);
        fine = false;
    }
    if !fine {
        model.packed = None;
    }
}

/// What the function of this name does already, beside fields of these names.
fn taken(name: &str, fields: &[String]) -> Option<String> {
    match name {
        "builder" => Some("starts the builder".to_owned()),
        "validate" => Some("checks the record".to_owned()),
        _ => {
            let set = name.strip_prefix("set_").filter(|set| fields.iter().any(|field| field == set))?;
            Some(format!("sets `{set}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Model;
    use super::super::super::syntax::{self, Syntax};
    use super::{check, taken};
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

    #[test]
    fn a_function_is_taken_by_what_it_does() {
        let fields = ["set_x", "set_set_x", "set_set_set_x", "set", "set_y"].map(str::to_owned);
        let taken = |name| taken(name, &fields);
        assert_eq!(taken("set_set_x").as_deref(), Some("sets `set_x`"));
        assert_eq!(taken("set_set_set_x").as_deref(), Some("sets `set_set_x`"));
        assert_eq!(taken("builder").as_deref(), Some("starts the builder"));
        assert_eq!(taken("validate").as_deref(), Some("checks the record"));
        assert!(["set_x", "set", "set_y", "validated"].into_iter().all(|name| taken(name).is_none()));
    }
}
