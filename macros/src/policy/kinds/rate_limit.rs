//! `#[rate_limit]`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, Lit};

use super::super::model::{Asked, Made, Place, State};
use super::Reader;
use crate::stage::ungroup;
use crate::text::text;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let refuses = refuses(reader);
    let fails = refuses.is_some();
    if let Some((held, given)) = reader.given("with = &LIMIT", &quote!(RateLimit)) {
        reader.alone("with", &["per_second", "calls", "per", "burst"]);
        return Some(Made {
            value: quote!(#given #refuses),
            held: Some(held),
            place: Place::Before,
            asked: Asked::Both,
            fails,
            ..Made::default()
        });
    }
    let limit = limit(reader);
    let burst = reader.count("burst", 1, "nothing could ever be called");
    let burst = burst.map(|burst| burst.tokens).map(|burst| quote!(.burst(#burst)));
    let home = reader.has_home("the limit", "limit");
    let limit = limit.filter(|_| home)?;
    let init = quote!(#rt::RateLimit::#limit #burst);
    let state = State::public("rate_limit", "The rate limit of all calls.", quote!(#rt::RateLimit), init);
    let found = reader.state("rate_limit");
    Some(Made { value: quote!(#found()#refuses), asked: Asked::Both, fails, state: Some(state), ..Made::default() })
}

/// What becomes of a call that comes too early, unless it waits as long as it takes.
fn refuses(reader: &mut Reader<'_>) -> Option<TokenStream> {
    let at = reader.place("max_wait");
    let refuse = reader.flag("refuse");
    let max_wait = reader.time("max_wait", "max_wait = \"1s\"").map(|time| time.tokens);
    if refuse {
        reader.needs(at, "`refuse` waits for nothing, and `max_wait` for a time; write one of them");
        return Some(quote!(.refuse()));
    }
    max_wait.map(|time| quote!(.max_wait(#time)))
}

/// How many calls in which time.
fn limit(reader: &mut Reader<'_>) -> Option<TokenStream> {
    const NONE: &str = "nothing could ever be called";
    let [calls_at, per_at] = ["calls", "per"].map(|name| reader.place(name));
    let calls = reader.count("calls", 1, NONE);
    let per = reader.time("per", "per = \"1m\"");
    if reader.options.has("per_second") {
        let message = "`per_second` says how many calls in which time; remove one";
        reader.needs(calls_at.or(per_at), message);
        let (_, per_second) = reader.expr("per_second", "per_second = 10")?;
        if let Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) = ungroup(per_second.clone()) {
            reader.error(
                &number,
                format!("`per_second` is a whole number; write `{}`", slowly(number.base10_parse().unwrap_or(0.1))),
            );
            return None;
        }
        let per_second = reader.count_of("`per_second`", 1, NONE, per_second)?.tokens;
        return Some(quote!(per_second(#per_second)));
    }
    for (name, per) in [("per_minute", "1m"), ("per_hour", "1h"), ("per_day", "1d")] {
        if let Some((at, calls)) = reader.expr(name, "calls = 10") {
            let calls = text(calls);
            reader
                .error(at, format!("`#[rate_limit]` has no option `{name}`; write `calls = {calls}, per = \"{per}\"`"));
            return None;
        }
    }
    match (&calls_at, &per_at) {
        (Some(at), None) => {
            reader.error(at, "`calls` is a number in some time; add `per = \"1m\"`, or write `per_second = ..`");
        }
        (None, Some(at)) => reader.error(at, "`per` is the time of some calls; add `calls = 100`"),
        (None, None) => {
            reader.error_here("`#[rate_limit]` needs to know how many; write `#[rate_limit(per_second = 10)]`");
        }
        (Some(_), Some(_)) => {}
    }
    let (calls, per) = (calls?.tokens, per?.tokens);
    Some(quote!(per(#calls, #per)))
}

/// The options of a number of calls in a second that is not whole.
fn slowly(per_second: f64) -> String {
    let seconds = (1000.0 / per_second).round() / 1000.0;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if per_second < 1.0 => format!("calls = 1, per = \"{time:?}\""),
        _ => format!("calls = {}, per = \"10s\"", (per_second * 10.0).round()),
    }
}
