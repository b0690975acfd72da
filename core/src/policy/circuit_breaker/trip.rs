//! What opens a circuit: failures in a row, within a time, or too many of the last calls.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Moment;

/// When too much has failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Trip {
    /// So many failures with no success between them.
    Consecutive { most: u32 },
    /// So many failures within a time, whatever succeeds between them.
    Within { most: u32, window: Duration },
    /// This part of the last calls, once there were at least so many.
    Rate { ratio: f64, last: u32, min_calls: u32 },
}

/// What has to be remembered to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct History {
    /// Of a rate those among the last calls, else those in a row.
    pub(super) failed: u32,
    /// When the last failures within a time were.
    pub(super) moments: VecDeque<Moment>,
    /// Whether each of the last calls failed.
    pub(super) outcomes: VecDeque<bool>,
}

impl Trip {
    pub(super) const fn consecutive(most: u32) -> Self {
        assert!(most > 0, "a circuit breaker opens after at least one failure");
        Trip::Consecutive { most }
    }

    pub(super) const fn within(most: u32, window: Duration) -> Self {
        assert!(most > 0, "a circuit breaker opens after at least one failure");
        assert!(!window.is_zero(), "the time within which failures count is more than zero");
        Trip::Within { most, window }
    }

    pub(super) const fn rate(ratio: f64, last: u32) -> Self {
        assert!(ratio > 0.0 && ratio <= 1.0, "a failure rate is above 0 and at most 1");
        assert!(last > 0, "a failure rate is taken over at least one call");
        Trip::Rate { ratio, last, min_calls: last }
    }

    pub(super) const fn min_calls(self, min_calls: u32) -> Self {
        let Trip::Rate { ratio, last, .. } = self else {
            panic!("`min_calls` is for a circuit breaker of a failure rate")
        };
        assert!(
            min_calls > 0 && min_calls <= last,
            "`min_calls` is at least 1, and at most the calls that a rate is taken over"
        );
        Trip::Rate { ratio, last, min_calls }
    }

    /// Whether a success has to be remembered, too, where so many have failed.
    pub(super) const fn wants_success(self, failed: u32) -> bool {
        match self {
            Trip::Consecutive { .. } => failed > 0,
            Trip::Within { .. } => false,
            Trip::Rate { .. } => true,
        }
    }
}

impl History {
    pub(super) const EMPTY: History = History { failed: 0, moments: VecDeque::new(), outcomes: VecDeque::new() };

    pub(super) fn clear(&mut self) {
        self.failed = 0;
        self.moments.clear();
        self.outcomes.clear();
    }

    /// Remembers an outcome, and tells whether it is one too many.
    pub(super) fn add(&mut self, failure: bool, trip: Trip, now: impl FnOnce() -> Moment) -> bool {
        match trip {
            Trip::Consecutive { most } => {
                self.failed = if failure { self.failed + 1 } else { 0 };
                self.failed >= most
            }
            Trip::Within { most, window } => failure && self.fail(now(), window) >= most as usize,
            Trip::Rate { ratio, last, min_calls } => {
                if self.outcomes.len() == last as usize && self.outcomes.pop_front() == Some(true) {
                    self.failed -= 1;
                }
                self.outcomes.push_back(failure);
                self.failed += u32::from(failure);
                #[allow(clippy::cast_precision_loss, reason = "at most `last`")]
                let calls = self.outcomes.len() as f64;
                // A quotient, as `ratio * calls` may be just beside the whole number it should be.
                calls >= f64::from(min_calls) && f64::from(self.failed) / calls >= ratio
            }
        }
    }

    /// Remembers when it failed, and gives the number of failures within the time before.
    fn fail(&mut self, now: Moment, window: Duration) -> usize {
        self.moments.push_back(now);
        while self.moments.front().is_some_and(|first| now.since(*first) > window) {
            self.moments.pop_front();
        }
        self.moments.len()
    }
}
