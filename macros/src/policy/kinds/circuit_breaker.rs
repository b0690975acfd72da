//! `#[circuit_breaker]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::super::model::{Asked, HELD, Made, Place, State};
use super::super::value::Value;
use super::{Key, Reader};
use crate::names;

/// What says how a breaker is, which a breaker that is given knows.
const SETTINGS: [&str; 7] = ["failures", "within", "rate", "last", "reset_after", "probes", "keys"];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let when = reader.any("when", "when = Error::is_failure");
    let key = reader.key();
    let (breaker, state) = if let Some((_, with)) = reader.expr("with", "with = &self.breaker") {
        reader.alone("with", &SETTINGS);
        let breaker = match &key {
            Some(Key { lent, .. }) => quote!((#with).of(#lent)),
            None => quote!((#with)),
        };
        (breaker, None)
    } else {
        let keys_at = reader.place("keys");
        let keys = reader.count("keys", 1, "at least one key has a breaker");
        if key.is_none() {
            reader.needs(
                keys_at,
                "`keys` bounds the number of keys, but there is no `key`; write `key = id`, or remove `keys`",
            );
        }
        let init = settings(reader);
        let home = reader.has_home("the breaker", "breaker");
        if !home {
            return None;
        }
        own(reader, &init, key.as_ref(), keys)
    };
    // A breaker of a key is shared, so it is held while the call runs.
    let (held, breaker) = match key {
        Some(_) => (Some(breaker), names::local(HELD).into_token_stream()),
        None => (None, breaker),
    };
    let place = if held.is_some() || state.is_none() { Place::Before } else { Place::Inline };
    let value = match (when, &held) {
        (Some(Value { tokens, .. }), _) => quote!(#breaker.when(#tokens)),
        (None, Some(_)) => quote!(&*#breaker),
        (None, None) => breaker,
    };
    Some(Made { value, held, place, asked: Asked::Both, fails: true, state, ..Made::default() })
}

/// The breaker beside the function.
fn own(
    reader: &Reader<'_>,
    init: &TokenStream,
    key: Option<&Key>,
    keys: Option<Value>,
) -> (TokenStream, Option<State>) {
    let rt = reader.rt();
    let state = State {
        name: format_ident!("breaker"),
        docs: "The circuit breaker of all calls.",
        ty: quote!(#rt::CircuitBreaker),
        init: init.clone(),
        keyed: None,
        public: true,
    };
    let Some(key) = key else {
        let found = reader.state("breaker");
        return (quote!(#found()), Some(state));
    };
    let keys = keys.map_or_else(|| quote!(1024), |keys| keys.tokens);
    let get = quote!(.get(|| #init.per_key(#keys)));
    let lent = &key.lent;
    let (name, found) = (format_ident!("__breakers"), reader.state("__breakers"));
    let of = |state: TokenStream, key: TokenStream| quote!(#state #get.of(#key));
    let value = of(quote!(#found()), quote!(#lent));
    let keyed = key.ty.clone().map(|ty| {
        let arc = quote!(#rt::std::sync::Arc<#rt::CircuitBreaker>);
        (ty, arc, of(quote!(Self::__breakers()), quote!(key)))
    });
    let docs = "The circuit breaker of all calls with this key.";
    let state = State { name, docs, ty: quote!(#rt::State), init: quote!(#rt::State::new()), keyed, public: false };
    (value, Some(state))
}

/// `CircuitBreaker::..` as the options say.
fn settings(reader: &mut Reader<'_>) -> TokenStream {
    let rt = reader.rt();
    let failures = reader.count("failures", 1, "a breaker opens after at least one failure");
    let within = reader.time("within", "within = \"30s\"");
    let last_at = reader.place("last");
    let last = reader.count("last", 1, "a rate is of at least one call");
    let begin = if let Some((at, rate)) = reader.expr("rate", "rate = 0.5") {
        if failures.is_some() || within.is_some() {
            reader.error(&at, "`rate` counts a share of calls, `failures` their number; write one of them");
        }
        let message = "a rate is a share of the calls, above 0 and at most 1; write `rate = 0.5`";
        let rate = reader.float_of(message, |rate| rate > 0.0 && rate <= 1.0, rate).map(|rate| rate.tokens);
        let last = last.map_or_else(|| quote!(20), |last| last.tokens);
        quote!(#rt::CircuitBreaker::rate(#rate, #last))
    } else {
        reader.needs(last_at, "`last` says of how many calls a rate is, but there is no `rate`; write `rate = 0.5`");
        let failures = failures.map_or_else(|| quote!(5), |failures| failures.tokens);
        match within {
            Some(Value { tokens, .. }) => quote!(#rt::CircuitBreaker::within(#failures, #tokens)),
            None => quote!(#rt::CircuitBreaker::consecutive(#failures)),
        }
    };
    let reset_after = reader.time("reset_after", "reset_after = \"10s\"");
    let probes = reader.count("probes", 1, "a breaker closes after at least one probe");
    let reset_after = reset_after.map(|time| time.tokens).map(|time| quote!(.reset_after(#time)));
    let probes = probes.map(|probes| probes.tokens).map(|probes| quote!(.probes(#probes)));
    quote!(#begin #reset_after #probes)
}
