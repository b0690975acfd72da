//! What stands beside a function: its stack as data, and its breaker.

use std::time::Duration;

use millstream::policy::{Layer, State};
use millstream::prelude::*;
use millstream::testing::{Simulation, ok};

use crate::{ApiError, Service, fails};

#[fallback(value = 0)]
#[circuit_breaker(failures = 5, within = "30s", reset_after = "10s", probes = 2)]
#[retry(attempts = 4, backoff = exponential("50ms", max = "2s"), when = ApiError::is_transient, budget = 0.2)]
#[timeout("800ms")]
async fn read_sensor(service: &Service, id: u32, name: String, at: (u8, u8)) -> Result<u32, ApiError> {
    assert_eq!((name.len(), at), (1, (1, 2)));
    Ok(service.call_async().await? + id)
}

#[test]
fn a_stack_is_data() {
    let stack = read_sensor::describe();
    assert_eq!(stack.layers[3], Layer { policy: "timeout", options: "\"800ms\"" });
    assert_eq!(stack.cloned, ["name"]);
    assert_eq!(
        stack.to_string(),
        "read_sensor\n  fallback(value = 0)\n  circuit_breaker(failures = 5, within = \"30s\", reset_after = \"10s\", \
         probes = 2)\n  retry(attempts = 4, backoff = exponential(\"50ms\", max = \"2s\"), when = ApiError::is_transient, \
         budget = 0.2), clones `name` before each attempt that another may follow\n  timeout(\"800ms\")"
    );
    let service = Service::new([ok(1)]);
    let call = read_sensor(&service, 2, "a".to_owned(), (1, 2));
    assert_eq!(Simulation::seeded(1).block_on(call), Ok(3));
}

#[circuit_breaker(failures = 1, key = region)]
fn by_text(region: &str, service: &Service) -> Result<u32, ApiError> {
    assert!(!region.is_empty());
    service.call()
}

#[circuit_breaker(failures = 1, key = id % 2, keys = 2, when = ApiError::is_transient)]
fn by_value(id: u32, service: &Service) -> Result<u32, ApiError> {
    service.call().map(|value| value + id)
}

#[test]
fn each_key_has_a_breaker() {
    let service = Service::new([fails(), ok(2)]);
    assert_eq!(by_text("north", &service), Err(ApiError::Busy));
    assert_eq!(by_text("south", &service), Ok(2));
    let state = |region| by_text::breakers().get(region).map(|breaker| breaker.state());
    assert_eq!(["north", "south", "west"].map(state), [Some(State::Open), Some(State::Closed), None]);
    by_text::breakers().of("west").force_open();
    assert_eq!(by_text("west", &service), Err(ApiError::Open(Duration::ZERO)));
    assert_eq!(by_text::breakers().len(), 3);

    let service = Service::new([fails(), ok(2)]);
    assert_eq!(by_value(1, &service), Err(ApiError::Busy));
    assert_eq!(by_value(2, &service), Ok(4));
    assert!(matches!(by_value(3, &service), Err(ApiError::Open(_))));
}
