//! Keeps calls from a service that is sick, and lets a few through to see whether it has recovered.
//!
//! Which state it is in, and whether a success would change it, stands in one atomic word: while all goes well a call reads it
//! once before and once after, and writes nothing. Everything else is a [`Machine`] behind a lock, which publishes that word.

mod keyed;
mod machine;
#[cfg(test)]
mod tests;
mod trip;

use std::fmt;
#[cfg(feature = "async")]
use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use keyed::CircuitBreakers;
use machine::{Machine, Outcome, Settings, Word};
use trip::Trip;

use super::retry::{Any, Classifier};
use super::{Before, Call, CircuitOpen, Event, Expresses, Policy, runs_calls};
use crate::clock::Moment;

/// Lets calls through while they succeed; refuses them for a while when too many fail.
///
/// It begins *closed*: every call goes through. When too much fails it *opens*, and calls are refused with [`CircuitOpen`]. After
/// a time (`reset_after`, 10 s) it is *half open*: so many calls (`probes`, 1) go through, never more at once. When as many have
/// succeeded it closes; when one fails it opens again, for as long.
///
/// An outcome counts only in the state that its call began in: what comes late neither closes nor opens. A call that panics or is
/// cancelled has no outcome; if it was a probe, another may take its place. A probe that hangs keeps its place, so put a timeout
/// under the breaker.
///
/// An error that is no failure ([`when`](CircuitBreaker::when)) is an answer of a healthy service, and counts as a success. One that
/// says nothing of the service ([`ignore`](CircuitBreaker::ignore)), as the call never reached it, has no outcome.
///
/// It can stand in a `static`. A call that succeeds while no failure is remembered costs two loads of an atomic; with
/// [`rate`](CircuitBreaker::rate) every outcome is remembered, under a lock, which costs some tens of nanoseconds.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{CircuitBreaker, CircuitOpen, State};
/// use std::time::Duration;
///
/// #[derive(Debug, PartialEq)]
/// enum ApiError {
///     Down,
///     Open(Duration),
/// }
///
/// impl From<CircuitOpen> for ApiError {
///     fn from(CircuitOpen { retry_after }: CircuitOpen) -> Self {
///         ApiError::Open(retry_after)
///     }
/// }
///
/// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(2).reset_after(Duration::from_secs(30));
///
/// for _ in 0..2 {
///     assert_eq!(BREAKER.run(|| Err::<(), _>(ApiError::Down)), Err(ApiError::Down));
/// }
/// assert_eq!(BREAKER.state(), State::Open);
/// let refused = BREAKER.run(|| -> Result<(), ApiError> { unreachable!() });
/// assert!(matches!(refused, Err(ApiError::Open(after)) if after <= Duration::from_secs(30)));
/// ```
pub struct CircuitBreaker {
    /// The machine's, for those who only read.
    word: AtomicU64,
    machine: Mutex<Machine>,
    settings: Settings,
}

/// Whether a circuit breaker lets calls through.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{CircuitBreaker, State};
///
/// let breaker = CircuitBreaker::consecutive(5);
/// assert_eq!(breaker.state(), State::Closed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// All of them.
    Closed,
    /// None, or none until one comes after its time.
    Open,
    /// A few, to see whether they succeed.
    HalfOpen,
}

impl CircuitBreaker {
    /// Opens when so many calls in a row have failed.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(5);
    /// ```
    ///
    /// # Panics
    /// When `failures` is 0.
    pub const fn consecutive(failures: u32) -> Self {
        CircuitBreaker::new(Trip::consecutive(failures))
    }

    /// Opens when so many calls have failed within a time, whatever has succeeded between them.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// # use std::time::Duration;
    /// static BREAKER: CircuitBreaker = CircuitBreaker::within(5, Duration::from_secs(30));
    /// ```
    ///
    /// # Panics
    /// When `failures` or `window` is 0.
    pub const fn within(failures: u32, window: Duration) -> Self {
        CircuitBreaker::new(Trip::within(failures, window))
    }

