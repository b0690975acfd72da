//! What a pipeline is, as data: its stages and how they are joined.
//!
//! A [`Plan`] prints as the pipeline reads, one stage a line with its types; [`Plan::mermaid`] draws it, and [`Plan::to_json`]
//! writes it for other programs.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
pub use spec::{NodeSpec, PlanSpec};

use crate::stage::Kind;

mod lines;
mod mermaid;
mod spec;
mod text;

pub(crate) use lines::Line;
pub use text::short_type;

/// The stages of a pipeline and the edges between them. `pipeline!` makes it; the report, the graph and the description all
/// read it.
///
/// Its [`Display`](std::fmt::Display) form is one line a stage:
///
/// ```text
/// csv("readings.csv").or_skip()      -> Reading
/// | zscore(size = 50).keyed(sensor)  Reading -> Scored
/// | tee                              Scored
///   ├ anomalous(threshold = 3.0)     &Scored -> &Scored
///   │ | json_lines("anomalies")      &Scored
///   └ discard                        Scored
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The stages, the source first, in the order in which they were written: what hands on stands before what takes.
    pub nodes: Vec<Node>,
    /// What hands items to what.
    pub edges: Vec<Edge>,
}

/// One stage of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The name of the stage, as written: `zscore`, `csv`, `map`, `stages::parse`.
    pub name: Cow<'static, str>,
    /// What the report calls it; unique in the plan: `zscore#2` for a second use, or the name given by `.named("..")`.
    pub label: Cow<'static, str>,
    /// What part it plays.
    pub role: Role,
    /// Its arguments in order, as written; the name is empty for a positional one.
    pub args: Vec<Arg>,
    /// Its modifiers in order, as written: `keyed(sensor)`, `or_skip()`.
    pub modifiers: Vec<Cow<'static, str>>,
    /// The type of its items; empty for a source.
    pub input: Cow<'static, str>,
    /// The type of its outputs; empty for a sink.
    pub output: Cow<'static, str>,
    /// What it does with an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Whether what it does with an item depends on items before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stateful: bool,
    /// Where it stands in the user's source: file, line and column, from 1.
    pub place: (Cow<'static, str>, u32, u32),
}

/// One argument of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arg {
    /// The parameter's name; empty for a positional one.
    pub name: Cow<'static, str>,
    /// The value, as written.
    pub value: Cow<'static, str>,
}

/// What part a node plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The index of the node that hands on.
    pub from: usize,
    /// The index of the node that takes; `None` for the output of a pipeline without a sink.
    pub to: Option<usize>,
    /// What leads here: `when(..)` or `otherwise` behind a `route`; empty elsewhere.
    pub label: Cow<'static, str>,
}

impl Plan {
    /// The plan as a [Mermaid](https://mermaid.js.org) flowchart, for Markdown files and wikis.
    pub fn mermaid(&self) -> String {
        mermaid::chart(self)
    }

    /// The plan as JSON. `serde_json::from_str` reads it back.
    pub fn to_json(&self) -> String {
        // Nothing in a plan can fail to be written: no maps, no floats, and the target is memory.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The nodes in the order and the nesting in which people read them.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        lines::of(self)
    }
}

impl Node {
    /// The stage as it was written, on one line: `zscore(size = 50).keyed(sensor)`.
    pub(crate) fn call(&self) -> String {
        text::call(self)
    }
}
