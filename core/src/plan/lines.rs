//! The order and the nesting in which people read a plan.

use super::{Edge, Node, Plan, Role};

/// A node on its line.
#[derive(Debug)]
pub(crate) struct Line<'p> {
    /// The index of the node.
    pub(crate) index: usize,
    pub(crate) node: &'p Node,
    /// The tree that is drawn in front of it: `  │ └ `.
    pub(crate) tree: String,
    /// What leads here behind a `route`.
    pub(crate) lead: &'p str,
    /// Whether it starts a chain or a branch, so that no pipe stands before it.
    pub(crate) first: bool,
}

/// Lays out every node once, also of a plan that did not come from `pipeline!` and may be joined in any way.
pub(super) fn of(plan: &Plan) -> Vec<Line<'_>> {
    let size = plan.nodes.len();
    let mut layout = Layout { plan, lines: Vec::new(), placed: vec![false; size], arrived: vec![0; size] };
    let roots = (0..size).filter(|index| layout.edges_into(*index) == 0);
    // What no root leads to stands in a circle.
    for start in roots.collect::<Vec<_>>().into_iter().chain(0..size) {
        let mut next = Some((start, true));
        while let Some((node, first)) = next.take() {
            next = layout.chain(node, "", "", "", first).map(|join| (join, false));
        }
    }
    layout.lines
}

struct Layout<'p> {
    plan: &'p Plan,
    lines: Vec<Line<'p>>,
    placed: Vec<bool>,
    /// How many edges into a node were followed.
    arrived: Vec<usize>,
}

impl<'p> Layout<'p> {
    fn edges_into(&self, node: usize) -> usize {
        self.plan.edges.iter().filter(|edge| edge.to == Some(node)).count()
    }

    /// Lays out the chain from this node to its end, or to a node where other branches have yet to arrive. `here` is the tree
    /// before its first line, `below` before the others. Returns the node to go on with when all have arrived at it, and the
    /// chain itself did not lead there alone.
    fn chain(&mut self, start: usize, here: &str, below: &str, lead: &'p str, mut first: bool) -> Option<usize> {
        let (mut node, mut tree, mut lead) = (start, here, lead);
        loop {
            let plan: &'p Plan = self.plan;
            let stage = plan.nodes.get(node)?;
            if std::mem::replace(&mut self.placed[node], true) {
                return None;
            }
            self.lines.push(Line { index: node, node: stage, tree: tree.to_owned(), lead, first });
            (tree, lead, first) = (below, "", false);
            let edges: Vec<_> = plan.edges.iter().filter(|edge| edge.from == node).collect();
            node = match edges[..] {
                [] => return None,
                [edge] if !matches!(stage.role, Role::Tee | Role::Route) => match self.arrive(edge.to?)? {
                    next if self.edges_into(next) == 1 => next,
                    joined => return Some(joined),
                },
                _ => {
                    let before = self.arrived.clone();
                    let meeting = self.branches(&edges, below)?;
                    if before[meeting] > 0 {
                        // Branches further out lead there too, so it goes on further out.
                        return Some(meeting);
                    }
                    meeting
                }
            };
        }
    }

    /// Lays out the branches behind a node. Returns where they all meet again.
    fn branches(&mut self, edges: &[&'p Edge], tree: &str) -> Option<usize> {
        let mut meeting = None;
        for (number, edge) in edges.iter().enumerate() {
            let last = number + 1 == edges.len();
            let here = format!("{tree}  {} ", if last { '└' } else { '├' });
            let below = format!("{tree}  {} ", if last { ' ' } else { '│' });
            let Some(start) = edge.to.and_then(|to| self.arrive(to)) else { continue };
            let joined = if self.edges_into(start) > 1 {
                Some(start)
            } else {
                self.chain(start, &here, &below, &edge.label, true)
            };
            meeting = joined.or(meeting);
        }
        meeting
    }

    /// Follows an edge; gives the node when this was the last one into it.
    fn arrive(&mut self, node: usize) -> Option<usize> {
        *self.arrived.get_mut(node)? += 1;
        (self.arrived[node] == self.edges_into(node)).then_some(node)
    }
}
