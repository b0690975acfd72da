//! Writes the stack around the body of a function.
//!
//! For `#[retry] async fn read(id: u32) -> Result<u8, Error> { body }` it is, shortened,
//!
//! ```ignore
//! async fn read(id: u32) -> Result<u8, Error> {
//!     let mut attempts = returns.begin(retry);
//!     loop {
//!         let delay = {
//!             let outcome = async { if false { return returns.never() } { body } }.await;
//!             match returns.again(retry, call, &mut attempts, &outcome) {
//!                 None => break outcome,
//!                 Some(delay) => delay,
//!             }
//!         };
//!         rt::sleep_async(delay).await;
//!     }
//! }
//! ```
//!
//! where `returns` is `rt::Returns::<Result<u8, Error>>::new()`, and `retry` and `call` are constants, too.
//!
//! A function that is not async differs in what it waits by: its body is `returns.once(|| body)`. The body stays where it was, so
//! `self`, generics, lifetimes, `?` and `return` mean what they did.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Block, ItemFn, Lifetime};

use super::args::{rename, used_up};
use super::model::{Asked, HELD, Made, Place, Policy, Stack};
use super::syntax::Kind;
use crate::names;

/// Puts the stack into the function, below some items.
pub(crate) fn expand(func: &mut ItemFn, stack: &Stack, items: &TokenStream) {
    if stack.has(Kind::Retry) {
        rename(func, &stack.args);
    }
    let writer = Writer::new(func, stack);
    let nest = writer.nest(&stack.policies);
    let rt = &stack.rt;
    // A type that is inferred is one and the same only in a local.
    let returns = stack.is_opaque().then(|| {
        let (name, ty) = (names::local(RETURNS), &stack.returns);
        quote!(let #name = #rt::Returns::<#ty>::new();)
    });
    let receiver = used_up(func).filter(|_| stack.has(Kind::Retry)).map(|at| {
        let this = Ident::new("self", at);
        quote_spanned!(at=> #rt::receiver(&#this);)
    });
    let own = stack.policies.iter().filter_map(|policy| policy.made.as_ref()?.item.as_ref());
    func.block = syn::parse_quote!({
        #items
        #(#own)*
        #receiver
        #returns
        #nest
    });
}

/// The local that is the type which the function returns, where that is inferred.
const RETURNS: &str = "returns";

/// What the whole stack shares.
struct Writer<'s> {
    stack: &'s Stack,
    /// The function, for those who listen.
    name: String,
    body: Block,
}

/// How one policy is asked.
struct Asks {
    /// Where a mistake is shown.
    at: Span,
    /// What makes the policy, where that is not a constant.
    before: Option<TokenStream>,
    /// A reference to it.
    value: TokenStream,
    /// The type that the function returns, and the call: constants, as an async function would keep a local while it waits.
    returns: TokenStream,
    call: TokenStream,
}

/// Invented tokens, at another place. An expression is where its first and its last token are.
fn respanned(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(at);
            token
        })
        .collect()
}

impl<'s> Writer<'s> {
    fn new(func: &ItemFn, stack: &'s Stack) -> Self {
        let mut body = (*func.block).clone();
        // The braces have a block around them now, which rustc calls unnecessary where they are the user's.
        body.brace_token = syn::token::Brace(Span::mixed_site().located_at(body.brace_token.span.join()));
        Writer { stack, name: func.sig.ident.unraw().to_string(), body }
    }

    /// The policies, the first one outermost, around the body: an expression of the type that the function returns.
    fn nest(&self, policies: &[Policy]) -> TokenStream {
        let Some((policy, inner)) = policies.split_first() else { return self.waited(&self.body()) };
        // One that is wrong was reported, and nothing is expanded.
        let Some(made) = &policy.made else { return self.nest(inner) };
        match made.asked {
            Asked::Again => self.again(policy, made, inner),
            Asked::Limit => self.limit(policy, made, inner),
            Asked::After => self.after(policy, made, inner),
            Asked::Around | Asked::Both => self.both(policies.len(), policy, made, inner),
        }
    }

