//! Names of fields that belong to a function already: of the builder, or of a packed record.

use syn::ext::IdentExt;

use super::model::{FieldModel, Model};
use crate::diag::Diag;

/// Reports each field that has such a name. Nothing is packed then.
pub(super) fn check(model: &mut Model, diag: &mut Diag) {
    let names: Vec<String> = model.fields.iter().map(|field| field.ident.unraw().to_string()).collect();
    let mut fine = true;
    for (field, name) in model.fields.iter().zip(&names) {
        let (whose, does) = match taken(name, &names).filter(|_| model.packed.is_some()) {
            Some(does) => ("a packed record", does),
            None if ends_the_builder(field) => ("the builder of a record", "ends it".to_owned()),
            None => continue,
        };
        let message = format!(
            "{whose} has a function for each field, but `{name}` already {does}; give the field another name, and keep the one in \
             data with `#[field(rename = \"{}\")]`",
            field.name
        );
        diag.error(&field.ident, message);
        fine = false;
    }
    if !fine {
        model.packed = None;
    }
}

/// Whether the setter of the field would be the function that ends the builder.
pub(super) fn ends_the_builder(field: &FieldModel) -> bool {
    field.ident.unraw() == "build"
}

/// What the function of this name does already in a packed record, beside fields of these names.
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
    use super::taken;

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
