//! Every form of function.
#![allow(unsafe_code, reason = "functions may be unsafe")]

use std::fmt::Display;
use std::time::Duration;

use millstream::policy::{CircuitBreaker, Deadline, Retried};
use millstream::prelude::*;
use millstream::testing::{Simulation, hang, ok};

use crate::{ApiError, Service, fails};

struct Client {
    service: Service,
    breaker: CircuitBreaker,
    limit: Duration,
}

impl Client {
    fn new(service: Service) -> Self {
        Client { service, breaker: CircuitBreaker::consecutive(1), limit: Duration::from_secs(2) }
    }

    #[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
    fn read(&self) -> Result<u32, ApiError> {
        self.service.call()
    }

    #[circuit_breaker(with = &self.breaker)]
    #[retry(attempts = 2, backoff = |_| Duration::from_secs(3), jitter = none)]
    #[timeout(self.limit)]
    async fn read_async(&mut self) -> Result<u32, ApiError> {
        self.service.call_async().await
    }

    #[retry(associated, attempts = 2, backoff = constant("1s"), jitter = none)]
    fn of(service: &Service) -> Result<u32, ApiError> {
        service.call()
    }

    #[retry(attempts = 2, backoff = constant("1s"))]
    fn found(service: &Service) -> Result<Self, ApiError> {
        service.call().map(|value| Self::new(Service::new([ok(value)])))
    }
}

trait Reads {
    async fn read_both(&self) -> Result<u32, ApiError>;

    #[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
    fn read_twice(&self) -> Result<u32, ApiError> {
        self.one()
    }

    fn one(&self) -> Result<u32, ApiError>;
}

impl Reads for Client {
    #[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
    async fn read_both(&self) -> Result<u32, ApiError> {
        Ok(self.service.call_async().await? + self.service.call_async().await?)
    }

    fn one(&self) -> Result<u32, ApiError> {
        self.service.call()
    }
}

#[test]
fn methods_of_all_kinds() {
    let simulation = Simulation::seeded(1);
    let mut client = Client::new(Service::new([fails(), ok(1), fails(), ok(2), fails(), ok(3), fails(), ok(4), ok(5)]));
    simulation.run(|| assert_eq!((client.read(), Client::of(&client.service)), (Ok(1), Ok(2))));
    simulation.run(|| assert_eq!(client.read_twice(), Ok(3)));
    assert_eq!(simulation.block_on(client.read_both()), Ok(9));
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Err(Busy)",
            "0ns read: attempt 1 failed, again in 1s: Busy",
            "1s service: call 2 gives Ok(1)",
            "1s service: call 3 gives Err(Busy)",
            "1s of: attempt 1 failed, again in 1s: Busy",
            "2s service: call 4 gives Ok(2)",
            "2s service: call 5 gives Err(Busy)",
            "2s read_twice: attempt 1 failed, again in 1s: Busy",
            "3s service: call 6 gives Ok(3)",
            "3s service: call 7 gives Err(Busy)",
            "3s read_both: attempt 1 failed, again in 1s: Busy",
            "4s service: call 8 gives Ok(4)",
            "4s service: call 9 gives Ok(5)",
        ]
    );
    client.service = Service::new([fails(), ok(6)]);
    assert_eq!(simulation.block_on(client.read_async()), Ok(6));
    let found = Client::found(&Service::new([ok(8)])).unwrap();
    assert_eq!(found.read(), Ok(8));
}

#[derive(Clone, Copy)]
struct Copied(u32);

impl Copied {
    #[retry(attempts = 2)]
    fn up(self) -> Result<u32, ApiError> {
        Ok(self.0)
    }
}

#[retry]
unsafe fn asks_a_lot(place: *const u32) -> Result<u32, ApiError> {
    // SAFETY: the caller promised.
    Ok(unsafe { *place })
}

#[retry]
extern "Rust" fn foreign(value: u32) -> Result<u32, ApiError> {
    Ok(value)
}

#[retry]
fn opaque(value: u32) -> Result<impl Display + use<>, ApiError> {
    if value == 0 {
        return Err(ApiError::Gone);
    }
    Ok(value)
}

#[circuit_breaker]
#[retry]
async fn opaque_async(value: u32) -> Result<impl Display + use<>, ApiError> {
    if value == 0 {
        return Err(ApiError::Gone);
    }
    Ok(value)
}

#[retry]
fn nothing(service: &Service) -> std::io::Result<()> {
    service.call().map(drop).map_err(|error| std::io::Error::other(error.to_string()))
}

