//! What functions keep, and time, in worlds of their own: simulations, and runtimes of tokio.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use millstream::clock::Moment;
use millstream::policy::{Aged, State, Stats, TimedOut};
use millstream::prelude::*;
use millstream::testing::{Simulation, err, ok};

use crate::{ApiError, Service, fails};

#[circuit_breaker(failures = 1, reset_after = "10s")]
fn broken(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[circuit_breaker(failures = 1, reset_after = "10s", key = id)]
fn broken_by_key(service: &Service, id: u32) -> Result<u32, ApiError> {
    service.call().map(|value| value + id)
}

#[cached(ttl = "10s")]
fn squared(number: u32) -> u32 {
    number * number
}

#[fallback(stale_if_error, key = ())]
fn last(service: &Service) -> Result<Aged<u32>, ApiError> {
    service.call().map(Aged::fresh)
}

#[rate_limit(per_second = 1, refuse)]
fn limited() -> Result<u32, ApiError> {
    Ok(1)
}

#[retry(budget = 0.0, attempts = 100, backoff = constant("0s"))]
fn budgeted(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

/// Finds everything as it is at first, and uses it up.
fn uses_up_what_is_kept() {
    let fails_again = || Service::new([]).then(fails());
    let service = fails_again();
    assert_eq!(
        [broken(&service), broken(&service)],
        [Err(ApiError::Busy), Err(ApiError::Open(Duration::from_secs(10)))]
    );
    assert_eq!((broken::breaker().state(), service.calls()), (State::Open, 1));
    assert_eq!(broken_by_key(&service, 1), Err(ApiError::Busy));
    assert_eq!(broken_by_key::breakers().of(&1).state(), State::Open);
    assert_eq!([squared(2), squared(2)], [4, 4]);
    assert_eq!(squared::stats(), Stats { hits: 1, misses: 1, size: 1 });
    let service = Service::new([fails(), ok(1), fails()]);
    let given = [last(&service), last(&service), last(&service)];
    assert_eq!(given.map(|given| given.map(Aged::into_inner)), [Err(ApiError::Busy), Ok(1), Ok(1)]);
    assert_eq!([limited(), limited()], [Ok(1), Err(ApiError::Limited(Duration::from_secs(1)))]);
    let service = fails_again();
    assert_eq!(budgeted(&service), Err(ApiError::Busy));
    assert_eq!(service.calls(), 11, "the first attempt, and the reserve");
}

#[test]
fn a_simulation_finds_what_functions_keep_as_it_is_at_first() {
    Simulation::seeded(1).run(uses_up_what_is_kept);
    Simulation::seeded(2).run(uses_up_what_is_kept);
    thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || Simulation::seeded(seed).run(uses_up_what_is_kept));
        }
    });
    assert_eq!(broken::breaker().state(), State::Closed);
}

#[test]
fn a_simulation_that_is_entered_again_finds_what_it_left() {
    let (one, other) = (Simulation::seeded(1), Simulation::seeded(1));
    one.run(uses_up_what_is_kept);
    other.run(uses_up_what_is_kept);
    one.advance(Duration::from_secs(10));
    let service = Service::new([ok(7)]);
    assert_eq!(one.run(|| broken(&service)), Ok(7));
    let states = [one, other].map(|simulation| simulation.run(|| broken::breaker().state()));
    assert_eq!(states, [State::Closed, State::Open]);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[timeout("1s")]
async fn greedy(polls: &AtomicU32) -> Result<u32, TimedOut> {
    poll_fn(|cx: &mut Context<'_>| {
        polls.fetch_add(1, Ordering::Relaxed);
        // It takes all that tokio gives to a task before it makes it wait, and is asked again at once.
        while tokio::task::coop::poll_proceed(cx).map(|proceed| proceed.made_progress()).is_ready() {}
        Poll::Pending
    })
    .await
}

