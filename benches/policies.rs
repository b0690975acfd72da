//! J4: what retry, circuit breaker and timeout cost a call that succeeds. `cargo bench --bench policies`; instructions:
//! `benches/instructions.sh --bench policies`.
//!
//! The call is one that the compiler does not look into. Functions that block have no timeout. `ratios [JOB]` times the forms of
//! each job in turns and prints medians, each beside the bare call, the first form. `count JOB/FORM CALLS` makes one pass and
//! ends, for an instruction counter; `list` prints the names of all forms.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder, Retryable};
use criterion::{Criterion, Throughput};
use failsafe::StateMachine;
use failsafe::failure_policy::ConsecutiveFailures;
use millstream::policy::{CircuitBreaker, CircuitOpen, Policy, Retry, TimedOut, Timeout};
use millstream::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::TimeLimiterLayer;

const CALLS: usize = 1 << 14;
const ROUNDS: usize = 101;

const FIRST: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_millis(800);
const RESET_AFTER: Duration = Duration::from_secs(10);

/// The number for which the call fails.
const BROKEN: u64 = u64::MAX;

#[derive(Debug)]
enum ApiError {
    Down,
    Open,
    Slow,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for ApiError {}

impl From<CircuitOpen> for ApiError {
    fn from(_: CircuitOpen) -> Self {
        ApiError::Open
    }
}

impl From<TimedOut> for ApiError {
    fn from(_: TimedOut) -> Self {
        ApiError::Slow
    }
}

impl From<failsafe::Error<ApiError>> for ApiError {
    fn from(error: failsafe::Error<ApiError>) -> Self {
        match error {
            failsafe::Error::Inner(error) => error,
            failsafe::Error::Rejected => ApiError::Open,
        }
    }
}

/// What all forms call.
#[inline(never)]
fn fetch(id: u64) -> Result<u64, ApiError> {
    if id == BROKEN { Err(ApiError::Down) } else { Ok(id ^ 0x5555) }
}

/// The same, ready at once.
async fn fetch_async(id: u64) -> Result<u64, ApiError> {
    fetch(id)
}

#[circuit_breaker(failures = 5, within = "30s", reset_after = "10s")]
#[retry(attempts = 4, backoff = exponential("1ms"))]
fn read(id: u64) -> Result<u64, ApiError> {
    fetch(id)
}

#[circuit_breaker(failures = 5, within = "30s", reset_after = "10s")]
#[retry(attempts = 4, backoff = exponential("1ms"))]
#[timeout("800ms")]
async fn read_async(id: u64) -> Result<u64, ApiError> {
    fetch_async(id).await
}

static BREAKER: CircuitBreaker = CircuitBreaker::within(5, Duration::from_secs(30)).reset_after(RESET_AFTER);
const TIMEOUT: Timeout = Timeout::new(LIMIT);

fn backon() -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(FIRST).with_max_times(3).with_jitter()
}

fn failsafe() -> StateMachine<ConsecutiveFailures<failsafe::backoff::Constant>, ()> {
    let policy = failsafe::failure_policy::consecutive_failures(5, failsafe::backoff::constant(RESET_AFTER));
    failsafe::Config::new().failure_policy(policy).build()
}

/// Tower asks its user for a retry policy.
#[derive(Clone)]
struct Again {
    left: u32,
    delay: Duration,
}

impl tower::retry::Policy<u64, u64, BoxError> for Again {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, _: &mut u64, outcome: &mut Result<u64, BoxError>) -> Option<Self::Future> {
        if outcome.is_ok() || self.left == 0 {
            return None;
        }
        let delay = self.delay;
        *self = Again { left: self.left - 1, delay: delay * 2 };
        Some(tokio::time::sleep(delay))
    }

    fn clone_request(&mut self, id: &u64) -> Option<u64> {
        Some(*id)
    }
}

struct Input {
    ids: Vec<u64>,
    runtime: Runtime,
}

impl Input {
    fn new(calls: usize) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("there is no runtime: {error}"));
        Input { ids: (0..calls as u64).collect(), runtime }
    }

    /// The sum of what the calls give, unless one fails.
    fn sum<E>(&self, call: impl Fn(u64) -> Result<u64, E>) -> Option<u64> {
        self.ids.iter().try_fold(0_u64, |sum, id| Some(sum.wrapping_add(call(*id).ok()?)))
    }

    fn sum_async<E>(&self, mut call: impl AsyncFnMut(u64) -> Result<u64, E>) -> Option<u64> {
        self.runtime.block_on(async {
            let mut sum = 0_u64;
            for id in &self.ids {
                sum = sum.wrapping_add(call(*id).await.ok()?);
            }
            Some(sum)
        })
    }

    fn sum_service<S: Service<u64, Response = u64>>(&self, mut service: S) -> Option<u64> {
        self.sum_async(async |id| service.ready().await?.call(id).await)
    }
}

/// One way to make the calls.
type Form = fn(&Input) -> Option<u64>;

/// The same calls in several forms.
struct Job {
    name: &'static str,
    forms: &'static [(&'static str, Form)],
}

