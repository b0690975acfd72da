//! `#[retry]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, Token};

use super::super::model::{Asked, Made, Place};
use super::super::value::Value;
use super::{Reader, known};
use crate::diag::{listed, suggestion};
use crate::stage::ungroup;

const BACKOFF: &str = "backoff = exponential(\"50ms\", max = \"2s\")";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    if let Some((_, with)) = reader.expr("with", "with = RETRY") {
        let others: Vec<&str> = known(reader.written.kind).iter().copied().filter(|name| *name != "with").collect();
        reader.alone("with", &others);
        return Some(Made { asked: Asked::Again, ..reader.policy(&with) });
    }
    let mut constant = true;
    let begin = match reader.expr("backoff", BACKOFF) {
        Some((_, backoff)) => this(backoff, &mut constant, reader),
        None => Some(quote!(#rt::Retry::exponential(#rt::core::time::Duration::from_millis(100)))),
    };
    let mut value = TokenStream::new();
    let mut set = |method: TokenStream, found: Option<Value>| {
        if let Some(Value { tokens, constant: known, .. }) = found {
            constant &= known;
            value.extend(quote!(.#method(#tokens)));
        }
    };
    set(quote!(attempts), reader.count("attempts", 1, "a call has at least one attempt"));
    set(quote!(total), reader.time("total", "total = \"30s\""));
    set(quote!(jitter), jitter(reader));
    set(quote!(when), reader.of_error("when", "when = Error::is_transient"));
    set(quote!(hint), reader.of_error("hint", "hint = Error::retry_after"));
    set(quote!(on_retry), reader.of_error("on_retry", "on_retry = told"));
    let (budget, item) = budget(reader).unzip();
    set(quote!(budget), budget);
    let begin = begin?;
    let value = quote!(#begin #value);
    let place = if constant { Place::Constant } else { Place::Before };
    Some(Made { value, place, asked: Asked::Again, fails: true, item: item.flatten(), ..Made::default() })
}

/// The retry with its backoff.
fn this(backoff: Expr, constant: &mut bool, reader: &mut Reader<'_>) -> Option<TokenStream> {
    let rt = reader.rt();
    match ungroup(backoff) {
        Expr::Call(call) => match named(&call) {
            Some("exponential") => exponential(call, constant, reader),
            Some("constant") => {
                let [delay] = take_args(&call, "constant(\"1s\")", reader)?;
                let delay = reader.time_of("constant", true, delay)?;
                *constant &= delay.constant;
                let delay = delay.tokens;
                Some(quote!(#rt::Retry::constant(#delay)))
            }
            _ => Some(with(Expr::Call(call), constant, reader)),
        },
        Expr::Path(path) if path.path.is_ident("exponential") || path.path.is_ident("constant") => {
            let name = &path.path;
            let name = quote!(#name).to_string();
            reader.error(&path, format!("`{name}` needs its time; write `backoff = {name}(\"50ms\")`"));
            None
        }
        Expr::Lit(literal) => {
            reader.error(
                &literal,
                "a backoff says how it goes on; write `exponential(..)` or `constant(..)` around the time",
            );
            None
        }
        other => Some(with(other, constant, reader)),
    }
}

fn with(backoff: Expr, constant: &mut bool, reader: &Reader<'_>) -> TokenStream {
    let (rt, backoff) = (reader.rt(), Value::any(backoff, &reader.stack.names()));
    *constant &= backoff.constant;
    let backoff = backoff.tokens;
    quote!(#rt::Retry::with(#backoff))
}

fn named(call: &ExprCall) -> Option<&'static str> {
    let Expr::Path(path) = &*call.func else { return None };
    ["exponential", "constant"].into_iter().find(|name| path.path.is_ident(name))
}

/// The one argument of a call.
fn take_args(call: &ExprCall, example: &str, reader: &mut Reader<'_>) -> Option<[Expr; 1]> {
    let args: Vec<Expr> = call.args.iter().cloned().collect();
    <[Expr; 1]>::try_from(args).map_err(|_| reader.error(call, format!("this takes one time; write `{example}`"))).ok()
}

/// `exponential(first, max = .., factor = ..)`.
fn exponential(call: ExprCall, constant: &mut bool, reader: &mut Reader<'_>) -> Option<TokenStream> {
    const OPTIONS: [&str; 2] = ["max", "factor"];
    let (rt, whole) = (reader.rt(), call.func.span());
    let args: Punctuated<Expr, Token![,]> = call.args;
    let (mut first, mut max, mut factor) = (None, None, None);
    let mut ok = true;
    for arg in args {
        let Expr::Assign(option) = arg else {
            if first.is_some() {
                reader.error(&arg, format!("`exponential` takes one time in front; then {}", listed(OPTIONS)));
                ok = false;
            } else {
                first = Some((arg.span(), reader.time_of("exponential", true, arg)));
            }
            continue;
        };
        let name = match &*option.left {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let twice = match name.as_str() {
            "max" => max.replace((option.right.span(), reader.time_of("max", true, *option.right))).is_some(),
            "factor" => {
                let message = "a factor is 1 or more; write `factor = 2.0`";
                factor.replace(reader.float_of(message, |factor| factor >= 1.0, *option.right)).is_some()
            }
            _ => {
                reader.error(
                    &option.left,
                    format!("`exponential` has no option `{name}`; {}", suggestion(&name, &OPTIONS)),
                );
                ok = false;
                false
            }
        };
        if twice {
            reader.error(&option.left, format!("`{name}` is given twice; remove one"));
            ok = false;
        }
    }
    let Some((_, first)) = first else {
        reader.diag.error_at(whole, format!("`exponential` needs the first time; write `{BACKOFF}`"));
        reader.ok = false;
        return None;
    };
    if let (Some(Value { time: Some(first), .. }), Some((at, Some(Value { time: Some(max), .. })))) = (&first, &max)
        && max < first
    {
        let message =
            format!("the most, {max:?}, is below the first time, {first:?}; write a `max` of `{first:?}` or more");
        reader.diag.error_at(*at, message);
        reader.ok = false;
    }
    let (first, max) = (first?, max.map(|(_, max)| max));
    let mut value = {
        let first = &first.tokens;
        quote!(#rt::Retry::exponential(#first))
    };
    *constant &= first.constant;
    for (method, found) in [(quote!(factor), factor), (quote!(max), max)] {
        if let Some(found) = found {
            let Value { tokens, constant: known, .. } = found?;
            *constant &= known;
            value.extend(quote!(.#method(#tokens)));
        }
    }
    ok.then_some(value)
}

fn jitter(reader: &mut Reader<'_>) -> Option<Value> {
    const NAMES: [(&str, &str); 3] = [("full", "Full"), ("equal", "Equal"), ("none", "None")];
    let rt = reader.rt();
    let (_, expr) = reader.expr("jitter", "jitter = full")?;
    let expr = ungroup(expr);
    let Expr::Path(path) = &expr else {
        reader.error(&expr, format!("`jitter` is {}", listed(NAMES.map(|(name, _)| name))));
        return None;
    };
    if let Some((_, variant)) = NAMES.iter().find(|(name, _)| path.path.is_ident(name)) {
        let variant = quote::format_ident!("{variant}");
        return Some(Value { tokens: quote!(#rt::Jitter::#variant), constant: true, time: None });
    }
    if let Some(name) =
        path.path.get_ident().map(ToString::to_string).filter(|name| name.starts_with(char::is_lowercase))
    {
        reader.error(path, format!("there is no jitter `{name}`; {}", suggestion(&name, &NAMES.map(|(name, _)| name))));
        return None;
    }
    Some(Value::any(expr, &reader.stack.names()))
}

/// A share of the calls that may be retries, with the static in the function that counts them; or a budget that is kept elsewhere.
fn budget(reader: &mut Reader<'_>) -> Option<(Value, Option<TokenStream>)> {
    let rt = reader.rt();
    let (_, expr) = reader.expr("budget", "budget = 0.2")?;
    let expr = ungroup(expr);
    let literal = matches!(&expr, Expr::Lit(_) | Expr::Unary(_))
        && !matches!(&expr, Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)));
    if !literal {
        return Some((Value::any(expr, &reader.stack.names()), None));
    }
    let message = "a budget is the number of retries for each call, from 0 to 1; write `budget = 0.2`";
    let ratio = reader.float_of(message, |ratio| (0.0..=1.0).contains(&ratio), expr)?.tokens;
    if !reader.has_home("the budget", "budget") {
        return None;
    }
    let item = quote!(static __MILLSTREAM_BUDGET: #rt::Budget = #rt::Budget::new(#ratio););
    Some((Value { tokens: quote!(&__MILLSTREAM_BUDGET), constant: true, time: None }, Some(item)))
}
