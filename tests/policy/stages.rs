//! A stage rejects an item only after its policies gave up.

use std::time::Duration;

use millstream::policy::{Deadline, State};
use millstream::prelude::*;
use millstream::testing::{Simulation, ok};

use crate::{ApiError, Service};

/// Fails for odd numbers at first, and for large ones always.
#[stage]
#[circuit_breaker(failures = 2)]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
fn fetched(#[param] least: u32, #[state] failed: &mut u32, item: u32) -> Result<u32, ApiError> {
    if item % 2 == 1 && failed.is_multiple_of(2) || item > 10 {
        *failed += 1;
        return Err(ApiError::Busy);
    }
    Ok(item + least)
}

/// Counts each number once.
#[stage]
#[cached]
fn squared(item: u32) -> u32 {
    item * item
}

#[test]
fn a_stage_takes_policies() {
    let simulation = Simulation::seeded(1);
    let report = simulation
        .run(|| pipeline!(from_iter([1, 2, 2, 11, 12, 4]) | fetched(least = 1).or_skip() | squared | collect()).run());
    let report = report.unwrap();
    report.check().unwrap();
    assert_eq!(report.output, [4, 9, 9]);
    assert_eq!(
        simulation.log(),
        [
            "0ns fetched: attempt 1 failed, again in 1s: Busy",
            "1s squared: cached",
            "1s fetched: attempt 1 failed, again in 1s: Busy",
            "2s fetched: gave up after 2 attempts: Busy",
            "2s fetched: attempt 1 failed, again in 1s: Busy",
            "3s fetched: gave up after 2 attempts: Busy",
            "3s fetched: circuit opened",
            "3s fetched: refused by circuit_breaker",
        ]
    );
    assert_eq!(simulation.run(|| fetched::breaker().state()), State::Open);
    assert_eq!(simulation.run(squared::stats).to_string(), "1 hit, 2 misses, size 2");
    let stack =
        "fetched\n  circuit_breaker(failures = 2)\n  retry(attempts = 2, backoff = constant(\"1s\"), jitter = none)";
    assert_eq!(fetched::describe().to_string(), stack);
}

/// Asks, and looks at the time.
#[stage]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
#[timeout("2s")]
fn in_time(#[deadline] deadline: Deadline, #[resource] service: &Service, item: u32) -> Result<u32, ApiError> {
    let value = service.call()?;
    deadline.check()?;
    Ok(item + value)
}

#[test]
fn a_stage_takes_a_deadline() {
    let (quick, slow) = (Duration::from_secs(1), Duration::from_secs(3));
    let service = Service::new([ok(1).after(quick), ok(2).after(slow), ok(3), ok(4).after(slow), ok(5).after(slow)]);
    let report = Simulation::seeded(1)
        .run(|| pipeline!(from_iter([10, 20, 30]) | in_time.or_skip() | collect()).with(service).run());
    let report = report.unwrap();
    assert_eq!(report.output, [11, 23]);
    let counts = report.stage("in_time").unwrap().policies;
    assert_eq!((counts.retries, counts.timeouts), (2, 3));
}
