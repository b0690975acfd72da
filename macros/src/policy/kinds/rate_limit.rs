//! `#[rate_limit]`.

use quote::quote;

use super::super::model::{Asked, Made, State};
use super::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let refuse = reader.flag("refuse");
    let with = reader.expr("with", "with = &LIMIT");
    let refusing = refuse.then(|| quote!(.refuse()));
    if let Some((_, with)) = with {
        reader.alone("with", &["per_second", "burst"]);
        let value = if refuse { quote!((#with).refuse()) } else { quote!((#with)) };
        return Some(Made { value, asked: Asked::Both, fails: refuse, ..Made::default() });
    }
    if !reader.options.has("per_second") {
        reader.error_here("`#[rate_limit]` needs to know how many; write `#[rate_limit(per_second = 10)]`");
    }
    let per_second = reader.count("per_second", 1, "nothing could ever be called");
    let burst = reader.count("burst", 1, "nothing could ever be called");
    let burst = burst.map(|burst| burst.tokens).map(|burst| quote!(.burst(#burst)));
    let home = reader.has_home("the limit", "limit");
    let per_second = per_second.filter(|_| home)?.tokens;
    let state = State {
        name: quote::format_ident!("rate_limit"),
        docs: "The rate limit of all calls.",
        ty: quote!(#rt::RateLimit),
        init: quote!(#rt::RateLimit::per_second(#per_second)#burst),
        keyed: None,
        public: true,
    };
    let found = reader.state("rate_limit");
    Some(Made {
        value: quote!(#found()#refusing),
        asked: Asked::Both,
        fails: refuse,
        state: Some(state),
        ..Made::default()
    })
}
