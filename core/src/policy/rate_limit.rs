//! Lets only so many calls through in a time, as evenly as is asked for.
//!
//! The algorithm is the generic cell rate algorithm (ITU-T I.371, annex A, as "virtual scheduling"): calls have turns on a line of
//! time, one each `period`; a call may begin as much before its turn as the burst allows. So one number is all there is to keep: the
//! next turn that nobody has. The crate governor has the same algorithm, but no turns to wait for: who waits there asks again
//! later, and may be overtaken for ever.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
#[cfg(feature = "async")]
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Before, Call, Event, Expresses, Policy, RateLimited, Wait, runs_calls};
use crate::clock::{self, Moment, World};

/// Lets so many calls through in a time.
///
/// They are spread evenly: with 10 in a second one each 100 ms. After a time without calls a [`burst`](RateLimit::burst) may
/// come at once; 1 if not said. So in any time `t` no more calls begin than the burst and those of `t`.
///
/// Further calls wait for their turns, which they are given in the order in which they come. A call that is cancelled while it
/// waits gives its turn back; the next call that comes has it, before those that wait for later ones: these keep theirs.
///
/// Calls by way of [`max_wait`](RateLimit::max_wait) or [`refuse`](RateLimit::refuse) do not wait so long, or not at all, and
/// fail with [`RateLimited`] instead, which says when to come back.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::clock::Moment;
/// use millstream::policy::RateLimit;
/// use millstream::testing::Simulation;
/// use std::time::Duration;
///
/// static LIMIT: RateLimit = RateLimit::per_second(10).burst(2);
///
/// let begun: Vec<_> = Simulation::seeded(1).run(|| {
///     (0..4).map(|_| LIMIT.run(|| Moment::now().since(Moment::default()).as_millis())).collect()
/// });
/// assert_eq!(begun, [0, 0, 100, 200]);
/// ```
pub struct RateLimit {
    /// Nanoseconds between two turns.
    period: u64,
    /// Nanoseconds that a call may begin before its turn.
    early: u64,
    /// The first turn that nobody had yet.
    next: AtomicU64,
    /// Turns before that one whose calls were cancelled. Empty unless somebody waits: who need not wait does not look here.
    given_back: Mutex<BTreeSet<u64>>,
}

#[allow(clippy::cast_possible_truncation, reason = "it is checked")]
const fn saturated(nanos: u128) -> u64 {
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}

impl RateLimit {
    /// So many calls each second.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::RateLimit;
    /// static LIMIT: RateLimit = RateLimit::per_second(10);
    /// ```
    ///
    /// # Panics
    /// When there are none.
    pub const fn per_second(calls: u32) -> Self {
        RateLimit::per(calls, Duration::from_secs(1))
    }

    /// So many calls in this time.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::RateLimit;
    /// # use std::time::Duration;
    /// static LIMIT: RateLimit = RateLimit::per(100, Duration::from_secs(3600));
    /// ```
    ///
    /// # Panics
    /// When there are no calls, or no time.
    pub const fn per(calls: u32, time: Duration) -> Self {
        assert!(calls > 0, "a rate limit lets at least one call through");
        assert!(!time.is_zero(), "a rate limit is that of some time");
        // Rounded up, so that there are never too many.
        let period = saturated(time.as_nanos().div_ceil(calls as u128));
        let given_back = Mutex::new(BTreeSet::new());
        RateLimit { period, early: 0, next: AtomicU64::new(0), given_back }
    }

    /// The same, where so many calls may come at once after a time without any; 1 if not said.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// # use millstream::policy::RateLimit;
    /// static LIMIT: RateLimit = RateLimit::per_second(10).burst(5);
    /// ```
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub const fn burst(mut self, calls: u32) -> Self {
        assert!(calls > 0, "a burst is at least one call");
        self.early = self.period.saturating_mul(calls as u64 - 1);
        self
    }

