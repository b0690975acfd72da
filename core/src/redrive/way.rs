//! Where a letter starts, and which way it goes.

use std::collections::HashMap;
use std::rc::Rc;

use super::Redrive;
use crate::io::letters::{Letter, VERSION};
use crate::plan::{Plan, Role};

/// The way of a letter through the plan.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The node that takes it.
    pub(super) start: usize,
    /// Whether that node is given the letter's input, and not the source its raw bytes.
    pub(super) from_input: bool,
    /// By edge: whether it leads away from the letter's stage, to where its item has been before.
    pub(super) closed: Vec<bool>,
    /// By edge: whether it is the only one that the item may take.
    pub(super) only: Vec<bool>,
    /// By node: whether the item can come by.
    pub(super) nodes: Vec<bool>,
}

/// What a line of a file of letters says.
pub(super) enum Line {
    /// A letter that can be sent.
    Send(Box<Letter>, Rc<Way>),
    /// Nothing that can be sent, and why.
    Keep(String),
}

/// What letters have to know of a node.
#[derive(Debug)]
pub(crate) struct LetterNode {
    /// The branches that lead to it.
    pub(crate) branch: Vec<String>,
    /// Whether it can take the input of a letter.
    pub(crate) takes: bool,
    /// Whether it is in the side of a `zip` or `join`.
    pub(crate) aside: bool,
}

/// Finds the ways of letters through one plan.
#[derive(Debug)]
pub(super) struct Ways<'p> {
    plan: &'p Plan,
    nodes: Vec<LetterNode>,
    /// Those found before, by the stage of the letter, where it starts and with what.
    known: HashMap<(usize, usize, bool), Rc<Way>>,
}

impl<'p> Ways<'p> {
    pub(super) fn new(plan: &'p Plan, nodes: Vec<LetterNode>) -> Self {
        Ways { plan, nodes, known: HashMap::new() }
    }

    /// Reads a line, and finds the way of its letter.
    pub(super) fn of(&mut self, line: &[u8], redrive: &Redrive) -> Line {
        match self.find(line, redrive) {
            Ok((letter, way)) => Line::Send(letter, way),
            Err(why) => Line::Keep(why),
        }
    }

    fn find(&mut self, line: &[u8], redrive: &Redrive) -> Result<(Box<Letter>, Rc<Way>), String> {
        let letter = read(line)?;
        if letter.in_doubt && !redrive.in_doubt {
            return Err("an earlier redrive was interrupted while it was on its way, so it may have arrived: \
                        `resend_in_doubt()` sends it"
                .to_owned());
        }
        let node = |label: &str| self.plan.nodes.iter().position(|node| node.label == label);
        let unknown = |label: &str| format!("this pipeline has no stage `{label}`");
        let stage = node(&letter.stage).ok_or_else(|| unknown(&letter.stage))?;
        if self.nodes.get(stage).is_some_and(|node| node.aside) {
            return Err(format!(
                "stage `{}` is in the side of a `zip` or `join`, which is read by a run alone: run the pipeline again",
                letter.stage
            ));
        }
        if self.nodes.get(stage).is_none_or(|node| node.branch != letter.branch) {
            let on = if letter.branch.is_empty() { "the main line".to_owned() } else { letter.branch.join(", ") };
            return Err(format!("this pipeline has no stage `{}` on {on}", letter.stage));
        }
        let start = match (&letter.raw, &letter.input) {
            (Some(_), _) => self.source(),
            (None, Some(_)) => {
                let label = letter.from.as_ref().unwrap_or(&letter.stage);
                let start = node(label).ok_or_else(|| unknown(label))?;
                if !self.nodes.get(start).is_some_and(|node| node.takes) {
                    return Err(format!("stage `{label}` is not under `or_dead_letter` here, so it takes no letter"));
                }
                start
            }
            (None, None) => return Err("it holds neither raw bytes nor an input".to_owned()),
        };
        let from_input = letter.raw.is_none();
        let plan = self.plan;
        let way = self
            .known
            .entry((stage, start, from_input))
            .or_insert_with(|| Rc::new(way(plan, stage, start, from_input)));
        if !way.nodes.get(stage).is_some_and(|reached| *reached) {
            return Err(format!("stage `{}` does not follow where the letter starts", letter.stage));
        }
        Ok((Box::new(letter), Rc::clone(way)))
    }

    /// The source of the line.
    fn source(&self) -> usize {
        let mut nodes = self.plan.nodes.iter().zip(&self.nodes);
        nodes.position(|(node, known)| node.role == Role::Source && !known.aside).unwrap_or_default()
    }

    /// The labels of the stages that keep state, among those that letters can come by.
    pub(super) fn stateful(&self, reach: impl Fn(u32) -> bool) -> Vec<&'p str> {
        let nodes = self.plan.nodes.iter().enumerate();
        let reached = nodes.filter(|(index, _)| u32::try_from(*index).is_ok_and(&reach));
        reached.filter(|(_, node)| node.stateful && node.role != Role::Sink).map(|(_, node)| &*node.label).collect()
    }
}

fn read(line: &[u8]) -> Result<Letter, String> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u32,
    }
    let no_letter = |error: serde_json::Error| format!("it is no letter: {error}");
    let Version { version } = serde_json::from_slice(line).map_err(no_letter)?;
    if version > VERSION {
        return Err(format!("its version is {version}, and {VERSION} is the newest that is known here"));
    }
    serde_json::from_slice(line).map_err(no_letter)
}

fn way(plan: &Plan, stage: usize, start: usize, from_input: bool) -> Way {
    let leads_to_stage = reaching(plan, stage);
    let mut way = Way { start, from_input, nodes: vec![false; plan.nodes.len()], ..Way::default() };
    for edge in &plan.edges {
        let parts = plan.nodes.get(edge.from).is_some_and(|node| node.role == Role::Tee);
        let before = parts && leads_to_stage[edge.from];
        let there = edge.to.is_some_and(|to| leads_to_stage[to]);
        way.closed.push(before && !there);
        way.only.push(before && there);
    }
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut way.nodes[at], true) {
            continue;
        }
        let out = plan.edges.iter().zip(&way.closed).filter(|(edge, closed)| edge.from == at && !**closed);
        open.extend(out.filter_map(|(edge, _)| edge.to));
    }
    way
}

/// By node: whether it is `stage`, or items go from it to `stage`.
fn reaching(plan: &Plan, stage: usize) -> Vec<bool> {
    let mut reaching = vec![false; plan.nodes.len()];
    let mut open = vec![stage];
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut reaching[at], true) {
            open.extend(plan.edges.iter().filter(|edge| edge.to == Some(at)).map(|edge| edge.from));
        }
    }
    reaching
}
