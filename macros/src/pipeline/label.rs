//! What the report calls an element.

use syn::Expr;

use super::syntax::{Element, Kind};
use crate::text::text;

/// What the report calls an element that was given no name.
pub(super) fn label(element: &Element) -> String {
    match &element.kind {
        Kind::Value(expr) => format!("{{{}}}", label_of_value(expr)),
        _ => element.name.rsplit("::").next().unwrap_or("").trim().to_owned(),
    }
}

/// The name of a value from outside, or of the function that its expression starts with.
fn label_of_value(expr: &Expr) -> String {
    let name =
        |path: &syn::Path| path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
    match expr {
        Expr::Path(path) => name(&path.path),
        Expr::Struct(literal) => name(&literal.path),
        Expr::Macro(call) => format!("{}!(..)", name(&call.mac.path)),
        Expr::Field(field) => format!("{}.{}", label_of_value(&field.base), text(&field.member)),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => format!("{}(..)", name(&path.path)),
            _ => "..".to_owned(),
        },
        Expr::MethodCall(call) => label_of_value(&call.receiver),
        Expr::Try(attempt) => label_of_value(&attempt.expr),
        Expr::Reference(reference) => label_of_value(&reference.expr),
        Expr::Paren(paren) => label_of_value(&paren.expr),
        Expr::Group(group) => label_of_value(&group.expr),
        _ => "..".to_owned(),
    }
}
