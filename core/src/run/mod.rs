//! One run of a pipeline: what it counts, what it rejects, how it fails and how it commits.
//!
//! A chain shares its [`Run`] by reference, and touches it only where something out of the ordinary happens. What happens to
//! every item is counted in locals, and handed over when the chain is left, also by a panic.

mod again;
mod site;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::time::Instant;

use crate::error::Error;
use crate::io::letters::Letters;
use crate::plan::{Edge, Node, Plan, Role};
use crate::redrive::Redriving;
use crate::report::{Report, Tallies};
use crate::resource::Resources;
use crate::sink::commit::commit_all;
use crate::sink::{Closed, Commit};
use crate::source::{At, Position};
use crate::stage::Kind;

pub(crate) use site::Panicked;
pub use site::{Here, Origin, Site};

/// What a run keeps outside its stages.
pub struct Run {
    plan: RefCell<Plan>,
    /// What its ends and stages share.
    pub(crate) resources: Resources,
    /// The source's name, known once it is open.
    source: RefCell<String>,
    /// Where the item came from that a reusable stage works on.
    origin: Cell<Position>,
    started: Cell<Option<Instant>>,
    failure: RefCell<Option<Error>>,
    failed: Cell<bool>,
    /// The innermost node that the run ended in, mostly by a panic, and whether it had an item in hand.
    panicked: Cell<Option<(u32, bool)>>,
    edges: Vec<Cell<u64>>,
    rejected: Vec<Cell<u64>>,
    letters: Vec<Letterbox>,
    /// Which of `letters` takes the letters of a node.
    addressed: Vec<(u32, usize)>,
    commits: RefCell<Vec<(u32, Box<dyn Commit>)>>,
    /// What stands in front of the source's items.
    head: RefCell<Option<Vec<u8>>>,
    /// Set where dead letters are sent again.
    redriving: Option<Box<Redriving>>,
    /// Whether this is the run of a stage made of stages,
    nested: Cell<bool>,
    /// and of one in a pipeline that sends dead letters again.
    within: Cell<bool>,
}

/// What letters from inside of a stage made of stages name as their outermost branch: the pipeline around it has no such
/// branch, so that they are not taken for letters of its own stages.
const NESTED: &str = "_";

impl Run {
    /// A run of `plan`; letters of a node go to the path beside it.
    pub(crate) fn new(plan: Plan, paths: Vec<(u32, PathBuf)>) -> Self {
        let mut letters: Vec<Letterbox> = Vec::new();
        let mut addressed = Vec::new();
        for (node, path) in paths {
            let known = letters.iter().position(|letterbox| letterbox.path == path);
            addressed.push((node, known.unwrap_or(letters.len())));
            if known.is_none() {
                letters.push(Letterbox { path, open: OnceCell::new(), count: Cell::new(0) });
            }
        }
        Run {
            resources: Resources::default(),
            source: RefCell::default(),
            origin: Cell::default(),
            started: Cell::new(None),
            failure: RefCell::new(None),
            failed: Cell::new(false),
            panicked: Cell::new(None),
            edges: plan.edges.iter().map(|_| Cell::new(0)).collect(),
            rejected: plan.nodes.iter().map(|_| Cell::new(0)).collect(),
            plan: RefCell::new(plan),
            letters,
            addressed,
            commits: RefCell::default(),
            head: RefCell::default(),
            redriving: None,
            nested: Cell::new(false),
            within: Cell::new(false),
        }
    }

