//! `#[fallback]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::super::model::{Asked, Made, Place, Stack, State};
use super::super::syntax::Kind;
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let when_at = reader.place("when");
    let when =
        reader.of_error("when", "when = Error::is_transient").map(|when| when.tokens).map(|when| quote!(.when(#when)));
    let value = reader.expr("value", "value = 0");
    let with = reader.expr("with", "with = |error| ..");
    let stale_at = reader.place("stale_if_error");
    let stale = reader.flag("stale_if_error");
    let from_elsewhere = stale && value.is_none();
    if !from_elsewhere && usize::from(value.is_some()) + usize::from(with.is_some()) + usize::from(stale) != 1 {
        reader.error_here(
            "`#[fallback]` gives one of three; write `value = ..`, `with = |error| ..` or `stale_if_error`",
        );
        return None;
    }
    if stale {
        return read_stale(reader, stale_at, when_at.zip(when), with.map(|(_, with)| with));
    }
    for other in ["max_age", "key", "keys"] {
        if let Some(entry) = reader.options.rest.take(other) {
            reader.error(&entry.name, format!("`{other}` is of `stale_if_error`; write that, or remove `{other}`"));
        }
    }
    let returns = reader.returns();
    // Only a call that failed makes the value.
    let with = match (value, with) {
        (Some((_, value)), _) => quote!(|_| #value),
        (_, with) => {
            let with = with?.1;
            quote!(#with)
        }
    };
    let value = quote!(#returns.fallback(#with)#when);
    Some(Made { value, place: Place::Inline, asked: Asked::After, fails: true, ..Made::default() })
}

/// The last good value, kept beside the function or where `with` says.
fn read_stale(
    reader: &mut Reader<'_>,
    stale_at: Option<Ident>,
    when: Option<(Ident, TokenStream)>,
    with: Option<Expr>,
) -> Option<Made> {
    let rt = reader.rt();
    // Where all that asks it stands: a value that cannot say that it is stale is one error, there.
    let at = Span::mixed_site().located_at(reader.stack.place(Kind::Fallback, true, reader.written.at));
    let key = reader.key();
    // `keys` without a key says so itself.
    if key.is_none() && !reader.stack.args.is_empty() && reader.place("keys").is_none() {
        reader.needs(stale_at, says_whose_value(reader.stack));
    }
    let made = |store: &TokenStream, state: Option<State>| {
        let call = key.as_ref().map(|key| key.call(store, at));
        Made {
            value: call.unwrap_or_else(|| quote_spanned!(at=> #store.of(()))),
            place: Place::Before,
            asked: Asked::After,
            fails: true,
            state,
            ..Made::default()
        }
    };
    if let Some(with) = with {
        reader.alone("with", &["max_age", "keys"]);
        if let Some((when, _)) = when {
            reader.error(when, "`when` is said by the value of `with`; remove one");
        }
        return Some(made(&quote!((#with)), None));
    }
    let max_age = reader.time("max_age", "max_age = \"5m\"");
    let max_age = max_age.map(|age| age.tokens).map(|age| quote!(.max_age(#age)));
    let when = when.map(|(_, when)| when);
    let keys = reader.keys(key.as_ref(), "at least one key has a value");
    reader.kept_is_owned();
    if !reader.has_home("the last value", "last") {
        return None;
    }
    let (found, returns) = (reader.state("__stale"), reader.returns());
    let state = State::hidden(&rt, "__stale");
    Some(made(&quote!(#found().get(|| #returns.stale(#keys)#max_age #when)), Some(state)))
}

/// What to write where calls have arguments. Not all of these are the key unless said otherwise, as they are of a cache: clients and
/// connections are often among them.
fn says_whose_value(stack: &Stack) -> String {
    let named = stack.args.iter().rev().map(|arg| arg.text.as_str()).find(|text| syn::parse_str::<Ident>(text).is_ok());
    let name = named.unwrap_or("id");
    format!(
        "one call would be given the last value of another; write what tells them apart, such as `key = {name}`, or `key = ()` if \
         one value is that of all calls"
    )
}
