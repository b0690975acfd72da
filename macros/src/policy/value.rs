//! The values of options: times, numbers and ratios are checked where they are literals, and all else is left to rustc.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Lit, UnOp};

use super::duration;
use crate::diag::Diag;
use crate::signature::refers_to;
use crate::stage::ungroup;

/// The code of a value, and whether it is known when the program is compiled.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) tokens: TokenStream,
    pub(crate) constant: bool,
    /// The time, where it is one that is known.
    pub(crate) time: Option<Duration>,
}

impl Value {
    /// An expression as it stands; `names` are those of the arguments, which no constant knows.
    pub(crate) fn any(expr: Expr, names: &[Ident]) -> Self {
        let expr = ungroup(expr);
        let this = Ident::new("self", Span::call_site());
        let constant = is_constant(&expr) && !names.iter().chain([&this]).any(|name| refers_to(&expr, name));
        Value { tokens: expr.into_token_stream(), constant, time: None }
    }

    fn known(tokens: TokenStream) -> Self {
        Value { tokens, constant: true, time: None }
    }
}

/// Whether a constant may be made of the expression.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Closure(_) | Expr::Path(_) => true,
        Expr::Group(group) => is_constant(&group.expr),
        Expr::Paren(paren) => is_constant(&paren.expr),
        Expr::Unary(unary) => !matches!(unary.op, UnOp::Deref(_)) && is_constant(&unary.expr),
        _ => false,
    }
}

/// A number with its sign, where the expression is one.
fn number(expr: &Expr) -> Option<(bool, &Lit)> {
    match expr {
        Expr::Lit(lit) => Some((false, &lit.lit)),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match &*unary.expr {
            Expr::Lit(lit) => Some((true, &lit.lit)),
            _ => None,
        },
        _ => None,
    }
}

/// A time: a text, or an expression of type `Duration`. `none` says whether it may be none at all.
pub(crate) fn time(
    rt: &TokenStream,
    what: &str,
    none: bool,
    expr: Expr,
    names: &[Ident],
    diag: &mut Diag,
) -> Option<Value> {
    let expr = ungroup(expr);
    match number(&expr) {
        Some((false, Lit::Str(text))) => match duration::parse(&text.value()) {
            Ok(time) if time.is_zero() && !none => {
                diag.error(text, format!("{what} is no time at all; write more than `\"{}\"`", text.value()));
                None
            }
            Ok(time) => {
                let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
                let tokens = quote!(#rt::core::time::Duration::new(#seconds, #nanos));
                Some(Value { tokens, constant: true, time: Some(time) })
            }
            Err(message) => {
                diag.error(text, message);
                None
            }
        },
        Some((_, number @ (Lit::Int(_) | Lit::Float(_)))) => {
            let number = number.to_token_stream();
            diag.error(&expr, format!("`{number}` has no unit; write a text like `\"{number}ms\"` or `\"{number}s\"`"));
            None
        }
        _ => Some(Value::any(expr, names)),
    }
}

/// A whole number, of at least `least`; `zero` says what that means to the user.
pub(crate) fn count(name: &str, least: u64, zero: &str, expr: Expr, names: &[Ident], diag: &mut Diag) -> Option<Value> {
    let expr = ungroup(expr);
    match number(&expr) {
        Some((true, _)) => {
            diag.error(&expr, format!("{name} is not negative; write a whole number"));
            None
        }
        Some((false, Lit::Int(number))) => match number.base10_parse::<u64>() {
            Ok(n) if n < least => {
                diag.error(number, format!("{zero}; write `{least}` or more"));
                None
            }
            Ok(n) if n > u64::from(u32::MAX) => {
                diag.error(number, format!("{name} is at most {}", u32::MAX));
                None
            }
            _ => Some(Value::known(number.to_token_stream())),
        },
        Some((false, other)) => {
            diag.error(
                other,
                format!("{name} is a whole number; write `{}`", whole(other).unwrap_or(1).max(least.max(1))),
            );
            None
        }
        None => Some(Value::any(expr, names)),
    }
}

/// The whole number that a text or a fraction comes closest to.
fn whole(lit: &Lit) -> Option<u64> {
    let text = match lit {
        Lit::Str(text) => text.value(),
        Lit::Float(number) => number.base10_digits().to_owned(),
        _ => return None,
    };
    text.trim().split('.').next()?.parse().ok()
}

/// A number for which `holds`, otherwise `message` says what it must be.
pub(crate) fn float(
    message: &str,
    holds: impl Fn(f64) -> bool,
    expr: Expr,
    names: &[Ident],
    diag: &mut Diag,
) -> Option<Value> {
    let expr = ungroup(expr);
    let found = match number(&expr) {
        Some((negative, Lit::Int(number))) => number.base10_parse::<f64>().ok().map(|n| (negative, n)),
        Some((negative, Lit::Float(number))) => number.base10_parse::<f64>().ok().map(|n| (negative, n)),
        Some(_) => {
            diag.error(&expr, message);
            return None;
        }
        None => return Some(Value::any(expr, names)),
    };
    match found.map(|(negative, n)| if negative { -n } else { n }) {
        Some(n) if n.is_finite() && holds(n) => Some(Value::known(quote!(#n))),
        _ => {
            diag.error(&expr, message);
            None
        }
    }
}
