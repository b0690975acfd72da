//! The code of a whole pipeline: its plan, its setup, and the closure that runs it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::blocks;
use super::model::{Action, Branch, Chain, End, Inflow, Make, Model, Policy, Source};
use super::nest::{Nest, at, names, number, respan, site};
use super::reusable::reusable;
use super::setup::Code;
use super::words::{Shape, Word};

/// Writes the pipeline.
pub(crate) fn expand(model: &Model, rt: &TokenStream) -> TokenStream {
    if let Some(item) = &model.item {
        return reusable(model, item, rt);
    }
    let Some(inflow) = &model.inflow else { return quote!() };
    let line = Line { inflow, chain: &model.chain, edges: 0..model.edges.len(), moves: model.moves, side: false };
    let mut code = Code::new(rt);
    let Body { state, body } = line.write(&mut code);
    let Code { setup, checks, .. } = code;
    let plan = plan(model, rt);
    quote!({
        #checks
        let mut __ms_setup = #rt::Setup::new(&#plan);
        #setup
        let __ms_state = #state;
        #[allow(unused_variables, unused_mut, unused_assignments, unreachable_code, unreachable_patterns)]
        let __ms_chain = __ms_setup.chain(__ms_state, #body);
        {
            use #rt::Sinkless as _;
            __ms_chain.end().seal(__ms_chain)
        }
    })
}

/// A line from its sources to its end: that of the pipeline, or of one inside a `zip` or `join`.
pub(super) struct Line<'m> {
    pub(super) inflow: &'m Inflow,
    pub(super) chain: &'m Chain,
    /// Its edges in the plan.
    pub(super) edges: std::ops::Range<usize>,
    pub(super) moves: bool,
    /// Whether it is one inside a `zip` or `join`.
    pub(super) side: bool,
}

/// The code of a line: what outlives an item, and the closure that runs the line on it.
pub(super) struct Body {
    pub(super) state: TokenStream,
    pub(super) body: TokenStream,
}

