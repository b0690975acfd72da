//! Keys that are expressions: what is lent to the call is owned where it is kept.

use millstream::policy::{Aged, CircuitBreakers, State};
use millstream::prelude::*;
use millstream::testing::Simulation;

use crate::ApiError;

struct Order<'o> {
    item: &'o str,
    shop: String,
}

#[circuit_breaker(failures = 1, key = order.item)]
fn by_field(order: &Order<'_>) -> Result<(), ApiError> {
    if order.shop.is_empty() { Err(ApiError::Busy) } else { Ok(()) }
}

#[test]
fn a_field_that_is_lent_is_a_key() {
    Simulation::seeded(1).run(|| {
        let [first, second] = ["nut"; 2].map(str::to_owned);
        assert_eq!(by_field(&Order { item: &first, shop: String::new() }), Err(ApiError::Busy));
        let mut order = Order { item: &second, shop: "north".to_owned() };
        assert!(matches!(by_field(&order), Err(ApiError::Open(_))), "another text of the same letters");
        order.item = "bolt";
        assert_eq!(by_field(&order), Ok(()));
    });
}

#[circuit_breaker(failures = 1, key = order.shop)]
fn by_text(order: &Order<'_>) -> Result<(), ApiError> {
    if order.item.is_empty() { Err(ApiError::Busy) } else { Ok(()) }
}

#[test]
fn a_field_that_is_owned_stays_where_it_is() {
    Simulation::seeded(1).run(|| {
        let of = |item| Order { item, shop: "north".to_owned() };
        assert_eq!(by_text(&of("")), Err(ApiError::Busy));
        assert!(matches!(by_text(&of("nut")), Err(ApiError::Open(_))));
    });
}

#[cached(key = order.item)]
fn length(order: &Order<'_>) -> usize {
    order.item.len() + order.shop.len()
}

#[cached(key = (order.item, order.shop.as_str()))]
fn both(order: &Order<'_>) -> usize {
    order.item.len() + order.shop.len()
}

#[fallback(stale_if_error, key = order.item)]
fn last(order: &Order<'_>) -> Result<Aged<usize>, ApiError> {
    if order.shop.is_empty() { Err(ApiError::Busy) } else { Ok(Aged::fresh(order.shop.len())) }
}

#[test]
fn values_are_kept_by_such_a_key() {
    Simulation::seeded(1).run(|| {
        let of = |shop: &str| Order { item: "nut", shop: shop.to_owned() };
        assert_eq!([length(&of("a")), length(&of("bcd"))], [4, 4]);
        assert_eq!([both(&of("a")), both(&of("bcd")), both(&of("a"))], [4, 6, 4]);
        assert_eq!(both::stats().to_string(), "1 hit, 2 misses, size 2");
        assert_eq!([last(&of("abc")), last(&of(""))].map(|last| *last.unwrap()), [3, 3]);
    });
}

#[circuit_breaker(failures = 1, key = (shop, id))]
fn by_two(shop: &str, id: u32) -> Result<(), ApiError> {
    if shop == "south" && id > 0 { Err(ApiError::Busy) } else { Ok(()) }
}

#[test]
fn breakers_of_several_arguments_can_be_asked() {
    Simulation::seeded(1).run(|| {
        assert_eq!([by_two("south", 1), by_two("south", 0)], [Err(ApiError::Busy), Ok(())]);
        let breakers: &CircuitBreakers<(String, u32)> = by_two::breakers();
        assert_eq!(breakers.of(&("south".to_owned(), 1)).state(), State::Open);
        assert_eq!(breakers.of(&("south".to_owned(), 0)).state(), State::Closed);
    });
}
