//! From what was typed to the model: numbers nodes and edges, and reports what stands in the wrong place.

use std::collections::VecDeque;

use proc_macro2::Span;
use syn::Expr;

use super::ends;
use super::label::label;
use super::meet::Meet;
use super::model::{
    Action, Branch, Chain, Edge, End, Function, Make, Model, Node, Policy, RouteArm, RouteTest, Source, Step,
};
use super::modifiers::{Modifiers, foreign, unknown_modifier};
use super::sqlite;
use super::syntax::{self, Element, Kind, Modifier, Named, Test};
use super::words::{self, Word};
use crate::diag::Diag;
use crate::text::text;

/// Builds the model; what is wrong is reported.
pub(crate) fn build(chain: syntax::Chain, diag: &mut Diag) -> Model {
    let mut builder = Builder {
        nodes: Vec::new(),
        edges: Vec::new(),
        slots: 0,
        paths: 0,
        within: None,
        arriving: Vec::new(),
        reusable: chain.item.is_some(),
        moves: false,
        hoisted: 0,
        diag,
    };
    let (item, chain_output) = (chain.item, chain.output);
    let mut elements = chain.elements;
    let mut inflow = None;
    if item.is_none() {
        let (first, rest) = builder.line(elements);
        (inflow, elements) = (Some(first), rest);
    } else {
        builder.nodes.push(Node {
            name: "_".into(),
            label: "_".into(),
            role: "Source",
            args: Vec::new(),
            modifiers: Vec::new(),
            span: item.as_ref().map_or_else(Span::call_site, syn::spanned::Spanned::span),
        });
    }
    let from = Upstream { node: builder.nodes.len().saturating_sub(1), label: String::new() };
    let end = if item.is_some() { End::Leave } else { End::Main };
    let chain = builder.chain(elements, Some(from), end);
    let Builder { nodes, edges, moves, .. } = builder;
    if let (None, Some(output)) = (&item, &chain_output) {
        diag.error(output, "only a reusable stage names its output; remove `as ..`, or start with `_ as T`");
    }
    Model { nodes, edges, inflow, item, output: chain_output, chain, moves }
}

/// Where the next edge comes from.
pub(super) struct Upstream {
    pub(super) node: usize,
    pub(super) label: String,
}

pub(super) struct Builder<'d> {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    slots: usize,
    /// How many paths meet others.
    pub(super) paths: usize,
    /// The word whose argument is being built: a pipeline inside this one.
    pub(super) within: Option<&'static str>,
    /// The edges that lead to the first step of the chain that is built next.
    arriving: Vec<usize>,
    /// Whether it is a stage made of stages, which has no sinks.
    pub(super) reusable: bool,
    pub(super) moves: bool,
    hoisted: usize,
    pub(super) diag: &'d mut Diag,
}

