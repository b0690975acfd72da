//! A stage rejects an item only after its policies gave up.

use millstream::policy::State;
use millstream::prelude::*;
use millstream::testing::Simulation;

use crate::ApiError;

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
    assert_eq!(fetched::breaker().state(), State::Open);
    assert_eq!(squared::stats().to_string(), "1 hit, 2 misses, size 2");
    let stack =
        "fetched\n  circuit_breaker(failures = 2)\n  retry(attempts = 2, backoff = constant(\"1s\"), jitter = none)";
    assert_eq!(fetched::describe().to_string(), stack);
}
