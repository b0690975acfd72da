//! `#[circuit_breaker]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::LitInt;

use super::super::model::{Asked, Made, Place, State};
use super::super::value::Value;
use super::{Key, Reader};
use crate::names;

/// What says how a breaker is, which a breaker that is given knows.
const SETTINGS: [&str; 8] = ["failures", "within", "rate", "last", "min_calls", "reset_after", "probes", "keys"];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let when = reader.of_error("when", "when = Error::is_failure").map(|Value { tokens, .. }| quote!(.when(#tokens)));
    let ignore = reader.of_error("ignore", "ignore = Error::is_refusal");
    let ignore = ignore.map(|Value { tokens, .. }| quote!(.ignore(#tokens)));
    let counts = quote!(#when #ignore);
    let key = reader.key();
    let ty = if key.is_some() { quote!(CircuitBreakers<_>) } else { quote!(CircuitBreaker) };
    let (given, found, state) = if let Some((given, name)) = reader.given("with = &self.breaker", &ty) {
        reader.alone("with", &SETTINGS);
        (Some(given), name.into_token_stream(), None)
    } else {
        let keys = reader.keys(key.as_ref(), "at least one key has a breaker");
        let init = settings(reader);
        if !reader.has_home("the breaker", "breaker") {
            return None;
        }
        let (found, state) = own(reader, init, key.as_ref(), &keys);
        (None, found, Some(state))
    };
    let (held, value) = match key {
        // A breaker of a key is shared, so it is held while the call runs.
        Some(Key { lent, .. }) => {
            let held = names::local("held");
            let breaker = if counts.is_empty() { quote!(&*#held) } else { quote!(#held) };
            let rt = reader.rt();
            let lends = quote!(#[allow(unused_imports)] use #rt::LentWhole as _;);
            (Some(quote!(#given #lends let #held = #found.of(#lent);)), breaker)
        }
        None => (given, found),
    };
    let value = quote!(#value #counts);
    Some(Made { value, held, place: Place::Before, asked: Asked::Both, fails: true, state, ..Made::default() })
}

/// Code for the breaker beside the function, or for the breakers of all keys.
fn own(reader: &Reader<'_>, init: TokenStream, key: Option<&Key>, keys: &TokenStream) -> (TokenStream, State) {
    let rt = reader.rt();
    let Some(key) = key else {
        let found = reader.state("breaker");
        let state = State::public("breaker", "The circuit breaker of all calls.", quote!(#rt::CircuitBreaker), init);
        return (quote!(#found()), state);
    };
    let get = quote!(.get(|| #init.per_key(#keys)));
    let breakers = key.ty.clone().map(|key| (quote!(#rt::CircuitBreakers<#key>), quote!(Self::__per_key() #get)));
    let docs = "The circuit breakers of all keys: `get(&key)` looks at one, `of(&key)` makes it if it is not there.";
    let found = reader.state("__per_key");
    (quote!(#found() #get), State { docs, breakers, ..State::hidden(&rt, "__per_key") })
}

/// `CircuitBreaker::..` as the options say.
fn settings(reader: &mut Reader<'_>) -> TokenStream {
    let rt = reader.rt();
    let failures = reader.count("failures", 1, "a breaker opens after at least one failure");
    let within = reader.time("within", "within = \"30s\"");
    let [last_at, min_at] = ["last", "min_calls"].map(|name| reader.place(name));
    let last = reader.count("last", 1, "a rate is of at least one call");
    let min_calls = reader.count("min_calls", 1, "a rate is of at least one call");
    let begin = if let Some((at, rate)) = reader.expr("rate", "rate = 0.5") {
        if failures.is_some() || within.is_some() {
            reader.error(&at, "`rate` counts a share of calls, `failures` their number; write one of them");
        }
        let message = "a rate is a share of the calls, above 0 and at most 1; write `rate = 0.5`";
        let rate = reader.float_of(message, |rate| rate > 0.0 && rate <= 1.0, rate).map(|rate| rate.tokens);
        let last = last.map_or_else(|| quote!(20), |last| last.tokens);
        let min_calls = min_calls.map(|calls| calls.tokens);
        if let (Some(least), Some(most)) = (number(min_calls.as_ref()), number(Some(&last)))
            && least > most
        {
            reader.error(
                &min_calls,
                format!("a rate is of the last {most} calls, and never of {least}; write `{most}` or fewer"),
            );
        }
        let min_calls = min_calls.map(|calls| quote!(.min_calls(#calls)));
        quote!(#rt::CircuitBreaker::rate(#rate, #last) #min_calls)
    } else {
        reader.needs(last_at, "`last` says of how many calls a rate is, but there is no `rate`; write `rate = 0.5`");
        reader.needs(
            min_at,
            "`min_calls` says from how many calls on there is a rate, but there is no `rate`; write `rate = 0.5`",
        );
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

/// The number, where it is written as one.
fn number(tokens: Option<&TokenStream>) -> Option<u32> {
    syn::parse2::<LitInt>(tokens?.clone()).ok()?.base10_parse().ok()
}