    /// Opens when this part or more of the `last` calls has failed: 0.5 is every second one.
    ///
    /// Before there were as many calls it stays closed; [`min_calls`](CircuitBreaker::min_calls) says fewer.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// static BREAKER: CircuitBreaker = CircuitBreaker::rate(0.5, 20);
    /// ```
    ///
    /// # Panics
    /// When `ratio` is not above 0 and at most 1, or `last` is 0.
    pub const fn rate(ratio: f64, last: u32) -> Self {
        CircuitBreaker::new(Trip::rate(ratio, last))
    }

    /// The same, which takes its rate already of the calls so far once there were so many; as many as the rate is of if not said.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// // Half of the last hundred calls, or, at first, of the calls so far, from the tenth on.
    /// static BREAKER: CircuitBreaker = CircuitBreaker::rate(0.5, 100).min_calls(10);
    /// ```
    ///
    /// # Panics
    /// When it is 0, more than the calls that the rate is of, or when it is not a rate that opens the breaker.
    #[must_use]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.settings.trip = self.settings.trip.min_calls(calls);
        self
    }

    const fn new(trip: Trip) -> Self {
        CircuitBreaker::with(Settings { trip, reset_after: Duration::from_secs(10), probes: 1 })
    }

    const fn with(settings: Settings) -> Self {
        let word = AtomicU64::new(Word::first(settings.trip).0);
        CircuitBreaker { word, machine: Mutex::new(Machine::new()), settings }
    }

    /// The same, which stays open for so long before it lets calls through again; 10 s if not said.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// # use std::time::Duration;
    /// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(5).reset_after(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub const fn reset_after(mut self, time: Duration) -> Self {
        self.settings.reset_after = time;
        self
    }

    /// The same, which lets so many calls through when half open, and closes when as many have succeeded; 1 if not said.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::CircuitBreaker;
    /// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(5).probes(3);
    /// ```
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    pub const fn probes(mut self, probes: u32) -> Self {
        assert!(probes > 0, "a circuit breaker closes after at least one probe");
        self.settings.probes = probes;
        self
    }

    /// The same breaker, where only errors for which `when` holds are failures; the others count as successes.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{CircuitBreaker, CircuitOpen, Policy, State};
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum ApiError {
    ///     NoSuchSensor,
    ///     Open,
    /// }
    /// # impl From<CircuitOpen> for ApiError {
    /// #     fn from(_: CircuitOpen) -> Self {
    /// #         ApiError::Open
    /// #     }
    /// # }
    ///
    /// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(1);
    ///
    /// let breaker = BREAKER.when(|error: &ApiError| *error != ApiError::NoSuchSensor);
    /// assert_eq!(breaker.run(|| Err::<(), _>(ApiError::NoSuchSensor)), Err(ApiError::NoSuchSensor));
    /// assert_eq!(BREAKER.state(), State::Closed);
    /// ```
    pub const fn when<W: Copy>(&self, when: W) -> CircuitBreakerWhen<'_, W, Nothing> {
        CircuitBreakerWhen { breaker: self, when, ignore: Nothing }
    }

    /// The same breaker, where errors for which `ignore` holds count as nothing, be they failures or not: a probe that ends so frees
    /// its place, and decides nothing. For what says nothing of the service: a policy beneath that refused the call, or a call that
    /// its own caller cancelled.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{CircuitBreaker, CircuitOpen, Policy, State};
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum ApiError {
    ///     TooManyCalls,
    ///     Open,
    /// }
    /// # impl From<CircuitOpen> for ApiError {
    /// #     fn from(_: CircuitOpen) -> Self {
    /// #         ApiError::Open
    /// #     }
    /// # }
    ///
    /// static BREAKER: CircuitBreaker = CircuitBreaker::consecutive(1);
    ///
    /// let breaker = BREAKER.ignore(|error: &ApiError| *error == ApiError::TooManyCalls);
    /// assert_eq!(breaker.run(|| Err::<(), _>(ApiError::TooManyCalls)), Err(ApiError::TooManyCalls));
    /// assert_eq!(BREAKER.state(), State::Closed);
    /// ```
    pub const fn ignore<I: Copy>(&self, ignore: I) -> CircuitBreakerWhen<'_, Any, I> {
        CircuitBreakerWhen { breaker: self, when: Any, ignore }
    }

    /// Which state it is in. One that is open stays so until a call comes after its time.
    pub fn state(&self) -> State {
        self.word().state()
    }

    /// Opens it as failures would: it is half open after its time. Whoever does so knows it, so no event tells it. To keep it open
    /// there is [`force_open`](CircuitBreaker::force_open).
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{CircuitBreaker, State};
    ///
    /// let breaker = CircuitBreaker::consecutive(5);
    /// breaker.open();
    /// assert_eq!(breaker.state(), State::Open);
    /// breaker.close();
    /// assert_eq!(breaker.state(), State::Closed);
    /// ```
    pub fn open(&self) {
        let until = Moment::now().plus(self.settings.reset_after);
        self.change(|machine| machine.open(Some(until)));
    }

    /// Opens it until [`close`](CircuitBreaker::close): no time passes and no probe goes through. For a service that is taken out
    /// of use; calls are refused with a `retry_after` of zero, as nobody knows it. No event tells it.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{CircuitBreaker, State};
    /// use std::time::Duration;
    ///
    /// let breaker = CircuitBreaker::consecutive(5).reset_after(Duration::ZERO);
    /// breaker.force_open();
    /// # #[derive(Debug)]
    /// # struct Open;
    /// # impl From<millstream::policy::CircuitOpen> for Open {
    /// #     fn from(_: millstream::policy::CircuitOpen) -> Self {
    /// #         Open
    /// #     }
    /// # }
    /// assert!(breaker.run(|| Ok::<_, Open>(())).is_err());
    /// assert_eq!(breaker.state(), State::Open);
    /// ```
    pub fn force_open(&self) {
        self.change(|machine| machine.open(None));
    }

    /// Closes it, and forgets every failure.
    pub fn close(&self) {
        self.change(Machine::close);
    }

    runs_calls!();

    #[inline(always)]
    fn word(&self) -> Word {
        // Nothing else is read because of it, so it orders nothing.
        Word(self.word.load(Ordering::Relaxed))
    }

    fn locked(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, step: impl FnOnce(&mut Machine) -> R) -> R {
        let mut machine = self.locked();
        let result = step(&mut machine);
        // Under the lock, so that words are published in the order of the steps.
        self.word.store(machine.word(self.settings.trip).0, Ordering::Relaxed);
        result
    }

    fn keeps_out(&self, now: Moment) -> bool {
        self.locked().refusal(&self.settings, now).is_some()
    }

    #[inline(always)]
    fn before<T, E: Expresses<CircuitOpen>>(&self, call: &Call) -> Before<'_, Passage<'_>, Result<T, E>> {
        let entered = self.word();
        if entered.is_closed() {
            return Before::Go(Passage { breaker: self, entered });
        }
        match self.enter(*call) {
            Ok(entered) => Before::Go(Passage { breaker: self, entered }),
            Err(open) => Before::Return(Err(E::express(open))),
        }
    }

    // What is cold takes and gives values: a reference would keep what it refers to in memory for those who never come here.
    #[cold]
    #[inline(never)]
    fn enter(&self, call: Call) -> Result<Word, CircuitOpen> {
        let now = Moment::now();
        match self.change(|machine| machine.enter(&self.settings, now)) {
            Ok(entered) => {
                if entered.is_half_open() {
                    call.tell(|| Event::Probing);
                }
                Ok(entered)
            }
            Err(retry_after) => {
                call.tell(|| Event::Refused { by: "circuit_breaker" });
                Err(CircuitOpen { retry_after })
            }
        }
    }

    fn leave(&self, entered: Word, outcome: Outcome) -> Option<State> {
        self.change(|machine| machine.leave(entered, outcome, &self.settings, Moment::now))
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// A [`CircuitBreaker`] for which only some errors are failures: made by [`when`](CircuitBreaker::when) and
/// [`ignore`](CircuitBreaker::ignore).
#[derive(Clone, Copy, Debug)]
pub struct CircuitBreakerWhen<'b, W, I> {
    breaker: &'b CircuitBreaker,
    when: W,
    ignore: I,
}

