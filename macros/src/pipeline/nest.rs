//! The chain as nested calls. The same tokens serve twice: on items, and on the signals of a run.
//!
//! For `a | filter(|r| ..) | b` it writes, behind `let x = ..`:
//!
//! ```text
//! x.through(a, only, site(1), n1, |x| {
//!     let x = match x.filter(site(2), n2, |r| ..) { Ok(x) => x, Err(flow) => return flow };
//!     x.through(b, only, site(3), n3, |x| x.settle(&mut slot))
//! })
//! ```

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::model::{Action, Chain, End, Function, Key, Make, Policy, RouteTest, Step};
use super::words::Word;

/// Names that generated code invents. No user writes them, so none can collide.
pub(crate) mod names {
    use super::{Ident, Span, format_ident};

    pub(crate) fn item(span: Span) -> Ident {
        Ident::new("__ms_x", span)
    }
    pub(crate) fn run(span: Span) -> Ident {
        Ident::new("__ms_run", span)
    }
    pub(crate) fn at(span: Span) -> Ident {
        Ident::new("__ms_at", span)
    }
    pub(crate) fn slot(span: Span) -> Ident {
        Ident::new("__ms_slot", span)
    }
    pub(crate) fn branch_slot(number: usize) -> Ident {
        format_ident!("__ms_b{number}")
    }
    pub(crate) fn join(span: Span) -> Ident {
        Ident::new("__ms_join", span)
    }
    pub(crate) fn state(node: usize) -> Ident {
        format_ident!("__ms_s{node}")
    }
    pub(crate) fn hold(node: usize, span: Span) -> Ident {
        Ident::new(&format!("__ms_h{node}"), span)
    }
    pub(crate) fn hoisted(number: usize) -> Ident {
        format_ident!("__ms_f{number}")
    }
    pub(crate) fn count(edge: usize) -> Ident {
        format_ident!("__ms_n{edge}")
    }
}

/// Writes chains for one runtime path.
pub(crate) struct Nest<'r> {
    pub(crate) rt: &'r TokenStream,
}