    /// The place of a node in this run.
    #[inline(always)]
    pub fn site(&self, node: u32) -> Site<'_> {
        Site { run: self, node }
    }

    /// Counters for what happens beside the items.
    pub fn tally<const EDGES: usize>(&self) -> Tally<'_, EDGES> {
        Tally { counts: [0; EDGES], run: self }
    }

    /// Adds what was counted over the edges. By value, as what is lent to a call is no longer kept in a register.
    #[inline(never)]
    pub(crate) fn count_all<const EDGES: usize>(&self, counts: [u64; EDGES]) {
        self.count(&counts);
    }

    fn count(&self, counts: &[u64]) {
        for (total, count) in self.edges.iter().zip(counts) {
            total.set(total.get() + count);
        }
    }

    /// Whether the run has failed: then nothing more flows, and nothing finishes.
    #[inline]
    pub fn failed(&self) -> bool {
        self.failed.get()
    }

    /// The plan as far as it is known. An edge out of the chain is none if what it leaves turned out to be a sink.
    pub(crate) fn plan(&self) -> Plan {
        let mut plan = self.plan.borrow().clone();
        let nodes = &plan.nodes;
        plan.edges.retain(|edge| edge.to.is_some() || nodes[edge.from].role != Role::Sink);
        plan
    }

    /// The node whose output leaves the pipeline.
    pub(crate) fn last_node(&self) -> u32 {
        let plan = self.plan.borrow();
        u32::try_from(plan.nodes.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    pub(crate) fn start(&self) {
        self.started.set(Some(Instant::now()));
    }

    pub(crate) fn open_letters(&self) {
        if self.redrives() {
            return;
        }
        for (index, letterbox) in self.letters.iter().enumerate() {
            match Letters::open(&letterbox.path) {
                Ok(letters) => {
                    let _ = letterbox.open.set(letters);
                }
                Err(error) => {
                    let node = self.addressed.iter().find(|(_, at)| *at == index).map_or(0, |(node, _)| *node);
                    self.site(node).fail(error, None);
                }
            }
        }
    }

    pub(crate) fn name_source(&self, name: String) {
        *self.source.borrow_mut() = name;
    }

    pub(crate) fn label(&self, node: u32) -> String {
        self.plan.borrow().nodes.get(node as usize).map_or_else(String::new, |node| node.label.clone())
    }

    /// The first failure stands; later ones are its consequences.
    pub(crate) fn fail(&self, error: Error) {
        self.failed.set(true);
        let mut failure = self.failure.borrow_mut();
        if failure.is_none() {
            *failure = Some(error);
        }
    }

    /// Turns a panic into the failure of the innermost stage it came through.
    pub(crate) fn fail_by_panic(&self, payload: &(dyn Any + Send)) {
        let panic = Panicked::of(payload);
        self.fail(match self.panicked.get() {
            Some((node, _)) => Error::new(panic).at_stage(self.label(node)),
            None => Error::new(panic),
        });
    }

    /// The failure of this run, with what had been done by then.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        let error = self.failure.borrow_mut().take()?;
        self.failed.set(false);
        Some(error.with_report(self.report(())))
    }

    /// Takes over what a closed sink has still to do.
    pub(crate) fn closed<O>(&self, node: u32, closed: Closed<O>) -> O {
        if let Some(commit) = closed.commit {
            self.commits.borrow_mut().push((node, commit));
        }
        closed.output
    }

    /// Makes every closed sink's work durable, then puts all of it in place.
    pub(crate) fn commit(&self) {
        let commits = std::mem::take(&mut *self.commits.borrow_mut());
        if let Err((node, error)) = commit_all(commits) {
            self.site(node).fail(error, None);
        }
    }

    pub(crate) fn report<O>(&self, output: O) -> Report<O> {
        let (plan, edges) = (self.plan(), self.edge_counts());
        let tallies = Tallies {
            edges,
            read: self.edges.first().map_or(0, Cell::get),
            rejected: self.rejected.iter().map(Cell::get).collect(),
            in_flight: {
                let in_hand = |node| self.panicked.get().is_some_and(|(at, item)| item && at as usize == node);
                (0..plan.nodes.len()).map(|node| u64::from(in_hand(node))).collect()
            },
            elapsed: self.started.get().map_or_else(Default::default, |started| started.elapsed()),
            source: self.source.borrow().clone(),
            letters: match &self.redriving {
                Some(_) => Vec::new(),
                None => self.letters.iter().map(|box_| (box_.path.clone(), box_.count.get())).collect(),
            },
            injected: self.redriving().map(Redriving::injected).unwrap_or_default(),
        };
        let mut report = Report::new(plan, tallies, output);
        report.redriven = self.redriving().map(Redriving::redriven);
        report
    }

    /// The name of the source, once it is known.
    pub(crate) fn source(&self) -> std::cell::Ref<'_, String> {
        self.source.borrow()
    }

    /// Where the item came from that a reusable stage works on.
    pub fn origin(&self) -> At<'static> {
        At { position: self.origin.get(), raw: None }
    }

    /// An item from there comes next.
    pub(crate) fn locate(&self, source: &str, position: Position) {
        self.origin.set(position);
        if *self.source.borrow() != source {
            self.name_source(source.to_owned());
        }
    }

    /// The count of each edge of the plan; none where a node hands on every item, so that nobody counted.
    fn edge_counts(&self) -> Vec<Option<u64>> {
        let plan = self.plan.borrow();
        let counted = |node: &Node| {
            let parts = matches!(node.role, Role::Tee | Role::Route);
            parts || node.role == Role::Stage && !node.kind.is_some_and(Kind::one_to_one)
        };
        let edges = plan.edges.iter().zip(&self.edges);
        edges
            .map(|(edge, count)| (edge, &plan.nodes[edge.from], count))
            .filter(|(edge, from, _)| edge.to.is_some() || from.role != Role::Sink)
            .map(|(_, from, count)| counted(from).then(|| count.get()))
            .collect()
    }

    /// Whether the items that reach `node` are still one for one with what the source read, on every path to it, so that its
    /// raw bytes stand for them.
    fn one_to_one_with_source(&self, node: u32) -> bool {
        self.one_to_one(None, node)
    }

    /// The same for what came into the node `start`, if there is one, instead of what the source read.
    pub(crate) fn one_to_one(&self, start: Option<usize>, node: u32) -> bool {
        let plan = self.plan.borrow();
        let mut open = vec![node as usize];
        while let Some(at) = open.pop() {
            if start == Some(at) {
                continue;
            }
            for from in plan.edges.iter().filter(|edge| edge.to == Some(at)).map(|edge| edge.from) {
                let above = &plan.nodes[from];
                let keeps = matches!(above.kind, Some(Kind::Map | Kind::Filter));
                if !keeps && matches!(above.role, Role::Stage | Role::Sink) {
                    return false;
                }
                open.push(from);
            }
        }
        true
    }

    /// The labels of the `tee` and `route` branches that lead to `node`, outermost first; those whose paths have met again
    /// are none of them.
    pub(crate) fn branch(&self, node: u32) -> Vec<String> {
        let plan = self.plan.borrow();
        let mut branch = Vec::new();
        let mut at = node as usize;
        while let Some((from, edge)) = parent(&plan, at) {
            at = from;
            if let Some(edge) = edge
                && matches!(plan.nodes[at].role, Role::Tee | Role::Route)
            {
                let number = plan.edges.iter().filter(|other| other.from == at).position(|other| other == edge);
                branch.push(format!("{}.{}", plan.nodes[at].label, number.unwrap_or(0)));
            }
        }
        if self.nested.get() {
            branch.push(NESTED.to_owned());
        }
        branch.reverse();
        branch
    }
}

