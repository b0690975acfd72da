//! A `tower` layer as a policy: what is written for services stands around functions.
//!
//! A layer wraps a service that takes a request. Here the request is the attempt itself, as a future that is ready once the call
//! is, and the service beneath gives it back. The call lies where it is, is not boxed, and may borrow: whenever the layer polls the
//! one, the other is polled.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tower_layer::Layer;
use tower_service::Service;

use super::{Before, Call, Expresses, Policy};

/// A layer as a [`Policy`] of async functions that return a `Result`.
///
/// ```
/// # use millstream_core as millstream;
/// # use std::task::{Context, Poll};
/// use millstream::policy::Policy;
/// use millstream::policy::tower::Tower;
/// use millstream::testing::Simulation;
/// use tower_layer::layer_fn;
/// # use tower_service::Service;
///
/// # #[derive(Clone)]
/// # struct Logged<S>(S);
/// # impl<S: Service<Q>, Q> Service<Q> for Logged<S> {
/// #     type Response = S::Response;
/// #     type Error = S::Error;
/// #     type Future = S::Future;
/// #     fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
/// #         self.0.poll_ready(cx)
/// #     }
/// #     fn call(&mut self, request: Q) -> S::Future {
/// #         println!("called");
/// #         self.0.call(request)
/// #     }
/// # }
/// // `Logged<S>` is a service around any service `S`.
/// let logged = Tower::new(layer_fn(Logged));
/// let call = logged.run_async(async || Ok::<_, String>(1));
/// assert_eq!(Simulation::seeded(1).block_on(call), Ok(1));
/// ```
///
/// * **The service is made once**, by [`new`](Tower::new), and each call has a clone of it, as is usual with `tower`. So a layer that keeps
///   something between calls, such as a limit, stands where it is made once: in a `static`, a `LazyLock`, or a field of `self`.
/// * **A layer that fails by itself** does so with an error of its own type, and the function's error type is [`From`] it. Layers
///   that box all errors box those of the function, too: `downcast` tells them apart.
/// * **An attempt cannot be cloned**, so layers that send a request twice do not fit; a retry is `#[retry]`.
/// * **Functions that block** are refused when they are compiled. No event is told: a layer does not say what it did.
pub struct Tower<L: Layer<Body>> {
    service: L::Service,
}

impl<L: Layer<Body>> Tower<L> {
    /// What this layer makes of a call.
    #[allow(clippy::needless_pass_by_value, reason = "a layer is made for this")]
    pub fn new(layer: L) -> Self {
        Tower { service: layer.layer(Body(())) }
    }
}

impl<L: Layer<Body>> fmt::Debug for Tower<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tower").finish_non_exhaustive()
    }
}

/// The service beneath the layers: the body of the function.
#[derive(Clone, Copy, Debug)]
pub struct Body(());

/// What the [`Body`] is asked to do: to wait for the attempt.
#[derive(Debug)]
pub struct Attempt<T, E>(Arc<Mutex<Meeting<Result<T, E>>>>);

/// Where the layers and the attempt meet. Either may be polled by another task.
#[derive(Debug)]
struct Meeting<R> {
    outcome: Option<R>,
    /// Who polls the attempt.
    caller: Waker,
    /// Who waits for its outcome; nobody yet while the layers do not let it begin.
    layers: Option<Waker>,
}

fn lock<R>(meeting: &Mutex<Meeting<R>>) -> MutexGuard<'_, Meeting<R>> {
    meeting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T, E> Service<Attempt<T, E>> for Body {
    type Response = T;
    type Error = E;
    type Future = Attempt<T, E>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, attempt: Attempt<T, E>) -> Attempt<T, E> {
        attempt
    }
}

impl<T, E> Future for Attempt<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        let mut meeting = lock(&self.0);
        if let Some(outcome) = meeting.outcome.take() {
            return Poll::Ready(outcome);
        }
        let begins = meeting.layers.replace(cx.waker().clone()).is_none();
        if begins && !meeting.caller.will_wake(cx.waker()) {
            meeting.caller.wake_by_ref();
        }
        Poll::Pending
    }
}

impl<T, E, L> Policy<Result<T, E>> for Tower<L>
where
    L: Layer<Body>,
    L::Service: Service<Attempt<T, E>, Response = T> + Clone,
    E: Expresses<<L::Service as Service<Attempt<T, E>>>::Error>,
{
    type Permit = ();
    const ASYNC_ONLY: bool = true;

    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, E>> {
        Before::Go(())
    }

    fn around(&self, _call: &Call, attempt: impl Future<Output = Result<T, E>>) -> impl Future<Output = Result<T, E>> {
        let mut service = self.service.clone();
        async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(E::express)?;
            let meeting = Meeting { outcome: None, caller: Waker::noop().clone(), layers: None };
            let meeting = Arc::new(Mutex::new(meeting));
            let mut layers = pin!(service.call(Attempt(Arc::clone(&meeting))));
            let mut attempt = pin!(Some(attempt));
            poll_fn(|cx| {
                loop {
                    lock(&meeting).caller.clone_from(cx.waker());
                    if let Poll::Ready(outcome) = layers.as_mut().poll(cx) {
                        return Poll::Ready(outcome.map_err(E::express));
                    }
                    if Arc::strong_count(&meeting) == 1 {
                        // The layers want it no more.
                        attempt.set(None);
                    }
                    if lock(&meeting).layers.is_none() {
                        return Poll::Pending;
                    }
                    let Some(running) = attempt.as_mut().as_pin_mut() else { return Poll::Pending };
                    let outcome = ready!(running.poll(cx));
                    attempt.set(None);
                    let waiting = {
                        let mut meeting = lock(&meeting);
                        meeting.outcome = Some(outcome);
                        meeting.layers.clone()
                    };
                    if let Some(waiting) = waiting {
                        waiting.wake();
                    }
                }
            })
            .await
        }
    }
}
