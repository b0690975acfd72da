//! A service that does what a test tells it to.

use std::fmt::Debug;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock;

/// A service whose calls give what a script says, one step a call. What a step gives is any `R`, mostly a `Result`.
///
/// Each call is a line in the log of the [simulation](super::Simulation) that it is made in.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Policy, Retry};
/// use millstream::testing::{Script, Simulation, err, ok};
/// use std::time::Duration;
///
/// let sensor = Script::new([err("busy"), err("busy").after(Duration::from_secs(1)), ok(21.5)]).named("sensor");
/// let simulation = Simulation::seeded(7);
/// let retry = Retry::exponential(Duration::from_millis(100)).jitter(millstream::policy::Jitter::None);
/// assert_eq!(simulation.run(|| retry.run(|| sensor.call())), Ok(21.5));
/// assert_eq!(
///     simulation.log(),
///     [
///         "0ns sensor: call 1 gives Err(\"busy\")",
///         "0ns call: attempt 1 failed, again in 100ms: busy",
///         "100ms sensor: call 2 gives Err(\"busy\") after 1s",
///         "1.1s call: attempt 2 failed, again in 200ms: busy",
///         "1.3s sensor: call 3 gives Ok(21.5)",
///     ],
/// );
/// ```
#[derive(Debug)]
pub struct Script<R> {
    name: &'static str,
    steps: Vec<Step<R>>,
    then: Option<Step<R>>,
    calls: AtomicUsize,
}

/// What one call of a [`Script`] does.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::TimedOut;
/// use millstream::testing::{Script, Step, err, hang, ok};
/// use std::time::Duration;
///
/// // What succeeds and fails, what takes its time, what never ends; and any other value.
/// let _: [Step<Result<u32, TimedOut>>; 2] = [ok(1), ok(2).after(Duration::from_secs(1))];
/// let _: [Step<Result<u32, &str>>; 2] = [err("gone"), hang()];
/// assert_eq!(Script::new([Step::new(21.5)]).call(), 21.5);
/// ```
#[derive(Clone, Debug)]
pub struct Step<R> {
    after: Duration,
    /// `None` hangs.
    gives: Option<R>,
}

impl<R> Step<R> {
    /// Gives this at once.
    pub const fn new(outcome: R) -> Self {
        Step { after: Duration::ZERO, gives: Some(outcome) }
    }

    /// The same, which takes so long.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Step { after: time, ..self }
    }
}

/// A call that succeeds.
pub const fn ok<T, E>(value: T) -> Step<Result<T, E>> {
    Step::new(Ok(value))
}

/// A call that fails; whether for good is up to the error.
pub const fn err<T, E>(error: E) -> Step<Result<T, E>> {
    Step::new(Err(error))
}

/// An async call that is never ready. One that blocks can only be slow: [`Step::after`].
pub const fn hang<R>() -> Step<R> {
    Step { after: Duration::ZERO, gives: None }
}

impl<R: Clone + Debug> Script<R> {
    /// A service of the name `service` that takes these steps, and is not to be called more often.
    pub fn new(steps: impl Into<Vec<Step<R>>>) -> Self {
        Script { name: "service", steps: steps.into(), then: None, calls: AtomicUsize::new(0) }
    }

    /// The same, of this name.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Script { name, ..self }
    }

    /// The same, where each further call does this.
    #[must_use]
    pub fn then(self, step: Step<R>) -> Self {
        Script { then: Some(step), ..self }
    }

    /// How often it was called, by all threads together.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Calls it on this thread.
    ///
    /// # Panics
    /// When the script has come to its end, or hangs.
    pub fn call(&self) -> R {
        let Step { after, gives } = self.step();
        clock::sleep(after);
        match gives {
            Some(outcome) => outcome,
            None => panic!("a call of `{}` that blocks would hang for ever: write `.after(time)` on a step", self.name),
        }
    }

    /// Calls it on this task. The step is taken when the future is first polled.
    ///
    /// # Panics
    /// When the script has come to its end.
    pub async fn call_async(&self) -> R {
        let Step { after, gives } = self.step();
        if !after.is_zero() {
            clock::sleep_async(after).await;
        }
        match gives {
            Some(outcome) => outcome,
            None => pending().await,
        }
    }

    fn step(&self) -> Step<R> {
        let index = self.calls.fetch_add(1, Ordering::SeqCst);
        let Some(step) = self.steps.get(index).or(self.then.as_ref()) else {
            panic!("`{}` is called {} times, and its script has {} steps", self.name, index + 1, self.steps.len())
        };
        if let Some(world) = clock::world() {
            world.note(format!("{}: call {} {}", self.name, index + 1, step.text()));
        }
        step.clone()
    }
}

impl<R: Debug> Step<R> {
    fn text(&self) -> String {
        match &self.gives {
            None => "hangs".to_owned(),
            Some(outcome) if self.after.is_zero() => format!("gives {outcome:?}"),
            Some(outcome) => format!("gives {outcome:?} after {:?}", self.after),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};
    use std::task::{Context, Waker};
    use std::time::Duration;

    use super::{Script, hang, ok};
    use crate::testing::Simulation;

    fn panic_of<R>(does: impl FnOnce() -> R) -> String {
        let panic = panic::catch_unwind(AssertUnwindSafe(|| drop(does()))).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    }

    #[test]
    fn steps_come_in_order_and_then_the_last_for_ever() {
        let script = Script::new([ok::<_, ()>(1), ok(2).after(Duration::from_secs(1))]).then(ok(3));
        let simulation = Simulation::seeded(1);
        let given = simulation.run(|| [(); 4].map(|()| script.call()));
        assert_eq!(given, [Ok(1), Ok(2), Ok(3), Ok(3)]);
        assert_eq!(script.calls(), 4);
        assert_eq!(simulation.log().last().unwrap(), "1s service: call 4 gives Ok(3)");
    }

    #[test]
    fn a_call_too_many_is_a_mistake_of_the_test() {
        let script = Script::new([ok::<_, ()>(1)]).named("sensor");
        let _ = script.call();
        assert_eq!(panic_of(|| script.call()), "`sensor` is called 2 times, and its script has 1 steps");
    }

    #[test]
    fn a_blocking_call_does_not_hang_for_ever() {
        let script = Script::new([hang::<u32>()]).named("sensor");
        assert_eq!(
            panic_of(|| script.call()),
            "a call of `sensor` that blocks would hang for ever: write `.after(time)` on a step"
        );
    }

    #[test]
    fn a_task_that_hangs_alone_ends_the_simulation() {
        let script = Script::new([hang::<u32>()]);
        let simulation = Simulation::seeded(1);
        let panic = panic::catch_unwind(AssertUnwindSafe(|| simulation.block_on(script.call_async()))).unwrap_err();
        let says = "everything in the simulation waits, and for no moment";
        assert_eq!(panic.downcast_ref::<&str>(), Some(&says));
    }

    #[test]
    fn an_async_call_is_counted_when_it_begins() {
        let script = Script::new([hang::<u32>()]);
        let mut call = Box::pin(script.call_async());
        assert_eq!(script.calls(), 0);
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(call);
        assert_eq!(script.calls(), 1);
    }
}
