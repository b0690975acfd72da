//! Why the attempts of one call failed.

use std::collections::VecDeque;

/// What tells a call apart: the name of its function, and its number if it has one. Of a policy that repeats and numbers nothing,
/// the name has to do.
pub(in crate::policy) type CallId = (&'static str, u32);

/// Of so many attempts at the beginning, and of as many at the end, it is kept why they failed.
const KEPT: usize = 10;

/// The attempts of one call that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) call: CallId,
    /// How many there were.
    pub(super) attempts: u32,
    first: Vec<String>,
    last: VecDeque<String>,
}

/// How often the call was tried that gave up, and why it failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FailedAttempts {
    pub(crate) attempts: u32,
    /// Why each attempt failed, in order; where there were too many, a line in the middle says how many are left out.
    pub(crate) causes: Vec<String>,
}

impl Failed {
    pub(super) const fn new(call: CallId) -> Self {
        Failed { call, attempts: 0, first: Vec::new(), last: VecDeque::new() }
    }

    /// The attempt of this number failed.
    pub(super) fn add(&mut self, attempt: u32, error: &str) {
        // What came before the first one that is known is left out.
        if self.attempts.checked_add(1) == Some(attempt) && self.first.len() < KEPT && self.last.is_empty() {
            self.first.push(error.to_owned());
        } else {
            if self.last.len() == KEPT {
                self.last.pop_front();
            }
            self.last.push_back(error.to_owned());
        }
        self.attempts = attempt;
    }

    pub(super) fn causes(self) -> Vec<String> {
        let Failed { attempts, first, last, .. } = self;
        let left_out = (attempts as usize).saturating_sub(first.len() + last.len());
        let line = (left_out > 0).then(|| match left_out {
            1 => "1 attempt is left out here".to_owned(),
            _ => format!("{left_out} attempts are left out here"),
        });
        first.into_iter().chain(line).chain(last).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Failed;

    fn causes(attempts: impl IntoIterator<Item = u32>) -> Vec<String> {
        let mut failed = Failed::new(("f", 1));
        for attempt in attempts {
            failed.add(attempt, &attempt.to_string());
        }
        failed.causes()
    }

    #[test]
    fn all_are_kept_as_long_as_they_are_few() {
        let all: Vec<_> = (1..=20).map(|attempt: u32| attempt.to_string()).collect();
        assert_eq!(causes(1..=20), all);
    }

    #[test]
    fn the_first_and_the_last_of_many_are_kept() {
        let many = causes(1..=21);
        assert_eq!(many[9..12], ["10", "1 attempt is left out here", "12"]);
        let many = causes(1..=1_000_000);
        assert_eq!(many.len(), 21);
        assert_eq!(many[9..12], ["10", "999980 attempts are left out here", "999991"]);
        assert_eq!(many[20], "1000000");
    }

    #[test]
    fn attempts_that_nobody_heard_of_are_left_out() {
        assert_eq!(causes([3, 4]), ["2 attempts are left out here", "3", "4"]);
    }
}
