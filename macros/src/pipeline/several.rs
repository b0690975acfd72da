//! A line of several sources, as `chain` and `merge` write it.
//!
//! For `chain(a | x, b | y) | s` the loop over the items is, with paths left out:
//!
//! ```text
//! loop {
//!     let Some(turn) = turns.next([p0.is_some(), p1.is_some()]) else { break };
//!     let flow = in_turn(run.site(4), turns, [0, 1], turn, ended, |meeting, join| match turn {
//!         0 => { let Some((a, x)) = p0 else { return Break }; match next(a) { .. |x| x.through(x, .., |x| x.arrive(meeting, join, at, e0)) } }
//!         _ => { let Some((b, y)) = p1 else { return Break }; .. }
//!     }, |x, at| { let x = x.along(e0).along(e1); x.through(s, ..) });
//!     if flow.is_break() || ended.get() != ALL { break }
//! }
//! ```
//!
//! Behind it stands the cold nest. A path that has ended goes through it alone, so that what its stages emit at their end comes
//! before what other paths have still to say; then the loop goes on. The state of a path is an `Option`, gone once it has ended.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::expand::{Body, Line, MainSlot, keep, next, result, wants_nothing};
use super::meet::names;
use super::model::{Inflow, Path, Paths, Source};
use super::nest::{Nest, at, names as states_names, respan, site, state};
use super::setup::Code;
use super::words::Word;

/// A path with the names of what it keeps.
struct Kept<'m> {
    path: &'m Path,
    states: Vec<Ident>,
    inner: Option<Meeting<'m>>,
    /// The number of the path, and of those that it is part of.
    over: Vec<usize>,
}

/// Paths that meet, with the names of what they keep.
struct Meeting<'m> {
    paths: &'m Paths,
    kept: Vec<Kept<'m>>,
}

