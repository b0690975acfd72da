//! The words that bring another pipeline in: `chain`, `merge`, `zip` and `join`. What was typed, and what it means.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use super::build::{Builder, Upstream};
use super::model::{Action, End, Inflow, Join, Key, Path, Paths, Side};
use super::syntax::{Chain, Element, Kind, Named, chain, name_value, ungroup};
use super::words::{Shape, Word};
use crate::diag::{Diag, Reported, suggestion};
use crate::text::text;

/// One of these words, with its arguments.
pub(crate) struct Meet {
    pub(crate) word: Word,
    pub(crate) paths: Vec<Chain>,
    /// Those of `join`.
    pub(crate) named: Vec<Named>,
}

impl Meet {
    /// Whether what stands before it is one of the paths that meet.
    fn is_path(&self) -> bool {
        matches!(self.word, Word::Chain | Word::Merge)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.word {
            Word::Chain => "chain",
            Word::Merge => "merge",
            Word::Zip => "zip",
            _ => "join",
        }
    }
}

/// Reads the arguments: chains that start with a source, then named ones.
pub(super) fn meet(shape: &'static Shape, span: Span, args: Vec<Expr>, diag: &mut Diag) -> Result<Kind, Reported> {
    let mut found = Meet { word: shape.word, paths: Vec::new(), named: Vec::new() };
    let mut result = Ok(());
    for arg in args {
        match name_value(arg) {
            Ok(arg) if found.named.iter().any(|known| known.name == arg.name) => {
                result = Err(diag.error(&arg.name, format!("`{}` is given twice; remove one", arg.name)));
            }
            Ok(arg) if shape.named.contains(&arg.name.to_string().as_str()) => found.named.push(arg),
            Ok(arg) if shape.named.is_empty() => {
                let message = format!("`{}` takes no named arguments; write `{}`", shape.name, shape.example);
                result = Err(diag.error(&arg.name, message));
            }
            Ok(arg) => {
                let hint = suggestion(&arg.name.to_string(), shape.named);
                result = Err(diag.error(&arg.name, format!("`{}` has no argument `{}`; {hint}", shape.name, arg.name)));
            }
            Err(path) => found.paths.push(chain(ungroup(path), diag)),
        }
    }
    if found.paths.is_empty() {
        let message = format!("`{}` needs another pipeline; write `{}`", shape.name, shape.example);
        return Err(diag.error_at(span, message));
    }
    if shape.word == Word::Join {
        if let Some(extra) = found.paths.get(1).and_then(|path| path.elements.first()) {
            let message = "`join` takes one side, and the items come from the pipeline before it; write `items | join(side, on = field)`";
            result = Err(diag.error_at(extra.span, message));
        }
        if !found.named.iter().any(|arg| arg.name == "on") {
            let message =
                "`join` needs to know by what; write `on = field`, or `on = (field, field)` where the names differ";
            result = Err(diag.error_at(span, message));
        }
    }
    result.map(|()| Kind::Meet(found))
}