/// No error is ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl<E> Classifier<E> for Nothing {
    #[inline(always)]
    fn counts(&self, _error: &E) -> bool {
        false
    }
}

impl<'b, W: Copy, I: Copy> CircuitBreakerWhen<'b, W, I> {
    /// As [`CircuitBreaker::when`].
    pub const fn when<V: Copy>(self, when: V) -> CircuitBreakerWhen<'b, V, I> {
        CircuitBreakerWhen { breaker: self.breaker, when, ignore: self.ignore }
    }

    /// As [`CircuitBreaker::ignore`].
    pub const fn ignore<J: Copy>(self, ignore: J) -> CircuitBreakerWhen<'b, W, J> {
        CircuitBreakerWhen { breaker: self.breaker, when: self.when, ignore }
    }
}

/// What a call holds that a [`CircuitBreaker`] let through.
#[derive(Debug)]
pub struct Passage<'b> {
    breaker: &'b CircuitBreaker,
    entered: Word,
}

impl Passage<'_> {
    #[inline(never)]
    fn end(self, call: Call, outcome: Outcome) {
        let state = self.breaker.leave(self.entered, outcome);
        mem::forget(self);
        match state {
            Some(State::Open) => call.tell(|| Event::Opened),
            Some(State::Closed) => call.tell(|| Event::Closed),
            Some(State::HalfOpen) | None => {}
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if self.entered.is_half_open() {
            self.breaker.leave(self.entered, Outcome::Unknown);
        }
    }
}

