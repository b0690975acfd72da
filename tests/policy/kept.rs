//! What is kept between calls: caches, last good values, and policies of one's own.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use millstream::policy::{Aged, Before, Cache, Call, Policy, Stats};
use millstream::prelude::*;
use millstream::testing::{Simulation, ok};

use crate::{ApiError, Service, fails};

#[cached]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[test]
fn a_function_that_calls_itself() {
    assert_eq!(fib(30), 832_040);
    assert_eq!(fib::stats(), Stats { hits: 28, misses: 31, size: 31 });
    fib::clear();
    assert_eq!(fib::stats(), Stats::default());
}

#[cached(size = 2, ttl = "1m", key = name)]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
async fn by_name(service: &Service, name: &str) -> Result<String, ApiError> {
    Ok(format!("{name}{}", service.call_async().await?))
}

#[test]
fn only_what_went_well_is_kept() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), fails(), fails(), ok(1), ok(2), ok(3)]);
    simulation.block_on(async {
        assert_eq!(by_name(&service, "a").await, Err(ApiError::Busy));
        for _ in 0..2 {
            assert_eq!(by_name(&service, "a").await, Ok("a1".to_owned()));
        }
        assert_eq!(by_name(&service, "b").await, Ok("b2".to_owned()));
        simulation.advance(Duration::from_mins(1));
        assert_eq!(by_name(&service, "a").await, Ok("a3".to_owned()));
    });
    assert_eq!(simulation.run(by_name::stats), Stats { hits: 1, misses: 4, size: 2 });
}

struct Table {
    cache: Cache<u32, u32>,
    calls: AtomicU32,
}

impl Table {
    #[cached(key = n, with = &self.cache)]
    fn double(&self, n: u32) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        n * 2
    }
}

#[test]
fn a_method_keeps_it_in_self() {
    let table = Table { cache: Cache::new(8), calls: AtomicU32::new(0) };
    assert_eq!([table.double(2), table.double(2), table.double(3)], [4, 4, 6]);
    assert_eq!(table.calls.into_inner(), 2);
}

#[fallback(stale_if_error, max_age = "5m", key = id)]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
fn last_good(service: &Service, id: u32) -> Result<Aged<u32>, ApiError> {
    service.call().map(|value| Aged::fresh(value + id))
}

#[test]
fn the_last_good_value_says_its_age() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([ok(1), fails(), fails(), fails(), fails()]);
    simulation.run(|| {
        assert_eq!(last_good(&service, 10), Ok(Aged::fresh(11)));
        assert_eq!(last_good(&service, 10), Ok(Aged::stale(11, Duration::from_secs(1))));
        assert_eq!(last_good(&service, 20), Err(ApiError::Busy));
    });
    assert_eq!(simulation.log()[5], "1s last_good: fell back to a value 1s old: Busy");
}

/// The value of an error is that of its item, and a stale one is asked for again each time.
#[cached(ttl = "1m", key = id)]
#[fallback(stale_if_error, key = id)]
fn cached_and_stale(service: &Service, id: &str) -> Result<Aged<String>, ApiError> {
    service.call().map(|value| Aged::fresh(format!("{id}{value}")))
}

#[test]
fn a_cache_keeps_no_stale_value() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([ok(1), fails(), fails(), fails(), ok(2)]);
    let minute = Duration::from_mins(1);
    let ask = |id| simulation.run(|| cached_and_stale(&service, id));
    for _ in 0..2 {
        assert_eq!(ask("a"), Ok(Aged::fresh("a1".to_owned())));
    }
    assert_eq!(ask("b"), Err(ApiError::Busy));
    // Too old for the cache, it stands in, and gets older.
    for age in [1, 2] {
        simulation.advance(minute);
        assert_eq!(ask("a"), Ok(Aged::stale("a1".to_owned(), minute * age)));
    }
    for _ in 0..2 {
        assert_eq!(ask("a"), Ok(Aged::fresh("a2".to_owned())));
    }
    assert_eq!(simulation.run(cached_and_stale::stats), Stats { hits: 2, misses: 5, size: 1 });
}

#[fallback(stale_if_error, key = ())]
fn of_any(service: &Service, _id: u32) -> Result<Aged<u32>, ApiError> {
    service.call().map(Aged::fresh)
}

#[test]
fn last_values_can_be_one_for_all_and_are_forgotten() {
    let service = Service::new([ok(1), fails(), fails()]);
    Simulation::seeded(1).run(|| {
        assert_eq!(of_any(&service, 1), Ok(Aged::fresh(1)));
        assert_eq!(of_any(&service, 2), Ok(Aged::stale(1, Duration::ZERO)));
        of_any::clear_stale();
        assert_eq!(of_any(&service, 1), Err(ApiError::Busy));
    });
}

/// Counts by a word.
struct Counts<'w>(&'w Mutex<HashMap<String, u32>>, &'w str);

impl<R> Policy<R> for Counts<'_> {
    type Permit = ();

    fn before(&self, _call: &Call) -> Before<'_, (), R> {
        *self.0.lock().unwrap().entry(self.1.to_owned()).or_default() += 1;
        Before::Go(())
    }
}

struct Denied;

/// Lets nobody in but the one.
struct RequireAdmin<'u>(&'u str);

impl<T> Policy<Result<T, Denied>> for RequireAdmin<'_> {
    type Permit = ();

    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, Denied>> {
        if self.0 == "admin" { Before::Go(()) } else { Before::Return(Err(Denied)) }
    }
}

#[wrap(Counts(counts, user))]
#[wrap(RequireAdmin(user))]
fn delete(user: &str, counts: &Mutex<HashMap<String, u32>>) -> Result<u32, Denied> {
    Ok(counts.lock().unwrap()[user])
}

#[wrap(RequireAdmin(user))]
async fn delete_async(user: &str) -> Result<u32, Denied> {
    Ok(1)
}

#[test]
fn policies_of_ones_own() {
    let counts = Mutex::default();
    assert_eq!(delete("admin", &counts).ok(), Some(1));
    assert!(delete("guest", &counts).is_err());
    assert_eq!(counts.into_inner().unwrap()["guest"], 1);
    let simulation = Simulation::seeded(1);
    assert!(simulation.block_on(delete_async("guest")).is_err());
    assert_eq!(simulation.block_on(delete_async("admin")).ok(), Some(1));
}