#[test]
fn functions_of_all_kinds() {
    assert_eq!(Copied(3).up(), Ok(3));
    // SAFETY: it is a reference.
    assert_eq!(unsafe { asks_a_lot(&7) }, Ok(7));
    assert_eq!(foreign(4), Ok(4));
    assert_eq!(opaque(4).unwrap().to_string(), "4");
    assert_eq!(Simulation::seeded(1).block_on(opaque_async(4)).unwrap().to_string(), "4");
    nothing(&Service::new([ok(1)])).unwrap();
}

#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
#[timeout("2s")]
fn checks(rounds: u32, #[deadline] deadline: Deadline) -> Result<Duration, ApiError> {
    for _ in 0..rounds {
        deadline.check()?;
    }
    Ok(deadline.remaining().unwrap_or_default())
}

#[test]
fn a_function_that_blocks_gets_a_deadline() {
    assert_eq!(Simulation::seeded(1).run(|| checks(3)), Ok(Duration::from_secs(2)));
}

#[test]
fn a_function_may_stand_in_a_function() {
    #[retry]
    fn inner(value: &str) -> Result<u32, std::num::ParseIntError> {
        value.parse()
    }
    assert_eq!(inner("3"), Ok(3));
    assert_eq!(inner::describe().to_string(), "inner\n  retry");
}

/// Has async methods that a `dyn` can call.
#[async_trait::async_trait]
trait Boxed {
    async fn read_boxed(&self, name: String, seen: &mut Vec<String>) -> Result<String, ApiError>;
}

#[async_trait::async_trait]
impl Boxed for Client {
    #[fallback(value = format!("no {name}"))]
    #[circuit_breaker(with = &self.breaker)]
    #[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
    #[timeout(self.limit)]
    async fn read_boxed(&self, mut name: String, seen: &mut Vec<String>) -> Result<String, ApiError> {
        name.push('!');
        seen.push(name.clone());
        self.service.call_async().await.map(|_| name)
    }
}

#[test]
fn methods_of_async_traits_work() {
    let simulation = Simulation::seeded(1);
    let client: Box<dyn Boxed + Sync> = Box::new(Client::new(Service::new([fails(), ok(1), hang(), fails()])));
    let mut seen = Vec::new();
    simulation.block_on(is_send(async {
        assert_eq!(client.read_boxed("a".to_owned(), &mut seen).await, Ok("a!".to_owned()));
        assert_eq!(client.read_boxed("b".to_owned(), &mut seen).await, Ok("no b".to_owned()));
        assert_eq!(client.read_boxed("c".to_owned(), &mut seen).await, Ok("no c".to_owned()));
    }));
    assert_eq!(seen, ["a!", "a!", "b!", "b!"]);
    assert_eq!(simulation.log()[4], "3s read_boxed: timed out after 2s");
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[circuit_breaker]
#[retry(budget = 0.2)]
#[timeout("1s")]
async fn sends(name: String) -> Result<String, ApiError> {
    Ok(name)
}

#[test]
fn futures_are_send() {
    assert_eq!(Simulation::seeded(1).block_on(is_send(sends("a".to_owned()))), Ok("a".to_owned()));
}

#[circuit_breaker(failures = 1)]
#[retry(attempts = 3, backoff = constant("1s"), jitter = none)]
#[timeout("2s")]
async fn tells_why(service: &Service) -> Result<u32, Retried<ApiError>> {
    if service.call_async().await? == 0 {
        return Err(ApiError::Gone);
    }
    Ok(1)
}

#[test]
fn an_error_says_why_earlier_attempts_failed() {
    let simulation = Simulation::seeded(1);
    let service = Service::new([fails(), ok(0), fails(), ok(1)]);
    let failed = simulation.block_on(tells_why(&service)).unwrap_err();
    assert_eq!(failed.attempts(), 3);
    assert_eq!(failed.earlier(), ["Busy", "Gone"]);
    assert_eq!(failed.into_error(), ApiError::Busy);
    let refused = simulation.block_on(tells_why(&service)).unwrap_err();
    assert_eq!((refused.attempts(), refused.into_error()), (0, ApiError::Open(Duration::from_secs(10))));
}

#[test]
fn an_error_that_says_why_may_be_of_a_type_known_to_the_body_alone() {
    #[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
    fn opaque(service: &Service) -> Result<impl Display, Retried<ApiError>> {
        service.call()
    }
    let service = Service::new([fails(), ok(1), fails(), fails()]);
    Simulation::seeded(1).run(|| {
        assert_eq!(opaque(&service).map(|value| value.to_string()), Ok("1".to_owned()));
        assert_eq!(opaque(&service).map(|value| value.to_string()).unwrap_err().earlier(), ["Busy"]);
    });
}
