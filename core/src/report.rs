//! What a run did.
//!
//! A run counts as little as it can: the items over those edges that do not follow from others ([`Tallies`]). From these and the
//! [`Plan`], [`Report::new`] derives what became of the items at every stage ([`Counts`]), and its
//! [`Display`](std::fmt::Display) form is a table of them.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, Role};
use crate::policy::PolicyCounts;
use crate::redrive::Redriven;

mod counts;
mod table;

pub use counts::Counts;

/// What a run did: every stage's counts, the time, and what the sinks left.
#[derive(Clone, Debug, PartialEq)]
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
    /// The name of the source; of several, their names with `, ` between them.
    pub source: String,
    /// Where dead letters went, and how many.
    pub letters: Vec<(PathBuf, u64)>,
    /// What each `join` held in memory, in the order in which they were loaded.
    pub sides: Vec<Held>,
    /// What became of the letters that were sent again, if this was a [redrive](crate::redrive).
    pub redriven: Option<Redriven>,
}

/// The side of a `join`, as it was held in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The label of the `join`.
    pub stage: String,
    /// The name of the source that the side was read from.
    pub source: String,
    /// How many rows it held.
    pub rows: u64,
    /// The memory of the table itself, in bytes: its rows, its keys and its index, with the room that was left in them. What a
    /// row or a key only points to, such as the text of a `String`, is not in it.
    pub bytes: u64,
}

/// What a run counted: all that a [`Report`] needs beside the [`Plan`].
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// The items over each edge of the plan, in its order. `None` where nobody needed to count, because all items went over it
    /// that its first node took in, neither rejected nor still holds, nor sent over another edge (but a `tee` sends them all over
    /// each).
    pub edges: Vec<Option<u64>>,
    /// Items that each source read, rejected ones included: one number for each node, 0 where it is no source.
    pub read: Vec<u64>,
    /// Items that each node rejected.
    pub rejected: Vec<u64>,
    /// Items that each node dropped beside those that follow from its counts: an expanding stage that absorbed them otherwise.
    pub dropped: Vec<u64>,
    /// Items that were on their way through each node when the run ended.
    pub in_flight: Vec<u64>,
    /// Items that each node got from no other node, but from a dead letter.
    pub injected: Vec<u64>,
    /// What policies did to the calls of each node.
    pub policies: Vec<PolicyCounts>,
    /// From the opening of the source to the last commit.
    pub elapsed: Duration,
    /// The name of the source, or of all.
    pub source: String,
    /// Where dead letters went, and how many.
    pub letters: Vec<(PathBuf, u64)>,
    /// What each `join` held in memory.
    pub sides: Vec<Held>,
}

impl<O> Report<O> {
    /// Derives every stage's counts from what was counted; called by generated code.
    #[doc(hidden)]
    pub fn new(plan: Plan, tallies: Tallies, output: O) -> Self {
        let Tallies {
            edges: counted,
            read,
            rejected,
            dropped,
            in_flight,
            injected,
            policies,
            elapsed,
            source,
            letters,
            sides,
        } = tallies;
        let of_node = |counts: &[u64], node: usize| counts.get(node).copied().unwrap_or_default();
        let mut edges = vec![0_u64; plan.edges.len()];
        let mut counts = Vec::with_capacity(plan.nodes.len());
        // A node stands behind all that hand to it, so what comes in is known when its turn comes.
        for (index, node) in plan.nodes.iter().enumerate() {
            let into =
                plan.edges.iter().zip(&edges).filter(|(edge, _)| edge.to == Some(index)).map(|(_, items)| *items);
            let from_letters = of_node(&injected, index);
            let input = if node.role == Role::Source {
                of_node(&read, index)
            } else {
                into.fold(from_letters, u64::saturating_add)
            };
            let (rejected, in_flight) = (of_node(&rejected, index), of_node(&in_flight, index));
            let left = input.saturating_sub(rejected).saturating_sub(in_flight);
            let out = plan.edges.iter().enumerate().filter(|(_, edge)| edge.from == index).map(|(number, _)| number);
            let known = |number: usize| counted.get(number).copied().flatten();
            let over_known = out.clone().filter_map(known).fold(0, u64::saturating_add);
            // Every branch of a `tee` gets every item, the branches of a `route` share them.
            let (others, output) = if node.role == Role::Tee { (0, Some(left)) } else { (over_known, None) };
            for number in out.clone() {
                edges[number] = known(number).unwrap_or_else(|| left.saturating_sub(others));
            }
            let output = output.unwrap_or_else(|| out.map(|number| edges[number]).fold(0, u64::saturating_add));
            let policies = policies.get(index).copied().unwrap_or_default();
            let of_items = Counts::of(&plan, index, input, output, rejected, in_flight);
            counts.push(Counts { policies, ..of_items.with_dropped(of_node(&dropped, index)) });
        }
        Report { output, plan, counts, edges, elapsed, source, letters, sides, redriven: None }
    }

    /// The counts of the stage of this label.
    pub fn stage(&self, label: &str) -> Option<&Counts> {
        let index = self.plan.nodes.iter().position(|node| node.label == label)?;
        self.counts.get(index)
    }

    /// Items that the source read, rejected ones included; of several sources, all that they read.
    pub fn read(&self) -> u64 {
        let of_sources = self.plan.nodes.iter().zip(&self.counts).filter(|(node, _)| node.role == Role::Source);
        of_sources.map(|(_, counts)| counts.input).fold(0, u64::saturating_add)
    }

    /// Whether nothing disappeared uncounted at any stage.
    ///
    /// # Errors
    /// Each stage whose counts do not add up, and how; see [`Counts::check`].
    pub fn check(&self) -> Result<(), String> {
        let wrong = |(node, counts): (&crate::plan::Node, &Counts)| {
            counts.check().err().map(|error| format!("stage `{}`: {error}", node.label))
        };
        let wrong: Vec<_> = self.plan.nodes.iter().zip(&self.counts).filter_map(wrong).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// The same report with another output.
    pub fn map_output<P>(self, map: impl FnOnce(O) -> P) -> Report<P> {
        Report {
            output: map(self.output),
            plan: self.plan,
            counts: self.counts,
            edges: self.edges,
            elapsed: self.elapsed,
            source: self.source,
            letters: self.letters,
            sides: self.sides,
            redriven: self.redriven,
        }
    }

    /// The same report without its output.
    pub fn discard_output(self) -> Report<()> {
        self.map_output(drop)
    }
}
