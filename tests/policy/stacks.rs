//! Whole stacks, and that their order is their meaning.

use std::time::Duration;

use millstream::policy::{Deadline, State};
use millstream::prelude::*;
use millstream::testing::{Simulation, err, hang, ok};

use crate::{ApiError, Service, fails};

#[fallback(value = 7)]
#[circuit_breaker(failures = 1, reset_after = "10s")]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none, when = ApiError::is_transient)]
#[timeout("800ms")]
async fn whole(service: &Service) -> Result<u32, ApiError> {
    service.call_async().await
}

#[test]
fn a_whole_stack_in_async() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([hang(), ok(1), hang(), fails()]);
    simulation.block_on(async {
        assert_eq!(whole(&service).await, Ok(1));
        assert_eq!(whole(&service).await, Ok(7));
        assert_eq!(whole::breaker().state(), State::Open);
        assert_eq!(whole(&service).await, Ok(7));
    });
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 hangs",
            "800ms whole: timed out after 800ms",
            "800ms whole: attempt 1 failed, again in 1s: Slow(800ms)",
            "1.8s service: call 2 gives Ok(1)",
            "1.8s service: call 3 hangs",
            "2.6s whole: timed out after 800ms",
            "2.6s whole: attempt 1 failed, again in 1s: Slow(800ms)",
            "3.6s service: call 4 gives Err(Busy)",
            "3.6s whole: gave up after 2 attempts: Busy",
            "3.6s whole: circuit opened",
            "3.6s whole: fell back: Busy",
            "3.6s whole: refused by circuit_breaker",
            "3.6s whole: fell back: Open(10s)",
        ]
    );
}

#[fallback(with = |error| if *error == ApiError::Busy { 1 } else { 2 })]
#[circuit_breaker(failures = 2, within = "1m", reset_after = "10s")]
#[retry(attempts = 2, backoff = exponential("1s", max = "2s"), jitter = none, when = ApiError::is_transient)]
fn blocking(service: &Service) -> Result<u32, ApiError> {
    let value = service.call()?;
    if value == 0 {
        return Err(ApiError::Gone);
    }
    Ok(value)
}

#[test]
fn a_whole_stack_that_blocks() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), fails(), ok(0), ok(9)]);
    simulation.run(|| {
        assert_eq!([blocking(&service), blocking(&service), blocking(&service)], [Ok(1), Ok(2), Ok(2)]);
        simulation.advance(Duration::from_secs(10));
        assert_eq!(blocking(&service), Ok(9));
        assert_eq!(blocking::breaker().state(), State::Closed);
    });
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Err(Busy)",
            "0ns blocking: attempt 1 failed, again in 1s: Busy",
            "1s service: call 2 gives Err(Busy)",
            "1s blocking: gave up after 2 attempts: Busy",
            "1s blocking: fell back: Busy",
            "1s service: call 3 gives Ok(0)",
            "1s blocking: gave up after 1 attempt: Gone",
            "1s blocking: circuit opened",
            "1s blocking: fell back: Gone",
            "1s blocking: refused by circuit_breaker",
            "1s blocking: fell back: Open(10s)",
            "11s blocking: circuit probed",
            "11s service: call 4 gives Ok(9)",
            "11s blocking: circuit closed",
        ]
    );
}

#[circuit_breaker(failures = 2)]
#[retry(attempts = 3, backoff = constant("1s"), jitter = none)]
fn breaker_around_retry(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[retry(attempts = 3, backoff = constant("1s"), jitter = none)]
#[circuit_breaker(failures = 2)]
fn retry_around_breaker(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[test]
fn the_order_is_the_meaning() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), fails(), fails()]);
    assert_eq!(simulation.run(|| breaker_around_retry(&service)), Err(ApiError::Busy));
    let state = simulation.run(|| breaker_around_retry::breaker().state());
    assert_eq!((state, service.calls()), (State::Closed, 3));

    // Each attempt counts, and the third does not reach the service.
    let service = Service::new([fails(), fails()]);
    let refused = simulation.run(|| retry_around_breaker(&service));
    assert_eq!(refused, Err(ApiError::Open(Duration::from_secs(9))));
    assert_eq!(simulation.run(|| retry_around_breaker::breaker().state()), State::Open);
}

#[timeout("3s")]
#[retry(attempts = 9, backoff = constant("1s"), jitter = none)]
async fn time_for_all(service: &Service) -> Result<u32, ApiError> {
    service.call_async().await
}

#[test]
fn a_timeout_around_all_attempts_ends_them() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), err(ApiError::Gone), hang()]);
    let slow = ApiError::Slow(Duration::from_secs(3));
    assert_eq!(simulation.block_on(time_for_all(&service)), Err(slow));
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Err(Busy)",
            "0ns time_for_all: attempt 1 failed, again in 1s: Busy",
            "1s service: call 2 gives Err(Gone)",
            "1s time_for_all: attempt 2 failed, again in 1s: Gone",
            "2s service: call 3 hangs",
            "3s time_for_all: timed out after 3s",
        ]
    );
}

#[timeout("3s")]
#[retry(attempts = 9, backoff = constant("500ms"), jitter = none)]
#[timeout("1s")]
async fn time_for_each(service: &Service) -> Result<u32, ApiError> {
    service.call_async().await
}