const JOBS: [Job; 2] = [
    Job {
        name: "sync",
        forms: &[
            ("bare", |input| input.sum(fetch)),
            ("attributes", |input| input.sum(read)),
            ("values", |input| {
                let retry = Retry::exponential(FIRST).attempts(4);
                input.sum(|id| BREAKER.run(|| retry.run(|| fetch(id))))
            }),
            ("backon+failsafe", |input| {
                let (breaker, backoff) = (failsafe(), backon());
                input.sum(|id| failsafe::CircuitBreaker::call(&breaker, || (|| fetch(id)).retry(backoff).call()))
            }),
        ],
    },
    Job {
        name: "async",
        forms: &[
            ("bare", |input| input.sum_async(fetch_async)),
            ("attributes", |input| input.sum_async(read_async)),
            ("values", |input| {
                let retry = Retry::exponential(FIRST).attempts(4);
                input.sum_async(async |id| {
                    BREAKER.run_async(|| retry.run_async(|| TIMEOUT.run_async(|| fetch_async(id)))).await
                })
            }),
            ("backon+tokio+failsafe", |input| {
                let (breaker, backoff) = (failsafe(), backon());
                let attempt =
                    async |id| tokio::time::timeout(LIMIT, fetch_async(id)).await.unwrap_or(Err(ApiError::Slow));
                input.sum_async(async |id| {
                    failsafe::futures::CircuitBreaker::call(&breaker, (|| attempt(id)).retry(backoff)).await
                })
            }),
            ("tower+breaker", |input| {
                let breaker = CircuitBreakerLayer::builder().consecutive_failures(5).build();
                let service = ServiceBuilder::new()
                    .layer(breaker.unwrap_or_else(|error| panic!("{error}")))
                    .retry(Again { left: 3, delay: FIRST })
                    .timeout(LIMIT)
                    .service(service_fn(fetch_async));
                input.sum_service(service)
            }),
            ("tower-resilience", |input| {
                let breaker = CircuitBreakerLayer::builder().consecutive_failures(5).build();
                let service = ServiceBuilder::new()
                    .layer(breaker.unwrap_or_else(|error| panic!("{error}")))
                    .layer(RetryLayer::builder().max_attempts(4).exponential_backoff(FIRST).build())
                    .layer(TimeLimiterLayer::builder().timeout_duration(LIMIT).build())
                    .service(service_fn(fetch_async));
                input.sum_service(service)
            }),
        ],
    },
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list", part @ ..] => list(part.first().copied().unwrap_or_default()),
        ["count", which, calls, ..] => count(which, calls),
        ["ratios", only @ ..] => ratios(only.first().copied().filter(|word| *word != "--bench").unwrap_or_default()),
        _ => time(),
    }
}

fn list(part: &str) {
    for job in &JOBS {
        for (form, _) in job.forms {
            let name = format!("{}/{form}", job.name);
            if name.contains(part) {
                println!("{name}");
            }
        }
    }
}

/// One pass, not timed. `no/form` is what making the input costs.
fn count(which: &str, calls: &str) {
    let n = calls.parse().unwrap_or_else(|_| panic!("how many calls is `{calls}`?"));
    let input = Input::new(n);
    if which == "no/form" {
        black_box(input);
        return;
    }
    let mut all = JOBS.iter().flat_map(|job| job.forms.iter().map(move |(form, run)| (job.name, *form, run)));
    let found = all.find(|(job, form, _)| which.split_once('/') == Some((*job, *form)));
    let (_, _, form) = found.unwrap_or_else(|| panic!("there is no form `{which}`; `list` names all"));
    black_box(form(black_box(&input)));
}

/// The calls, after all forms have given the same of them, and have failed with one that does.
fn checked() -> Input {
    let broken = Input { ids: vec![BROKEN], ..Input::new(0) };
    let input = Input::new(CALLS);
    for job in &JOBS {
        for (name, form) in job.forms {
            assert_eq!(form(&broken), None, "{}/{name}", job.name);
            assert_eq!(form(&input), JOBS[0].forms[0].1(&input), "{}/{name}", job.name);
        }
    }
    input
}

fn time() {
    let input = checked();
    let mut criterion = Criterion::default().configure_from_args();
    for job in &JOBS {
        let mut timed = criterion.benchmark_group(job.name);
        timed.throughput(Throughput::Elements(CALLS as u64));
        for (name, form) in job.forms {
            timed.bench_function(*name, |b| b.iter(|| form(black_box(&input))));
        }
        timed.finish();
    }
    criterion.final_summary();
}

/// The median time of a call in each form over many rounds, in each of which every form has its turn; and how much more it is than
/// that of the bare call in the same round.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios(only: &str) {
    let input = checked();
    println!("{:<30} {:>10} {:>10}", "job/form", "ns a call", "over bare");
    for job in JOBS.iter().filter(|job| job.name.contains(only)) {
        let mut times = vec![Vec::new(); job.forms.len()];
        for _ in 0..ROUNDS {
            for ((_, form), times) in job.forms.iter().zip(&mut times) {
                let started = Instant::now();
                black_box(form(black_box(&input)));
                times.push(started.elapsed().as_secs_f64() * 1e9 / CALLS as f64);
            }
        }
        for ((name, _), of) in job.forms.iter().zip(&times) {
            let over = median(of.iter().zip(&times[0]).map(|(time, bare)| time - bare));
            println!("{:<30} {:10.2} {over:10.2}", format!("{}/{name}", job.name), median(of.iter().copied()));
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
