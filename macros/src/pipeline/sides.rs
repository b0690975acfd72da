//! `zip` and `join`: a pipeline inside another is a closure of its own, made before, from which the line around it takes items.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::expand::{Body, Line};
use super::model::{End, Join, Key, Side, Step};
use super::nest::{Nest, at, count, names, respan, site, state};
use super::setup::Code;

impl Code<'_> {
    /// Makes the side of a `zip`.
    pub(super) fn zip(&mut self, step: &Step, side: &Side) {
        let (name, made) = (names::state(step.node), self.side(step, side));
        self.setup.extend(made);
        self.states.push(name);
    }

    /// Makes the side of a `join`.
    pub(super) fn join(&mut self, step: &Step, join: &Join) {
        let (span, name) = (at(step.span), names::state(step.node));
        let rt = respan(self.rt, span);
        let made = self.side(step, &join.side);
        self.setup.extend(made);
        let node = u32::try_from(step.node).unwrap_or(u32::MAX);
        self.setup.extend(match &join.max {
            None => quote_spanned!(span=> let #name = #name.map(#rt::Join::new);),
            Some(max) => quote_spanned!(span=>
                let #name = #name.and_then(|__ms_side| __ms_setup.built(#node, #rt::Join::at_most(#max, __ms_side)));
            ),
        });
        self.states.push(name);
    }

    fn side(&mut self, step: &Step, side: &Side) -> TokenStream {
        let line =
            Line { inflow: &side.inflow, chain: &side.chain, edges: side.edges.clone(), moves: side.moves, side: true };
        let Body { state, body } = line.write(self);
        let (rt, name, first) = (self.rt, names::state(step.node), side.edges.start);
        let source = u32::try_from(side.source).unwrap_or(u32::MAX);
        quote!(
            #[allow(unused_variables, unused_mut, unused_assignments, unreachable_code, unreachable_patterns)]
            let #name = #rt::side(#state, #first, #source, #body);
        )
    }
}

impl Nest<'_> {
    pub(super) fn zip(&self, step: &Step, rest: &[Step], end: End) -> TokenStream {
        let span = at(step.span);
        let (x, site, count, state) =
            (names::item(span), site(step.node, span), count(step.edge, span), state(step.node, span));
        let out = self.steps(rest, end, step.span);
        quote_spanned!(span=> #x.zip(#state, #site, #count, |#x| { #out }))
    }

    pub(super) fn join(&self, join: &Join, step: &Step, rest: &[Step], end: End) -> TokenStream {
        let span = at(step.span);
        let (x, site, count, state) =
            (names::item(span), site(step.node, span), count(step.edge, span), state(step.node, span));
        let (left, right) = (self.of_key(&join.left, "find"), self.of_key(&join.right, "insert"));
        let out = self.steps(rest, end, step.span);
        let method = proc_macro2::Ident::new(if join.outer { "join_left" } else { "join_inner" }, span);
        quote_spanned!(span=> #x.#method(#state, #left, #right, #site, #count, |#x| { #out }))
    }

    /// A closure that tells the table the key of an item.
    fn of_key(&self, key: &Key, method: &str) -> TokenStream {
        let span = at(key.span());
        let rt = &respan(self.rt, span);
        let method = proc_macro2::Ident::new(method, span);
        match key {
            Key::Fields(fields, false) => {
                quote_spanned!(span=> |__ms_table, __ms_item| __ms_table.#method(#(&__ms_item.#fields)*))
            }
            Key::Fields(fields, true) => {
                quote_spanned!(span=> |__ms_table, __ms_item| __ms_table.#method((#(&__ms_item.#fields,)*)))
            }
            Key::Closure(f) => {
                quote_spanned!(span=> |__ms_table, __ms_item| __ms_table.#method(#rt::key_of(__ms_item, #f)))
            }
        }
    }
}
