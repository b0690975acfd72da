//! The loop over items that are in memory: item by item, and in parts, cut behind the filters.
//!
//! For `from_iter(v) | map(|n| ..) | filter(|n| ..) | a | for_each(|n| ..)` it writes
//!
//! ```text
//! let mut h2 = Hold::<_, u64>::new(run.site(2));
//! let mut window = s0.window(run.cuts(1, 2));
//! loop {
//!     let last = window.open(counts[0]);
//!     let flow;
//!     (s0, s3, flow) = match window.in_parts((s0, s3), |(mut s0, mut s3)| {
//!         let mut flow = Flow::Continue(());
//!         let mut last = last;
//!         loop {
//!             (s0, turn) = hot((run, s0), counts, |(run, mut s0), [n0, n1, n2]| {
//!                 let mut h2 = h2.open();
//!                 let turn = loop {
//!                     let flow = match next(s0) { .. |x| { let x = x.map(..); x.hold(run.site(2), at, &mut h2, |n| ..) } };
//!                     if flow.is_break() || *n0 == last { break flow }
//!                 };
//!                 (s0, turn)
//!             });
//!             if turn.is_break() { flow = turn; break }
//!             last = window.go_on(counts[0]); // twice before it is over: whether there is time for all of it
//!             if last == counts[0] { break }
//!         }
//!         let failure = run.set_aside();
//!         (s3, turn) = hot((run, s3), counts, |(run, mut s3), [n0, n1, n2]| {
//!             let turn = h2.release(n1, |x, at| x.through(s3, .., |x| x.for_each(..)));
//!             (s3, turn)
//!         });
//!         if turn.is_break() { flow = turn }
//!         run.put_back(failure, turn);
//!         (s0, s3, flow)
//!     }) {
//!         Ok(done) => done,
//!         Err((s0, s3)) => { .. } // one turn, with the nest that every line has
//!     };
//!     if flow.is_break() { break }
//! }
//! ```
//!
//! Each stage sees its items in order, and every item that comes before one that fails reaches the sink. What stands in no loop of its
//! own works item by item, as everywhere: lines with other sources, without a sink or with one that only its type tells, lines that a
//! stage may end early, branches, what follows a `join`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::expand::next;
use super::model::{Action, Chain, End, Make, Source, Step};
use super::nest::{Nest, names, site};
use super::words::Word;

/// The parts of a chain, each but the last with a filter at its end; none where the chain is not cut. What else stands against it is
/// known by the types alone: `Run::cuts` asks for that.
pub(super) fn parts<'m>(source: &Source, chain: &'m Chain) -> Option<Vec<&'m [Step]>> {
    if !reads_on(source, chain) || may_end(chain) {
        return None;
    }
    // A `join` lends its rows for as long as its part runs: nothing of them can wait for the next part.
    let lent_from = chain.steps.iter().position(|step| matches!(step.action, Action::Join(_)));
    let mut whole = chain.steps.iter().take(lent_from.unwrap_or(chain.steps.len()));
    let (cut, rest) = chain.steps.split_at(whole.rposition(is_filter)? + 1);
    Some(cut.split_inclusive(is_filter).chain([rest]).collect())
}

fn is_filter(step: &Step) -> bool {
    matches!(step.action, Action::Call { word: Word::Filter, .. })
}

/// Whether the source is `from_iter`, and its items do not leave the loop.
pub(super) fn reads_on(source: &Source, chain: &Chain) -> bool {
    let in_memory = matches!(&source.make, Make::Word(shape, _) if shape.word == Word::FromIter);
    in_memory && ends_in_sinks(chain)
}

/// Whether it is known, without its types, that items do not leave the chain.
fn ends_in_sinks(chain: &Chain) -> bool {
    match chain.steps.last().map(|step| &step.action) {
        Some(Action::ForEach(_) | Action::Tee { rest: false, .. } | Action::Route { rest: None, .. }) => true,
        Some(Action::Through(Make::Word(shape, _))) => shape.sink,
        _ => false,
    }
}

/// Whether a word of the chain may want no more items: then none is to be read that it would not take.
fn may_end(chain: &Chain) -> bool {
    chain.steps.iter().any(|step| match &step.action {
        Action::Through(Make::Word(shape, _)) if shape.word == Word::Take => true,
        Action::Call { word, .. } => matches!(word, Word::TakeWhile | Word::Scan),
        Action::Zip(_) => true,
        Action::Tee { branches, .. } => branches.iter().any(|branch| may_end(&branch.chain)),
        Action::Route { arms, rest } => {
            arms.iter().any(|arm| may_end(&arm.chain)) || rest.as_deref().is_some_and(may_end)
        }
        _ => false,
    })
}

/// Whether a step may ask which item of the source it works on.
fn asks_for_number(step: &Step) -> bool {
    match &step.action {
        Action::Call { word, .. } => *word == Word::TryMap,
        Action::ForEach(_) | Action::Cloned => false,
        _ => true,
    }
}

/// What the loop is made of.
pub(super) struct Blocks<'m> {
    pub(super) nest: &'m Nest<'m>,
    pub(super) source: &'m Source,
    pub(super) chain: &'m Chain,
    pub(super) parts: &'m [&'m [Step]],
    pub(super) policy: &'m TokenStream,
    /// The names of all counters, in their order.
    pub(super) counts: &'m [Ident],
    /// The names of the source and of all states.
    pub(super) states: &'m [Ident],
}

