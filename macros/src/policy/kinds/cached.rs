//! `#[cached]`.

use proc_macro2::Span;
use quote::quote;

use super::super::model::{Asked, Made, Place, State};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let key = match reader.key() {
        Some(key) => key,
        None => reader.all_arguments(),
    };
    let (cache, state) = if let Some((_, with)) = reader.expr("with", "with = &self.cache") {
        reader.alone("with", &["size", "ttl"]);
        (quote!((#with)), None)
    } else {
        let size = reader.count("size", 1, "a cache keeps at least one value");
        let ttl = reader.time("ttl", "ttl = \"10m\"");
        let ttl = ttl.map(|ttl| ttl.tokens).map(|ttl| quote!(.ttl(#ttl)));
        reader.kept_is_owned();
        if !reader.has_home("the values", "cache") {
            return None;
        }
        let size = size.map_or_else(|| quote!(128), |size| size.tokens);
        let (found, returns) = (reader.state("__cached"), reader.returns());
        let state = State::hidden(&rt, "__cached");
        (quote!(#found().get(|| { use #rt::Whole as _; #returns.cache(#size)#ttl })), Some(state))
    };
    let call = key.call(&cache, Span::call_site());
    // Which values are kept is found by the type, which has to be known for that.
    let call = if reader.stack.is_opaque() {
        call
    } else {
        let returns = reader.returns();
        quote!({ #[allow(unused_imports)] use #rt::Whole as _; #returns.keeps(#call) })
    };
    Some(Made { value: quote!(&#call), place: Place::Before, asked: Asked::Around, state, ..Made::default() })
}
