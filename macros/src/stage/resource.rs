//! `#[resource]` on a parameter: `&R`, or `Arc<R>` for a function that keeps it.

use syn::spanned::Spanned;
use syn::{Attribute, Type};

use super::model::{Resource, innermost, named_type_parameter};
use crate::attr::Options;
use crate::diag::{Diag, Reported};
use crate::names;
use crate::signature::{Arg, Lifetimes, bare, behind_arc};
use crate::text::text;

pub(crate) fn read(arg: &Arg, attr: &Attribute, diag: &mut Diag) -> Result<Resource, Reported> {
    let _ = Options::of(attr, diag).done("#[resource]", &[], diag);
    let (ty, shared) = match (&arg.ty, behind_arc(&arg.ty)) {
        (_, Some(ty)) => (bare(ty), true),
        (Type::Reference(reference), None) => {
            let ty = bare(&reference.elem);
            if let Some(token) = &reference.mutability {
                let ty = text(ty);
                return Err(diag.error(
                    token,
                    format!("a resource is shared, so nobody has it alone; write `&Mutex<{ty}>` or `&RefCell<{ty}>`"),
                ));
            }
            if let Some(lifetime) = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident != "_") {
                return Err(diag.error(
                    lifetime,
                    format!("a resource is borrowed for one call; write `&{0}`, or `Arc<{0}>` to keep it", text(ty)),
                ));
            }
            (ty, false)
        }
        (ty, None) => {
            let ty = text(ty);
            return Err(diag.error(&arg.ty, format!("a resource is shared; write `&{ty}`, or `Arc<{ty}>` to keep it")));
        }
    };
    if let Type::ImplTrait(opaque) = innermost(ty) {
        return Err(named_type_parameter(opaque.impl_token.span, diag));
    }
    let borrowed = Lifetimes::left_out(ty).into_iter().chain(Lifetimes::written(ty)).next();
    if let Some(span) = borrowed {
        return Err(diag.error_at(
            span,
            "a resource is found by its type, so it cannot borrow; write an owned type, or give what borrows to a \
             stage as `{expr}`",
        ));
    }
    // The field is named by the caller, who knows the resource's number.
    Ok(Resource { field: names::resource_field(0, None), ty: ty.clone(), shared, span: arg.ty.span() })
}