#[test]
fn a_timeout_stands_around_all_attempts_and_one_around_each() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([hang(), fails(), hang()]);
    assert_eq!(simulation.block_on(time_for_each(&service)), Err(ApiError::Slow(Duration::from_secs(3))));
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 hangs",
            "1s time_for_each: timed out after 1s",
            "1s time_for_each: attempt 1 failed, again in 500ms: Slow(1s)",
            "1.5s service: call 2 gives Err(Busy)",
            "1.5s time_for_each: attempt 2 failed, again in 500ms: Busy",
            "2s service: call 3 hangs",
            // Both are over at once, and the outer one is asked when the inner one has failed.
            "3s time_for_each: timed out after 1s",
            "3s time_for_each: attempt 3 failed, again in 500ms: Slow(1s)",
            "3s time_for_each: timed out after 3s",
        ]
    );
}

#[timeout("3s")]
#[retry(attempts = 9, backoff = constant("1s"), jitter = none)]
fn deadline_for_all(service: &Service, #[deadline] deadline: Deadline) -> Result<u32, ApiError> {
    let value = service.call()?;
    deadline.check()?;
    Ok(value)
}

#[test]
fn a_retry_does_not_wait_beyond_the_deadline() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), fails(), fails()]);
    assert_eq!(simulation.run(|| deadline_for_all(&service)), Err(ApiError::Busy));
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Err(Busy)",
            "0ns deadline_for_all: attempt 1 failed, again in 1s: Busy",
            "1s service: call 2 gives Err(Busy)",
            "1s deadline_for_all: attempt 2 failed, again in 1s: Busy",
            "2s service: call 3 gives Err(Busy)",
            "2s deadline_for_all: gave up after 3 attempts: Busy",
        ]
    );
}

#[timeout("3s")]
#[retry(attempts = 9, backoff = constant("500ms"), jitter = none)]
#[timeout("2s")]
fn deadline_for_each(service: &Service, #[deadline] deadline: Deadline) -> Result<Option<Duration>, ApiError> {
    service.call()?;
    deadline.check()?;
    Ok(deadline.remaining())
}

#[test]
fn the_deadline_of_an_attempt_is_the_shorter_of_both() {
    let simulation = Simulation::seeded(1);
    let slow = Duration::from_secs(2);
    let service =
        Service::new([ok(1), fails(), ok(1).after(Duration::from_secs(1)), ok(1).after(slow), ok(1).after(slow)]);
    let left = |seconds| Ok(Some(Duration::from_secs(seconds)));
    simulation.run(|| {
        assert_eq!(deadline_for_each(&service), left(2));
        // Of the 3 s for all 2.5 s are left to the second attempt, which has 2 s for itself.
        assert_eq!(deadline_for_each(&service), left(1));
        // Here it has half a second, and 3 s are what it failed by.
        assert_eq!(deadline_for_each(&service), Err(ApiError::Slow(Duration::from_secs(3))));
    });
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Ok(1)",
            "0ns service: call 2 gives Err(Busy)",
            "0ns deadline_for_each: attempt 1 failed, again in 500ms: Busy",
            "500ms service: call 3 gives Ok(1) after 1s",
            "1.5s service: call 4 gives Ok(1) after 2s",
            "3.5s deadline_for_each: timed out after 2s",
            "3.5s deadline_for_each: attempt 1 failed, again in 500ms: Slow(2s)",
            "4s service: call 5 gives Ok(1) after 2s",
            "6s deadline_for_each: gave up after 2 attempts: Slow(3s)",
            "6s deadline_for_each: timed out after 3s",
        ]
    );
}

#[rate_limit(per_second = 1, refuse)]
#[bulkhead(1, queue = 2)]
fn limited(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[rate_limit(per_second = 2)]
async fn waits(value: u32) -> u32 {
    value
}

#[test]
fn limits_refuse_or_wait() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([ok(1)]);
    simulation.run(|| {
        assert_eq!(limited(&service), Ok(1));
        assert_eq!(limited(&service), Err(ApiError::Limited(Duration::from_secs(1))));
        assert_eq!(limited::bulkhead().running(), 0);
    });
    simulation.block_on(async {
        assert_eq!((waits(1).await, waits(2).await, waits(3).await), (1, 2, 3));
    });
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Ok(1)",
            "0ns limited: refused by rate_limit",
            "0ns waits: waited for rate_limit",
            "500ms waits: waited for rate_limit",
        ]
    );
}

#[circuit_breaker(failures = 1, reset_after = "1s", ignore = |error| matches!(error, ApiError::Limited(_)))]
#[rate_limit(per_second = 1, refuse)]
fn reached(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[test]
fn a_probe_that_never_reached_the_service_decides_nothing() {
    let second = std::time::Duration::from_secs(1);
    let simulation = Simulation::seeded(1);
    let service = Service::new([ok(1), fails(), ok(3)]);
    let call = || (reached(&service), reached::breaker().state());
    simulation.run(|| {
        assert_eq!(call(), (Ok(1), State::Closed));
        assert_eq!(call(), (Err(ApiError::Limited(second)), State::Closed));
        simulation.advance(second);
        assert_eq!(call(), (Err(ApiError::Busy), State::Open));
        simulation.advance(second * 2);
        assert_eq!(reached::rate_limit().run(|| Ok::<_, ApiError>(2)), Ok(2), "another takes the turn");
        assert_eq!(call(), (Err(ApiError::Limited(second)), State::HalfOpen));
        simulation.advance(second);
        assert_eq!(call(), (Ok(3), State::Closed));
    });
}
