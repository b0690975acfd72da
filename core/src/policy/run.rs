//! What runs a call under one policy, and does its waiting: once for threads, once for tasks.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Duration;

use super::{Before, Call, Policy, Wait};
use crate::clock;

impl<P, R> Before<'_, P, R> {
    /// Waits on this thread. `None` if the policy is to be asked again. Cold, as most calls are let through at once.
    ///
    /// # Errors
    /// What the caller gets if there is to be no call.
    #[cold]
    pub fn block(self) -> Result<Option<P>, R> {
        match self {
            Before::Go(permit) => Ok(Some(permit)),
            Before::Return(outcome) => Err(outcome),
            Before::Wait(Wait::Time(time, permit)) => {
                clock::sleep(time);
                Ok(Some(permit))
            }
            Before::Wait(Wait::Until(done)) => Ok(block(done)),
        }
    }

    /// The same on this task.
    ///
    /// # Errors
    /// What the caller gets if there is to be no call.
    #[cfg(feature = "async")]
    pub async fn wait(self) -> Result<Option<P>, R> {
        match self {
            Before::Go(permit) => Ok(Some(permit)),
            Before::Return(outcome) => Err(outcome),
            Before::Wait(Wait::Time(time, permit)) => {
                clock::sleep_async(time).await;
                Ok(Some(permit))
            }
            Before::Wait(Wait::Until(done)) => Ok(done.await),
        }
    }
}

/// Runs a call on this thread.
#[inline(always)]
pub(crate) fn run<R, P: Policy<R>>(policy: &P, call: &Call, does: impl FnMut() -> R) -> R {
    let mut permit = loop {
        match policy.before(call) {
            Before::Go(permit) => break permit,
            // Moved away as a whole: what the call gives is to share no value with what refuses it.
            other => match other.block() {
                Ok(Some(permit)) => break permit,
                Ok(None) => {}
                Err(outcome) => return outcome,
            },
        }
    };
    let outcome = repeat(does, |outcome| again(policy, call, &mut permit, outcome));
    policy.after(call, permit, outcome)
}

/// Asks whether to call again, if the policy ever does.
#[inline(always)]
fn again<R, P: Policy<R>>(policy: &P, call: &Call, permit: &mut P::Permit, outcome: &R) -> Option<Duration> {
    if P::REPEATS { policy.again(call, permit, outcome) } else { None }
}

/// Makes attempts on this thread, until `again` says of an outcome that none follows.
#[inline(always)]
pub(super) fn repeat<R>(mut does: impl FnMut() -> R, mut again: impl FnMut(&R) -> Option<Duration>) -> R {
    loop {
        let outcome = does();
        match again(&outcome) {
            None => return outcome,
            Some(delay) => clock::sleep(delay),
        }
    }
}

/// Runs an async call.
#[cfg(feature = "async")]
pub(crate) async fn run_async<R, P: Policy<R>, F: Future<Output = R>>(
    policy: &P,
    call: &Call,
    mut does: impl FnMut() -> F,
) -> R {
    let mut permit = loop {
        match policy.before(call) {
            Before::Go(permit) => break permit,
            // Moved away as a whole, so that it is not kept while the call waits.
            other => match other.wait().await {
                Ok(Some(permit)) => break permit,
                Ok(None) => {}
                Err(outcome) => return outcome,
            },
        }
    };
    let attempt = || policy.around(call, does());
    let outcome = repeat_async(attempt, |outcome| again(policy, call, &mut permit, outcome)).await;
    policy.after(call, permit, outcome)
}

/// Makes attempts on this task, until `again` says of an outcome that none follows.
#[cfg(feature = "async")]
#[inline(always)]
pub(super) async fn repeat_async<R, F: Future<Output = R>>(
    mut does: impl FnMut() -> F,
    mut again: impl FnMut(&R) -> Option<Duration>,
) -> R {
    loop {
        let outcome = does().await;
        match again(&outcome) {
            None => return outcome,
            Some(delay) => clock::sleep_async(delay).await,
        }
    }
}

/// Keeps this thread until the future is ready. In a simulation time goes on to what is waited for.
pub fn block<F: Future>(future: F) -> F::Output {
    let _parks = clock::parks();
    drive(future, || {
        if !clock::world().is_some_and(|world| world.pass_to_next()) {
            clock::park();
        }
    })
}

/// Polls a future until it is ready; `idle` is called again and again while nobody has woken it.
pub(crate) fn drive<F: Future>(future: F, mut idle: impl FnMut()) -> F::Output {
    struct Woken {
        thread: Thread,
        woken: AtomicBool,
    }
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.woken.store(true, Ordering::Release);
            self.thread.unpark();
        }
    }
    let woken = Arc::new(Woken { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Arc::clone(&woken).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        while !woken.woken.swap(false, Ordering::Acquire) {
            idle();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::mpsc;
    use std::task::{Poll, Waker};
    use std::thread;
    use std::time::Duration;

    use super::block;
    use crate::clock::sleep_async;
    use crate::testing::Simulation;

    #[test]
    fn a_thread_that_is_kept_lets_simulated_time_pass() {
        let simulation = Simulation::seeded(1);
        simulation.run(|| block(async { sleep_async(Duration::from_hours(1)).await }));
        assert_eq!(simulation.elapsed(), Duration::from_hours(1));
    }

    #[test]
    fn a_thread_that_is_kept_goes_on_when_another_wakes_it() {
        let (asks, asked) = mpsc::channel::<Waker>();
        let waker = thread::spawn(move || asked.recv().unwrap().wake());
        let mut first = true;
        let outcome = block(poll_fn(|cx| {
            if !first {
                return Poll::Ready("woken");
            }
            first = false;
            asks.send(cx.waker().clone()).unwrap();
            Poll::Pending
        }));
        waker.join().unwrap();
        assert_eq!(outcome, "woken");
    }
}
