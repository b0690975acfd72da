//! `#[rate_limit]`.

use quote::quote;

use super::super::model::{Asked, Made, Place, State};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let refuse = reader.flag("refuse");
    let refusing = refuse.then(|| quote!(.refuse()));
    if let Some((held, given)) = reader.given("with = &LIMIT", &quote!(RateLimit)) {
        reader.alone("with", &["per_second", "burst"]);
        return Some(Made {
            value: quote!(#given #refusing),
            held: Some(held),
            place: Place::Before,
            asked: Asked::Both,
            fails: refuse,
            ..Made::default()
        });
    }
    if !reader.options.has("per_second") {
        reader.error_here("`#[rate_limit]` needs to know how many; write `#[rate_limit(per_second = 10)]`");
    }
    let per_second = reader.count("per_second", 1, "nothing could ever be called");
    let burst = reader.count("burst", 1, "nothing could ever be called");
    let burst = burst.map(|burst| burst.tokens).map(|burst| quote!(.burst(#burst)));
    let home = reader.has_home("the limit", "limit");
    let per_second = per_second.filter(|_| home)?.tokens;
    let init = quote!(#rt::RateLimit::per_second(#per_second)#burst);
    let state = State::public("rate_limit", "The rate limit of all calls.", quote!(#rt::RateLimit), init);
    let found = reader.state("rate_limit");
    Some(Made {
        value: quote!(#found()#refusing),
        asked: Asked::Both,
        fails: refuse,
        state: Some(state),
        ..Made::default()
    })
}