    /// The same limit, where a call whose turn has not come is refused.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, RateLimit, RateLimited};
    /// use std::time::Duration;
    ///
    /// static LIMIT: RateLimit = RateLimit::per(1, Duration::from_secs(3600));
    ///
    /// assert_eq!(LIMIT.refuse().run(|| Ok::<_, RateLimited>(1)), Ok(1));
    /// let refused = LIMIT.refuse().run(|| Ok::<_, RateLimited>(2)).unwrap_err();
    /// assert!(refused.retry_after <= Duration::from_secs(3600));
    /// ```
    pub const fn refuse(&self) -> RateLimitRefuse<'_> {
        self.max_wait(Duration::ZERO)
    }

    /// The same limit, where a call that would have to wait longer than this is refused, at once.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Policy, RateLimit, RateLimited};
    /// use millstream::testing::Simulation;
    /// use std::time::Duration;
    ///
    /// let limit = RateLimit::per(1, Duration::from_secs(60));
    /// let short = limit.max_wait(Duration::from_secs(1));
    /// let simulation = Simulation::seeded(1);
    /// simulation.run(|| {
    ///     assert_eq!(short.run(|| Ok::<_, RateLimited>(1)), Ok(1));
    ///     simulation.advance(Duration::from_millis(59_500));
    ///     assert_eq!(short.run(|| Ok::<_, RateLimited>(2)), Ok(2));
    ///     assert_eq!(short.run(|| Ok(3)), Err(RateLimited { retry_after: Duration::from_secs(60) }));
    /// });
    /// ```
    pub const fn max_wait(&self, time: Duration) -> RateLimitRefuse<'_> {
        RateLimitRefuse { limit: self, max_wait: time }
    }

    /// The time that a call which comes now would have to wait.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::RateLimit;
    /// use std::time::Duration;
    ///
    /// let limit = RateLimit::per(1, Duration::from_secs(3600));
    /// assert_eq!(limit.wait(), Duration::ZERO);
    /// limit.run(|| ());
    /// assert!(limit.wait() > Duration::from_secs(3500));
    /// ```
    pub fn wait(&self) -> Duration {
        let now = Moment::now();
        let next = self.next.load(Ordering::Relaxed);
        self.until(self.free(now).first().copied().unwrap_or(next), now)
    }

    /// Forgets every call. Those that wait go on to do so.
    pub fn clear(&self) {
        self.given_back().clear();
        self.next.store(0, Ordering::Relaxed);
    }

    runs_calls!();

    /// The time until a call that comes now may begin in this turn.
    fn until(&self, turn: u64, now: Moment) -> Duration {
        Duration::from_nanos(turn.saturating_sub(self.early).saturating_sub(now.nanos()))
    }

    /// Takes the next turn, if one may wait so long for it.
    fn take(&self, now: Moment, may_wait: impl Fn(Duration) -> bool) -> Result<u64, Duration> {
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            // A turn that has passed is nobody's any more.
            let turn = next.max(now.nanos());
            let wait = self.until(turn, now);
            if !may_wait(wait) {
                return Err(wait);
            }
            let after = turn.saturating_add(self.period);
            match self.next.compare_exchange_weak(next, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(turn),
                Err(seen) => next = seen,
            }
        }
    }

    fn given_back(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.given_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turns that were given back, and have not passed.
    fn free(&self, now: Moment) -> MutexGuard<'_, BTreeSet<u64>> {
        let mut free = self.given_back();
        *free = free.split_off(&now.nanos());
        free
    }

    /// Takes a turn that was given back, or else the next, if one may wait so long for it.
    #[cold]
    fn queue(&self, now: Moment, may_wait: impl Fn(Duration) -> bool) -> Result<u64, Duration> {
        let mut free = self.free(now);
        let Some(first) = free.first().copied() else { return self.take(now, may_wait) };
        let wait = self.until(first, now);
        if !may_wait(wait) {
            return Err(wait);
        }
        free.pop_first();
        Ok(first)
    }

    fn give_back(&self, turn: u64) {
        let mut given_back = self.given_back();
        given_back.insert(turn);
        // Those at the end of the line are as if they had never been taken.
        while let Some(last) = given_back.last().copied() {
            let after = last.saturating_add(self.period);
            if self.next.compare_exchange(after, last, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                return;
            }
            given_back.pop_last();
        }
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("period", &Duration::from_nanos(self.period))
            .field("burst", &(self.early / self.period + 1))
            .field("wait", &self.wait())
            .finish_non_exhaustive()
    }
}

/// A [`RateLimit`] that refuses who would have to wait too long: made by [`refuse`](RateLimit::refuse) and
/// [`max_wait`](RateLimit::max_wait).
#[derive(Clone, Copy, Debug)]
pub struct RateLimitRefuse<'l> {
    limit: &'l RateLimit,
    max_wait: Duration,
}

/// The turn of a call in a [`RateLimit`] that it had to wait for.
#[derive(Debug)]
pub struct Turn<'l> {
    limit: &'l RateLimit,
    at: u64,
    /// The simulation whose time it is of: a call may be dropped outside.
    world: Option<Arc<World>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Before its time it was waiting, and has not begun.
        if !self.limit.until(self.at, Moment::now_in(self.world.as_deref())).is_zero() {
            self.limit.give_back(self.at);
        }
    }
}

impl RateLimit {
    /// Lets a call through now or at its turn, if it may wait so long for that.
    #[inline]
    fn admit<R>(
        &self,
        call: &Call,
        may_wait: impl Fn(Duration) -> bool,
    ) -> Result<Before<'_, Option<Turn<'_>>, R>, Duration> {
        let now = Moment::now();
        if self.take(now, |wait| wait.is_zero()).is_ok() {
            return Ok(Before::Go(None));
        }
        let turn = self.queue(now, may_wait)?;
        let wait = self.until(turn, now);
        if wait.is_zero() {
            return Ok(Before::Go(None));
        }
        call.tell(|| Event::Waited { by: "rate_limit" });
        Ok(Before::Wait(Wait::Time(wait, Some(Turn { limit: self, at: turn, world: clock::world() }))))
    }
}

impl<'l, R> Policy<R> for &'l RateLimit {
    type Permit = Option<Turn<'l>>;

    fn before(&self, call: &Call) -> Before<'_, Option<Turn<'l>>, R> {
        // None has to wait too long.
        self.admit(call, |_| true).unwrap_or(Before::Go(None))
    }
}

impl<'l, T, E: Expresses<RateLimited>> Policy<Result<T, E>> for RateLimitRefuse<'l> {
    type Permit = Option<Turn<'l>>;

    fn before(&self, call: &Call) -> Before<'_, Option<Turn<'l>>, Result<T, E>> {
        match self.limit.admit(call, |wait| wait <= self.max_wait) {
            Ok(before) => before,
            Err(retry_after) => {
                call.tell(|| Event::Refused { by: "rate_limit" });
                Before::Return(Err(E::express(RateLimited { retry_after })))
            }
        }
    }
}
