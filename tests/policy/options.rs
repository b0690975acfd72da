//! Options that no other test writes, and policies that are made elsewhere.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::clock::Moment;
use millstream::policy::{
    Aged, Before, Budget, Bulkhead, BulkheadFull, Cache, Call, CircuitBreaker, Constant, Fallback, Jitter, Place,
    Policy, RateLimit, Retry, Stale, State,
};
use millstream::prelude::*;
use millstream::testing::{Simulation, err, ok};

use crate::{ApiError, Service, fails};

static BUDGET: Budget = Budget::new(0.0).reserve(1);
static TOLD: AtomicU32 = AtomicU32::new(0);

fn told(_error: &ApiError, attempt: u32, _delay: Duration) {
    TOLD.fetch_add(attempt, Ordering::Relaxed);
}

fn hint(error: &ApiError) -> Option<Duration> {
    (*error == ApiError::Gone).then_some(Duration::from_secs(3))
}

#[retry(total = "5s", backoff = constant("1s"), jitter = Jitter::None, hint = hint, on_retry = told, budget = &BUDGET)]
fn budgeted(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[retry(total = "5s", backoff = |attempt: u32| Duration::from_secs(attempt.into()), jitter = none)]
fn timed(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

const RETRY: Retry<Constant> = Retry::constant(Duration::from_secs(2)).jitter(Jitter::None);

#[retry(with = RETRY)]
fn elsewhere(service: &Service, text: String) -> Result<usize, ApiError> {
    service.call().map(|_| text.len())
}

#[test]
fn a_retry_with_all_options() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), err(ApiError::Gone)]);
    assert_eq!(simulation.run(|| budgeted(&service)), Err(ApiError::Gone));
    assert_eq!((TOLD.load(Ordering::Relaxed), simulation.now().nanos()), (1, 1_000_000_000));

    // After 1, 2 and 3 s another one would begin at 6 s.
    let service = Service::new([fails(), fails(), fails()]);
    let simulation = Simulation::seeded(1);
    assert_eq!(simulation.run(|| timed(&service)), Err(ApiError::Busy));
    assert_eq!(simulation.now().nanos(), 3_000_000_000);

    let service = Service::new([fails(), fails(), ok(1)]);
    assert_eq!(Simulation::seeded(1).run(|| elsewhere(&service, "abc".to_owned())), Ok(3));
}

#[circuit_breaker(rate = 0.3, last = 20, min_calls = 3, probes = 2, when = ApiError::is_transient)]
fn rated(service: &Service) -> Result<u32, ApiError> {
    service.call()
}

#[test]
fn a_breaker_of_a_rate() {
    let service = Service::new([err(ApiError::Gone), err(ApiError::Gone), fails()]);
    Simulation::seeded(1).run(|| {
        for state in [State::Closed, State::Closed, State::Open] {
            rated(&service).unwrap_err();
            assert_eq!(rated::breaker().state(), state);
        }
    });
}

/// A client with all that its methods keep.
struct Client {
    limit: RateLimit,
    places: Bulkhead,
    last: Stale<(), Aged<u32>>,
    service: Service,
}

impl Client {
    #[fallback(stale_if_error, with = &self.last)]
    #[rate_limit(with = &self.limit, refuse)]
    #[bulkhead(with = &self.places)]
    fn read(&self) -> Result<Aged<u32>, ApiError> {
        self.service.call().map(Aged::fresh)
    }
}

#[test]
fn methods_keep_what_they_need_in_self() {
    let client = Client {
        limit: RateLimit::per_second(1),
        places: Bulkhead::new(1),
        last: Fallback::stale(1),
        service: Service::new([ok(1)]),
    };
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        assert_eq!(client.read(), Ok(Aged::fresh(1)));
        assert_eq!(client.read(), Ok(Aged::stale(1, Duration::ZERO)));
    });
}

/// What is given by an expression with an effect, or through a temporary.
struct Shared {
    asked: AtomicU32,
    places: [Bulkhead; 2],
    limit: Arc<RateLimit>,
}

impl Shared {
    fn places(&self) -> &Bulkhead {
        &self.places[self.asked.fetch_add(1, Ordering::Relaxed) as usize]
    }

    fn limit(&self) -> Arc<RateLimit> {
        Arc::clone(&self.limit)
    }

    #[bulkhead(with = self.places())]
    #[rate_limit(with = &self.limit())]
    fn read(&self) -> Result<usize, ApiError> {
        Ok(self.places[0].running())
    }

    #[rate_limit(with = &*self.limit(), refuse)]
    #[bulkhead(with = self.places())]
    async fn read_async(&self) -> Result<usize, ApiError> {
        Ok(self.places[0].running())
    }
}

