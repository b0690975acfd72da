//! Calls again what failed for a while.
//!
//! A [`Retry`] says how often and how long ([`attempts`](Retry::attempts), [`total`](Retry::total)), after which time
//! ([`Backoff`], [`Jitter`], [`hint`](Retry::hint)), after which errors ([`when`](Retry::when)), and how many calls may do so
//! at all ([`Budget`]). A call that succeeds pays for none of it, but for reading the clock if there is a total, and for a
//! counter if there is a budget.

mod attempts;
mod backoff;
mod budget;
mod choice;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::time::Duration;

pub use attempts::{Attempts, Causes, Retried};
pub use backoff::{Backoff, Constant, Exponential, Jitter};
pub use budget::Budget;
pub use choice::{Any, Classifier, Hint, OnRetry, Unheard};

use super::{Before, CALL, Call, ErrorText, Event, Policy, run};
use crate::clock::{self, Moment};

/// Calls again when a call fails, at most so many times or so long.
///
/// Unless told otherwise there are 3 attempts; the time before each is drawn between nothing and the backoff (full jitter);
/// every error is worth another attempt.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Policy, Retry};
/// use std::time::Duration;
///
/// let mut answers = ["try again", "42"].into_iter();
/// let answer = Retry::exponential(Duration::from_millis(1)).run(|| answers.next().unwrap_or("").parse::<u32>());
/// assert_eq!(answer, Ok(42));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a retry does nothing until it runs a call"]
pub struct Retry<B, W = Any, H = Unheard, O = Unheard> {
    attempts: Option<u32>,
    total: Option<Duration>,
    backoff: B,
    jitter: Jitter,
    budget: Option<&'static Budget>,
    when: W,
    hint: H,
    hook: O,
}

impl Retry<Exponential> {
    /// Waits for `first` before the second attempt, and twice as long before each further one, at most a minute.
    pub const fn exponential(first: Duration) -> Self {
        Retry::with(Exponential::from(first))
    }

    /// The same, where each delay is this many times the one before; 2 unless told otherwise.
    ///
    /// # Panics
    /// When it is below 1, or not finite.
    pub const fn factor(self, factor: f64) -> Self {
        Retry { backoff: self.backoff.factor(factor), ..self }
    }

    /// The same, where no delay is longer than this; a minute unless told otherwise.
    ///
    /// # Panics
    /// When it is shorter than the first delay.
    pub const fn max(self, max: Duration) -> Self {
        Retry { backoff: self.backoff.max(max), ..self }
    }
}

impl Retry<Constant> {
    /// Waits as long before each attempt but the first.
    pub const fn constant(delay: Duration) -> Self {
        Retry::with(Constant(delay))
    }
}

impl<B: Backoff + Copy> Retry<B> {
    /// Waits as `backoff` says: one of ours, or any `Fn(u32) -> Duration` that gets the number of the attempt that failed.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, Retry};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::with(|attempt| Duration::from_secs(10) * attempt);
    /// let simulation = Simulation::seeded(1);
    /// let outcome = simulation.run(|| retry.run(|| Err::<(), _>("down")));
    /// assert_eq!(outcome, Err("down"));
    /// ```
    pub const fn with(backoff: B) -> Self {
        Retry {
            attempts: None,
            total: None,
            backoff,
            jitter: Jitter::Full,
            budget: None,
            when: Any,
            hint: Unheard,
            hook: Unheard,
        }
    }
}

impl<B: Copy, W: Copy, H: Copy, O: Copy> Retry<B, W, H, O> {
    /// The same with so many attempts, the first included. Unless told otherwise there are 3, or with a
    /// [`total`](Retry::total) as many as it leaves time for.
    ///
    /// # Panics
    /// When there are none.
    pub const fn attempts(self, attempts: u32) -> Self {
        assert!(attempts > 0, "a call has at least one attempt: `attempts` must be 1 or more");
        Retry { attempts: Some(attempts), ..self }
    }

    /// The same, where no attempt begins later than this after the first one did. When the delay would go beyond it, the call
    /// gives up at once. It does not end an attempt that runs; a timeout does.
    ///
    /// The clock is read when a call begins.
    ///
    /// # Panics
    /// When it is zero.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Jitter, Policy, Retry};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::constant(Duration::from_secs(4)).jitter(Jitter::None).total(Duration::from_secs(10));
    /// let simulation = Simulation::seeded(1);
    /// let _ = simulation.run(|| retry.run(|| Err::<(), _>("down")));
    /// // At 0 s, 4 s and 8 s; 12 s is too late.
    /// assert_eq!(simulation.log().last().unwrap(), "8s call: gave up after 3 attempts: down");
    /// ```
    pub const fn total(self, total: Duration) -> Self {
        assert!(!total.is_zero(), "no attempt begins within a `total` of zero");
        Retry { total: Some(total), ..self }
    }