/// The span of a step's own tokens: one context for all, so that an error underlines the step and not the whole macro.
pub(crate) fn at(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The tokens at `span`: an expression is underlined from its first token to its last.
pub(crate) fn respan(tokens: &TokenStream, span: Span) -> TokenStream {
    let at_span = |mut token: proc_macro2::TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(at_span).collect()
}

impl Nest<'_> {
    /// What an item does from `steps` on: statements that end in a `Flow`.
    pub(crate) fn chain(&self, chain: &Chain) -> TokenStream {
        self.steps(&chain.steps, chain.end, Span::call_site())
    }

    /// The same, of a chain that may have no steps; what is wrong at its end is underlined at `span` then.
    pub(crate) fn path(&self, chain: &Chain, span: Span) -> TokenStream {
        self.steps(&chain.steps, chain.end, span)
    }

    pub(super) fn steps(&self, steps: &[Step], end: End, before: Span) -> TokenStream {
        match steps.split_first() {
            Some((step, rest)) => self.step(step, rest, end),
            None => leave(end, at(before)),
        }
    }

    fn step(&self, step: &Step, rest: &[Step], end: End) -> TokenStream {
        let span = at(step.span);
        let x = names::item(span);
        let site = site(step.node, span);
        match &step.action {
            Action::Through(make) => {
                let out = self.steps(rest, end, step.span);
                let (state, slot) = (state(step.node, span), self.slot(step, span));
                let (count, here, before) = (count(step.edge, span), self.here(step, span), self.keep(step, span));
                let columns = self.columns(make, step, span);
                let goes_on = !rest.is_empty() || matches!(end, End::Join(_) | End::Leave);
                let onward = (goes_on && !matches!(make, Make::Word(..))).then(|| {
                    let rt = respan(self.rt, span);
                    quote_spanned!(span=>
                        #[allow(unused_imports)]
                        use #rt::Onward as _;
                        let #x = #x.onward();
                    )
                });
                quote_spanned!(span=> #columns #before #x.through(#state, #slot, #here, #count, |#x| { #onward #out }))
            }
            Action::Aggregate(parts) => self.aggregate(step, parts, &self.steps(rest, end, step.span)),
            Action::Cloned => {
                let out = self.steps(rest, end, step.span);
                quote_spanned!(span=> let #x = #x.cloned(#site); #out)
            }
            Action::ForEach(f) => {
                let f = function(f, span);
                let slot = match end {
                    End::Slot(number) => names::branch_slot(number),
                    _ => names::slot(span),
                };
                quote_spanned!(span=> #x.for_each(#site, #f, &mut #slot))
            }
            Action::Zip(_) => self.zip(step, rest, end),
            Action::Join(join) => self.join(join, step, rest, end),
            Action::Call { word, f, .. } => self.call(*word, f, step, rest, end),
            Action::Tee { branches, rest } => {
                let state = names::state(step.node);
                let last = branches.len() - 1;
                let arms = branches.iter().enumerate().map(|(index, branch)| {
                    let (inner, count) = (self.chain(&branch.chain), count(branch.edge, span));
                    let open = quote_spanned!(span=> &mut #state.open[#index]);
                    if index < last {
                        quote_spanned!(span=> #x.lend(#site, #index, #open, #count, |#x| { #inner })?;)
                    } else {
                        let beside = if *rest { beside(branches, span) } else { quote!() };
                        quote_spanned!(span=> #beside #x.give(#site, #index, #open, #count, |#x| { #inner })?;)
                    }
                });
                quote_spanned!(span=> #(#arms)* #state.flow())
            }
            Action::Route { arms, rest } => {
                let state = names::state(step.node);
                let choice = Ident::new("__ms_choice", span);
                let arms = arms.iter().enumerate().map(|(index, arm)| {
                    let (inner, count) = (self.chain(&arm.chain), count(arm.edge, span));
                    let taken = match &arm.test {
                        Some(test) => {
                            let test = self.test(test, span);
                            quote_spanned!(span=> #choice.when(#test))
                        }
                        None => quote_spanned!(span=> #choice.otherwise()),
                    };
                    let rt = &respan(self.rt, span);
                    quote_spanned!(span=> if let #rt::core::option::Option::Some(#x) = #taken {
                        #x.give(#site, #index, &mut #state.open[#index], #count, |#x| { #inner })?;
                    })
                });
                let arms = quote_spanned!(span=> let mut #choice = #x.choose(#site); #(#arms)* #state.flow());
                match rest {
                    None => arms,
                    Some(rest) => {
                        let (join, rest) = (names::join(Span::call_site()), self.chain(rest));
                        quote_spanned!(span=> #x.meet(|#x, __ms_meeting, #join| { #arms }, |#x| { #rest }))
                    }
                }
            }
        }
    }

    /// A sink of records is told the type of its items: for the header of a file without rows, for the columns of a table.
    fn columns(&self, make: &Make, step: &Step, span: Span) -> TokenStream {
        let Make::Word(shape, args) = make else { return quote!() };
        if !matches!(shape.word, Word::Csv | Word::Sqlite) || args.generics.is_some() {
            return quote!();
        }
        let (rt, x, state) = (respan(self.rt, span), names::item(span), state(step.node, span));
        quote_spanned!(span=>
            let __ms_schema = {
                #[allow(unused_imports)]
                use #rt::{NoSchema as _, SchemaBehind as _};
                (&#x.probe()).schema()
            };
            let #x = #x.columns(#state, __ms_schema);
        )
    }

    /// A word with a closure.
    fn call(&self, word: Word, f: &Function, step: &Step, rest: &[Step], end: End) -> TokenStream {
        let span = at(step.span);
        let (x, site, count) = (names::item(span), site(step.node, span), count(step.edge, span));
        let (rt, f, out) = (&respan(self.rt, span), function(f, span), self.steps(rest, end, step.span));
        let state = |nest: &Self| {
            let (state, slot) = (state(step.node, span), nest.slot(step, span));
            quote_spanned!(span=> #state, #slot)
        };
        let or_return = |call: TokenStream| {
            quote_spanned!(span=>
                let #x = match #call {
                    #rt::core::result::Result::Ok(#x) => #x,
                    #rt::core::result::Result::Err(__ms_flow) => return __ms_flow,
                };
                #out
            )
        };
        match word {
            Word::Map => quote_spanned!(span=> let #x = #x.map(#site, #f); #out),
            Word::Inspect => quote_spanned!(span=> let #x = #x.inspect(#site, #f); #out),
            Word::Filter if rest.is_empty() && end == End::Hold => {
                let (at, hold) = (names::at(span), names::hold(step.node, span));
                quote_spanned!(span=> #x.hold(#site, #at, &mut #hold, #f))
            }
            Word::Filter => or_return(quote_spanned!(span=> #x.filter(#site, #count, #f))),
            Word::FilterMap => or_return(quote_spanned!(span=> #x.filter_map(#site, #count, #f))),
            Word::TryMap => {
                let (here, before) = (self.here(step, span), self.keep(step, span));
                let call = or_return(quote_spanned!(span=> #x.try_map(#here, #f)));
                quote_spanned!(span=> #before #call)
            }
            Word::FlatMap => quote_spanned!(span=> #x.flat_map(#site, #count, #f, |#x| { #out })),
            Word::TakeWhile => {
                let state = state(self);
                or_return(quote_spanned!(span=> #x.take_while(#state, #site, #count, #f)))
            }
            Word::Scan => {
                let state = state(self);
                or_return(quote_spanned!(span=> #x.scan(#state, #site, #count, #f)))
            }
            Word::Fold => {
                let state = state(self);
                quote_spanned!(span=> #x.fold(#state, #site, #count, #f, |#x| { #out }))
            }
            Word::Unique => {
                let state = state(self);
                quote_spanned!(span=>
                    if let #rt::core::result::Result::Err(__ms_flow) = #x.unique(#state, #site, #count, #f) {
                        return __ms_flow;
                    }
                    #out
                )
            }
            _ => {
                let state = state(self);
                or_return(quote_spanned!(span=> #x.dedup(#state, #site, #count, #f)))
            }
        }
    }

    /// Which state an item belongs to.
    pub(super) fn slot(&self, step: &Step, span: Span) -> TokenStream {
        let span = step.key.as_ref().map_or(span, |key| at(key.span()));
        let rt = &respan(self.rt, span);
        match &step.key {
            None => quote_spanned!(span=> #rt::only),
            Some(Key::Fields(fields, false)) => {
                quote_spanned!(span=> |__ms_bank, __ms_item| __ms_bank.slot(#(&__ms_item.#fields)*))
            }
            Some(Key::Fields(fields, true)) => {
                quote_spanned!(span=> |__ms_bank, __ms_item| __ms_bank.slot((#(&__ms_item.#fields,)*)))
            }
            Some(Key::Closure(f)) => {
                quote_spanned!(span=> |__ms_bank, __ms_item| __ms_bank.slot(#rt::key_of(__ms_item, #f)))
            }
        }
    }

    fn test(&self, test: &RouteTest, span: Span) -> TokenStream {
        match test {
            RouteTest::Function(f) => function(f, span),
            RouteTest::Stage(number, make) => {
                let span = at(make.span().unwrap_or(span));
                let (rt, mut f) = (respan(self.rt, span), names::hoisted(*number));
                f.set_span(span);
                quote_spanned!(span=> |__ms_item| #rt::passes(__ms_item, &mut *#f))
            }
        }
    }

    /// The node, the item's position and the policy.
    pub(super) fn here(&self, step: &Step, span: Span) -> TokenStream {
        let (site, at) = (site(step.node, span), names::at(span));
        let policy = self.policy(&step.policy, span);
        quote_spanned!(span=> #site.here(#at, #policy))
    }

    pub(crate) fn policy(&self, policy: &Policy, span: Span) -> TokenStream {
        let rt = &respan(self.rt, span);
        match policy {
            Policy::Fail => quote_spanned!(span=> #rt::OrFail),
            Policy::Skip => quote_spanned!(span=> #rt::OrSkip),
            Policy::Letter { .. } => quote_spanned!(span=> #rt::OrDeadLetter(__ms_keep)),
        }
    }

    /// A dead letter may start from here as an item; what one keeps of the item is decided before the stage takes it.
    fn keep(&self, step: &Step, span: Span) -> TokenStream {
        let (rt, x, site) = (respan(self.rt, span), names::item(span), site(step.node, span));
        let keep = match step.policy {
            Policy::Letter { keep: true, .. } => quote_spanned!(span=> #x.probe().cloned()),
            Policy::Letter { keep: false, .. } => quote_spanned!(span=> {
                #[allow(unused_imports)]
                use #rt::{KeepIfGivenBack as _, KeepNothing as _};
                (&#x.probe()).keep()
            }),
            _ => return quote!(),
        };
        quote_spanned!(span=>
            let __ms_again = {
                #[allow(unused_imports)]
                use #rt::{AgainIfLent as _, NotAgain as _};
                (&#x.probe()).again()
            };
            let #x = #x.resume(#site, __ms_again);
            let __ms_keep = #keep;
        )
    }
}

/// Ends a chain; `span` is that of its last step.
fn leave(end: End, span: Span) -> TokenStream {
    let x = names::item(span);
    match end {
        End::Main => {
            let slot = names::slot(span);
            quote_spanned!(span=> #x.settle(&mut #slot))
        }
        End::Slot(number) => {
            let mut slot = names::branch_slot(number);
            slot.set_span(span);
            quote_spanned!(span=> #x.settle(&mut #slot))
        }
        End::Join(_) => {
            let join = names::join(span);
            quote_spanned!(span=> #x.join(__ms_meeting, &mut *#join))
        }
        End::Path(number) => {
            let (join, at, failures) = (names::join(span), names::at(span), super::meet::names::failures(number, span));
            quote_spanned!(span=> #x.arrive(__ms_meeting, &mut *#join, #at, &#failures))
        }
        End::Leave => {
            let join = names::join(span);
            quote_spanned!(span=> #x.leave(&mut *#join))
        }
        // Every last step that parts or holds has written its own ends.
        End::Parted | End::Hold => quote!(),
    }
}

/// The counter of an edge; what a sink hands on is not counted.
pub(super) fn count(edge: usize, span: Span) -> TokenStream {
    if edge == usize::MAX {
        return quote_spanned!(span=> &mut 0);
    }
    let mut count = names::count(edge);
    count.set_span(span);
    quote_spanned!(span=> &mut *#count)
}

/// What the branches of a `tee` can fail with, the chain behind it can fail with.
fn beside(branches: &[super::model::Branch], span: Span) -> TokenStream {
    let x = names::item(span);
    let mut slots = Vec::new();
    // The last branch is the chain behind it.
    branches.iter().rev().skip(1).for_each(|branch| branch.chain.slots(&mut slots));
    let slots = slots.into_iter().map(names::branch_slot);
    quote_spanned!(span=> #(let #x = #x.beside(&#slots);)*)
}

/// The number of a node, spanned.
pub(super) fn number(node: usize, span: Span) -> Literal {
    let mut number = Literal::u32_unsuffixed(u32::try_from(node).unwrap_or(u32::MAX));
    number.set_span(span);
    number
}

pub(super) fn site(node: usize, span: Span) -> TokenStream {
    let (run, node) = (names::run(span), number(node, span));
    quote_spanned!(span=> #run.site(#node))
}

pub(super) fn state(node: usize, span: Span) -> TokenStream {
    let mut state = names::state(node);
    state.set_span(span);
    quote_spanned!(span=> &mut *#state)
}

/// A call of a closure literal that stands in place, or of a function that was made before.
pub(super) fn function(f: &Function, span: Span) -> TokenStream {
    match f {
        Function::Closure(closure) => quote_spanned!(span=> #closure),
        Function::Value(number, _) => {
            let mut f = names::hoisted(*number);
            f.set_span(span);
            quote_spanned!(span=> &mut *#f)
        }
    }
}
