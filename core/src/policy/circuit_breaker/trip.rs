//! What opens a circuit: failures in a row, within a time, or too many of the last calls.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Moment;

/// When too much has failed, and what has to be remembered to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trip {
    /// So many failures with no success between them.
    Consecutive { most: u32, failed: u32 },
    /// So many failures within a time, whatever succeeds between them; the moments of the last ones.
    Within { most: u32, window: Duration, failed: VecDeque<Moment> },
    /// So many failures among so many last calls; whether each failed.
    Rate { most: u32, last: u32, failed: u32, outcomes: VecDeque<bool> },
}

impl Trip {
    pub(super) const fn consecutive(most: u32) -> Self {
        assert!(most > 0, "a circuit breaker opens after at least one failure");
        Trip::Consecutive { most, failed: 0 }
    }

    pub(super) const fn within(most: u32, window: Duration) -> Self {
        assert!(most > 0, "a circuit breaker opens after at least one failure");
        assert!(!window.is_zero(), "failures need some time to happen within");
        Trip::Within { most, window, failed: VecDeque::new() }
    }

    pub(super) const fn rate(ratio: f64, last: u32) -> Self {
        assert!(ratio > 0.0 && ratio <= 1.0, "a failure rate is more than 0 and at most 1");
        assert!(last > 0, "a failure rate is that of at least one call");
        // Rounded down, and one more if that is too few: `ratio * last` may be just beside the whole number it should be.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `last`")]
        let mut most = (ratio * last as f64) as u32;
        while (most as f64 / last as f64) < ratio {
            most += 1;
        }
        Trip::Rate { most, last, failed: 0, outcomes: VecDeque::new() }
    }

    /// The same with nothing remembered.
    pub(super) fn fresh(&self) -> Self {
        match *self {
            Trip::Consecutive { most, .. } => Trip::consecutive(most),
            Trip::Within { most, window, .. } => Trip::within(most, window),
            Trip::Rate { most, last, .. } => Trip::Rate { most, last, failed: 0, outcomes: VecDeque::new() },
        }
    }

    /// Whether a success has to be remembered, too.
    pub(super) const fn wants_success(&self) -> bool {
        match self {
            Trip::Consecutive { failed, .. } => *failed > 0,
            Trip::Within { .. } => false,
            Trip::Rate { .. } => true,
        }
    }

    /// Remembers an outcome, and tells whether it is one too many.
    pub(super) fn add(&mut self, failure: bool, now: impl FnOnce() -> Moment) -> bool {
        match self {
            Trip::Consecutive { most, failed } => {
                *failed = if failure { *failed + 1 } else { 0 };
                *failed >= *most
            }
            Trip::Within { most, window, failed } => {
                if !failure {
                    return false;
                }
                let now = now();
                failed.push_back(now);
                while failed.front().is_some_and(|first| now.since(*first) > *window) {
                    failed.pop_front();
                }
                failed.len() >= *most as usize
            }
            Trip::Rate { most, last, failed, outcomes } => {
                if outcomes.len() == *last as usize && outcomes.pop_front() == Some(true) {
                    *failed -= 1;
                }
                outcomes.push_back(failure);
                *failed += u32::from(failure);
                outcomes.len() == *last as usize && *failed >= *most
            }
        }
    }
}