impl Line<'_> {
    /// Writes it; what is made once, and what is checked, is added to `code`.
    pub(super) fn write(&self, code: &mut Code<'_>) -> Body {
        let mut own = Code::new(code.rt);
        let body = match self.inflow {
            Inflow::Source(source) => self.of_one(source, &mut own),
            Inflow::Paths(paths) => self.of_several(paths, &mut own),
            Inflow::Wrong => Body { state: quote!(), body: quote!() },
        };
        code.setup.extend(own.setup);
        code.checks.extend(own.checks);
        body
    }

    fn of_one(&self, source: &Source, code: &mut Code<'_>) -> Body {
        let rt = code.rt;
        code.source(source);
        code.chain(self.chain);
        let (states, plain) = (&code.states, &code.plain);
        let nest = Nest { rt };
        let policy = nest.policy(&source.policy, at(source.span));
        let keep = keep(source, rt);
        let (hot, result) = (nest.chain(self.chain), result(self.chain, &nest));
        let cold = hot.clone();
        let slots = self.slots();
        let (counts, edges, first) = self.counts();
        let unless_zero = wants_nothing(self.chain).map(|zero| quote!(if !(#zero)));
        let capture = self.moves.then(|| quote!(move));
        let MainSlot { main, bind, open, slot, bound, leave, left } =
            MainSlot::of(self.chain, rt, states, plain, &result);
        let span = at(source.span);
        let parts = if self.side { None } else { blocks::parts(source, self.chain) };
        let items = match &parts {
            Some(parts) => {
                let (chain, nest, policy, counts) = (self.chain, &nest, &policy, &counts);
                blocks::Blocks { nest, source, chain, parts, policy, counts, states }.items(&hot)
            }
            None => {
                let items = if blocks::reads_on(source, self.chain) {
                    read_on(rt, source, &policy, &hot, &leave)
                } else {
                    items(rt, source, &policy, &hot, &leave)
                };
                quote! {
                    #(let #states = &mut #states;)*
                    let mut __ms_local = #rt::Local::new(__ms_counts);
                    let [#(#counts),*] = &mut __ms_local.counts;
                    #unless_zero {
                        #items
                    }
                }
            }
        };
        let (source_rt, site, mut s) = (respan(rt, span), site(source.node, span), names::state(source.node));
        s.set_span(span);
        let end = (!main.is_empty()).then(|| quote!(let __ms_end = #rt::end_of(&#main);));
        let hot_call = hot_call(rt, parts.is_some(), main.is_empty());
        let last = if self.side {
            quote_spanned!(span=> #source_rt::last_of_side(#s, &#site.here(__ms_at, #policy), __ms_signal))
        } else {
            quote_spanned!(span=> #source_rt::last(#s, &__ms_hand, #site.here(__ms_at, #policy), __ms_signal))
        };
        let body = quote!(#capture |__ms_state, __ms_counts: &mut [#rt::core::primitive::u64; #edges], __ms_run, __ms_signal, __ms_late: &mut #rt::Slot<_, _>| {
            #(let mut #slots = #rt::Slot::new();)*
            #keep
            #bind '__ms_body: {
                #open
                if let #rt::Signal::End = __ms_signal {
                    let #rt::core::option::Option::Some((#(#states,)* #(#plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                    let __ms_with = (__ms_run, (#(#states,)*), (#(#plain,)*));
                    #end
                    let __ms_loop = #rt::taking(&__ms_with, |(__ms_run, (#(mut #states,)*), (#(mut #plain,)*)), __ms_counts: &mut [#rt::core::primitive::u64; #edges]| {
                        let __ms_full = '__ms_items: {
                            #(let #plain = &mut #plain;)*
                            #items
                            false
                        };
                        (#(#states,)* #(#plain,)* __ms_full)
                    });
                    let (#(#states,)* #(#plain,)* __ms_full) = #hot_call;
                    #left
                    if __ms_run.failed() {
                        break '__ms_body #main
                    }
                    *__ms_state = #rt::core::option::Option::Some((#(#states,)* #(#plain,)*));
                }
                let #rt::core::option::Option::Some((#(#states,)* #(#plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                let (__ms_left, __ms_main) = #rt::apart((__ms_run, __ms_signal, (#(#states,)*), (#(#plain,)*), #slot), |(__ms_run, __ms_signal, (#(#states,)*), (#(mut #plain,)*), mut #bound)| {
                    let __ms_hand = __ms_run.hand(__ms_signal);
                    let __ms_from = __ms_hand.at();
                    #(let mut #states = #rt::core::option::Option::Some(#states);)*
                    {
                        #(let #states = &mut #states;)*
                        #(let #plain = &mut #plain;)*
                        let __ms_at = #rt::Origin::new(&__ms_from, 0);
                        let mut __ms_tally = __ms_run.tally_from::<#edges>(#first);
                        let [#(#counts),*] = &mut __ms_tally.counts;
                        let _ = #last.enter(|__ms_x| { #cold });
                    }
                    let __ms_left = if #rt::core::matches!(__ms_signal, #rt::Signal::End) {
                        #rt::core::option::Option::None
                    } else {
                        (move || #rt::core::option::Option::Some((#(#states?,)* #(#plain,)*)))()
                    };
                    (__ms_left, #bound)
                });
                *__ms_state = __ms_left;
                __ms_main
            };
            *__ms_late = #result;
            #rt::core::option::Option::None
        });
        Body { state: quote!((move || #rt::core::option::Option::Some((#(#states?,)* #(#plain?,)*)))()), body }
    }

    /// The slots of its branches.
    pub(super) fn slots(&self) -> Vec<Ident> {
        let mut slots = Vec::new();
        self.chain.slots(&mut slots);
        slots.into_iter().map(names::branch_slot).collect()
    }

    /// The counters of its edges, how many they are, and which edge is the first.
    pub(super) fn counts(&self) -> (Vec<Ident>, usize, usize) {
        (self.edges.clone().map(names::count).collect(), self.edges.len(), self.edges.start)
    }
}

/// A source keeps nothing of an item that it rejects.
pub(super) fn keep(source: &Source, rt: &TokenStream) -> TokenStream {
    match source.policy {
        Policy::Letter { .. } => quote!(let __ms_keep = #rt::Nothing;),
        _ => quote!(),
    }
}

/// The loop over the items: each goes through the hot nest, until one of them or the source says that it is the last.
fn items(
    rt: &TokenStream,
    source: &Source,
    policy: &TokenStream,
    hot: &TokenStream,
    leave: &TokenStream,
) -> TokenStream {
    let next = next(rt, source, policy, hot, &quote!(break));
    quote! {
        loop {
            // The item moves once, and its origin not at all.
            let __ms_flow = #next;
            if __ms_flow.is_break() {
                break
            }
            #leave
        }
    }
}

/// The same over `from_iter`, where a sink is at the end: how many items came is asked of the iterator, if it knows.
fn read_on(
    rt: &TokenStream,
    source: &Source,
    policy: &TokenStream,
    hot: &TokenStream,
    leave: &TokenStream,
) -> TokenStream {
    let span = at(source.span);
    let (count, mut state, site) = (names::count(source.edge), names::state(source.node), site(source.node, span));
    state.set_span(span);
    // What is no iterator was said to be none at this place, and with these bounds.
    let rt_there = respan(rt, span);
    let reading = quote_spanned!(span=> #state.reading(#count));
    let next = quote_spanned!(span=> #rt_there::Reading::next(&mut __ms_reading, #site));
    let origin = quote_spanned!(span=> #rt_there::Reading::origin(&__ms_reading));
    quote! {
        let mut __ms_reading = #reading;
        while let #rt::core::option::Option::Some(__ms_x) = #next {
            let __ms_at = #origin;
            if #site.here(__ms_at, #policy).admit(__ms_x, |__ms_x| { #hot }).is_break() {
                break
            }
            #leave
        }
    }
}

/// Reads an item, which goes through the hot nest; behind the last one, `end`.
pub(super) fn next(
    rt: &TokenStream,
    source: &Source,
    policy: &TokenStream,
    hot: &TokenStream,
    end: &TokenStream,
) -> TokenStream {
    let span = at(source.span);
    let (count, mut state) = (names::count(source.edge), names::state(source.node));
    state.set_span(span);
    let read = site(source.node, span);
    let next = quote_spanned!(span=> #read.next(#state));
    let node = number(source.node, Span::call_site());
    quote! {
        match #next {
            #rt::core::result::Result::Ok(#rt::core::option::Option::Some((#rt::core::result::Result::Ok(__ms_x), ref __ms_at))) => {
                *#count += 1;
                let __ms_at = #rt::Origin::new(__ms_at, *#count);
                __ms_run.site(#node).here(__ms_at, #policy).admit(__ms_x, |__ms_x| { #hot })
            }
            #rt::core::result::Result::Ok(#rt::core::option::Option::Some((#rt::core::result::Result::Err(__ms_error), ref __ms_at))) => {
                *#count += 1;
                let __ms_at = #rt::Origin::new(__ms_at, *#count);
                __ms_run.site(#node).here(__ms_at, #policy).reject::<()>(__ms_error, #rt::core::option::Option::None)
            }
            #rt::core::result::Result::Ok(#rt::core::option::Option::None) => #end,
            #rt::core::result::Result::Err(__ms_error) => {
                __ms_run.site(#node).unreadable(__ms_error, #rt::Position::of_item(*#count + 1));
                #end
            }
        }
    }
}

/// Calls the loop over the items: in a function of its own, unless its parts are such functions, or items leave it.
fn hot_call(rt: &TokenStream, in_parts: bool, only_branches: bool) -> TokenStream {
    if in_parts {
        quote!(__ms_loop(__ms_with, __ms_counts))
    } else if only_branches {
        quote!(#rt::hot(__ms_with, __ms_counts, __ms_loop))
    } else {
        quote!({
            #[allow(unused_imports)]
            use #rt::Inlines as _;
            __ms_end.hot(__ms_with, __ms_counts, __ms_loop)
        })
    }
}

/// What the code of a pipeline says of the slot of its main line; nothing where only branches end.
#[derive(Default)]
pub(super) struct MainSlot {
    /// Its name.
    pub(super) main: TokenStream,
    /// Takes it from the body.
    pub(super) bind: TokenStream,
    pub(super) open: TokenStream,
    /// Gives it to the cold nest, and takes it there.
    slot: TokenStream,
    bound: TokenStream,
    /// Leaves the loop when an item is in it,
    pub(super) leave: TokenStream,
    /// and then the body.
    pub(super) left: TokenStream,
}

impl MainSlot {
    pub(super) fn of(chain: &Chain, rt: &TokenStream, states: &[Ident], plain: &[Ident], result: &TokenStream) -> Self {
        if !leaves(chain) {
            return MainSlot { slot: quote!(()), bound: quote!(__ms_none), ..MainSlot::default() };
        }
        let main = names::slot(Span::call_site());
        MainSlot {
            bind: quote!(let #main =),
            open: quote!(let mut #main = #rt::Slot::new();),
            slot: quote!(#main),
            bound: quote!(#main),
            leave: quote!(if #main.is_full() {
                break '__ms_items true
            }),
            left: quote!(if __ms_full {
                *__ms_state = #rt::core::option::Option::Some((#(#states,)* #(#plain,)*));
                return __ms_late.unless_one(#result)
            }),
            main: quote!(#main),
        }
    }
}

/// Whether items or a sink's end leave the main line, and not only its branches.
fn leaves(chain: &Chain) -> bool {
    match chain.steps.last().map(|step| &step.action) {
        Some(Action::Tee { branches, rest }) => *rest && branches.last().is_some_and(|branch| leaves(&branch.chain)),
        Some(Action::Route { rest, .. }) => rest.as_ref().is_some_and(|rest| leaves(rest)),
        _ => true,
    }
}

/// What a chain leaves: its slot, or what its branches leave as one.
pub(super) fn result(chain: &Chain, nest: &Nest<'_>) -> TokenStream {
    let rt = nest.rt;
    match chain.steps.last().map(|step| &step.action) {
        Some(Action::Tee { branches, rest }) => {
            let (ends, suffix) = match branches.split_last() {
                Some((suffix, ends)) if *rest => (ends, Some(suffix)),
                _ => (branches.as_slice(), None),
            };
            let outputs = outputs(ends.iter().map(|branch| &branch.chain), nest);
            match suffix {
                None => quote!(#rt::ended(#outputs)),
                Some(suffix) => {
                    let suffix = result(&suffix.chain, nest);
                    quote!({
                        #[allow(unused_imports)]
                        use #rt::Sinkless as _;
                        let __ms_branches = #outputs;
                        let __ms_suffix = #suffix;
                        #rt::end_of(&__ms_suffix).behind(__ms_branches, __ms_suffix)
                    })
                }
            }
        }
        Some(Action::Route { arms, rest: None }) => {
            let outputs = outputs(arms.iter().map(|arm| &arm.chain), nest);
            quote!(#rt::ended(#outputs))
        }
        Some(Action::Route { rest: Some(rest), .. }) => result(rest, nest),
        _ => {
            let mut slot = match chain.end {
                End::Slot(number) => names::branch_slot(number),
                _ => names::slot(Span::call_site()),
            };
            slot.set_span(chain.steps.last().map_or_else(Span::call_site, |step| at(step.span)));
            quote!(#slot)
        }
    }
}

/// What several branches leave, if all have ended.
fn outputs<'c>(chains: impl Iterator<Item = &'c Chain>, nest: &Nest<'_>) -> TokenStream {
    let rt = nest.rt;
    let ends = chains.map(|chain| {
        let last = chain.steps.last();
        let node = u32::try_from(last.map_or(0, |step| step.node)).unwrap_or(u32::MAX);
        let span = last.map_or_else(Span::call_site, |step| at(step.span));
        let (rt, slot) = (respan(rt, span), result(chain, nest));
        quote_spanned!(span=> #rt::BranchEnd::ended(#slot, __ms_run.site(#node))?)
    });
    quote!((|| #rt::core::option::Option::Some((#(#ends,)*)))())
}

/// An expression that is true when `take(0)` stands in the way of every item, if there is a `take` at all.
pub(super) fn wants_nothing(chain: &Chain) -> Option<TokenStream> {
    let mut tests = Vec::new();
    for step in &chain.steps {
        let state = names::state(step.node);
        match &step.action {
            Action::Through(Make::Word(Shape { word: Word::Take, .. }, _)) if step.key.is_none() => {
                tests.push(quote!(#state.0.is_zero()));
            }
            // Never true, but rustc does not know: seen once before the items, it is not looked at for each of them.
            Action::Call { word: Word::Fold, .. } if step.key.is_none() => tests.push(quote!(#state.0.is_empty())),
            Action::Tee { branches, .. } => {
                let closes: Vec<_> = branches
                    .iter()
                    .enumerate()
                    .filter_map(|(index, Branch { chain, .. })| {
                        wants_nothing(chain).map(|zero| quote!(if #zero { #state.open[#index] = false; }))
                    })
                    .collect();
                if !closes.is_empty() {
                    tests.push(quote!({ #(#closes)* #state.flow().is_break() }));
                }
            }
            _ => {}
        }
    }
    (!tests.is_empty()).then(|| quote!(#(#tests)||*))
}

/// The plan as constant data.
pub(super) fn plan(model: &Model, rt: &TokenStream) -> TokenStream {
    let nodes = model.nodes.iter().map(|node| {
        let (name, label, role) = (&node.name, &node.label, format_ident!("{}", node.role));
        let args = node.args.iter().map(|(name, value)| quote!((#name, #value)));
        let modifiers = &node.modifiers;
        let start = node.span.start();
        let (line, column) = (u32::try_from(start.line).unwrap_or(0), u32::try_from(start.column).unwrap_or(0) + 1);
        quote!(#rt::NodeSpec {
            name: #name, label: #label, role: #rt::Role::#role, args: &[#(#args),*], modifiers: &[#(#modifiers),*],
            place: (#line, #column),
        })
    });
    let edges = model.edges.iter().map(|edge| {
        let (from, label) = (edge.from, &edge.label);
        let to = edge
            .to
            .map_or_else(|| quote!(#rt::core::option::Option::None), |to| quote!(#rt::core::option::Option::Some(#to)));
        quote!((#from, #to, #label))
    });
    quote!(#rt::PlanSpec { file: #rt::core::file!(), nodes: &[#(#nodes),*], edges: &[#(#edges),*] })
}
