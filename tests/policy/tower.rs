//! Layers of `tower` around functions.

use std::future::poll_fn;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use millstream::policy::tower::Tower;
use millstream::policy::{Policy, State};
use millstream::prelude::*;
use millstream::testing::{Simulation, hang, ok};
use tower::BoxError;
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower_layer::layer_fn;
use tower_service::Service as TowerService;

use crate::{ApiError, Service, fails};

static ENTERED: AtomicU32 = AtomicU32::new(0);

/// Lets two calls through and fails the others by itself.
#[derive(Clone, Copy)]
struct Two<S>(S);

impl<S: TowerService<Q, Error = ApiError>, Q> TowerService<Q> for Two<S> {
    type Response = S::Response;
    type Error = ApiError;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ApiError>> {
        if ENTERED.fetch_add(1, Ordering::Relaxed) >= 2 {
            return Poll::Ready(Err(ApiError::Full));
        }
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Q) -> S::Future {
        self.0.call(request)
    }
}

/// What is lent and what is moved goes through a layer that is in a stack, and the call is not boxed.
#[circuit_breaker(failures = 2)]
#[wrap(Tower::new(layer_fn(Two)))]
#[retry(attempts = 2, backoff = constant("1s"), jitter = none)]
async fn limited(service: &Service, log: &mut Vec<u32>, name: String) -> Result<usize, ApiError> {
    let value = service.call_async().await?;
    log.push(value);
    Ok(name.len())
}

#[test]
fn a_layer_stands_in_a_stack() {
    let simulation = Simulation::seeded(1);
    let (service, mut log) = (Service::new([fails(), ok(1), ok(2).after(Duration::from_secs(1))]), Vec::new());
    simulation.block_on(async {
        assert_eq!(limited(&service, &mut log, "a".to_owned()).await, Ok(1));
        assert_eq!(limited(&service, &mut log, "ab".to_owned()).await, Ok(2));
        assert_eq!(limited(&service, &mut log, "c".to_owned()).await, Err(ApiError::Full));
        assert_eq!(limited(&service, &mut log, "c".to_owned()).await, Err(ApiError::Full));
        assert!(matches!(limited(&service, &mut log, "c".to_owned()).await, Err(ApiError::Open(_))));
    });
    assert_eq!((log, service.calls(), simulation.elapsed()), (vec![1, 2], 3, Duration::from_secs(2)));
    assert_eq!(simulation.run(|| limited::breaker().state()), State::Open);
}

/// One call at a time, for all who share it.
static ONE: LazyLock<Tower<ConcurrencyLimitLayer>> = LazyLock::new(|| Tower::new(ConcurrencyLimitLayer::new(1)));

#[wrap(*ONE)]
async fn one_at_once(service: &Service) -> Result<u32, ApiError> {
    service.call_async().await
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_limit_is_shared_by_calls_and_freed_by_those_that_are_cancelled() {
    let service = Service::new([hang(), ok(2)]);
    Simulation::seeded(1).block_on(async {
        let mut first = Box::pin(is_send(one_at_once(&service)));
        let mut second = Box::pin(one_at_once(&service));
        let both = poll_fn(|cx| Poll::Ready((first.as_mut().poll(cx), second.as_mut().poll(cx))));
        assert_eq!(both.await, (Poll::Pending, Poll::Pending));
        assert_eq!(service.calls(), 1);
        drop(first);
        assert_eq!(second.await, Ok(2));
    });
}

/// A layer that boxes errors, its own and those of the function.
impl From<BoxError> for ApiError {
    fn from(error: BoxError) -> Self {
        error.downcast().map_or(ApiError::Slow(Duration::ZERO), |own| *own)
    }
}

#[wrap(Tower::new(TimeoutLayer::new(Duration::from_secs(5))))]
async fn bounded(service: &Service) -> Result<u32, ApiError> {
    service.call_async().await
}

#[test]
fn a_layer_may_cancel_the_call() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let service = Service::new([ok(1), fails(), hang()]);
    runtime.block_on(async {
        assert_eq!(bounded(&service).await, Ok(1));
        assert_eq!(bounded(&service).await, Err(ApiError::Busy));
        let begun = tokio::time::Instant::now();
        assert_eq!(bounded(&service).await, Err(ApiError::Slow(Duration::ZERO)));
        assert_eq!(begun.elapsed().as_secs(), 5);
    });
}

/// Has another task wait for the answer.
#[derive(Clone)]
struct Elsewhere<S>(S);

impl<S, Q> TowerService<Q> for Elsewhere<S>
where
    S: TowerService<Q, Error = ApiError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, ApiError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ApiError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        let task = tokio::spawn(self.0.call(request));
        Box::pin(async { task.await.unwrap_or(Err(ApiError::Gone)) })
    }
}

#[test]
fn a_layer_may_wait_in_another_task() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let service = Service::new([ok(1), fails()]);
    runtime.block_on(async {
        let elsewhere = Tower::new(layer_fn(Elsewhere));
        assert_eq!(elsewhere.run_async(|| service.call_async()).await, Ok(1));
        let slow = elsewhere.run_async(async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            service.call_async().await
        });
        assert_eq!(slow.await, Err(ApiError::Busy));
    });
}