    /// The same with this jitter.
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Retry { jitter, ..self }
    }

    /// The same, where all calls that share this budget are called again only as often as it allows.
    pub const fn budget(self, budget: &'static Budget) -> Self {
        Retry { budget: Some(budget), ..self }
    }

    /// The same, where only errors for which `when` holds are worth another attempt.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, Retry};
    /// use std::io;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::constant(Duration::from_secs(1)).when(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut);
    /// let mut attempts = 0;
    /// let outcome = retry.run(|| {
    ///     attempts += 1;
    ///     Err::<(), _>(io::Error::from(io::ErrorKind::NotFound))
    /// });
    /// assert!(outcome.is_err());
    /// assert_eq!(attempts, 1);
    /// ```
    pub const fn when<V: Copy>(self, when: V) -> Retry<B, V, H, O> {
        let Retry { attempts, total, backoff, jitter, budget, hint, hook, .. } = self;
        Retry { attempts, total, backoff, jitter, budget, when, hint, hook }
    }

    /// The same, where an error may say after which time to call again, as HTTP's `Retry-After` does: any
    /// `Fn(&E) -> Option<Duration>`.
    ///
    /// The longer of the two counts, the hint or the backoff with its jitter. Unless that is [`Jitter::None`], up to a tenth is
    /// added to a hint, so that those who were told the same do not come back together. No hint is longer than the `max` of an
    /// exponential backoff: that is how long a caller is ready to wait. With any other backoff it is a minute, or as long as a
    /// [`total`](Retry::total) allows; where that ends before the hint, the call gives up at once.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Jitter, Policy, Retry};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let retry = Retry::exponential(Duration::from_millis(1)).attempts(2).jitter(Jitter::None);
    /// let retry = retry.hint(|_: &&str| Some(Duration::from_secs(5)));
    /// let simulation = Simulation::seeded(1);
    /// let _ = simulation.run(|| retry.run(|| Err::<(), _>("busy")));
    /// assert_eq!(
    ///     simulation.log(),
    ///     ["0ns call: attempt 1 failed, again in 5s: busy", "5s call: gave up after 2 attempts: busy"],
    /// );
    /// ```
    pub const fn hint<V: Copy>(self, hint: V) -> Retry<B, W, V, O> {
        let Retry { attempts, total, backoff, jitter, budget, when, hook, .. } = self;
        Retry { attempts, total, backoff, jitter, budget, when, hint, hook }
    }

    /// The same, which calls `hook` before it waits for the next attempt, with the error, the number of the attempt that
    /// failed, and the delay: any `Fn(&E, u32, Duration)`.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, Retry};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let told = Cell::new(0);
    /// let hook = |_: &&str, attempt: u32, _: Duration| told.set(attempt);
    /// let _ = Retry::constant(Duration::ZERO).on_retry(&hook).run(|| Err::<(), _>("down"));
    /// assert_eq!(told.get(), 2);
    /// ```
    pub const fn on_retry<V: Copy>(self, hook: V) -> Retry<B, W, H, V> {
        let Retry { attempts, total, backoff, jitter, budget, when, hint, .. } = self;
        Retry { attempts, total, backoff, jitter, budget, when, hint, hook }
    }

    /// The attempts of a call that begins now.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Call, Policy, Retry};
    ///
    /// let retry = Retry::constant(std::time::Duration::ZERO);
    /// let (call, mut attempts, down) = (Call::new("read"), retry.begin(), Err::<(), _>("down"));
    /// while retry.again(&call, &mut attempts, &down).is_some() {}
    /// assert_eq!(attempts.failed(), 3);
    /// ```
    #[inline(always)]
    pub fn begin(&self) -> Attempts {
        if let Some(budget) = self.budget {
            budget.deposit();
        }
        match self.total {
            None => Attempts::new(),
            Some(_) => Attempts::since_now(),
        }
    }

    /// How many attempts there may be; `None` if only time limits them.
    const fn limit(&self) -> Option<u32> {
        match (self.attempts, self.total) {
            (None, None) => Some(3),
            (attempts, _) => attempts,
        }
    }

    /// Whether another attempt may follow the one that begins now. If not, an argument that is passed by value can go into it,
    /// and need not be cloned.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Attempts, Retry};
    ///
    /// let retry = Retry::constant(std::time::Duration::ZERO);
    /// assert!(retry.may_follow(&Attempts::new()));
    /// assert!(!retry.attempts(1).may_follow(&Attempts::new()));
    /// ```
    #[inline(always)]
    pub const fn may_follow(&self, attempts: &Attempts) -> bool {
        match self.limit() {
            None => true,
            Some(limit) => attempts.failed() + 1 < limit,
        }
    }
}