    /// The body as it stands, not yet waited for.
    fn body(&self) -> TokenStream {
        let (Writer { stack, body, .. }, returns) = (self, self.returns(Span::mixed_site()));
        if !stack.is_async {
            return quote!(#returns.once(|| #body));
        }
        quote!(async { if false { return #returns.never(); } #body })
    }

    /// The same for what stands around it, not yet waited for.
    fn begun(&self, policies: &[Policy]) -> TokenStream {
        if policies.is_empty() {
            return self.body();
        }
        let nest = self.nest(policies);
        if self.stack.is_async { quote!(async { #nest }) } else { nest }
    }

    fn waited(&self, future: &TokenStream) -> TokenStream {
        if self.stack.is_async { quote!(#future.await) } else { future.clone() }
    }

    /// The policy where it is asked, and what makes it before. All that asks it has one place, so that a function it does not
    /// stand around is one error.
    fn asked(&self, policy: &Policy, made: &Made) -> Asks {
        let at = Span::mixed_site().located_at(self.stack.place(policy.kind, policy.at));
        let local = |name: &str| names::local_at(name, at);
        let (value, name) = (&made.value, local(policy.kind.name()));
        let (value, before) = match made.place {
            Place::Constant => (quote_spanned!(at=> const { &#value }), None),
            Place::Inline => (quote_spanned!(at=> &{ #value }), None),
            Place::Before => {
                let held = made.held.as_ref().map(|held| {
                    let name = names::local(HELD);
                    quote!(let #name = #held;)
                });
                (quote!(#name), Some(quote!(#held let #name = &#value;)))
            }
        };
        let (rt, name, returns) = (&self.stack.rt, &self.name, self.returns(at));
        let call = quote_spanned!(at=> const { &#rt::Call::new(#name) });
        Asks { at, before, value, returns, call }
    }

    /// The type that the function returns, as a value.
    fn returns(&self, at: Span) -> TokenStream {
        let Stack { rt, returns, .. } = self.stack;
        if self.stack.is_opaque() {
            return names::local_at(RETURNS, at).into_token_stream();
        }
        let rt = respanned(rt.clone(), at);
        quote_spanned!(at=> #rt::Returns::<#returns>::new())
    }

    /// Calls again.
    fn again(&self, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let Stack { rt, args, .. } = self.stack;
        let Asks { at, before, value, returns, call } = self.asked(policy, made);
        let attempts = names::local("attempts");
        let (outcome, delay) = (names::local("outcome"), names::local("delay"));
        // Only our own says when an attempt is the last one.
        let more = if made.fails { quote!(#value.may_follow(&#attempts)) } else { quote!(true) };
        let kept = args.iter().map(|arg| arg.keep(rt));
        let bound = args.iter().map(|arg| arg.bind(&more));
        let nest = self.nest(inner);
        let sleep = self.wait(&quote!(#rt::sleep), &quote!(#rt::sleep_async), &delay);
        let begin = quote_spanned!(at=> #returns.begin(#value));
        let again = quote_spanned!(at=> #returns.again(#value, #call, &mut #attempts, &#outcome));
        quote!({
            #before
            let mut #attempts = #begin;
            #(#kept)*
            loop {
                #(#bound)*
                // In a block, as an async function would otherwise keep the outcome while it waits.
                let #delay = {
                    let #outcome = #nest;
                    match #again {
                        #rt::core::option::Option::None => break #outcome,
                        #rt::core::option::Option::Some(#delay) => #delay,
                    }
                };
                #sleep;
            }
        })
    }

    /// Cancels, or gives a deadline.
    fn limit(&self, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let asks = self.asked(policy, made);
        let Asks { at, before, value, call, .. } = &asks;
        if let Some((_, pat, ty)) = self.stack.deadline.as_ref().filter(|_| !self.stack.is_async) {
            let nest = self.nest(inner);
            let run = quote_spanned!(*at=> #value.run_as(#call, |#pat: #ty| #nest));
            return quote!({ #before #run });
        }
        let around = self.around(&asks, inner);
        quote!({ #before #around })
    }

    /// An async call comes through the policy.
    fn around(&self, asks: &Asks, inner: &[Policy]) -> TokenStream {
        let Asks { at, value, returns, call, .. } = asks;
        let begun = self.begun(inner);
        quote_spanned!(*at=> #returns.around(#value, #call, #begun).await)
    }

    /// Takes what the call gave. It is made then, so it may use what the call has used.
    fn after(&self, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let Asks { at, before, value, returns, call } = self.asked(policy, made);
        let (nest, outcome) = (self.nest(inner), names::local("outcome"));
        let after = quote_spanned!(at=> #returns.after(#value, #call, (), #outcome));
        quote!({
            #before
            let #outcome = #nest;
            #after
        })
    }

    /// Decides before the call, and takes what it gave.
    fn both(&self, depth: usize, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let Stack { rt, is_async, .. } = self.stack;
        let asks = self.asked(policy, made);
        let Asks { at, before, value, returns, call } = &asks;
        let (permit, outcome, wait) = (names::local("permit"), names::local("outcome"), names::local("wait"));
        let label = Lifetime::new(&format!("'policy{depth}"), Span::mixed_site());
        let around = made.asked == Asked::Around;
        let through = *is_async && around;
        let nest = if through { self.around(&asks, inner) } else { self.nest(inner) };
        let blocks = (around && !is_async).then(|| quote_spanned!(*at=> #returns.blocks(#value);));
        let ask = quote_spanned!(*at=> #returns.before(#value, #call));
        let after = quote_spanned!(*at=> #returns.after(#value, #call, #permit, #outcome));
        let waited = if *is_async { quote!(#wait.wait().await) } else { quote!(#wait.block()) };
        quote!(#label: {
            #before
            #blocks
            let #permit = loop {
                match #ask {
                    #rt::Before::Go(#permit) => break #permit,
                    #rt::Before::Return(#outcome) => break #label #outcome,
                    #rt::Before::Wait(#wait) => {
                        if let #rt::core::option::Option::Some(#permit) = #waited {
                            break #permit;
                        }
                    }
                }
            };
            let #outcome = #nest;
            #after
        })
    }

    fn wait(&self, thread: &TokenStream, task: &TokenStream, time: &Ident) -> TokenStream {
        if self.stack.is_async { quote!(#task(#time).await) } else { quote!(#thread(#time)) }
    }
}
