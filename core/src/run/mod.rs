//! One run of a pipeline: what it counts, what it rejects, how it fails and how it commits.
//!
//! A chain shares its [`Run`] by reference, and touches it only where something out of the ordinary happens. What happens to
//! every item is counted in locals, and handed over when the chain is left, also by a panic.

mod again;
mod parts;
mod site;
mod sources;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use crate::error::Error;
use crate::io::letters::Letters;
use crate::plan::{Edge, Node, Plan, Role};
use crate::policy::Watches;
use crate::redrive::Redriving;
use crate::report::{Held, Report, Tallies};
use crate::resource::Resources;
use crate::sink::commit::commit_all;
use crate::sink::{Closed, Commit};
use crate::source::{At, Position};
use crate::stage::Kind;

pub(crate) use site::Panicked;
pub use site::{Here, Origin, Site};
use sources::Sources;

/// What a run keeps outside its stages.
pub struct Run {
    plan: RefCell<Plan>,
    /// The names of the sources, and whose item is on its way.
    sources: Sources,
    /// Where the item came from that a reusable stage works on.
    origin: Cell<Position>,
    started: Cell<Option<Instant>>,
    failure: RefCell<Option<Error>>,
    failed: Cell<bool>,
    /// The innermost node that the run ended in, mostly by a panic, and whether it had an item in hand.
    panicked: Cell<Option<(u32, bool)>>,
    edges: Vec<Cell<u64>>,
    rejected: Vec<Cell<u64>>,
    /// Items that a node which emits others has dropped all the same.
    dropped: Vec<Cell<u64>>,
    /// Whether a stage may end the run before its source does.
    may_end: Cell<bool>,
    /// Items that a node had let pass, but not handed on when the run ended.
    held: Vec<Cell<u64>>,
    /// What each `join` holds in memory.
    sides: RefCell<Vec<Held>>,
    letters: Vec<Letterbox>,
    /// Which of `letters` takes the letters of a node.
    addressed: Vec<(u32, usize)>,
    commits: RefCell<Vec<(u32, Box<dyn Commit>)>>,
    /// By the node of its source: what stands in front of its items.
    heads: RefCell<Vec<(u32, Vec<u8>)>>,
    /// What policies did to the calls of each node.
    watches: Watches,
    /// Set where dead letters are sent again.
    redriving: Option<Box<Redriving>>,
    /// Whether this is the run of a stage made of stages,
    nested: Cell<bool>,
    /// and of one in a pipeline that sends dead letters again.
    within: Cell<bool>,
    /// Whether a signal is on its way through the side of a `zip` or `join`.
    aside: Cell<bool>,
    /// What its ends and stages share. The last field, as what is dropped before may hold some of it.
    pub(crate) resources: Resources,
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
            sources: Sources::default(),
            origin: Cell::default(),
            started: Cell::new(None),
            failure: RefCell::new(None),
            failed: Cell::new(false),
            panicked: Cell::new(None),
            edges: plan.edges.iter().map(|_| Cell::new(0)).collect(),
            rejected: plan.nodes.iter().map(|_| Cell::new(0)).collect(),
            dropped: plan.nodes.iter().map(|_| Cell::new(0)).collect(),
            may_end: Cell::new(false),
            watches: Watches::of_nodes(plan.nodes.len()),
            held: plan.nodes.iter().map(|_| Cell::new(0)).collect(),
            sides: RefCell::default(),
            plan: RefCell::new(plan),
            letters,
            addressed,
            commits: RefCell::default(),
            heads: RefCell::default(),
            redriving: None,
            nested: Cell::new(false),
            within: Cell::new(false),
            aside: Cell::new(false),
        }
    }

    /// The place of a node in this run.
    #[inline(always)]
    pub fn site(&self, node: u32) -> Site<'_> {
        Site { run: self, node }
    }

    /// Counters for what happens beside the items.
    pub fn tally<const EDGES: usize>(&self) -> Tally<'_, EDGES> {
        self.tally_from(0)
    }

    /// As [`tally`](Run::tally), for the edges from this one on.
    pub fn tally_from<const EDGES: usize>(&self, first: usize) -> Tally<'_, EDGES> {
        Tally { counts: [0; EDGES], first, run: self }
    }

    /// Adds what was counted over the edges. By value, as what is lent to a call is no longer kept in a register.
    #[inline(never)]
    pub(crate) fn count_all<const EDGES: usize>(&self, counts: [u64; EDGES]) {
        self.count(0, &counts);
    }

    #[inline]
    pub(crate) fn count(&self, first: usize, counts: &[u64]) {
        for (total, count) in self.edges.iter().skip(first).zip(counts) {
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
        self.resources.begin();
    }

    pub(crate) fn open_letters(&self) {
        if self.redrives() {
            return;
        }
        for (index, letterbox) in self.letters.iter().enumerate() {
            if letterbox.open.get().is_some() {
                continue;
            }
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

    pub(crate) fn label(&self, node: u32) -> String {
        self.plan.borrow().nodes.get(node as usize).map_or_else(String::new, |node| node.label.to_string())
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

    /// Closes the resources, once the stages are gone. What sinks had closed and not committed is given up before that.
    pub(crate) fn close(&self) {
        let given_up = catch_unwind(AssertUnwindSafe(|| drop(std::mem::take(&mut *self.commits.borrow_mut()))));
        if let Err(panic) = given_up {
            self.fail_by_panic(&*panic);
        }
        let unclosed = self.resources.close();
        if unclosed.is_empty() {
            return;
        }
        self.failed.set(true);
        let mut failure = self.failure.borrow_mut();
        let error = failure.take().unwrap_or_else(|| Error::new(Complete));
        *failure = Some(error.with_unclosed(unclosed));
    }

    pub(crate) fn report<O>(&self, output: O) -> Report<O> {
        let (plan, edges) = (self.plan(), self.edge_counts());
        let tallies = Tallies {
            edges,
            read: self.read(),
            rejected: self.rejected.iter().map(Cell::get).collect(),
            dropped: self.dropped.iter().map(Cell::get).collect(),
            policies: self.watches.counts(),
            in_flight: {
                let in_hand = |node| self.panicked.get().is_some_and(|(at, item)| item && at as usize == node);
                let held = self.held.iter().map(Cell::get).enumerate();
                held.map(|(node, held)| held + u64::from(in_hand(node))).collect()
            },
            elapsed: self.started.get().map_or_else(Default::default, |started| started.elapsed()),
            source: self.sources.all(),
            sides: self.sides.borrow().clone(),
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

    /// What each source read: the edge that leaves it counts its items, rejected ones included.
    fn read(&self) -> Vec<u64> {
        let plan = self.plan.borrow();
        let read = |node: usize| {
            let edge = plan.edges.iter().position(|edge| edge.from == node);
            edge.and_then(|edge| self.edges.get(edge)).map_or(0, Cell::get)
        };
        (0..plan.nodes.len()).map(|node| if plan.nodes[node].role == Role::Source { read(node) } else { 0 }).collect()
    }

    /// The name of the source whose item is on its way, once it is known.
    pub(crate) fn source(&self) -> std::cell::Ref<'_, str> {
        self.sources.name()
    }

    /// The name of the source of a node.
    pub(crate) fn name_of(&self, source: u32) -> String {
        self.sources.name_of(source)
    }

    /// What the items of a reusable stage come from.
    pub(crate) fn own_source(&self) -> String {
        self.sources.name_of(0)
    }

    /// The next item comes from the source of this node. Gives the one before.
    #[inline(always)]
    pub fn turn(&self, source: u32) -> u32 {
        self.sources.turn(source)
    }

    /// What comes now comes of no source alone.
    pub fn turn_to_all(&self) {
        self.sources.turn(sources::ALL);
    }

    /// The name of what an item was read from.
    fn origin_of(&self, at: At<'_>) -> String {
        at.file.map_or_else(|| self.source().to_owned(), str::to_owned)
    }

    /// Where the item came from that a reusable stage works on.
    pub fn origin(&self) -> At<'static> {
        At { position: self.origin.get(), raw: None, ..At::default() }
    }

    /// An item from there comes next.
    pub(crate) fn locate(&self, source: &str, position: Position) {
        self.origin.set(position);
        self.sources.turn(0);
        if *self.source() != *source {
            self.sources.set_name(0, source.to_owned());
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

    /// Whether the items that reach `node` are still one for one with what their source read, on every path from it, so that
    /// its raw bytes stand for them.
    fn one_to_one_with_source(&self, node: u32) -> bool {
        self.one_to_one(None, node)
    }

    /// The same for what came into the node `start`, if there is one, instead of what the source read.
    pub(crate) fn one_to_one(&self, start: Option<usize>, node: u32) -> bool {
        let plan = self.plan.borrow();
        let behind = behind(&plan, self.sources.current());
        let mut open = vec![node as usize];
        while let Some(at) = open.pop() {
            if start == Some(at) {
                continue;
            }
            let above = plan.edges.iter().filter(|edge| edge.to == Some(at)).map(|edge| edge.from);
            for from in above.filter(|from| behind.as_ref().is_none_or(|behind| behind[*from])) {
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

/// Which nodes a source's items can reach, itself included; none if it is all sources.
fn behind(plan: &Plan, source: u32) -> Option<Vec<bool>> {
    let mut behind = vec![false; plan.nodes.len()];
    *behind.get_mut(source as usize)? = true;
    // What hands on stands before what takes.
    for at in 0..plan.nodes.len() {
        if behind[at] {
            plan.edges
                .iter()
                .filter(|edge| edge.from == at)
                .filter_map(|edge| edge.to)
                .for_each(|to| behind[to] = true);
        }
    }
    Some(behind)
}

/// The sources that a node's items come from.
fn roots(plan: &Plan, node: usize) -> Vec<usize> {
    let mut above = vec![false; node + 1];
    above[node] = true;
    for at in (0..=node).rev().filter(|at| plan.nodes[*at].role != Role::Source) {
        if above[at] {
            plan.edges.iter().filter(|edge| edge.to == Some(at)).for_each(|edge| above[edge.from] = true);
        }
    }
    (0..=node).filter(|at| above[*at] && plan.nodes[*at].role == Role::Source).collect()
}

/// The node above another, with the edge between them; where paths meet, the node where they parted. What comes from another
/// source, as the side of a `join` does, is left out.
fn parent(plan: &Plan, node: usize) -> Option<(usize, Option<&Edge>)> {
    let mut edges = plan.edges.iter().filter(|edge| edge.to == Some(node));
    let first = edges.next()?;
    let own = roots(plan, first.from);
    let edges = edges.filter(|edge| roots(plan, edge.from).iter().any(|root| own.contains(root)));
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
    /// The first of these edges.
    first: usize,
    run: &'r Run,
}

impl<const EDGES: usize> Drop for Tally<'_, EDGES> {
    fn drop(&mut self) {
        self.run.count(self.first, &self.counts);
    }
}

/// What a run says that did all its work, and then could not close a resource.
#[derive(Debug)]
struct Complete;

impl std::fmt::Display for Complete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the run is complete, and what its sinks wrote is committed")
    }
}

impl std::error::Error for Complete {}

/// A file of dead letters, open once the run is.
struct Letterbox {
    path: PathBuf,
    open: OnceCell<Letters>,
    count: Cell<u64>,
}
