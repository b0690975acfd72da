//! The loop over items that are in memory: in parts, cut behind the filters.
//!
//! For `from_iter(v) | map(|n| ..) | filter(|n| ..) | a | for_each(|n| ..)` it writes
//!
//! ```text
//! let mut h2 = Hold::<_, true>::new(run.site(2));
//! let mut window = s0.window();
//! loop {
//!     let last = window.open(counts[0]);
//!     let mut flow;
//!     (s0, flow) = window.part((run, s0), counts, |(run, mut s0), [n0, n1, n2]| {
//!         let mut h2 = h2.open();
//!         let flow = loop {
//!             let flow = match next(s0) { .. |x| { let x = x.map(run.site(1), |n| ..); x.hold(run.site(2), at, &mut h2, |n| ..) } };
//!             if flow.is_break() || *n0 == last { break flow }
//!         };
//!         (s0, flow)
//!     });
//!     let failure = run.set_aside();
//!     let behind;
//!     (s3, behind) = window.part((run, s3), counts, |(run, mut s3), [n0, n1, n2]| {
//!         let flow = h2.release(n1, |x, at| x.through(s3, .., |x| x.for_each(..)));
//!         (s3, flow)
//!     });
//!     run.put_back(failure);
//!     if flow.is_break() || behind.is_break() { break }
//! }
//! ```
//!
//! Each stage sees its items in order, and every item that comes before one that fails reaches the sink. What stands in no loop of its
//! own works item by item, as everywhere: lines with other sources or without a sink, lines that a stage may end early, branches.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::expand::next;
use super::model::{Action, Chain, End, Make, Source, Step};
use super::nest::{Nest, names, site};
use super::words::Word;

/// The parts of a chain, each but the last with a filter at its end; none where the chain is not cut.
pub(super) fn parts<'m>(source: &Source, chain: &'m Chain) -> Option<Vec<&'m [Step]>> {
    let in_memory = matches!(&source.make, Make::Word(shape, _) if shape.word == Word::FromIter);
    if !in_memory || !ends_in_sinks(chain) || may_end(chain) {
        return None;
    }
    let parts: Vec<_> = chain.steps.split_inclusive(is_filter).collect();
    (parts.len() > 1).then_some(parts)
}

fn is_filter(step: &Step) -> bool {
    matches!(step.action, Action::Call { word: Word::Filter, .. })
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
        Action::Through(Make::Word(shape, _)) => shape.word == Word::Take,
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

/// A part of a line: what it works with, and what it does with each item.
struct Part<'p> {
    steps: &'p [Step],
    /// The states that are used by no other part.
    states: Vec<Ident>,
    /// What its filter puts items into.
    hold: Option<Ident>,
    end: End,
}

/// Writes the loop. `counts` are the names of all counters, in their order.
pub(super) fn items(
    nest: &Nest<'_>,
    source: &Source,
    chain: &Chain,
    parts: &[&[Step]],
    policy: &TokenStream,
    (counts, states): (&[Ident], &[Ident]),
) -> TokenStream {
    let (rt, read) = (nest.rt, names::count(source.edge));
    let filters: Vec<&Step> = parts.iter().take(parts.len() - 1).filter_map(|part| part.last()).collect();
    let holds = filters.iter().zip(1..).map(|(filter, behind)| {
        let numbered = parts.iter().skip(behind).flat_map(|part| *part).any(asks_for_number);
        let (hold, site) = (names::hold(filter.node, Span::call_site()), site(filter.node, Span::call_site()));
        quote!(let mut #hold = #rt::Hold::<_, #numbered>::new(#site);)
    });
    let state = names::state(source.node);
    let part = |number: usize, steps| Part {
        steps,
        states: states_of(states, source, parts, number),
        hold: filters.get(number).map(|filter| names::hold(filter.node, Span::call_site())),
        end: if number + 1 == parts.len() { chain.end } else { End::Hold },
    };
    let turns = parts.iter().enumerate().map(|(number, steps)| {
        let part = part(number, steps);
        let (kept, with) = (part.kept(), part.with());
        let call = |flow: TokenStream| quote! {
            let __ms_turn;
            (#kept __ms_turn) = __ms_window.part((__ms_run, #kept), __ms_counts, |(__ms_run, #with), [#(#counts),*]| {
                let __ms_flow = #flow;
                (#kept __ms_flow)
            });
            if __ms_turn.is_break() {
                __ms_flow = __ms_turn;
            }
        };
        let refs = part.lent();
        let Some(filter) = number.checked_sub(1).and_then(|before| filters.get(before)) else {
            let body = nest.steps(part.steps, part.end, source.span);
            let next = next(rt, source, policy, &body, &quote!(break #rt::Flow::Break(())));
            return call(quote!({
                #refs
                loop {
                    let __ms_flow = #next;
                    if __ms_flow.is_break() || *#read == __ms_last {
                        break __ms_flow
                    }
                }
            }));
        };
        let (hold, count) = (names::hold(filter.node, Span::call_site()), names::count(filter.edge));
        let body = nest.steps(part.steps, part.end, filter.span);
        let turn = call(quote!({
            #refs
            #hold.release(&mut *#count, |__ms_x, __ms_at| { #body })
        }));
        quote! {
            let __ms_failure = __ms_run.set_aside();
            #turn
            __ms_run.put_back(__ms_failure);
        }
    });
    quote! {
        #(#holds)*
        let mut __ms_window = #state.window();
        loop {
            let __ms_last = __ms_window.open({ let [#(#counts),*] = &*__ms_counts; *#read });
            let mut __ms_flow = #rt::Flow::Continue(());
            #(#turns)*
            if __ms_flow.is_break() {
                break
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

impl Part<'_> {
    /// The names of its states, as they are given and taken back.
    fn kept(&self) -> TokenStream {
        let states = &self.states;
        quote!(#(#states,)*)
    }

    fn with(&self) -> TokenStream {
        let states = &self.states;
        quote!(#(mut #states,)*)
    }

    /// What its steps work on.
    fn lent(&self) -> TokenStream {
        let (states, hold) = (&self.states, self.hold.iter());
        quote!(#(let #states = &mut #states;)* #(let mut #hold = #hold.open();)*)
    }
}