impl<'b, T, E, W, I> Policy<Result<T, E>> for CircuitBreakerWhen<'b, W, I>
where
    E: Expresses<CircuitOpen>,
    W: Classifier<E> + Copy,
    I: Classifier<E> + Copy,
{
    type Permit = Passage<'b>;

    #[inline(always)]
    fn before(&self, call: &Call) -> Before<'_, Passage<'b>, Result<T, E>> {
        self.breaker.before(call)
    }

    #[inline(always)]
    fn after(&self, call: &Call, passage: Passage<'b>, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                if self.breaker.word().is_calm() {
                    mem::forget(passage);
                } else {
                    passage.end(*call, Outcome::Success);
                }
                Ok(value)
            }
            Err(error) => Err(self.failed(*call, passage, error)),
        }
    }
}

impl<W: Copy, I: Copy> CircuitBreakerWhen<'_, W, I> {
    #[cold]
    #[inline(never)]
    fn failed<E>(self, call: Call, passage: Passage<'_>, error: E) -> E
    where
        W: Classifier<E>,
        I: Classifier<E>,
    {
        // Asked while the passage is held, as a panic in it is one of the call.
        let outcome = if self.ignore.counts(&error) {
            Outcome::Unknown
        } else if self.when.counts(&error) {
            Outcome::Failure
        } else {
            Outcome::Success
        };
        passage.end(call, outcome);
        error
    }
}

impl<'b, T, E: Expresses<CircuitOpen>> Policy<Result<T, E>> for &'b CircuitBreaker {
    type Permit = Passage<'b>;

    #[inline(always)]
    fn before(&self, call: &Call) -> Before<'_, Passage<'b>, Result<T, E>> {
        CircuitBreaker::before(self, call)
    }

    #[inline(always)]
    fn after(&self, call: &Call, passage: Passage<'b>, outcome: Result<T, E>) -> Result<T, E> {
        self.when(Any).after(call, passage, outcome)
    }
}
