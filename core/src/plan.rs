//! What a pipeline is, as data: its stages and how they are joined.

use serde::Serialize;

use crate::stage::Kind;

/// The stages of a pipeline and the edges between them. `pipeline!` makes it; the report, the graph and the description all
/// read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// The stages, the source first, in the order in which they were written.
    pub nodes: Vec<Node>,
    /// What hands items to what.
    pub edges: Vec<Edge>,
}

/// One stage of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// The name of the stage, as written: `zscore`, `csv`, `map`, `stages::parse`.
    pub name: String,
    /// What the report calls it; unique in the plan: `zscore#2` for a second use, or the name given by `.named("..")`.
    pub label: String,
    /// What part it plays.
    pub role: Role,
    /// Its arguments in order, as written; the name is empty for a positional one.
    pub args: Vec<Arg>,
    /// Its modifiers in order, as written: `keyed(sensor)`, `or_skip()`.
    pub modifiers: Vec<String>,
    /// The type of its items; empty for a source.
    pub input: String,
    /// The type of its outputs; empty for a sink.
    pub output: String,
    /// What it does with an item.
    #[serde(skip)]
    pub kind: Option<Kind>,
    /// Where it stands in the user's source: file, line and column, from 1.
    pub place: (String, u32, u32),
}

/// One argument of a stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arg {
    /// The parameter's name; empty for a positional one.
    pub name: String,
    /// The value, as written.
    pub value: String,
}

/// What part a node plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Where items come from.
    Source,
    /// Takes items and hands on others.
    Stage,
    /// `tee`: hands every item to all of its branches.
    Tee,
    /// `route`: hands every item to one of its branches.
    Route,
    /// Where items end.
    Sink,
}

/// Items go from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// The index of the node that hands on.
    pub from: usize,
    /// The index of the node that takes; `None` for the output of a pipeline without a sink.
    pub to: Option<usize>,
    /// What leads here: `when(..)` or `otherwise` behind a `route`; empty elsewhere.
    pub label: String,
}