impl Blocks<'_> {
    /// Writes the loop.
    pub(super) fn items(&self, hot: &TokenStream) -> TokenStream {
        let Blocks { nest, source, states, .. } = self;
        let (rt, read, state) = (nest.rt, self.read(), names::state(source.node));
        let holds = self.filters().enumerate().map(|(number, filter)| {
            let numbered = self.parts.iter().skip(number + 1).flat_map(|part| *part).any(asks_for_number);
            let (hold, site) = (names::hold(filter.node, Span::call_site()), site(filter.node, Span::call_site()));
            let number = if numbered { quote!(#rt::core::primitive::u64) } else { quote!(()) };
            quote!(let mut #hold = #rt::Hold::<_, #number>::new(#site);)
        });
        let turns = (0..self.parts.len()).map(|number| self.part(number));
        let by_item = self.turn(states, &self.reading(hot));
        let last = self.filters().map(|filter| filter.node).max().unwrap_or_default();
        let (first, last) = (Literal::usize_unsuffixed(source.node + 1), Literal::usize_unsuffixed(last));
        quote! {
            #(#holds)*
            let mut __ms_window = #state.window(__ms_run.cuts(#first, #last));
            loop {
                let __ms_last = __ms_window.open(#read);
                let __ms_flow;
                (#(#states,)* __ms_flow) = match __ms_window.in_parts((#(#states,)*), |(#(mut #states,)*)| {
                    let mut __ms_flow = #rt::Flow::Continue(());
                    #(#turns)*
                    (#(#states,)* __ms_flow)
                }) {
                    #rt::core::result::Result::Ok(__ms_done) => __ms_done,
                    #rt::core::result::Result::Err((#(mut #states,)*)) => {
                        let mut __ms_flow = #rt::Flow::Continue(());
                        #by_item
                        (#(#states,)* __ms_flow)
                    }
                };
                if __ms_flow.is_break() {
                    break
                }
            }
        }
    }

    /// How many items have been read, between two turns.
    fn read(&self) -> TokenStream {
        let (counts, read) = (self.counts, names::count(self.source.edge));
        quote!({ let [#(#counts),*] = &*__ms_counts; *#read })
    }

    fn filters(&self) -> impl Iterator<Item = &Step> {
        self.parts.iter().take(self.parts.len() - 1).filter_map(|part| part.last())
    }

    /// One part: the first reads, the others take what the filter before them has held.
    fn part(&self, number: usize) -> TokenStream {
        let Blocks { nest, source, chain, parts, .. } = self;
        let Some(steps) = parts.get(number) else { return quote!() };
        let end = if number + 1 == parts.len() { chain.end } else { End::Hold };
        let open = self.filters().nth(number).map(|filter| {
            let hold = names::hold(filter.node, Span::call_site());
            quote!(let mut #hold = #hold.open();)
        });
        let states = states_of(self.states, source, parts, number);
        let Some(filter) = number.checked_sub(1).and_then(|before| self.filters().nth(before)) else {
            let reading = self.reading(&nest.steps(steps, end, source.span));
            let turn = self.turn(&states, &quote!(#open #reading));
            let read = self.read();
            return quote! {
                let mut __ms_last = __ms_last;
                loop {
                    #turn
                    if __ms_flow.is_break() {
                        break
                    }
                    let __ms_read = #read;
                    __ms_last = __ms_window.go_on(__ms_read);
                    if __ms_last == __ms_read {
                        break
                    }
                }
            };
        };
        let (hold, count) = (names::hold(filter.node, Span::call_site()), names::count(filter.edge));
        let steps = nest.steps(steps, end, filter.span);
        let turn = self.turn(&states, &quote!(#open #hold.release(&mut *#count, |__ms_x, __ms_at| { #steps })));
        quote! {
            let __ms_failure = __ms_run.set_aside();
            #turn
            __ms_run.put_back(__ms_failure, __ms_turn);
        }
    }

    /// The items of a window, each of which does `hot`.
    fn reading(&self, hot: &TokenStream) -> TokenStream {
        let Blocks { nest: Nest { rt }, source, policy, .. } = self;
        let (read, next) =
            (names::count(source.edge), next(rt, source, policy, hot, &quote!(break #rt::Flow::Break(()))));
        quote!(loop {
            let __ms_flow = #next;
            if __ms_flow.is_break() || *#read == __ms_last {
                break __ms_flow
            }
        })
    }

    /// A function of its own for what `does` a part of the work with these states.
    fn turn(&self, states: &[Ident], does: &TokenStream) -> TokenStream {
        let (rt, counts) = (self.nest.rt, self.counts);
        quote! {
            let __ms_turn;
            (#(#states,)* __ms_turn) = #rt::hot((__ms_run, __ms_last, #(#states,)*), __ms_counts, |(__ms_run, __ms_last, #(mut #states,)*), __ms_counts| {
                let mut __ms_local = #rt::Local::new(__ms_counts);
                let [#(#counts),*] = &mut __ms_local.counts;
                let __ms_turn = {
                    #(let #states = &mut #states;)*
                    #does
                };
                (#(#states,)* __ms_turn)
            });
            if __ms_turn.is_break() {
                __ms_flow = __ms_turn;
            }
        }
    }
}

/// The states of the `number`-th part: those of its steps and of what is inside of them; of the first also the source.
fn states_of(states: &[Ident], source: &Source, parts: &[&[Step]], number: usize) -> Vec<Ident> {
    let first = |number: usize| parts.get(number).and_then(|part| part.first()).map(|step| step.node);
    let from = if number == 0 { source.node } else { first(number).unwrap_or(usize::MAX) };
    let to = first(number + 1).unwrap_or(usize::MAX);
    let nodes = states.iter().filter(|state| {
        let node = state.to_string().rsplit("__ms_s").next().and_then(|node| node.parse::<usize>().ok());
        node.is_some_and(|node| (from..to).contains(&node))
    });
    nodes.cloned().collect()
}