impl<B: Backoff + Copy, W: Copy, H: Copy, O: Copy> Retry<B, W, H, O> {
    /// Runs a call on this thread, and says of one that fails how often it was tried, and why each attempt failed.
    ///
    /// # Errors
    /// When the last attempt fails.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Retry;
    /// use std::time::Duration;
    ///
    /// let mut answers = ["busy", "gone"].into_iter();
    /// let retry = Retry::constant(Duration::ZERO).attempts(2);
    /// let error = retry.try_run(|| Err::<(), _>(answers.next().unwrap_or(""))).unwrap_err();
    /// assert_eq!(error.to_string(), "gone (attempt 2, after: busy)");
    /// ```
    #[inline(always)]
    pub fn try_run<T, E: Display>(&self, does: impl FnMut() -> Result<T, E>) -> Result<T, Retried<E>>
    where
        W: Classifier<E>,
        H: Hint<E>,
        O: OnRetry<E>,
    {
        let (mut attempts, mut causes) = (self.begin(), Causes::new());
        let outcome = run::repeat(does, |outcome| {
            let delay = self.again(CALL, &mut attempts, outcome);
            causes.keep(delay, outcome);
            delay
        });
        causes.settle(outcome)
    }

    /// Runs an async call, and says of one that fails how often it was tried, and why each attempt failed.
    ///
    /// # Errors
    /// When the last attempt fails.
    ///
    /// # Panics
    /// As [`Policy::run_async`].
    #[cfg(feature = "async")]
    pub async fn try_run_async<T, E: Display, F>(&self, does: impl FnMut() -> F) -> Result<T, Retried<E>>
    where
        F: Future<Output = Result<T, E>>,
        W: Classifier<E>,
        H: Hint<E>,
        O: OnRetry<E>,
    {
        let (mut attempts, mut causes) = (self.begin(), Causes::new());
        let again = |outcome: &_| {
            let delay = self.again(CALL, &mut attempts, outcome);
            causes.keep(delay, outcome);
            delay
        };
        let outcome = run::repeat_async(does, again).await;
        causes.settle(outcome)
    }

    /// Everything by value: what this borrowed would have to lie in memory before each call, also before those that succeed.
    #[cold]
    #[inline(never)]
    fn failed<E: Display>(self, call: Call, attempts: Attempts, error: &E) -> Option<Duration>
    where
        W: Classifier<E>,
        H: Hint<E>,
        O: OnRetry<E>,
    {
        let (id, attempt) = (attempts.id(), attempts.failed());
        let follows = self.limit().is_none_or(|limit| attempt < limit) && self.when.counts(error);
        let delay = if follows { self.delay(call, attempts, error) } else { None };
        match delay {
            None => call.tell_of(id, || Event::GaveUp { attempts: attempt, error: error.to_string() }),
            Some(delay) => {
                call.tell_of(id, || Event::Retry { attempt, delay, error: error.to_string() });
                self.hook.told(error, attempt, delay);
            }
        }
        delay
    }

    /// The time before the next attempt, if there is time and budget for it.
    fn delay<E>(&self, call: Call, attempts: Attempts, error: &E) -> Option<Duration>
    where
        H: Hint<E>,
    {
        let own = self.jitter.of(self.backoff.delay(attempts.failed()), clock::random);
        let most =
            self.backoff.max().unwrap_or(if self.total.is_some() { Duration::MAX } else { Duration::from_mins(1) });
        let hint =
            self.hint.delay(error).map_or(Duration::ZERO, |hint| self.jitter.above(hint, clock::random).min(most));
        let delay = own.max(hint);
        let in_time = call.deadline().remaining().is_none_or(|remaining| delay < remaining)
            && self.total.is_none_or(|total| {
                let passed = attempts.since().map_or(Duration::ZERO, |since| Moment::now().since(since));
                passed.saturating_add(delay) <= total
            });
        if !in_time {
            return None;
        }
        if !self.budget.is_none_or(Budget::withdraw) {
            call.tell(|| Event::BudgetSpent);
            return None;
        }
        Some(delay)
    }
}

impl<T, E, B, W, H, O> Policy<Result<T, E>> for Retry<B, W, H, O>
where
    E: ErrorText,
    B: Backoff + Copy,
    W: Classifier<E> + Copy,
    H: Hint<E> + Copy,
    O: OnRetry<E> + Copy,
{
    type Permit = Attempts;
    const REPEATS: bool = true;

    #[inline(always)]
    fn before(&self, _call: &Call) -> Before<'_, Attempts, Result<T, E>> {
        Before::Go(self.begin())
    }

    #[inline(always)]
    fn again(&self, call: &Call, attempts: &mut Attempts, outcome: &Result<T, E>) -> Option<Duration> {
        match outcome {
            Ok(_) => None,
            Err(error) => self.failed(*call, attempts.fail(), error),
        }
    }
}
