//! Writes the stack around the body of a function.
//!
//! For `#[retry] async fn read(id: u32) -> Result<u8, Error> { body }` it is, shortened,
//!
//! ```ignore
//! async fn read(id: u32) -> Result<u8, Error> {
//!     let mut permit = retry.begin();
//!     loop {
//!         let delay = {
//!             let outcome = async { if false { return returns.never() } { body } }.await;
//!             match returns.again(retry, call, &mut permit, &outcome) {
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
use syn::spanned::Spanned;
use syn::{Block, ItemFn, Lifetime};

use super::args::{Arg, rename, used_up};
use super::model::{Asked, Made, Place, Policy, Stack, takes_whole};
use super::syntax::Kind;
use crate::names;

/// Puts the stack into the function, below some items.
pub(crate) fn expand(func: &mut ItemFn, stack: &Stack, items: &TokenStream) {
    rename(func, stack);
    let writer = Writer::new(func, stack);
    let nest = writer.nest(&stack.policies);
    let rt = &stack.rt;
    // A type that is inferred is one and the same only in a local.
    let returns = stack.is_opaque().then(|| {
        let (outer, attempt) = (names::local(RETURNS), names::local(ATTEMPT_RETURNS));
        let (whole, of_attempt) = (&stack.returns, &stack.attempt_returns);
        let attempt = stack.tells_causes().then(|| quote!(let #attempt = #rt::Returns::<#of_attempt>::new();));
        // Nobody asks for the whole type where the retry is the outermost.
        let asked = attempt.is_none() || stack.policies.first().is_some_and(|policy| policy.kind != Kind::Retry);
        let outer = asked.then(|| quote!(let #outer = #rt::Returns::<#whole>::new();));
        quote!(#outer #attempt)
    });
    let receiver = used_up(func).filter(|_| stack.has(Kind::Retry)).map(|at| {
        let this = Ident::new("self", at);
        quote_spanned!(at=> #rt::receiver(&#this);)
    });
    let own = stack.policies.iter().filter_map(|policy| policy.made.as_ref()?.item.as_ref());
    let parts = stack.args.iter().filter(|arg| !arg.is_name() && stack.is_renamed(arg) && arg.mentioned);
    let parts = parts.map(|arg| arg.name_parts(rt));
    func.block = syn::parse_quote!({
        #items
        #(#own)*
        #receiver
        #returns
        #(#parts)*
        #nest
    });
}

/// The local that is the type which the function returns, where that is inferred.
const RETURNS: &str = "returns";
/// The same for what an attempt gives, where that is another type.
const ATTEMPT_RETURNS: &str = "attempt_returns";

/// The local that is the deadline of a function that blocks.
const DEADLINE: &str = "deadline";

/// What the whole stack shares.
struct Writer<'s> {
    stack: &'s Stack,
    /// The function, for those who listen.
    name: String,
    body: Block,
    /// The number of policies from the retry on.
    retry: usize,
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
pub(super) fn respanned(tokens: TokenStream, at: Span) -> TokenStream {
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
        let above = stack.policies.iter().take_while(|policy| policy.kind != Kind::Retry).count();
        Writer { stack, name: func.sig.ident.unraw().to_string(), body, retry: stack.policies.len() - above }
    }

    /// The policies, the first one outermost, around the body: an expression of the type that the function returns.
    fn nest(&self, policies: &[Policy]) -> TokenStream {
        let Some((policy, inner)) = policies.split_first() else { return self.waited(&self.body()) };
        // One that is wrong was reported, and nothing is expanded.
        let Some(made) = &policy.made else { return self.nest(inner) };
        let depth = policies.len();
        match made.asked {
            Asked::Again => self.again(depth, policy, made, inner),
            Asked::Limit => self.limit(depth, policy, made, inner),
            Asked::After => self.after(depth, policy, made, inner),
            Asked::Around | Asked::Both => self.both(depth, policy, made, inner),
        }
    }

    /// The body as it stands, not yet waited for.
    fn body(&self) -> TokenStream {
        let (Writer { stack, body, .. }, returns) = (self, self.returns(0, Span::mixed_site()));
        let whole = stack.args.iter().filter(|arg| !stack.has(Kind::Retry) && stack.is_renamed(arg) && !arg.mentioned);
        let mut parts = whole.map(Arg::take_apart).peekable();
        let body = if parts.peek().is_some() { quote!({ #(#parts)* #body }) } else { body.to_token_stream() };
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
    fn asked(&self, depth: usize, policy: &Policy, made: &Made) -> Asks {
        let at = Span::mixed_site().located_at(self.stack.place(policy.kind, policy.gives_stale, policy.at));
        let local = |name: &str| names::local_at(name, at);
        let (value, name) = (&made.value, local(policy.kind.name()));
        let (value, before) = match made.place {
            Place::Constant => (quote_spanned!(at=> const { &#value }), None),
            Place::Inline => (quote_spanned!(at=> &{ #value }), None),
            Place::Before => {
                let held = &made.held;
                (quote!(#name), Some(quote!(#held let #name = &#value;)))
            }
        };
        let (rt, name, returns) = (&self.stack.rt, &self.name, self.returns(depth, at));
        let deadline = self.has_deadline(depth).then(|| names::local(DEADLINE));
        let call = match deadline {
            Some(deadline) => quote_spanned!(at=> &#rt::Call::new(#name).by(#deadline)),
            None => quote_spanned!(at=> const { &#rt::Call::new(#name) }),
        };
        Asks { at, before, value, returns, call }
    }

    /// Whether a policy that has so many beneath it, itself included, stands beneath a limit of a function that blocks, and so
    /// knows its deadline.
    fn has_deadline(&self, depth: usize) -> bool {
        let policies = &self.stack.policies;
        !self.stack.is_async && policies[..policies.len() - depth].iter().any(|above| above.kind == Kind::Timeout)
    }

    /// The type that a policy stands around which has so many beneath it, itself included, as a value.
    fn returns(&self, depth: usize, at: Span) -> TokenStream {
        let Stack { rt, returns, attempt_returns, .. } = self.stack;
        let attempt = self.stack.tells_causes() && depth <= self.retry;
        let (returns, name) = if attempt { (attempt_returns, ATTEMPT_RETURNS) } else { (returns, RETURNS) };
        if self.stack.is_opaque() {
            return names::local_at(name, at).into_token_stream();
        }
        let rt = respanned(rt.clone(), at);
        quote_spanned!(at=> #rt::Returns::<#returns>::new())
    }

    /// Calls again.
    fn again(&self, depth: usize, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let Stack { rt, args, .. } = self.stack;
        let asks = self.asked(depth, policy, made);
        let Asks { at, before, value, returns, call } = &asks;
        let [outcome, delay, causes, permit] = ["outcome", "delay", "causes", "permit"].map(names::local);
        // Ours lets every call through and is not asked afterwards, and it alone says when an attempt is the last one.
        let ours = made.fails;
        let more = if ours { quote!(#value.may_follow(&#permit)) } else { quote!(true) };
        let enter = if ours { quote!(let mut #permit = #value.begin();) } else { self.enter(depth, &asks, true) };
        let kept = args.iter().map(|arg| arg.keep(rt, takes_whole(inner, arg)));
        let bound = args.iter().map(|arg| arg.bind(rt, &more, takes_whole(inner, arg)));
        let nest = if ours || !self.stack.is_async { self.nest(inner) } else { self.around(&asks, inner) };
        let blocks = self.blocks(&asks, ours);
        let sleep = self.wait(&quote!(#rt::sleep), &quote!(#rt::sleep_async), &delay);
        let again = quote_spanned!(*at=> #returns.again(#value, #call, &mut #permit, &#outcome));
        let after = quote_spanned!(*at=> #returns.after(#value, #call, #permit, #outcome));
        let after = if ours { outcome.to_token_stream() } else { after };
        let tells = self.stack.tells_causes();
        let keep_causes = tells.then(|| quote!(let mut #causes = #rt::Causes::new();));
        let keep = tells.then(|| quote!(#causes.keep(#delay, &#outcome);));
        let settled = if tells { quote!(#causes.settle(#after)) } else { after };
        let label = (!ours).then(|| Self::label(depth)).map(|label| quote!(#label:));
        quote!(#label {
            #before
            #blocks
            #enter
            #keep_causes
            #(#kept)*
            loop {
                #(#bound)*
                // In a block, as an async function would otherwise keep the outcome while it waits.
                let #delay = {
                    let #outcome = #nest;
                    let #delay = #again;
                    #keep
                    match #delay {
                        #rt::core::option::Option::None => break #settled,
                        #rt::core::option::Option::Some(#delay) => #delay,
                    }
                };
                #sleep;
            }
        })
    }

    /// Asks whether to call at all; who is refused leaves by the label.
    fn enter(&self, depth: usize, asks: &Asks, repeats: bool) -> TokenStream {
        let tells = repeats && self.stack.tells_causes();
        let Stack { rt, is_async, .. } = self.stack;
        let Asks { at, value, returns, call, .. } = asks;
        let [permit, outcome, other] = ["permit", "outcome", "other"].map(names::local);
        let label = Self::label(depth);
        let ask = quote_spanned!(*at=> #returns.before(#value, #call));
        let mutable = repeats.then(|| quote!(mut));
        let refused = if tells { quote!(#rt::Causes::new().settle(#outcome)) } else { quote!(#outcome) };
        let waited = if *is_async { quote!(#other.wait().await) } else { quote!(#other.block()) };
        quote! {
            let #mutable #permit = loop {
                match #ask {
                    #rt::Before::Go(#permit) => break #permit,
                    // Moved away as a whole, so that it is not kept while the call waits.
                    #other => match #waited {
                        #rt::core::result::Result::Ok(#rt::core::option::Option::Some(#permit)) => break #permit,
                        #rt::core::result::Result::Ok(#rt::core::option::Option::None) => {}
                        #rt::core::result::Result::Err(#outcome) => break #label #refused,
                    },
                }
            };
        }
    }

    fn label(depth: usize) -> Lifetime {
        Lifetime::new(&format!("'policy{depth}"), Span::mixed_site())
    }

    /// Refuses a policy that would do nothing to a call that is not async, unless it is known to do something.
    fn blocks(&self, asks: &Asks, known: bool) -> Option<TokenStream> {
        let Asks { at, value, returns, .. } = asks;
        (!known && !self.stack.is_async).then(|| quote_spanned!(*at=> #returns.blocks(#value);))
    }

    /// Cancels, or gives a deadline.
    fn limit(&self, depth: usize, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let asks = self.asked(depth, policy, made);
        let Asks { at, before, value, call, .. } = &asks;
        if let Some((_, pat, ty)) = self.stack.deadline.as_ref().filter(|_| !self.stack.is_async) {
            let (nest, deadline) = (self.nest(inner), names::local_at(DEADLINE, ty.span()));
            // That of the innermost limit is the function's.
            let innermost = inner.iter().all(|policy| policy.kind != Kind::Timeout);
            let given = innermost.then(|| quote!(let #pat: #ty = #deadline;));
            let rt = &self.stack.rt;
            let outer = if self.has_deadline(depth) { quote!(#deadline) } else { quote!(#rt::Deadline::never()) };
            let run = quote_spanned!(*at=> #value.run_as(#call, #outer, |#deadline| { #given #nest }));
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
    fn after(&self, depth: usize, policy: &Policy, made: &Made, inner: &[Policy]) -> TokenStream {
        let Asks { at, before, value, returns, call } = self.asked(depth, policy, made);
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
        let asks = self.asked(depth, policy, made);
        let Asks { at, before, value, returns, call } = &asks;
        let [permit, outcome] = ["permit", "outcome"].map(names::local);
        let label = Self::label(depth);
        let around = made.asked == Asked::Around;
        let nest = if self.stack.is_async && around { self.around(&asks, inner) } else { self.nest(inner) };
        let blocks = self.blocks(&asks, !around);
        let once = around.then(|| quote_spanned!(*at=> #returns.calls_once(#value);));
        let enter = self.enter(depth, &asks, false);
        let after = quote_spanned!(*at=> #returns.after(#value, #call, #permit, #outcome));
        quote!(#label: {
            #before
            #blocks
            #once
            #enter
            let #outcome = #nest;
            #after
        })
    }

    fn wait(&self, thread: &TokenStream, task: &TokenStream, time: &Ident) -> TokenStream {
        if self.stack.is_async { quote!(#task(#time).await) } else { quote!(#thread(#time)) }
    }
}