impl Builder<'_> {
    /// Takes the sources, and what stands before the last place where paths meet, off the front of a line.
    pub(super) fn line(&mut self, mut elements: Vec<Element>) -> (Inflow, Vec<Element>) {
        // `zip(a, b)` at the start is `a | zip(b)`.
        if let Some(Element { kind: Kind::Meet(meet), .. }) = elements.first_mut()
            && meet.word == Word::Zip
            && meet.paths.len() > 1
        {
            let mut first = meet.paths.remove(0);
            self.refuse_types(&mut first, meet.name());
            elements.splice(0..0, first.elements);
        }
        let is_path = |element: &Element| matches!(&element.kind, Kind::Meet(meet) if meet.is_path());
        let Some(at) = elements.iter().rposition(is_path) else {
            if elements.is_empty() {
                return (Inflow::Wrong, elements);
            }
            let inflow = self.source(elements.remove(0)).map_or(Inflow::Wrong, Inflow::Source);
            return (inflow, elements);
        };
        let rest = elements.split_off(at + 1);
        let Some(mut element) = elements.pop() else { return (Inflow::Wrong, rest) };
        let mods = self.modifiers(std::mem::take(&mut element.modifiers));
        self.refuse_misplaced(&element, &mods, rest.is_empty());
        let Kind::Meet(meet) = &mut element.kind else { return (Inflow::Wrong, rest) };
        let (word, name) = (meet.word, meet.name());
        let mut paths = Vec::new();
        let mut ends = Vec::new();
        if elements.is_empty() && meet.paths.len() == 1 {
            let message = format!("`{name}` at the start needs two paths; write `{name}(first, second) | ..`");
            self.diag.error_at(element.span, message);
        }
        let first = Chain { elements, item: None, output: None };
        let others = std::mem::take(&mut meet.paths);
        for mut chain in std::iter::once(first).filter(|first| !first.elements.is_empty()).chain(others) {
            self.refuse_types(&mut chain, name);
            let span = chain.elements.first().map_or(element.span, |element| element.span);
            let number = self.paths;
            self.paths += 1;
            let within = self.within.replace(name);
            let (inflow, rest) = self.line(chain.elements);
            let chain = self.chain(rest, Some(self.last_node()), End::Path(number));
            self.within = within;
            ends.push(self.last_edge());
            paths.push(Path { number, inflow, chain, span });
        }
        let node = self.node(&element, "Stage", Vec::new(), &mods);
        self.lead(ends.into_iter().flatten(), node);
        (Inflow::Paths(Paths { node, word, each: paths }), rest)
    }

    /// What a `zip` or `join` does. `into` is the edge that leads to it.
    pub(super) fn with_side(&mut self, meet: Meet, span: Span) -> (Action, Option<usize>) {
        let name = meet.name();
        let (word, named) = (meet.word, meet.named);
        let mut paths = meet.paths.into_iter();
        let Some(chain) = paths.next() else { return (Action::Cloned, None) };
        if let (Word::Zip, Some(extra)) = (word, paths.next()) {
            let span = extra.elements.first().map_or(span, |element| element.span);
            self.diag.error_at(span, "`zip` takes one other pipeline here; write a second `zip` behind it");
        }
        let (side, end) = self.side(chain, name, span);
        if word == Word::Zip {
            return (Action::Zip(Box::new(side)), end);
        }
        let (mut keys, mut outer, mut max) = (None, false, None);
        for Named { name, value } in named {
            match name.to_string().as_str() {
                "on" => keys = self.on(value),
                "max" => {
                    if matches!(&value, Expr::Lit(lit) if matches!(&lit.lit, Lit::Int(int) if int.base10_digits() == "0"))
                    {
                        self.diag.error(&value, "`join` must have room for 1 row at least, got 0");
                    }
                    max = Some(value);
                }
                _ => match text(&value).as_str() {
                    "inner" => outer = false,
                    "left" => outer = true,
                    _ => {
                        self.diag.error(
                            value,
                            "write `kind = left` to keep items without a match, with `None` beside them, or `kind = inner` \
                             to drop them",
                        );
                    }
                },
            }
        }
        let Some((left, right)) = keys else { return (Action::Cloned, end) };
        (Action::Join(Box::new(Join { side, left, right, outer, max })), end)
    }

    /// A pipeline inside another, and the edge that leaves it.
    fn side(&mut self, mut chain: Chain, name: &'static str, span: Span) -> (Side, Option<usize>) {
        self.refuse_types(&mut chain, name);
        let (first, source) = (self.edges.len(), self.nodes.len());
        if chain.elements.is_empty() {
            self.diag.error_at(span, format!("the pipeline inside `{name}(..)` is empty; start it with a source"));
        }
        let moves = std::mem::take(&mut self.moves);
        let within = self.within.replace(name);
        let reusable = std::mem::take(&mut self.reusable);
        let (inflow, rest) = self.line(chain.elements);
        let chain = self.chain(rest, Some(self.last_node()), End::Main);
        let last = self.last_node().node;
        if self.nodes.get(last).is_some_and(|node| node.role == "Sink") {
            let span = self.nodes[last].span;
            self.diag.error_at(span, format!("a pipeline inside `{name}(..)` hands its items on; remove this sink"));
        } else if chain.end == End::Parted && self.last_edge().is_none() {
            let message = format!("a pipeline inside `{name}(..)` cannot part at its end; add a stage behind this");
            self.diag.error_at(chain.steps.last().map_or(span, |step| step.span), message);
        }
        self.within = within;
        self.reusable = reusable;
        let moves = std::mem::replace(&mut self.moves, moves);
        let end = self.last_edge();
        (Side { inflow, chain, edges: first..self.edges.len(), source, moves }, end)
    }

    /// `field`, `(left, right)` or `(|left| .., |right| ..)`
    fn on(&mut self, value: Expr) -> Option<(Key, Key)> {
        const ADVICE: &str =
            "write `on = field`, `on = (field, field)` where the names differ, or `on = (|left| .., |right| ..)`";
        match value {
            Expr::Tuple(pair) if pair.elems.len() == 2 => {
                let mut keys = pair.elems.into_iter().map(|key| self.key_of_side(key, ADVICE));
                let (left, right) = (keys.next().flatten(), keys.next().flatten());
                left.zip(right)
            }
            Expr::Closure(closure) => {
                self.diag.error(closure, "one closure cannot take both sides; write `on = (|left| .., |right| ..)`");
                None
            }
            Expr::Tuple(other) => {
                self.diag.error(other, ADVICE);
                None
            }
            field => {
                let same = field.clone();
                let left = self.key_of_side(field, ADVICE)?;
                let right = self.key_of_side(same, ADVICE)?;
                Some((left, right))
            }
        }
    }

    fn key_of_side(&mut self, key: Expr, advice: &str) -> Option<Key> {
        let is_field = |expr: &Expr| {
            matches!(expr, Expr::Path(_) | Expr::Field(_) | Expr::Lit(_) | Expr::Call(_) | Expr::MethodCall(_))
        };
        match &key {
            Expr::Closure(_) => self.key(key),
            Expr::Tuple(parts) if parts.elems.iter().all(is_field) => self.key(key),
            field if is_field(field) => self.key(key),
            other => {
                self.diag.error(other, advice);
                None
            }
        }
    }

    /// The node that was numbered last.
    fn last_node(&self) -> Upstream {
        Upstream { node: self.nodes.len().saturating_sub(1), label: String::new() }
    }

    /// The edge that leaves what was built last.
    fn last_edge(&self) -> Option<usize> {
        self.edges.last().filter(|edge| edge.to.is_none()).map(|_| self.edges.len() - 1)
    }

    /// Lets edges lead to a node.
    pub(super) fn lead(&mut self, edges: impl IntoIterator<Item = usize>, node: usize) {
        for edge in edges {
            if let Some(edge) = self.edges.get_mut(edge) {
                edge.to = Some(node);
            }
        }
    }

    /// Says why `tee` or `route` cannot stand in a pipeline inside another.
    pub(super) fn refuse_parting(&mut self, word: &str, within: &'static str, span: Span) {
        let advice = match within {
            "zip" | "join" => "put the sinks on the line that takes it",
            _ => "put it behind, where the paths have met",
        };
        self.diag
            .error_at(span, format!("`{word}` with sinks cannot stand in a pipeline inside `{within}(..)`; {advice}"));
    }

    /// Says where `chain` and `merge` can stand, behind what parts the line.
    pub(super) fn refuse_path(&mut self, name: &str, span: Span) {
        let message = if self.reusable {
            format!("a reusable stage takes its items from where it is used; put `{name}(..)` there")
        } else {
            format!("`{name}` brings sources in, so it stands on the main line; put it before what parts the line")
        };
        self.diag.error_at(span, message);
    }

    /// A pipeline inside another starts with a source and names no types.
    fn refuse_types(&mut self, chain: &mut Chain, name: &str) {
        if let Some(item) = chain.item.take() {
            let message =
                format!("a pipeline inside `{name}(..)` starts with a source; write one instead of `_ as ..`");
            // It stands where the source is missing, so that this is not said once more.
            let span = item.span();
            let kind = Kind::Wrong(self.diag.error(item, message));
            chain.elements.insert(0, Element { kind, span, name: String::new(), modifiers: Vec::new() });
        }
        if let Some(output) = &chain.output {
            self.diag.error(output, "only a reusable stage names its output; remove `as ..`");
        }
    }
}

/// Names of what is made for a meeting.
pub(super) mod names {
    use super::Ident;
    use proc_macro2::Span;
    use quote::format_ident;

    pub(crate) fn path(number: usize) -> Ident {
        format_ident!("__ms_p{number}")
    }
    pub(crate) fn open(number: usize) -> Ident {
        format_ident!("__ms_o{number}")
    }
    pub(crate) fn turns(node: usize) -> Ident {
        format_ident!("__ms_t{node}")
    }
    pub(crate) fn failures(number: usize, span: Span) -> Ident {
        format_ident!("__ms_e{number}", span = span)
    }
}
