//! The plan as generated code holds it.

use std::borrow::Cow;

use super::{Arg, Edge, Node, Plan, Role};

/// A plan as generated code holds it: all of it constant.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct PlanSpec {
    /// The file that the pipeline stands in.
    pub file: &'static str,
    /// The nodes.
    pub nodes: &'static [NodeSpec],
    /// From, to and label of each edge.
    pub edges: &'static [(usize, Option<usize>, &'static str)],
}

/// A node as generated code holds it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct NodeSpec {
    /// As in [`Node`].
    pub name: &'static str,
    /// As in [`Node`].
    pub label: &'static str,
    /// As in [`Node`].
    pub role: Role,
    /// Name and value of each argument.
    pub args: &'static [(&'static str, &'static str)],
    /// As in [`Node`].
    pub modifiers: &'static [&'static str],
    /// Line and column, from 1.
    pub place: (u32, u32),
}

impl PlanSpec {
    /// The plan, before the types of its items are known.
    pub fn plan(&self) -> Plan {
        let arg = |&(name, value): &(&'static str, &'static str)| Arg { name: name.into(), value: value.into() };
        let node = |spec: &NodeSpec| Node {
            name: spec.name.into(),
            label: spec.label.into(),
            role: spec.role,
            args: spec.args.iter().map(arg).collect(),
            modifiers: spec.modifiers.iter().copied().map(Cow::from).collect(),
            input: "".into(),
            output: "".into(),
            kind: None,
            stateful: false,
            place: (self.file.into(), spec.place.0, spec.place.1),
        };
        let edge = |&(from, to, label): &(usize, Option<usize>, &'static str)| Edge { from, to, label: label.into() };
        Plan { nodes: self.nodes.iter().map(node).collect(), edges: self.edges.iter().map(edge).collect() }
    }
}
