//! What became of the items of one stage.

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, Role};
use crate::policy::PolicyCounts;
use crate::stage::Kind;

/// What became of the items of one stage: `input = passed + dropped + absorbed + rejected + in_flight` and
/// `output = passed + emitted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Items that went out. An item that a `tee` hands to all of its branches went out once.
    pub output: u64,
    /// What policies did to the stage's calls: retries and the like.
    #[serde(default)]
    pub policies: PolicyCounts,
}

impl Counts {
    /// Derives what became of the items of a node from how many came in and went out.
    ///
    /// What is left over is what the node does with an item that it does not hand on: a filter drops it, a stage that expands,
    /// folds or ends absorbs it. A map leaves nothing over, and nothing is less than 0: counts that say otherwise are kept as they
    /// are, for [`check`](Counts::check) to find.
    #[doc(hidden)]
    pub fn of(plan: &Plan, node: usize, input: u64, output: u64, rejected: u64, in_flight: u64) -> Self {
        let counts = Counts { input, rejected, in_flight, output, ..Counts::default() };
        let left = input.saturating_sub(rejected).saturating_sub(in_flight);
        let rest = left.saturating_sub(output);
        let Some(node) = plan.nodes.get(node) else { return counts };
        match (node.role, node.kind) {
            // These hand on all that they have, so a remainder is a loss.
            (Role::Source | Role::Tee, _) | (Role::Stage, Some(Kind::Map)) => Counts { passed: output, ..counts },
            (Role::Route, _) | (Role::Stage, Some(Kind::Filter)) => Counts { passed: output, dropped: rest, ..counts },
            (Role::Sink, _) | (Role::Stage, Some(Kind::Sink)) => Counts { absorbed: left, ..counts },
            (Role::Stage, Some(Kind::Expand | Kind::Source | Kind::Resource) | None) => {
                Counts { absorbed: left, emitted: output, ..counts }
            }
        }
    }

    /// The same, where so many of the absorbed items were dropped instead.
    pub(super) fn with_dropped(self, dropped: u64) -> Self {
        Counts { dropped: self.dropped + dropped, absorbed: self.absorbed.saturating_sub(dropped), ..self }
    }

    /// Whether nothing disappeared uncounted: `input = passed + dropped + absorbed + rejected + in_flight`, and
    /// `output = passed + emitted`.
    ///
    /// # Errors
    /// The equation that does not hold, with its numbers.
    pub fn check(&self) -> Result<(), String> {
        let Counts { input, passed, dropped, absorbed, rejected, in_flight, emitted, output, policies: _ } = *self;
        let sum = |parts: &[u64]| parts.iter().try_fold(0, |sum: u64, part| sum.checked_add(*part));
        if sum(&[passed, dropped, absorbed, rejected, in_flight]) != Some(input) {
            return Err(format!(
                "{input} came in, but {passed} passed + {dropped} dropped + {absorbed} absorbed + {rejected} rejected + \
                 {in_flight} in flight are not as many"
            ));
        }
        if sum(&[passed, emitted]) != Some(output) {
            return Err(format!("{output} went out, but {passed} passed + {emitted} emitted are not as many"));
        }
        Ok(())
    }
}