impl Line<'_> {
    pub(super) fn of_several(&self, paths: &Paths, code: &mut Code<'_>) -> Body {
        let rt = code.rt;
        let meeting = Meeting::of(paths, &[], code);
        code.chain(self.chain);
        let (states, plain) = (&code.states, &code.plain);
        let nest = Nest { rt };
        let (suffix, result) = (nest.path(self.chain, at_paths(paths)), result(self.chain, &nest));
        let hot = meeting.hot(&nest, &suffix);
        let cold = meeting.cold(&nest, &suffix, &quote!(__ms_last));
        let mut kept = Vec::new();
        meeting.all(&mut kept);
        let failures: Vec<Ident> =
            kept.iter().map(|kept| names::failures(kept.path.number, proc_macro2::Span::call_site())).collect();
        let (unpacked, packed): (Vec<_>, Vec<_>) = kept.iter().map(|kept| kept.cold_state(rt)).unzip();
        let (turn, slots) = (meeting.turn(rt), self.slots());
        let (counts, edges, first) = self.counts();
        let unless_zero = wants_nothing(self.chain).map(|zero| quote!(if !(#zero)));
        let capture = self.moves.then(|| quote!(move));
        let MainSlot { main, bind, open, leave, left, .. } = MainSlot::of(self.chain, rt, states, plain, &result);
        let emitted = (!main.is_empty()).then(|| {
            quote!(if #main.is_full() {
                return __ms_late.unless_one(#result)
            })
        });
        let body = quote!(#capture |__ms_state, __ms_counts: &mut [#rt::core::primitive::u64; #edges], __ms_run, __ms_signal, __ms_late: &mut #rt::Slot<_, _>| {
            #(let mut #slots = #rt::Slot::new();)*
            #(let #failures = #rt::Failures::new();)*
            #bind '__ms_body: {
                #open
                loop {
                    let __ms_ended = &#rt::core::cell::Cell::new(#rt::ALL);
                    if let #rt::Signal::End = __ms_signal {
                        let #rt::core::option::Option::Some((#(mut #states,)* #(mut #plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                        let __ms_full = '__ms_items: {
                            #(let #states = &mut #states;)*
                            #(let #plain = &mut #plain;)*
                            let [#(#counts),*] = &mut *__ms_counts;
                            #unless_zero {
                                loop {
                                    let #rt::core::option::Option::Some(__ms_turn) = #turn else { break };
                                    let __ms_flow = #hot;
                                    if __ms_flow.is_break() || __ms_ended.get() != #rt::ALL {
                                        break
                                    }
                                    #leave
                                }
                            }
                            false
                        };
                        #left
                        if __ms_run.failed() {
                            break '__ms_body #main
                        }
                        *__ms_state = #rt::core::option::Option::Some((#(#states,)* #(#plain,)*));
                    }
                    let __ms_ended = __ms_ended.get();
                    let #rt::core::option::Option::Some((#(#states,)* #(#plain,)*)) = __ms_state.take() else { break '__ms_body #main };
                    #(let mut #states = #rt::core::option::Option::Some(#states);)*
                    #(let mut #plain = #plain;)*
                    let __ms_last = #rt::signal_of(__ms_signal, __ms_ended, [], true);
                    {
                        #(let #states = &mut #states;)*
                        #(let #plain = &mut #plain;)*
                        let __ms_at = #rt::Origin::end();
                        let mut __ms_tally = __ms_run.tally_from::<#edges>(#first);
                        let [#(#counts),*] = &mut __ms_tally.counts;
                        #(#unpacked)*
                        let _ = #cold;
                        #(#packed)*
                    }
                    if let #rt::core::option::Option::Some(#rt::Signal::End) = __ms_last {
                        break
                    }
                    *__ms_state = (move || #rt::core::option::Option::Some((#(#states?,)* #(#plain,)*)))();
                    if __ms_last.is_some() {
                        break
                    }
                    if __ms_run.failed() {
                        break '__ms_body #main
                    }
                    // What the path emitted as it ended.
                    #emitted
                }
                #main
            };
            *__ms_late = #result;
            #rt::core::option::Option::None
        });
        Body { state: quote!((move || #rt::core::option::Option::Some((#(#states?,)* #(#plain?,)*)))()), body }
    }
}

/// Where a suffix without steps is underlined.
fn at_paths(paths: &Paths) -> proc_macro2::Span {
    paths.each.last().map_or_else(proc_macro2::Span::call_site, |path| path.span)
}

impl<'m> Meeting<'m> {
    /// Makes what the paths need once.
    fn of(paths: &'m Paths, over: &[usize], code: &mut Code<'_>) -> Self {
        let rt = code.rt;
        let kept = paths.each.iter().map(|path| Kept::of(path, over, code)).collect();
        let order = if paths.word == Word::Chain { quote!(chain) } else { quote!(merge) };
        let turns = names::turns(paths.node);
        code.setup.extend(quote!(let #turns = #rt::core::option::Option::Some(#rt::Turns::#order());));
        code.plain.push(turns);
        Meeting { paths, kept }
    }

    /// All paths, those of inner meetings included.
    fn all<'s>(&'s self, found: &mut Vec<&'s Kept<'m>>) {
        for kept in &self.kept {
            found.push(kept);
            if let Some(inner) = &kept.inner {
                inner.all(found);
            }
        }
    }

    /// Whose turn it is.
    fn turn(&self, rt: &TokenStream) -> TokenStream {
        let turns = names::turns(self.paths.node);
        let paths = self.paths.each.iter().map(|path| names::path(path.number));
        quote!(#rt::Turns::next(#turns, [#(#paths.is_some()),*]))
    }

    /// Both kinds of failure that the paths bring along.
    fn along(&self, suffix: &TokenStream) -> TokenStream {
        let along = self.paths.each.iter().map(|path| {
            let (span, x) = (at(path.span), states_names::item(at(path.span)));
            let failures = names::failures(path.number, span);
            quote_spanned!(span=> let __ms_x = #x.along(&#failures);)
        });
        quote!(#(#along)* #suffix)
    }

    fn hot(&self, nest: &Nest<'_>, suffix: &TokenStream) -> TokenStream {
        let rt = nest.rt;
        let site = site(self.paths.node, proc_macro2::Span::call_site());
        let numbers = self.paths.each.iter().map(|path| path.number);
        let turns = names::turns(self.paths.node);
        let arms = self.kept.iter().enumerate().map(|(index, kept)| {
            let (arm, index) = (kept.hot(nest), Literal::usize_unsuffixed(index));
            quote!(#index => #arm)
        });
        let suffix = self.along(suffix);
        quote!(#rt::in_turn(#site, #turns, [#(#numbers),*], __ms_turn, __ms_ended, |__ms_meeting, __ms_join| match __ms_turn {
            #(#arms)*
            _ => #rt::Flow::Break(()),
        }, |__ms_x, __ms_at| { #suffix }))
    }

    fn cold(&self, nest: &Nest<'_>, suffix: &TokenStream, signal: &TokenStream) -> TokenStream {
        let rt = nest.rt;
        let site = site(self.paths.node, proc_macro2::Span::call_site());
        let turns = names::turns(self.paths.node);
        let arms = self.kept.iter().map(|kept| kept.cold(nest));
        let suffix = self.along(suffix);
        quote!(#rt::last_in_turn(#site, &mut *#turns, #signal, |__ms_meeting, __ms_join| { #(#arms)* }, |__ms_x, __ms_at| {
            #suffix
        }))
    }
}

impl<'m> Kept<'m> {
    fn of(path: &'m Path, over: &[usize], code: &mut Code<'_>) -> Self {
        let rt = code.rt;
        let over: Vec<usize> = over.iter().copied().chain([path.number]).collect();
        let first = code.states.len();
        let inner = match &path.inflow {
            Inflow::Source(source) => {
                code.source(source);
                None
            }
            Inflow::Paths(paths) => Some(Meeting::of(paths, &over, code)),
            Inflow::Wrong => None,
        };
        code.chain(&path.chain);
        let states = code.states.split_off(first);
        let name = names::path(path.number);
        code.setup.extend(quote!(
            let #name = (move || #rt::core::option::Option::Some((#(#states?,)*)))().map(#rt::core::option::Option::Some);
        ));
        code.plain.push(name);
        Kept { path, states, inner, over }
    }

    /// What the path does when it is asked for an item.
    fn hot(&self, nest: &Nest<'_>) -> TokenStream {
        let (rt, states, name) = (nest.rt, &self.states, names::path(self.path.number));
        let zero = wants_nothing(&self.path.chain).map(|zero| {
            quote!(if #zero {
                return #rt::Flow::Break(());
            })
        });
        let item = match (&self.path.inflow, &self.inner) {
            (Inflow::Source(source), _) => self.read(source, nest),
            (_, Some(inner)) => {
                let turn = inner.turn(rt);
                let hot = inner.hot(nest, &nest.path(&self.path.chain, self.path.span));
                quote!(
                    let #rt::core::option::Option::Some(__ms_turn) = #turn else { return #rt::Flow::Break(()) };
                    #hot
                )
            }
            _ => quote!(),
        };
        quote!({
            let #rt::core::option::Option::Some((#(#states,)*)) = &mut *#name else { return #rt::Flow::Break(()) };
            #zero
            #item
        })
    }

    fn read(&self, source: &Source, nest: &Nest<'_>) -> TokenStream {
        let rt = nest.rt;
        let (policy, keep) = (nest.policy(&source.policy, at(source.span)), keep(source, rt));
        let node = u32::try_from(source.node).unwrap_or(u32::MAX);
        let hot = nest.path(&self.path.chain, self.path.span);
        let next = next(rt, source, &policy, &hot, &quote!(#rt::Flow::Break(())));
        quote!(
            __ms_run.turn(#node);
            #keep
            #next
        )
    }

    /// What the path does with a signal.
    fn cold(&self, nest: &Nest<'_>) -> TokenStream {
        let rt = nest.rt;
        let signal = self.signal(rt);
        let steps = nest.path(&self.path.chain, self.path.span);
        match (&self.path.inflow, &self.inner) {
            (Inflow::Source(source), _) => {
                let span = at(source.span);
                let (source_rt, policy) = (respan(rt, span), nest.policy(&source.policy, span));
                let (site, s, keep) = (site(source.node, span), state(source.node, span), keep(source, rt));
                let node = u32::try_from(source.node).unwrap_or(u32::MAX);
                let last =
                    quote_spanned!(span=> #source_rt::last_of_path(#s, &#site.here(__ms_at, #policy), __ms_signal));
                quote!(
                    if let #rt::core::option::Option::Some(__ms_signal) = #signal {
                        __ms_run.turn(#node);
                        #keep
                        let _ = #last.enter(|__ms_x| { #steps });
                    }
                )
            }
            (_, Some(inner)) => {
                let cold = inner.cold(nest, &steps, &signal);
                quote!(let _ = #cold;)
            }
            _ => quote!(),
        }
    }

    /// The signal that reaches the path.
    fn signal(&self, rt: &TokenStream) -> TokenStream {
        let (over, open) = (&self.over, names::open(self.path.number));
        quote!(#rt::signal_of(__ms_signal, __ms_ended, [#(#over),*], #open))
    }

    /// Takes the state of the path apart for the cold nest, and puts it together behind it.
    fn cold_state(&self, rt: &TokenStream) -> (TokenStream, TokenStream) {
        let (states, name, open) = (&self.states, names::path(self.path.number), names::open(self.path.number));
        let none = states.iter().map(|_| quote!(#rt::core::option::Option::None));
        let unpack = quote!(
            let #open = #name.is_some();
            let (#(mut #states,)*) = match #name.take() {
                #rt::core::option::Option::Some((#(#states,)*)) => (#(#rt::core::option::Option::Some(#states),)*),
                #rt::core::option::Option::None => (#(#none,)*),
            };
            #(let #states = &mut #states;)*
        );
        let signal = self.signal(rt);
        let pack = quote!(
            if #open && !#rt::core::matches!(#signal, #rt::core::option::Option::Some(#rt::Signal::End)) {
                *#name = (|| #rt::core::option::Option::Some((#(#states.take()?,)*)))();
            }
        );
        (unpack, pack)
    }
}