impl Builder<'_> {
    pub(super) fn node(
        &mut self,
        element: &Element,
        role: &'static str,
        args: Vec<(String, String)>,
        mods: &Modifiers,
    ) -> usize {
        let base = mods.named.clone().unwrap_or_else(|| label(element));
        let mut label = base.clone();
        let mut uses = 1;
        while self.nodes.iter().any(|node| node.label == label) {
            uses += 1;
            label = format!("{base}#{uses}");
        }
        self.nodes.push(Node {
            name: element.name.clone(),
            label,
            role,
            args,
            modifiers: mods.texts.clone(),
            span: element.span,
        });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: &Upstream, to: Option<usize>) -> usize {
        self.edges.push(Edge { from: from.node, to, label: from.label.clone() });
        self.edges.len() - 1
    }

    pub(super) fn source(&mut self, mut element: Element) -> Option<Source> {
        let mods = std::mem::take(&mut element.modifiers);
        if let (Kind::Stage(path, args), Some(method)) = (&element.kind, foreign(&mods))
            && args.is_empty()
        {
            let call = |Modifier { name, args }: &Modifier| {
                let args: Vec<_> = args.iter().map(text).collect();
                format!(".{name}({})", args.join(", "))
            };
            let (path, calls) = (text(path), mods.iter().map(call).collect::<String>());
            self.diag.error(method, format!("to start from an expression, write `from_iter({path}{calls})`"));
            return None;
        }
        let mods = self.modifiers(mods);
        if let Some(modifier) = &mods.key_name {
            self.diag.error(modifier, "a source cannot be keyed; write `.keyed(..)` behind a stage that has state");
        }
        let span = element.span;
        let args = arg_texts(&element.kind);
        let node = self.node(&element, "Source", args, &mods);
        let make = match element.kind {
            Kind::Word(shape, args) if shape.source => {
                if shape.word == Word::Sqlite {
                    sqlite::check(&args, span, sqlite::End::Source, cfg!(feature = "sqlite"), self.diag);
                }
                ends::check_source(shape, &args, self.diag);
                if shape.record && args.generics.is_none() {
                    self.diag.error_at(
                        span,
                        format!(
                            "`{0}` at the start needs the type of its records; write `{0}::<Record>(\"path\")`",
                            shape.name
                        ),
                    );
                }
                Make::Word(shape, args)
            }
            Kind::Word(shape, _) => {
                self.diag.error_at(
                    span,
                    format!(
                        "`{}` cannot start a pipeline; start with a source: `csv::<Record>(\"path\")`, \
                     `json_lines::<Record>(\"path\")` or `from_iter(values)`",
                        shape.name
                    ),
                );
                return None;
            }
            // What is wrong inside was reported.
            Kind::Group(inner) if inner.elements.iter().any(|element| matches!(element.kind, Kind::Wrong(_))) => {
                return None;
            }
            Kind::Tee(_) | Kind::Route(_) | Kind::Meet(_) | Kind::Group(_) => {
                self.diag.error_at(
                    span,
                    "a pipeline starts with a source: `csv::<Record>(\"path\")`, \
                     `json_lines::<Record>(\"path\")` or `from_iter(values)`",
                );
                return None;
            }
            Kind::Stage(path, args) => Make::Stage(path, args),
            Kind::Value(expr) => Make::Value(expr),
            Kind::Wrong(_) => return None,
        };
        Some(Source { node, edge: self.edges.len(), make, policy: mods.policy.unwrap_or(Policy::Fail), span })
    }

    /// The steps of elements in a row. `from` is what hands to the first; behind a `route` that is all of its branches.
    pub(super) fn chain(&mut self, elements: Vec<Element>, mut from: Option<Upstream>, end: End) -> Chain {
        let mut steps = Vec::new();
        let mut arriving = std::mem::take(&mut self.arriving);
        let mut elements: VecDeque<Element> = elements.into();
        while let Some(mut element) = elements.pop_front() {
            if let Kind::Group(inner) = element.kind {
                self.group(inner, element.modifiers, &mut elements);
                continue;
            }
            let mods = std::mem::take(&mut element.modifiers);
            let mut mods = self.modifiers(mods);
            self.refuse_misplaced(&element, &mods, elements.is_empty());
            let parts = matches!(element.kind, Kind::Tee(_) | Kind::Route(_));
            let role = match &element.kind {
                Kind::Tee(_) => "Tee",
                Kind::Route(_) => "Route",
                Kind::Word(shape, _) if shape.sink && !shape.stage => "Sink",
                _ => "Stage",
            };
            let args = arg_texts(&element.kind);
            // What a `zip` or `join` takes stands before it in the plan.
            let into = from.take().map_or(usize::MAX, |from| self.edge(&from, None));
            let span = element.span;
            let side = self.meeting(&mut element.kind, span);
            let node = self.node(&element, role, args, &mods);
            self.lead(arriving.drain(..).chain([into]), node);
            if let Some(Step { edge, .. }) = steps.last_mut() {
                *edge = into;
            }
            let policy = mods.policy.take().unwrap_or(Policy::Fail);
            if parts {
                let to_sinks =
                    matches!(element.kind, Kind::Tee(_)) || (matches!(end, End::Leave) && elements.is_empty());
                if self.reusable && to_sinks && !matches!(end, End::Slot(_)) {
                    self.diag
                        .error_at(span, "a reusable stage has no sinks of its own; put this part where it is used");
                } else if let Some(word) = self.within
                    && (matches!(element.kind, Kind::Tee(_)) || elements.is_empty() && !matches!(end, End::Join(_)))
                {
                    let name = if matches!(element.kind, Kind::Tee(_)) { "tee" } else { "route" };
                    self.refuse_parting(name, word, span);
                } else if matches!(end, End::Join(_)) && elements.is_empty() {
                    self.diag.error_at(
                        span,
                        "a branch that meets the others again cannot part at its end; add a stage behind it",
                    );
                }
                let rest = (!elements.is_empty()).then(|| std::mem::take(&mut elements).into_iter().collect());
                let action = self.part(element.kind, node, rest, end);
                steps.push(Step { node, span, edge: into, action, policy, key: None, max: None });
                return Chain { steps, end: End::Parted };
            }
            let action = match side {
                Some((action, end)) => {
                    self.lead(end, node);
                    action
                }
                None => self.action(element.kind),
            };
            steps.push(Step { node, span, edge: into, action, policy, key: mods.key, max: mods.max });
            from = Some(Upstream { node, label: String::new() });
        }
        // The edge that leaves the chain. What a known sink hands on is not an item.
        let out = match from {
            Some(from) if self.nodes.get(from.node).is_some_and(|node| node.role != "Sink") => self.edge(&from, None),
            Some(from) if matches!(end, End::Join(_)) => {
                let span = self.nodes.get(from.node).map_or_else(Span::call_site, |node| node.span);
                self.diag
                    .error_at(span, "a branch that meets the others again cannot end in a sink; end it with a stage");
                usize::MAX
            }
            Some(from) if matches!(end, End::Path(_)) => {
                let (span, within) = (
                    self.nodes.get(from.node).map_or_else(Span::call_site, |node| node.span),
                    self.within.unwrap_or(""),
                );
                self.diag.error_at(
                    span,
                    format!("a path of `{within}` hands its items on, so it cannot end in a sink; put the sink behind"),
                );
                usize::MAX
            }
            Some(from) if matches!(end, End::Leave) => {
                let span = self.nodes.get(from.node).map_or_else(Span::call_site, |node| node.span);
                self.diag.error_at(span, "a reusable stage cannot end in a sink; put the sink where the stage is used");
                usize::MAX
            }
            _ => usize::MAX,
        };
        if let Some(step) = steps.last_mut() {
            step.edge = out;
        }
        let end = match end {
            End::Join(_) => End::Join(out),
            end => end,
        };
        Chain { steps, end }
    }

    /// Puts the elements of `(a | b)` in its place; a policy behind it is that of every element that has none.
    fn group(&mut self, inner: syntax::Chain, modifiers: Vec<Modifier>, elements: &mut VecDeque<Element>) {
        let (mut policy, mut policy_unused) = (None, false);
        for modifier in modifiers {
            match modifier.name.to_string().as_str() {
                "or_fail" | "or_skip" | "or_dead_letter" => policy = Some(modifier),
                name => {
                    let message = if words::MODIFIERS.contains(&name) {
                        format!("`.{name}(..)` does not go behind parentheses; write it behind each stage inside")
                    } else {
                        unknown_modifier(name)
                    };
                    self.diag.error(&modifier.name, message);
                }
            }
        }
        if let Some(policy) = &policy
            && !inner.elements.iter().any(|element| rejects(&element.kind))
        {
            let name = &policy.name;
            self.diag.error(name, format!("nothing in these parentheses rejects an item; remove `.{name}(..)`"));
            policy_unused = true;
        }
        for mut element in inner.elements.into_iter().rev() {
            let has_policy = element.modifiers.iter().any(|modifier| modifier.name.to_string().starts_with("or_"));
            if let Some(policy) = &policy
                && !policy_unused
                && !has_policy
                && rejects(&element.kind)
            {
                element.modifiers.push(Modifier { name: policy.name.clone(), args: policy.args.clone() });
            }
            elements.push_front(element);
        }
    }

    fn part(&mut self, kind: Kind, node: usize, rest: Option<Vec<Element>>, end: End) -> Action {
        match kind {
            Kind::Tee(chains) => {
                let mut branches = Vec::new();
                let lent = if rest.is_some() { chains.len() } else { chains.len().saturating_sub(1) };
                chains.iter().take(lent).for_each(|chain| self.refuse_keeping(chain));
                for chain in chains {
                    branches.push(self.branch(chain, node, String::new()));
                }
                let has_rest = rest.is_some();
                if let Some(elements) = rest {
                    let edge = self.edges.len();
                    let chain = self.chain(elements, Some(Upstream { node, label: String::new() }), end);
                    branches.push(Branch { edge, chain });
                }
                Action::Tee { branches, rest: has_rest }
            }
            Kind::Route(arms) => {
                let joins = rest.is_some();
                let mut routed = Vec::new();
                let mut ends = Vec::new();
                for arm in arms {
                    let test = arm.test.map(|test| self.test(test));
                    let edge = self.edges.len();
                    let from = Upstream { node, label: arm.text };
                    let chain = if joins {
                        let chain = self.chain(arm.chain.elements, Some(from), End::Join(0));
                        if let End::Join(out) = chain.end {
                            ends.push(out);
                        }
                        chain
                    } else {
                        self.branch_chain(arm.chain, from, arm.span)
                    };
                    routed.push(RouteArm { edge, test, chain });
                }
                let rest = rest.map(|elements| {
                    self.arriving = ends;
                    Box::new(self.chain(elements, None, end))
                });
                Action::Route { arms: routed, rest }
            }
            _ => Action::Cloned,
        }
    }

    fn branch(&mut self, chain: syntax::Chain, node: usize, label: String) -> Branch {
        let edge = self.edges.len();
        let span = chain.elements.first().map_or_else(Span::call_site, |element| element.span);
        let chain = self.branch_chain(chain, Upstream { node, label }, span);
        Branch { edge, chain }
    }

    fn branch_chain(&mut self, chain: syntax::Chain, from: Upstream, span: Span) -> Chain {
        if let Some(item) = &chain.item {
            self.diag.error(item, "a branch takes the items of the chain it stands in; remove `_ as ..`");
        }
        if chain.elements.is_empty() {
            self.diag.error_at(span, "this branch is empty; write stages and a sink, or `discard()`");
        }
        let slot = self.slots;
        self.slots += 1;
        self.chain(chain.elements, Some(from), End::Slot(slot))
    }

    fn test(&mut self, test: Test) -> RouteTest {
        match test {
            Test::Value(expr) => RouteTest::Function(self.function(expr)),
            Test::Stage(element) => {
                for modifier in &element.modifiers {
                    self.diag.error(&modifier.name, "a test takes no modifiers; it says yes or no");
                }
                let number = self.number();
                match element.kind {
                    Kind::Stage(path, args) => RouteTest::Stage(number, Make::Stage(path, args)),
                    _ => {
                        self.diag
                            .error_at(element.span, "this is not a test; write a closure, or a stage that filters");
                        RouteTest::Stage(number, Make::Value(syn::parse_quote!(())))
                    }
                }
            }
        }
    }

    /// What a `zip` or `join` does, with the edge that leaves its side.
    fn meeting(&mut self, kind: &mut Kind, span: Span) -> Option<(Action, Option<usize>)> {
        let Kind::Meet(meet) = kind else { return None };
        if matches!(meet.word, Word::Chain | Word::Merge) {
            self.refuse_path(meet.name(), span);
            return None;
        }
        let empty = Meet { word: meet.word, paths: Vec::new(), named: Vec::new() };
        Some(self.with_side(std::mem::replace(meet, empty), span))
    }

    fn number(&mut self) -> usize {
        self.hoisted += 1;
        self.hoisted - 1
    }

    fn action(&mut self, kind: Kind) -> Action {
        match kind {
            Kind::Stage(path, args) => Action::Through(Make::Stage(path, args)),
            Kind::Value(expr) => Action::Through(Make::Value(expr)),
            Kind::Word(shape, mut args) => match shape.word {
                Word::Map
                | Word::Filter
                | Word::FilterMap
                | Word::FlatMap
                | Word::TryMap
                | Word::Inspect
                | Word::TakeWhile => self.call(shape.word, &mut args.positional, None),
                Word::Scan | Word::Fold => {
                    let initial = if args.positional.is_empty() { None } else { Some(args.positional.remove(0)) };
                    self.call(shape.word, &mut args.positional, initial)
                }
                Word::Dedup | Word::Unique if !args.positional.is_empty() => {
                    let f = self.function(args.positional.remove(0));
                    let max = args.named.pop().map(|named| named.value);
                    Action::Call { word: shape.word, f, initial: max }
                }
                Word::Aggregate => self.aggregate(args.positional),
                Word::Cloned => Action::Cloned,
                Word::ForEach => match args.positional.pop() {
                    Some(f) => Action::ForEach(self.function(f)),
                    None => Action::Cloned,
                },
                _ if shape.sink => {
                    ends::check_sink(shape, &args, self.diag);
                    Action::Through(Make::Word(shape, args))
                }
                _ => Action::Through(Make::Word(shape, args)),
            },
            Kind::Group(_) | Kind::Tee(_) | Kind::Route(_) | Kind::Meet(_) | Kind::Wrong(_) => Action::Cloned,
        }
    }

    fn call(&mut self, word: Word, args: &mut Vec<Expr>, initial: Option<Expr>) -> Action {
        match args.pop() {
            Some(f) => Action::Call { word, f: self.function(f), initial },
            None => Action::Cloned,
        }
    }

    /// A closure literal stays where it is; its `move` goes to the closure around the whole pipeline.
    pub(super) fn function(&mut self, expr: Expr) -> Function {
        match expr {
            Expr::Closure(mut closure) => {
                self.moves |= closure.capture.take().is_some();
                Function::Closure(Expr::Closure(closure))
            }
            other => Function::Value(self.number(), other),
        }
    }
}

fn rejects(kind: &Kind) -> bool {
    match kind {
        Kind::Word(shape, _) => shape.rejects,
        Kind::Stage(..) | Kind::Value(_) | Kind::Group(_) => true,
        Kind::Tee(_) | Kind::Route(_) | Kind::Meet(_) | Kind::Wrong(_) => false,
    }
}

/// Name and text of each argument, for the plan.
fn arg_texts(kind: &Kind) -> Vec<(String, String)> {
    let named = |named: &Named| (named.name.to_string(), text(&named.value));
    match kind {
        Kind::Stage(_, args) => args.iter().map(named).collect(),
        Kind::Word(_, args) => {
            let positional = args.positional.iter().map(|value| (String::new(), text(value)));
            positional.chain(args.named.iter().map(named)).collect()
        }
        Kind::Meet(meet) => meet.named.iter().map(named).collect(),
        Kind::Value(_) | Kind::Group(_) | Kind::Tee(_) | Kind::Route(_) | Kind::Wrong(_) => Vec::new(),
    }
}
