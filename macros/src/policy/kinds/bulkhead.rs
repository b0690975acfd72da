//! `#[bulkhead]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::model::{Asked, Made, Place, State};
use super::Reader;
use crate::text::text;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Made> {
    let rt = reader.rt();
    let first = reader.options.first.take();
    let max_wait_at = reader.place("max_wait");
    let max_wait = reader.time("max_wait", "max_wait = \"1s\"").map(|time| time.tokens);
    // One that is for a time is made for each call.
    let waiting = |places: TokenStream| match &max_wait {
        Some(time) => Made { value: quote!(&#places.max_wait(#time)), place: Place::Before, ..Made::default() },
        None => Made { value: places, ..Made::default() },
    };
    if let Some((held, given)) = reader.given("with = &BULKHEAD", &quote!(Bulkhead)) {
        if let Some(first) = first {
            reader.error(first, "how many is said by the value of `with`; remove one");
        }
        reader.alone("with", &["queue"]);
        let made = waiting(quote!(#given));
        return Some(Made { held: Some(held), place: Place::Before, asked: Asked::Both, fails: true, ..made });
    }
    let most = match first {
        Some(most) => reader.count_of("the number of calls at once", 1, "nothing could ever be called", most),
        None => {
            if let Some((name, most)) = reader.named() {
                let most = text(most);
                reader.error(name, format!("the number of calls at once has no name; write `#[bulkhead({most})]`"));
            } else {
                reader.error_here("`#[bulkhead]` needs to know how many may run at once; write `#[bulkhead(8)]`");
            }
            None
        }
    };
    let queue = reader.count("queue", 0, "");
    if queue.is_none() {
        reader.needs(max_wait_at, "`max_wait` is for those who queue, and nobody does; add `queue = 100`");
    }
    let queue = queue.map(|queue| queue.tokens).map(|queue| quote!(.queue(#queue)));
    let home = reader.has_home("the places", "bulkhead");
    let most = most.filter(|_| home)?.tokens;
    let init = quote!(#rt::Bulkhead::new(#most)#queue);
    let state = State::public("bulkhead", "The places of all calls.", quote!(#rt::Bulkhead), init);
    let found = reader.state("bulkhead");
    Some(Made { asked: Asked::Both, fails: true, state: Some(state), ..waiting(quote!(#found())) })
}
