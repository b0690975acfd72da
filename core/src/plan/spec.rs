//! The plan as generated code holds it.

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
        let node = |spec: &NodeSpec| Node {
            name: spec.name.to_owned(),
            label: spec.label.to_owned(),
            role: spec.role,
            args: spec
                .args
                .iter()
                .map(|&(name, value)| Arg { name: name.to_owned(), value: value.to_owned() })
                .collect(),
            modifiers: spec.modifiers.iter().map(ToString::to_string).collect(),
            input: String::new(),
            output: String::new(),
            kind: None,
            stateful: false,
            place: (self.file.to_owned(), spec.place.0, spec.place.1),
        };
        let edge = |&(from, to, label): &(usize, Option<usize>, &str)| Edge { from, to, label: label.to_owned() };
        Plan { nodes: self.nodes.iter().map(node).collect(), edges: self.edges.iter().map(edge).collect() }
    }
}
