//! What a pipeline means: numbered nodes and edges, and the steps that an item takes.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Type};

use super::aggregate::Part;
use super::syntax::{Named, WordArgs};
use super::words::{Shape, Word};

/// A whole pipeline.
pub(crate) struct Model {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// What starts it; none when items come from outside (`_ as T`).
    pub(crate) inflow: Option<Inflow>,
    /// `_ as T`: what a reusable stage takes.
    pub(crate) item: Option<Type>,
    /// `(.. as T)`: what it hands on, where that borrows.
    pub(crate) output: Option<Type>,
    pub(crate) chain: Chain,
    /// Whether any closure literal moves what it captures.
    pub(crate) moves: bool,
}

/// One node of the plan.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) role: &'static str,
    pub(crate) args: Vec<(String, String)>,
    pub(crate) modifiers: Vec<String>,
    pub(crate) span: Span,
}

/// One edge of the plan.
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: Option<usize>,
    pub(crate) label: String,
}

/// Where the items of a line come from.
pub(crate) enum Inflow {
    Source(Source),
    /// Paths that meet.
    Paths(Paths),
    /// What is wrong was reported.
    Wrong,
}

pub(crate) struct Source {
    /// The node in the plan; also the number of its state.
    pub(crate) node: usize,
    /// The edge that it hands on over.
    pub(crate) edge: usize,
    pub(crate) make: Make,
    pub(crate) policy: Policy,
    pub(crate) span: Span,
}

/// Paths that meet in a `chain` or `merge`.
pub(crate) struct Paths {
    pub(crate) node: usize,
    pub(crate) word: Word,
    /// In the order in which they were written.
    pub(crate) each: Vec<Path>,
}

/// A path from sources of its own to where it meets others.
pub(crate) struct Path {
    /// Unique in the pipeline.
    pub(crate) number: usize,
    pub(crate) inflow: Inflow,
    pub(crate) chain: Chain,
    /// Where it starts.
    pub(crate) span: Span,
}

/// What a `zip` or `join` takes beside the items of its chain: a pipeline of its own, without a sink.
pub(crate) struct Side {
    pub(crate) inflow: Inflow,
    pub(crate) chain: Chain,
    /// Its edges in the plan, which follow each other.
    pub(crate) edges: std::ops::Range<usize>,
    /// The node of its first source.
    pub(crate) source: usize,
    /// Whether any of its closure literals moves what it captures.
    pub(crate) moves: bool,
}

/// What a `join` takes beside its side.
pub(crate) struct Join {
    pub(crate) side: Side,
    pub(crate) left: Key,
    pub(crate) right: Key,
    /// Whether items without a match go on.
    pub(crate) outer: bool,
    /// How many rows the side may have.
    pub(crate) max: Option<Expr>,
}

/// Steps in a row, and how they end.
pub(crate) struct Chain {
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
}

impl Chain {
    /// The slots that it and its branches end in. A branch that parts again has none of its own.
    pub(crate) fn slots(&self, found: &mut Vec<usize>) {
        if let End::Slot(number) = self.end {
            found.push(number);
        }
        for step in &self.steps {
            match &step.action {
                Action::Tee { branches, .. } => branches.iter().for_each(|branch| branch.chain.slots(found)),
                Action::Route { arms, rest } => {
                    for arm in arms {
                        arm.chain.slots(found);
                    }
                    if let Some(rest) = rest {
                        rest.slots(found);
                    }
                }
                _ => {}
            }
        }
    }
}

/// How a chain ends.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// In the pipeline's own slot.
    Main,
    /// In the slot of a branch.
    Slot(usize),
    /// In the suffix where paths meet, over this edge.
    Join(usize),
    /// Where the path of this number meets others.
    Path(usize),
    /// With the caller of a reusable stage.
    Leave,
    /// In the branches of its last step.
    Parted,
    /// Where its last step, a filter, holds its items for the next part of the line.
    Hold,
}

pub(crate) struct Step {
    /// The node in the plan; also the number of its state.
    pub(crate) node: usize,
    pub(crate) span: Span,
    /// The edge it hands on over.
    pub(crate) edge: usize,
    pub(crate) action: Action,
    pub(crate) policy: Policy,
    pub(crate) key: Option<Key>,
    /// How many keys there may be.
    pub(crate) max: Option<Expr>,
}

pub(crate) enum Action {
    /// A stage that has state, or is a type.
    Through(Make),
    /// A word that works on the item with a closure.
    Call {
        word: Word,
        f: Function,
        initial: Option<Expr>,
    },
    /// `aggregate`
    Aggregate(Vec<Part>),
    Cloned,
    Zip(Box<Side>),
    Join(Box<Join>),
    ForEach(Function),
    /// The chain parts for all branches; the last may be the rest of the chain.
    Tee {
        branches: Vec<Branch>,
        rest: bool,
    },
    Route {
        arms: Vec<RouteArm>,
        rest: Option<Box<Chain>>,
    },
}

pub(crate) struct Branch {
    pub(crate) edge: usize,
    pub(crate) chain: Chain,
}

pub(crate) struct RouteArm {
    pub(crate) edge: usize,
    pub(crate) test: Option<RouteTest>,
    pub(crate) chain: Chain,
}

pub(crate) enum RouteTest {
    Function(Function),
    /// A stage that filters, kept under this number.
    Stage(usize, Make),
}

/// How a stage or source is made.
pub(crate) enum Make {
    Stage(ExprPath, Vec<Named>),
    Word(&'static Shape, WordArgs),
    Value(Expr),
}

impl Make {
    /// The name of the stage.
    pub(crate) fn span(&self) -> Option<Span> {
        match self {
            Make::Stage(path, _) => path.path.segments.last().map(|segment| segment.ident.span()),
            Make::Word(..) | Make::Value(_) => None,
        }
    }
}

/// A closure literal, which stands in place, or a function made before.
pub(crate) enum Function {
    Closure(Expr),
    /// Hoisted under this number.
    Value(usize, Expr),
}

impl Function {
    /// Its first token, if it is an expression that was written.
    pub(crate) fn span(&self) -> Option<Span> {
        let (Function::Closure(f) | Function::Value(_, f)) = self;
        f.to_token_stream().into_iter().next().map(|token| token.span())
    }
}

pub(crate) enum Policy {
    Fail,
    Skip,
    Letter { path: Expr, keep: bool },
}

/// What keeps state apart.
pub(crate) enum Key {
    /// Fields of the item, one or a tuple.
    Fields(Vec<TokenStream>, bool),
    Closure(Expr),
}

impl Key {
    /// The first token of it.
    pub(crate) fn span(&self) -> Span {
        match self {
            Key::Fields(fields, _) => {
                fields.iter().flat_map(Clone::clone).next().map_or_else(Span::call_site, |token| token.span())
            }
            Key::Closure(f) => f.span(),
        }
    }
}
