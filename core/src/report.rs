//! What a run did.

use std::time::Duration;

use crate::plan::Plan;

/// What a run did: every stage's counts, the time, and what the sinks left.
#[derive(Clone, Debug)]
pub struct Report<O> {
    /// What the sinks left: the value of the one sink, or a tuple of the branches' under `tee`.
    pub output: O,
    /// What ran.
    pub plan: Plan,
    /// The counts of each node of the plan, in its order.
    pub counts: Vec<Counts>,
    /// The items that went over each edge of the plan, in its order.
    pub edges: Vec<u64>,
    /// From the opening of the source to the last commit.
    pub elapsed: Duration,
    /// The name of the source.
    pub source: String,
    /// Where dead letters went, and how many.
    pub letters: Vec<(std::path::PathBuf, u64)>,
}

/// What became of the items of one stage: `input = passed + dropped + absorbed + rejected + in_flight` and
/// `output = passed + emitted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that came in; for a source, items that it read.
    pub input: u64,
    /// Items handed on, changed or not, one for one.
    pub passed: u64,
    /// Items that were not wanted.
    pub dropped: u64,
    /// Items taken in for good: written by a sink, or kept for what is emitted later.
    pub absorbed: u64,
    /// Items refused.
    pub rejected: u64,
    /// Items that were on their way through when the run ended.
    pub in_flight: u64,
    /// Items emitted beside those that passed.
    pub emitted: u64,
    /// Items that went out.
    pub output: u64,
}