/// The node above another, with the edge between them; where paths meet, the node where they parted.
fn parent(plan: &Plan, node: usize) -> Option<(usize, Option<&Edge>)> {
    let mut edges = plan.edges.iter().filter(|edge| edge.to == Some(node));
    let first = edges.next()?;
    let mut paths: Vec<usize> = edges.map(|edge| edge.from).collect();
    if paths.is_empty() {
        return Some((first.from, Some(first)));
    }
    paths.push(first.from);
    // What hands on stands before what takes: the path that is furthest on goes back until all are at one node.
    loop {
        paths.sort_unstable();
        paths.dedup();
        match paths.pop() {
            Some(last) if !paths.is_empty() => paths.push(parent(plan, last)?.0),
            last => return Some((last?, None)),
        }
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("plan", &self.plan.borrow()).field("failed", &self.failed).finish_non_exhaustive()
    }
}

/// Counters of the edges, one each, for the signals of a run; handed to the run when they are dropped, also by a panic. They
/// are not those of the items: what is lent to a cold call is no longer kept in a register.
#[derive(Debug)]
pub struct Tally<'r, const EDGES: usize> {
    /// One for each edge.
    pub counts: [u64; EDGES],
    run: &'r Run,
}

impl<const EDGES: usize> Drop for Tally<'_, EDGES> {
    fn drop(&mut self) {
        self.run.count(&self.counts);
    }
}

/// A file of dead letters, open once the run is.
struct Letterbox {
    path: PathBuf,
    open: OnceCell<Letters>,
    count: Cell<u64>,
}
