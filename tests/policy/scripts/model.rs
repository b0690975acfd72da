//! What the stack is to do, said once more: one call after the other, step by step, without a policy.

use std::collections::VecDeque;
use std::time::Duration;

use millstream::policy::Aged;

use super::Step;
use crate::ApiError;

const ATTEMPTS: u32 = 4;
const LIMIT: Duration = Duration::from_millis(800);
const BACKOFFS: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];
const RESERVE: u64 = 10;
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
const FAILURES: usize = 5;
const WITHIN: Duration = Duration::from_secs(30);
const RESET_AFTER: Duration = Duration::from_secs(10);
const PROBES: u32 = 2;
const MAX_AGE: Duration = Duration::from_mins(5);

#[derive(Clone, Copy)]
enum Circuit {
    Closed,
    Open { until: Duration },
    HalfOpen { succeeded: u32 },
}

/// Since when retries are counted; the calls since then, and the retries.
#[derive(Clone, Copy)]
struct Spent {
    since: Duration,
    calls: u64,
    retries: u64,
}

pub(super) struct Model<'s> {
    function: &'static str,
    script: &'s [Step],
    /// What chance made of the delays: that is not the model's to know, only that each is below its backoff.
    delays: VecDeque<Duration>,
    now: Duration,
    log: Vec<String>,
    asked: usize,
    circuit: Circuit,
    /// When calls failed while it was closed.
    failed: Vec<Duration>,
    spent: Option<Spent>,
    /// The last good value, and since when.
    last: Option<(u32, Duration)>,
}

impl<'s> Model<'s> {
    pub(super) fn new(function: &'static str, now: Duration, script: &'s [Step], delays: VecDeque<Duration>) -> Self {
        let (circuit, log) = (Circuit::Closed, Vec::new());
        Model { function, script, delays, now, log, asked: 0, circuit, failed: Vec::new(), spent: None, last: None }
    }

    /// All that happens until the script has ended.
    pub(super) fn play(mut self, pauses: &[Duration]) -> Vec<String> {
        for pause in pauses.iter().cycle() {
            let outcome = self.fallback();
            self.note(format!("gave {outcome:?}"));
            if self.asked >= self.script.len() {
                break;
            }
            self.now += *pause;
        }
        self.log
    }

    fn note(&mut self, what: String) {
        self.log.push(format!("{:?} {what}", self.now));
    }

    fn tell(&mut self, what: &str) {
        self.note(format!("{}: {what}", self.function));
    }

    fn fallback(&mut self) -> Result<Aged<u32>, ApiError> {
        let error = match self.breaker() {
            Ok(value) => {
                self.last = Some((value, self.now));
                return Ok(Aged::fresh(value));
            }
            Err(error) => error,
        };
        match self.last {
            Some((value, since)) if self.now - since <= MAX_AGE => {
                let age = self.now - since;
                self.tell(&format!("fell back to a value {age:?} old: {error}"));
                Ok(Aged::stale(value, age))
            }
            _ => Err(error),
        }
    }

    fn breaker(&mut self) -> Result<u32, ApiError> {
        if let Circuit::Open { until } = self.circuit {
            if self.now < until {
                self.tell("refused by circuit_breaker");
                return Err(ApiError::Open(until - self.now));
            }
            self.circuit = Circuit::HalfOpen { succeeded: 0 };
        }
        if let Circuit::HalfOpen { .. } = self.circuit {
            self.tell("circuit probed");
        }
        let outcome = self.retry();
        let opens = match (self.circuit, &outcome) {
            (Circuit::Closed, Err(_)) => {
                self.failed.push(self.now);
                self.failed.iter().filter(|at| self.now - **at <= WITHIN).count() == FAILURES
            }
            (Circuit::HalfOpen { succeeded }, Ok(_)) if succeeded + 1 == PROBES => {
                self.circuit = Circuit::Closed;
                self.tell("circuit closed");
                false
            }
            (Circuit::HalfOpen { succeeded }, Ok(_)) => {
                self.circuit = Circuit::HalfOpen { succeeded: succeeded + 1 };
                false
            }
            (state, outcome) => matches!(state, Circuit::HalfOpen { .. }) && outcome.is_err(),
        };
        if opens {
            self.failed.clear();
            self.circuit = Circuit::Open { until: self.now + RESET_AFTER };
            self.tell("circuit opened");
        }
        outcome
    }

    fn retry(&mut self) -> Result<u32, ApiError> {
        if let Some(spent) = &mut self.spent {
            spent.calls += 1;
        }
        for attempt in 1.. {
            let error = match self.timeout() {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if attempt < ATTEMPTS && error != ApiError::Gone && self.pays() {
                let backoff = BACKOFFS[attempt as usize - 1];
                let delay = self.delays.pop_front().filter(|delay| *delay < backoff).unwrap_or(backoff);
                self.tell(&format!("attempt {attempt} failed, again in {delay:?}: {error}"));
                self.now += delay;
                continue;
            }
            let plural = if attempt == 1 { "" } else { "s" };
            self.tell(&format!("gave up after {attempt} attempt{plural}: {error}"));
            return Err(error);
        }
        unreachable!("the last attempt returns")
    }

    /// Whether the budget pays for one more attempt: one for each five calls since a failure began its window, and the reserve.
    fn pays(&mut self) -> bool {
        let begun = Spent { since: self.now, calls: 1, retries: 0 };
        let spent = self.spent.filter(|spent| self.now - spent.since < BUDGET_WINDOW).unwrap_or(begun);
        let pays = spent.retries < RESERVE + spent.calls / 5;
        self.spent = Some(Spent { retries: spent.retries + u64::from(pays), ..spent });
        if !pays {
            self.tell("retry budget spent");
        }
        pays
    }

    fn timeout(&mut self) -> Result<u32, ApiError> {
        let index = self.asked;
        self.asked += 1;
        let value = u32::try_from(index).unwrap_or(u32::MAX);
        let outcome = match self.script.get(index) {
            None => Some(Ok(1000)),
            Some(Step::Ok) => Some(Ok(value)),
            Some(Step::Error) => Some(Err(ApiError::Busy)),
            Some(Step::Permanent) => Some(Err(ApiError::Gone)),
            Some(Step::Hang) => None,
        };
        match outcome {
            Some(outcome) => {
                self.note(format!("service: call {} gives {outcome:?}", index + 1));
                outcome
            }
            None => {
                self.note(format!("service: call {} hangs", index + 1));
                self.now += LIMIT;
                self.tell("timed out after 800ms");
                Err(ApiError::Slow(LIMIT))
            }
        }
    }
}
