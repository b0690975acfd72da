//! A whole stack under every script of six steps, beside a model of what it is to do.

mod model;

use std::time::Duration;

use millstream::policy::{Aged, Budget, CircuitBreaker, Event, Fallback, Policy, Retry, Stale, Timeout};
use millstream::prelude::*;
use millstream::testing::{Simulation, Step as Does, err, hang, ok};

use crate::{ApiError, Service, fails};
use model::Model;

/// What one call of the service does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Ok,
    Error,
    Permanent,
    Hang,
}

const STEPS: [Step; 4] = [Step::Ok, Step::Error, Step::Permanent, Step::Hang];
const LENGTH: u32 = 6;
/// Each script is played so often in a row: once is too short for much to happen to what outlives a call.
const TIMES: usize = 3;
/// The seconds after each call, over and over: for a breaker to open and to probe, for windows to pass, for values to grow old.
const PAUSES: [u64; 15] = [0, 0, 0, 0, 0, 1, 9, 0, 299, 0, 31, 0, 10, 2, 301];
/// After so long nothing counts any more that any policy of the stack keeps, but for a breaker that is open.
const LONG: Duration = Duration::from_hours(1);

/// Each script, played over and over.
fn scripts() -> impl Iterator<Item = Vec<Step>> {
    let step = |script: usize, index: u32| STEPS[script / STEPS.len().pow(index) % STEPS.len()];
    (0..STEPS.len().pow(LENGTH)).map(move |script| {
        let once: Vec<_> = (0..LENGTH).map(|index| step(script, index)).collect();
        once.repeat(TIMES)
    })
}

fn service(script: &[Step]) -> Service {
    let step = |(index, step)| -> Does<Result<u32, ApiError>> {
        match step {
            &Step::Ok => ok(index),
            Step::Error => fails(),
            Step::Permanent => err(ApiError::Gone),
            Step::Hang => hang(),
        }
    };
    Service::new((0..).zip(script).map(step).collect::<Vec<_>>()).then(ok(1000))
}

#[fallback(stale_if_error, max_age = "5m", key = id)]
#[circuit_breaker(failures = 5, within = "30s", reset_after = "10s", probes = 2)]
#[retry(attempts = 4, backoff = exponential("50ms", max = "2s"), when = ApiError::is_transient, budget = 0.2)]
#[timeout("800ms")]
async fn read_sensor(service: &Service, id: &str) -> Result<Aged<u32>, ApiError> {
    assert_eq!(id, "roof");
    service.call_async().await.map(Aged::fresh)
}

/// The same of values.
async fn read_by_values(service: &Service) -> Result<Aged<u32>, ApiError> {
    let backoff = Retry::exponential(Duration::from_millis(50)).max(Duration::from_secs(2));
    let retry = backoff.attempts(4).when(ApiError::is_transient).budget(&BUDGET);
    let attempt = || async { service.call_async().await.map(Aged::fresh) };
    LAST.run_async((), || BREAKER.run_async(|| retry.run_async(|| TIMEOUT.run_async(attempt)))).await
}

static LAST: Stale<(), Aged<u32>> = Fallback::stale(1).max_age(Duration::from_mins(5));
static BREAKER: CircuitBreaker =
    CircuitBreaker::within(5, Duration::from_secs(30)).reset_after(Duration::from_secs(10)).probes(2);
static BUDGET: Budget = Budget::new(0.2);
const TIMEOUT: Timeout = Timeout::new(Duration::from_millis(800));

/// Plays every script, compares all that happens with what the model says, and gives it. `close` closes a breaker that outlives
/// a simulation.
fn every_script(
    function: &'static str,
    close: impl Fn(),
    call: impl AsyncFn(&Service) -> Result<Aged<u32>, ApiError>,
) -> Vec<String> {
    let pauses = PAUSES.map(Duration::from_secs);
    let mut seen = Vec::new();
    for (script, number) in scripts().zip(0..) {
        let simulation = Simulation::seeded(u64::from(number));
        let begins = LONG * number;
        simulation.advance(begins);
        close();
        simulation.block_on(play(&simulation, &script, &pauses, &call));
        let delays = simulation.events().into_iter().filter_map(|occurrence| match occurrence.event {
            Event::Retry { delay, .. } => Some(delay),
            _ => None,
        });
        let log = simulation.log();
        let expected = Model::new(function, begins, &script, delays.collect()).play(&pauses);
        let differs = log.iter().zip(&expected).position(|(line, expected)| line != expected);
        assert!(log == expected, "{script:?}: from line {differs:?} on {log:#?}\nis not {expected:#?}");
        seen.extend(log);
    }
    seen
}

/// Calls until the script has ended.
async fn play(
    simulation: &Simulation,
    script: &[Step],
    pauses: &[Duration],
    call: impl AsyncFn(&Service) -> Result<Aged<u32>, ApiError>,
) {
    let service = service(script);
    for pause in pauses.iter().cycle() {
        let outcome = call(&service).await;
        simulation.note(format!("gave {outcome:?}"));
        if service.calls() >= script.len() {
            break;
        }
        simulation.advance(*pause);
    }
}

#[test]
fn a_stack_of_attributes_does_what_the_model_does() {
    let seen = every_script("read_sensor", || {}, async |service| read_sensor(service, "roof").await);
    // All that can happen did, so that the model has been asked about it.
    let all = [
        "gives Ok",
        "gives Err(Busy)",
        "gives Err(Gone)",
        "hangs",
        "timed out",
        "attempt 3 failed",
        "gave up after 1 attempt:",
        "gave up after 4 attempts:",
        "retry budget spent",
        "circuit opened",
        "circuit probed",
        "circuit closed",
        "refused by circuit_breaker",
        "fell back to a value 0ns old: Gone",
        "fell back to a value 299",
        "old: Open(",
        "gave Err(Slow(",
        "gave Err(Open(",
        "gave Err(Busy)",
    ];
    let missing: Vec<_> = all.iter().filter(|what| !seen.iter().any(|line| line.contains(**what))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_stack_of_values_does_what_the_model_does() {
    every_script("call", || BREAKER.close(), read_by_values);
}
