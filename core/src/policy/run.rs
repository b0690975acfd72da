//! What runs a call under one policy, and does its waiting: once for threads, once for tasks.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use super::{Attempts, Before, Call, Policy, Wait};
use crate::clock;

impl<'p, P, R> Before<'p, P, R> {
    /// Waits on this thread; what it waits for is then asked again by `ask`.
    #[inline(always)]
    pub fn enter(mut self, mut ask: impl FnMut() -> Before<'p, P, R>) -> Result<P, R> {
        loop {
            self = match self {
                Before::Go(permit) => return Ok(permit),
                Before::Return(outcome) => return Err(outcome),
                Before::Wait(wait) => match wait.block() {
                    Some(permit) => return Ok(permit),
                    None => ask(),
                },
            }
        }
    }
}

impl<P> Wait<'_, P> {
    /// Waits on this thread.
    #[cold]
    pub fn block(self) -> Option<P> {
        match self {
            Wait::Time(time, permit) => {
                clock::sleep(time);
                Some(permit)
            }
            Wait::Until(done) => block(done),
        }
    }

    /// Waits on this task.
    #[cfg(feature = "async")]
    pub async fn wait(self) -> Option<P> {
        match self {
            Wait::Time(time, permit) => {
                clock::sleep_async(time).await;
                Some(permit)
            }
            Wait::Until(done) => done.await,
        }
    }
}

/// Runs a call on this thread.
#[inline(always)]
pub(crate) fn run<R, P: Policy<R>>(policy: &P, call: &Call, mut does: impl FnMut() -> R) -> R {
    let permit = match policy.before(call).enter(|| policy.before(call)) {
        Ok(permit) => permit,
        Err(outcome) => return outcome,
    };
    let mut attempts = Attempts::new();
    let outcome = loop {
        let outcome = does();
        match policy.again(call, &mut attempts, &outcome) {
            None => break outcome,
            Some(delay) => clock::sleep(delay),
        }
    };
    policy.after(call, permit, outcome)
}

/// Runs an async call.
#[cfg(feature = "async")]
pub(crate) async fn run_async<R, P: Policy<R>, F: Future<Output = R>>(
    policy: &P,
    call: &Call,
    mut does: impl FnMut() -> F,
) -> R {
    let permit = loop {
        match policy.before(call) {
            Before::Go(permit) => break permit,
            Before::Return(outcome) => return outcome,
            Before::Wait(wait) => {
                if let Some(permit) = wait.wait().await {
                    break permit;
                }
            }
        }
    };
    let mut attempts = Attempts::new();
    let outcome = loop {
        let outcome = policy.around(call, does()).await;
        match policy.again(call, &mut attempts, &outcome) {
            None => break outcome,
            Some(delay) => clock::sleep_async(delay).await,
        }
    };
    policy.after(call, permit, outcome)
}

/// Keeps this thread until the future is ready.
pub fn block<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
