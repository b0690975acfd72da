//! What stands beside a function that is on its own: a type of the same name, with `describe()` and what the policies keep.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;
use syn::ext::IdentExt;

use super::model::{Home, Policy, Stack, State};
use super::syntax::Kind;

/// For `#[retry] fn read()`:
///
/// ```ignore
/// enum read {}
/// impl read {
///     fn describe() -> rt::Stack { .. }
/// }
/// ```
pub(crate) fn handle(func: &ItemFn, stack: &Stack) -> TokenStream {
    let states = stack.policies.iter().filter_map(|policy| policy.made.as_ref()?.state.as_ref());
    let states = states.map(|state| kept(func, state, &stack.rt));
    let members = quote!(#(#states)*);
    beside(func, stack, &members)
}

/// The same for a function of which something is wrong, so that nobody misses the type.
pub(crate) fn stub(func: &ItemFn, stack: &Stack) -> TokenStream {
    let (vis, rt) = (&func.vis, &stack.rt);
    let breaker = stack.has(Kind::CircuitBreaker).then(|| {
        quote! {
            #vis fn breaker() -> &'static #rt::CircuitBreaker {
                static NONE: #rt::CircuitBreaker = #rt::CircuitBreaker::consecutive(1);
                &NONE
            }
        }
    });
    let cached = stack.has(Kind::Cached).then(|| {
        quote! {
            #[doc(hidden)]
            fn __cached() -> &'static #rt::State {
                static NONE: #rt::State = #rt::State::new();
                &NONE
            }
        }
    });
    let stale = stack.policies.iter().any(|policy| policy.gives_stale).then(|| {
        quote! {
            #[doc(hidden)]
            fn __stale() -> &'static #rt::State {
                static NONE: #rt::State = #rt::State::new();
                &NONE
            }
        }
    });
    beside(func, stack, &quote!(#breaker #cached #stale))
}

fn beside(func: &ItemFn, stack: &Stack, members: &TokenStream) -> TokenStream {
    // A generic stage's type would need its generics here.
    if stack.home == Home::Method || (stack.has_type && stack.home == Home::Generic) {
        return TokenStream::new();
    }
    let (vis, name) = (&func.vis, &func.sig.ident);
    let docs = format!("The policies of the function `{}`.", name.unraw());
    let cfgs: Vec<_> = func.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
    let (describe, cache, stale) = (describe(func, stack), cache(func, stack), stale(func, stack));
    let own = (!stack.has_type).then(|| {
        quote! {
            #(#cfgs)*
            #[doc = #docs]
            #[allow(dead_code, missing_copy_implementations, missing_debug_implementations, non_camel_case_types)]
            #vis enum #name {}
        }
    });
    quote! {
        #own
        #(#cfgs)*
        #[allow(dead_code)]
        impl #name {
            #describe
            #members
            #cache
            #stale
        }
    }
}

/// Whether such a policy keeps its values beside the function.
fn has_own(stack: &Stack, is: impl Fn(&Policy) -> bool) -> bool {
    let own = |policy: &Policy| policy.made.as_ref().is_none_or(|made| made.state.is_some());
    stack.policies.iter().any(|policy| is(policy) && own(policy))
}

/// What the caches can be asked.
fn cache(func: &ItemFn, stack: &Stack) -> Option<TokenStream> {
    let (vis, rt) = (&func.vis, &stack.rt);
    has_own(stack, |policy| policy.kind == Kind::Cached).then(|| {
        quote! {
            /// How often the cache helped.
            #vis fn stats() -> #rt::Stats {
                Self::__cached().stats()
            }
            /// Forgets all that the cache keeps.
            #vis fn clear() {
                Self::__cached().clear();
            }
        }
    })
}

/// What the last good values can be asked.
fn stale(func: &ItemFn, stack: &Stack) -> Option<TokenStream> {
    let vis = &func.vis;
    has_own(stack, |policy| policy.gives_stale).then(|| {
        quote! {
            /// Forgets the last good values.
            #vis fn clear_stale() {
                Self::__stale().clear();
            }
        }
    })
}

/// What lives as long as the program, or as a simulation, and the function that gives it.
fn kept(func: &ItemFn, state: &State, rt: &TokenStream) -> TokenStream {
    let State { name, docs, ty, init, breakers, public } = state;
    let (vis, docs) = if *public {
        let vis = &func.vis;
        (quote!(#vis), quote!(#[doc = #docs]))
    } else {
        (quote!(), quote!(#[doc(hidden)]))
    };
    let breakers = breakers.as_ref().map(|(given, get)| {
        let (vis, docs) = (&func.vis, state.docs);
        quote! {
            #[doc = #docs]
            #vis fn breakers() -> &'static #given {
                #get
            }
        }
    });
    quote! {
        #docs
        #[inline]
        #vis fn #name() -> &'static #ty {
            const FRESH: #ty = #init;
            static STATE: #rt::PerWorld<#ty> = #rt::PerWorld::new(FRESH, || FRESH);
            STATE.get()
        }
        #breakers
    }
}

fn describe(func: &ItemFn, stack: &Stack) -> TokenStream {
    let (vis, rt) = (&func.vis, &stack.rt);
    let name = func.sig.ident.unraw().to_string();
    let layers = stack.policies.iter().map(|policy| {
        let (word, text) = (policy.kind.name(), &policy.text);
        quote!(#rt::Layer { policy: #word, options: #text })
    });
    let args = stack.args.iter().filter(|_| stack.has(Kind::Retry));
    let cloned = args.map(|arg| {
        let (text, clones) = (&arg.text, arg.clones(rt, func));
        quote!((#text, #clones))
    });
    quote! {
        /// The policies of the function, outermost first, and what they cost.
        #vis fn describe() -> #rt::Stack {
            #rt::stack(#name, &[#(#layers),*], &[#(#cloned),*])
        }
    }
}
