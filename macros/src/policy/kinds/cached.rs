//! `#[cached]`.

use quote::quote;

use super::super::model::{Asked, Made, Place, State};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let key = match reader.key() {
        Some(key) => key.owned,
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
    Some(Made { value: quote!(&#cache.of(#key)), place: Place::Before, asked: Asked::Around, state, ..Made::default() })
}
