//! The code of a whole pipeline: its plan, its setup, and the closure that runs it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::model::{Action, Branch, Chain, End, Make, Model, Policy};
use super::nest::{Nest, at, names, respan};
use super::reusable::reusable;
use super::setup::Code;
use super::words::{Shape, Word};

/// Writes the pipeline.
pub(crate) fn expand(model: &Model, rt: &TokenStream) -> TokenStream {
    if let Some(item) = &model.item {
        return reusable(model, item, rt);
    }
    let Some(source) = &model.source else { return quote!() };
    let mut code = Code::new(rt);
    code.source(source);
    code.chain(&model.chain);
    let Code { states, plain, setup, checks, .. } = code;
    let nest = Nest { rt };
    let plan = plan(model, rt);
    let policy = nest.policy(&source.policy, at(source.span));
    let keep = match source.policy {
        Policy::Letter { .. } => quote!(let __ms_keep = #rt::Nothing;),
        _ => quote!(),
    };
    let (hot, result) = (nest.chain(&model.chain), result(&model.chain, &nest));
    let cold = hot.clone();
    let mut slots = Vec::new();
    model.chain.slots(&mut slots);
    let slots = slots.into_iter().map(names::branch_slot);
    let counts: Vec<Ident> = (0..model.edges.len()).map(names::count).collect();
    let edges = counts.len();
    let unless_zero = wants_nothing(&model.chain).map(|zero| quote!(if !(#zero)));
    let capture = model.moves.then(|| quote!(move));
    let MainSlot { main, bind, open, reopen, leave, left } = MainSlot::of(model, rt, &states, &plain, &result);
    let span = at(source.span);
    let next = quote_spanned!(span=> __ms_run.site(0).next(__ms_s0));
    let items = items(rt, &next, &policy, &hot, &leave);
    let source_rt = respan(rt, span);
    let last = quote_spanned!(span=> #source_rt::last(__ms_s0, &__ms_hand, __ms_run.site(0).here(__ms_at, #policy), __ms_signal));
    quote!({
        #checks
        let mut __ms_setup = #rt::Setup::new(&#plan);
        #setup
        let __ms_state = (move || #rt::core::option::Option::Some((#(#states?,)* #(#plain?,)*)))();
        #[allow(unused_variables, unused_mut, unused_assignments, unreachable_code, unreachable_patterns)]
        let __ms_chain = __ms_setup.chain(__ms_state, #capture |__ms_state, __ms_counts: &mut [#rt::core::primitive::u64; #edges], __ms_run, __ms_signal, __ms_late: &mut #rt::Slot<_, _>| {
            #(let mut #slots = #rt::Slot::new();)*
            #keep
            #bind '__ms_body: {
                #open
                if let #rt::Signal::End = __ms_signal {
                    let #rt::core::option::Option::Some((#(mut #states,)* #(mut #plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                    let __ms_full = '__ms_items: {
                        #(let #states = &mut #states;)*
                        #(let #plain = &mut #plain;)*
                        let [#(#counts),*] = &mut *__ms_counts;
                        #unless_zero {
                            #items
                        }
                        false
                    };
                    #left
                    if __ms_run.failed() {
                        break '__ms_body #main
                    }
                    *__ms_state = #rt::core::option::Option::Some((#(#states,)* #(#plain,)*));
                }
                let #rt::core::option::Option::Some((#(#states,)* #(#plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                #reopen
                let __ms_hand = __ms_run.hand();
                let __ms_from = __ms_hand.at();
                #(let mut #states = #rt::core::option::Option::Some(#states);)*
                #(let mut #plain = #plain;)*
                {
                    #(let #states = &mut #states;)*
                    #(let #plain = &mut #plain;)*
                    let __ms_at = #rt::Origin::new(&__ms_from, 0);
                    let mut __ms_tally = __ms_run.tally::<#edges>();
                    let [#(#counts),*] = &mut __ms_tally.counts;
                    let _ = #last.enter(|__ms_x| { #cold });
                }
                if !#rt::core::matches!(__ms_signal, #rt::Signal::End) {
                    *__ms_state = (move || #rt::core::option::Option::Some((#(#states?,)* #(#plain,)*)))();
                }
                #main
            };
            *__ms_late = #result;
            #rt::core::option::Option::None
        });
        {
            use #rt::Sinkless as _;
            __ms_chain.end().seal(__ms_chain)
        }
    })
}

/// The loop over the items: each goes through the hot nest, until one of them or the source says that it is the last.
fn items(
    rt: &TokenStream,
    next: &TokenStream,
    policy: &TokenStream,
    hot: &TokenStream,
    leave: &TokenStream,
) -> TokenStream {
    quote! {
        loop {
            // The item moves once, and its origin not at all.
            let __ms_flow = match #next {
                #rt::core::result::Result::Ok(#rt::core::option::Option::Some((#rt::core::result::Result::Ok(__ms_x), ref __ms_at))) => {
                    *__ms_n0 += 1;
                    let __ms_at = #rt::Origin::new(__ms_at, *__ms_n0);
                    __ms_run.site(0).here(__ms_at, #policy).admit(__ms_x, |__ms_x| { #hot })
                }
                #rt::core::result::Result::Ok(#rt::core::option::Option::Some((#rt::core::result::Result::Err(__ms_error), ref __ms_at))) => {
                    *__ms_n0 += 1;
                    let __ms_at = #rt::Origin::new(__ms_at, *__ms_n0);
                    __ms_run.site(0).here(__ms_at, #policy).reject::<()>(__ms_error, #rt::core::option::Option::None)
                }
                #rt::core::result::Result::Ok(#rt::core::option::Option::None) => break,
                #rt::core::result::Result::Err(__ms_error) => {
                    __ms_run.site(0).unreadable(__ms_error, #rt::Position::of_item(*__ms_n0 + 1));
                    break
                }
            };
            if __ms_flow.is_break() {
                break
            }
            #leave
        }
    }
}

/// What the code of a pipeline says of the slot of its main line; nothing where only branches end.
#[derive(Default)]
struct MainSlot {
    /// Its name.
    main: TokenStream,
    /// Takes it from the body.
    bind: TokenStream,
    open: TokenStream,
    reopen: TokenStream,
    /// Leaves the loop when an item is in it,
    leave: TokenStream,
    /// and then the body.
    left: TokenStream,
}

impl MainSlot {
    fn of(model: &Model, rt: &TokenStream, states: &[Ident], plain: &[Ident], result: &TokenStream) -> Self {
        if !leaves(&model.chain) {
            return MainSlot::default();
        }
        let main = names::slot(Span::call_site());
        MainSlot {
            bind: quote!(let #main =),
            open: quote!(let mut #main = #rt::Slot::new();),
            // It is moved before it is lent to the cold nest, so that items need not go through memory.
            reopen: quote!(let mut #main = #main;),
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
fn result(chain: &Chain, nest: &Nest<'_>) -> TokenStream {
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
fn wants_nothing(chain: &Chain) -> Option<TokenStream> {
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
