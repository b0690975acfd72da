//! `#[fallback]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::super::model::{Asked, Made, Place, State};
use super::super::syntax::Kind;
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let when =
        reader.of_error("when", "when = Error::is_transient").map(|when| when.tokens).map(|when| quote!(.when(#when)));
    let value = reader.expr("value", "value = 0");
    let with = reader.expr("with", "with = |error| ..");
    let stale = reader.flag("stale_if_error");
    let from_elsewhere = stale && value.is_none();
    if !from_elsewhere && usize::from(value.is_some()) + usize::from(with.is_some()) + usize::from(stale) != 1 {
        reader.error_here(
            "`#[fallback]` gives one of three; write `value = ..`, `with = |error| ..` or `stale_if_error`",
        );
        return None;
    }
    if stale {
        return read_stale(reader, when.as_ref(), with.map(|(_, with)| with));
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
fn read_stale(reader: &mut Reader<'_>, when: Option<&TokenStream>, with: Option<Expr>) -> Option<Made> {
    let rt = reader.rt();
    // Where all that asks it stands: a value that cannot say that it is stale is one error, there.
    let at = Span::mixed_site().located_at(reader.stack.place(Kind::Fallback, reader.written.at));
    let key = reader.key();
    let made = |store: TokenStream, state: Option<State>| {
        let key = key.as_ref().map_or_else(|| quote!(()), |key| key.owned.clone());
        Made {
            value: quote_spanned!(at=> #store.of(#key)),
            place: Place::Before,
            asked: Asked::After,
            fails: true,
            state,
            ..Made::default()
        }
    };
    if let Some(with) = with {
        reader.alone("with", &["max_age", "keys"]);
        if when.is_some() {
            reader.error_here("`when` is said by the value of `with`; remove one");
        }
        return Some(made(quote!((#with)), None));
    }
    let max_age = reader.time("max_age", "max_age = \"5m\"");
    let max_age = max_age.map(|age| age.tokens).map(|age| quote!(.max_age(#age)));
    let keys = reader.keys(key.as_ref(), "at least one key has a value");
    reader.kept_is_owned();
    if !reader.has_home("the last value", "last") {
        return None;
    }
    let (found, returns) = (reader.state("__stale"), reader.returns());
    let state = State::hidden(&rt, "__stale");
    Some(made(quote!(#found().get(|| #returns.stale(#keys)#max_age #when)), Some(state)))
}
