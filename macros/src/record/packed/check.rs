//! What a packed record cannot be.

use std::collections::HashSet;

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
    let setters: HashSet<String> = names.iter().map(|name| format!("set_{name}")).collect();
    let mut fine = true;
    for (field, name) in model.fields.iter().zip(&names) {
        let taken = if name == "builder" {
            "starts the builder".to_owned()
        } else if setters.contains(name) {
            format!("sets `{}`", name.trim_start_matches("set_"))
        } else {
            continue;
        };
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