#[test]
fn what_is_given_is_made_once_for_a_call() {
    let shared = || Shared {
        asked: AtomicU32::new(0),
        places: [Bulkhead::new(1), Bulkhead::new(1)],
        limit: Arc::new(RateLimit::per_second(1)),
    };
    let (simulation, sync, tasks) = (Simulation::seeded(1), shared(), shared());
    assert_eq!(simulation.run(|| sync.read()), Ok(1));
    assert_eq!(simulation.block_on(tasks.read_async()), Ok(1));
    for shared in [sync, tasks] {
        assert_eq!((shared.asked.into_inner(), shared.places[0].running()), (1, 0));
    }
}

static LENGTHS: Cache<String, usize> = Cache::new(8);
static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(1);

fn is_full(error: &ApiError) -> bool {
    *error == ApiError::Full
}

#[cached(key = text.to_string(), with = &LENGTHS)]
#[circuit_breaker(with = &BREAKER, when = ApiError::is_transient, ignore = is_full)]
fn length<T: ToString>(text: &T) -> Result<usize, ApiError> {
    Ok(text.to_string().len())
}

#[test]
fn generic_functions_keep_it_elsewhere() {
    assert_eq!((length(&"abc"), length(&123), length(&"123".to_owned())), (Ok(3), Ok(3), Ok(3)));
    assert_eq!((LENGTHS.stats().hits, BREAKER.state()), (1, State::Closed));
}

/// Calls again while there is nothing, as often as it says, and takes a place for the whole call.
struct UntilSome<'a> {
    times: u32,
    places: &'a Bulkhead,
}

impl<'a, T> Policy<Option<T>> for UntilSome<'a> {
    type Permit = (u32, Place<'a>);
    const REPEATS: bool = true;

    fn before(&self, call: &Call) -> Before<'_, Self::Permit, Option<T>> {
        match Policy::<Result<T, BulkheadFull>>::before(&self.places, call) {
            Before::Go(place) => Before::Go((0, place)),
            _ => Before::Return(None),
        }
    }

    fn again(&self, _call: &Call, (failed, _): &mut Self::Permit, outcome: &Option<T>) -> Option<Duration> {
        *failed += 1;
        (outcome.is_none() && *failed < self.times).then_some(Duration::from_secs(1))
    }
}

#[retry(with = UntilSome { times, places })]
fn until_some(times: u32, places: &Bulkhead, answers: &mut dyn Iterator<Item = Option<u32>>) -> Option<u32> {
    assert_eq!(places.running(), 1);
    answers.next().flatten()
}

#[retry(with = &UntilSome { times: 2, places })]
fn until_some_lent(places: &Bulkhead, answers: &mut dyn Iterator<Item = Option<u32>>) -> Option<u32> {
    assert_eq!(places.running(), 1);
    answers.next().flatten()
}

/// Calls as often as it says. Only a reference to it is a policy.
struct Times(u32);

impl Policy<Option<u32>> for &Times {
    type Permit = u32;
    const REPEATS: bool = true;

    fn before(&self, _call: &Call) -> Before<'_, u32, Option<u32>> {
        Before::Go(1)
    }

    fn again(&self, _call: &Call, calls: &mut u32, _: &Option<u32>) -> Option<Duration> {
        *calls += 1;
        (*calls <= self.0).then_some(Duration::ZERO)
    }
}

static TWICE: Times = Times(2);

#[retry(with = &TWICE)]
fn twice(answers: &mut dyn Iterator<Item = Option<u32>>) -> Option<u32> {
    answers.next().flatten()
}

#[test]
fn a_policy_may_be_lent() {
    let places = Bulkhead::new(1);
    let mut answers = [None, Some(1), Some(2), Some(3)].into_iter();
    Simulation::seeded(1).run(|| {
        assert_eq!(until_some_lent(&places, &mut answers), Some(1));
        assert_eq!(twice(&mut answers), Some(3));
    });
}

#[retry(with = UntilSome { times: 3, places })]
async fn until_some_async(places: &Bulkhead, answers: Arc<Mutex<VecDeque<Option<u32>>>>) -> Option<u32> {
    assert_eq!(places.running(), 1);
    answers.lock().unwrap().pop_front().flatten()
}

#[test]
fn a_policy_of_ones_own_may_repeat() {
    let (simulation, places) = (Simulation::seeded(1), Bulkhead::new(1));
    let mut answers = [None, Some(1), None, None, Some(2)].into_iter();
    simulation.run(|| {
        assert_eq!(until_some(2, &places, &mut answers), Some(1));
        assert_eq!(until_some(2, &places, &mut answers), None);
        let _ = Policy::<Option<u32>>::run(&UntilSome { times: 9, places: &places }, || {
            assert_eq!(places.running(), 1);
            assert_eq!(until_some(2, &places, &mut answers), None, "there is no place");
            answers.next().flatten()
        });
    });
    assert_eq!(places.running(), 0);
    let answers = Arc::new(Mutex::new(VecDeque::from([None, None, Some(7)])));
    assert_eq!(simulation.block_on(until_some_async(&places, answers)), Some(7));
    assert_eq!(simulation.now().since(Moment::default()), Duration::from_secs(4));
}