#[test]
fn a_call_that_uses_up_the_budget_of_its_task_times_out() {
    let polls = AtomicU32::new(0);
    let limited = async {
        let mut call = pin!(greedy(&polls));
        let mut is_due = false;
        poll_fn(|cx| {
            let outcome = call.as_mut().poll(cx);
            // A paused clock would go on when every task waits, and this one never does.
            if !std::mem::replace(&mut is_due, true) {
                let _ = pin!(tokio::time::advance(Duration::from_secs(2))).poll(cx);
            }
            assert!(polls.load(Ordering::Relaxed) < 1000, "it never times out");
            outcome
        })
        .await
    };
    assert_eq!(runtime().block_on(limited), Err(TimedOut { limit: Duration::from_secs(1) }));
}

#[test]
fn a_paused_clock_passes_as_it_is_told() {
    runtime().block_on(async {
        let begun = Moment::now();
        tokio::time::advance(Duration::from_millis(10)).await;
        assert_eq!(Moment::now().since(begun), Duration::from_millis(10));
    });
}

#[rate_limit(calls = 2, per = "1m", burst = 2, max_wait = "30s")]
fn often(value: u32) -> Result<u32, ApiError> {
    Ok(value)
}

#[rate_limit(with = often::rate_limit(), max_wait = "1m")]
fn as_often(value: u32) -> Result<u32, ApiError> {
    Ok(value)
}

#[test]
fn a_call_waits_for_its_turn_as_long_as_it_may() {
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        assert_eq!([often(1), often(2), often(3)], [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(
            (simulation.elapsed(), often::rate_limit().wait()),
            (Duration::from_secs(30), Duration::from_secs(30))
        );
        // The next turn is taken while somebody waits for it, so that the one after it is too far away.
        let service = pin!(often::rate_limit().run_async(|| async {}));
        let _ = service.poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(often(4), Err(ApiError::Limited(Duration::from_mins(1))));
        assert_eq!(as_often(5), Ok(5));
        assert_eq!(simulation.elapsed(), Duration::from_secs(90));
    });
}

#[bulkhead(1, queue = 2, max_wait = "1s")]
fn one_at_a_time(inner: &mut Vec<Result<u32, ApiError>>, deeper: u32) -> Result<u32, ApiError> {
    if deeper > 0 {
        let outcome = one_at_a_time(inner, deeper - 1);
        inner.push(outcome);
    }
    Ok(deeper)
}

#[bulkhead(with = one_at_a_time::bulkhead(), max_wait = "5s")]
async fn elsewhere(deeper: u32) -> Result<u32, ApiError> {
    one_at_a_time(&mut Vec::new(), deeper)
}

#[test]
fn a_call_waits_for_its_place_as_long_as_it_may() {
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let mut inner = Vec::new();
        assert_eq!(one_at_a_time(&mut inner, 1), Ok(1));
        assert_eq!((inner, simulation.elapsed()), (vec![Err(ApiError::Full)], Duration::from_secs(1)));
    });
    assert_eq!(simulation.block_on(elsewhere(1)), Err(ApiError::Full));
    assert_eq!(simulation.elapsed(), Duration::from_secs(2));
}

#[test]
fn the_causes_of_many_attempts_are_the_first_and_the_last() {
    use millstream::io::letters::Letter;

    #[stage]
    #[retry(attempts = 50, backoff = constant("1s"))]
    fn read(#[resource] service: &Service, item: u32) -> Result<u32, ApiError> {
        service.call().map(|value| value + item)
    }
    let dir = tempfile::tempdir().unwrap();
    let rejects = dir.path().join("rejects.jsonl");
    let pipeline = pipeline!(from_iter([1]) | read.or_dead_letter(&rejects) | collect());
    let service = Service::new([fails()]).then(err(ApiError::Gone));
    Simulation::seeded(1).run(|| pipeline.with(service).run()).unwrap();
    let letter: Letter = serde_json::from_str(&std::fs::read_to_string(&rejects).unwrap()).unwrap();
    assert_eq!((letter.attempts, letter.failed.len()), (50, 21));
    assert_eq!(letter.failed[..2], ["Busy", "Gone"]);
    assert_eq!(letter.failed[10], "30 attempts are left out here");
}
