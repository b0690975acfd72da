//! The rules of a function with policies, in reading order.

use quote::ToTokens;
use syn::{ItemFn, ReturnType, Type};

use super::model::Stack;
use super::syntax::Kind;
use crate::diag::Diag;
use crate::signature::{Primitive, bare};

type Rule = fn(&ItemFn, &Stack, &mut Diag);

pub(crate) fn all(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    let rules: [Rule; 10] = [
        not_const,
        not_variadic,
        async_is_there,
        no_future_by_hand,
        returns_a_result,
        self_begins_anew,
        one_of_each_kind,
        order_means_something,
        limit_can_be_kept,
        deadline_has_a_limit,
    ];
    for rule in rules {
        rule(func, stack, diag);
    }
}

/// The attribute that the function is refused by, for the message.
fn word(stack: &Stack) -> String {
    stack.policies.first().map(|policy| policy.kind.attribute()).unwrap_or_default()
}

fn not_const(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    if let Some(token) = &func.sig.constness {
        diag.error(
            token,
            format!("`{}` acts when a function runs, which a `const fn` need not; remove `const`", word(stack)),
        );
    }
}

fn not_variadic(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    if let Some(variadic) = &func.sig.variadic {
        diag.error(variadic, format!("`{}` needs to know every argument; remove `...`", word(stack)));
    }
}

fn async_is_there(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    if let Some(token) = func.sig.asyncness.as_ref().filter(|_| !cfg!(feature = "async")) {
        let word = word(stack);
        diag.error(
            token,
            format!("`{word}` is for async functions with the feature `async`; write `millstream = {{ features = [\"async\"] }}` in Cargo.toml"),
        );
    }
}

/// `impl Future` and `Pin<Box<dyn Future>>`.
fn is_future(ty: &Type) -> bool {
    let bounds = match innermost(ty) {
        Type::ImplTrait(opaque) => &opaque.bounds,
        Type::TraitObject(object) => &object.bounds,
        _ => return false,
    };
    bounds.iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
        _ => false,
    })
}

/// The call would be over before anything has happened.
fn no_future_by_hand(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    let ReturnType::Type(_, ty) = &func.sig.output else { return };
    if is_future(ty) {
        diag.error(
            ty,
            format!(
                "`{}` would be done before this future begins; write `async fn`, and return what the future gives",
                word(stack)
            ),
        );
    }
}

/// What stands in `Pin<Box<..>>`.
fn innermost(ty: &Type) -> &Type {
    if let Type::Path(path) = bare(ty)
        && let Some(last) = path.path.segments.last()
        && (last.ident == "Pin" || last.ident == "Box")
        && let syn::PathArguments::AngleBracketed(args) = &last.arguments
        && let Some(syn::GenericArgument::Type(inner)) = args.args.first()
    {
        return innermost(inner);
    }
    bare(ty)
}

fn returns_a_result(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    let Some(policy) = stack.policies.iter().find(|policy| policy.made.as_ref().is_some_and(|made| made.fails)) else {
        return;
    };
    let word = policy.kind.attribute();
    match &func.sig.output {
        ReturnType::Default => {
            let name = &func.sig.ident;
            diag.error(name, format!("`{word}` needs a function that can fail; let `{name}` return a `Result`"));
        }
        ReturnType::Type(_, ty) if is_no_result(ty) => {
            diag.error(ty, format!("`{word}` needs a function that can fail; return a `Result`"));
        }
        ReturnType::Type(..) => {}
    }
}

/// Whether a type cannot be a `Result`, by whatever name.
fn is_no_result(ty: &Type) -> bool {
    const OTHERS: [&str; 6] = ["Option", "String", "Vec", "Self", "HashMap", "Aged"];
    match bare(ty) {
        Type::Path(path) => {
            let other = path.path.segments.last().is_some_and(|last| OTHERS.iter().any(|other| last.ident == other));
            other || Primitive::of(ty).is_some()
        }
        Type::ImplTrait(_) => !is_future(ty),
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Slice(_) | Type::Never(_) | Type::Ptr(_) => true,
        _ => false,
    }
}

/// What an attempt does to its arguments the next one does not see, but nothing can be bound to `self`.
fn self_begins_anew(func: &ItemFn, stack: &Stack, diag: &mut Diag) {
    let Some(receiver) = func.sig.receiver().filter(|_| stack.has(Kind::Retry)) else { return };
    if let Some(token) = &receiver.mutability {
        diag.error(
            token,
            "the next attempt of `#[retry]` would see what this one did to `self`; remove `mut`, and write \
             `let mut this = self;` in the body",
        );
    }
}

fn one_of_each_kind(_: &ItemFn, stack: &Stack, diag: &mut Diag) {
    for (n, policy) in stack.policies.iter().enumerate() {
        let Some(above) = stack.policies[..n].iter().rposition(|above| above.kind == policy.kind) else { continue };
        let word = policy.kind.attribute();
        let hint = match policy.kind {
            // Any number of policies may be a user's own.
            Kind::Wrap => continue,
            // One for all attempts, one for each.
            Kind::Timeout if stack.policies[above..n].iter().any(|between| between.kind == Kind::Retry) => continue,
            Kind::Timeout => ", or write `#[retry]` between them: then one is for all attempts, and one for each",
            _ => "",
        };
        diag.error_at(policy.at, format!("`{word}` stands around this function already; remove one{hint}"));
    }
}

/// Stacks in which a policy could never do anything, or would do what nobody wants. The guide says what all others mean.
fn order_means_something(_: &ItemFn, stack: &Stack, diag: &mut Diag) {
    for (n, inner) in stack.policies.iter().enumerate() {
        for outer in &stack.policies[..n] {
            let what = match (outer.kind, inner.kind) {
                (Kind::Retry, Kind::Fallback) if !inner.selective => "never sees a failure to retry",
                (Kind::CircuitBreaker, Kind::Fallback) if !inner.selective => "never sees a failure to count",
                (Kind::Cached, Kind::Fallback) if !inner.gives_stale => "would keep what stands in for a failure",
                (Kind::Fallback, Kind::Cached) if outer.gives_stale => "would take what is cached for what is new",
                _ => continue,
            };
            let (outer, word) = (outer.kind.attribute(), inner.kind.attribute());
            diag.error_at(
                inner.at,
                format!("`{outer}` is around `{word}`, so it {what}; write `{word}` above `{outer}`"),
            );
            break;
        }
    }
}

fn limit_can_be_kept(_: &ItemFn, stack: &Stack, diag: &mut Diag) {
    if stack.is_async || stack.deadline.is_some() {
        return;
    }
    if let Some(policy) = stack.policies.iter().find(|policy| policy.kind == Kind::Timeout) {
        diag.error_at(
            policy.at,
            "`#[timeout]` cannot cancel a function that is not async; make it `async`, or let it check a parameter \
             `#[deadline] deadline: Deadline`",
        );
    }
}

fn deadline_has_a_limit(_: &ItemFn, stack: &Stack, diag: &mut Diag) {
    let Some((mark, ..)) = &stack.deadline else { return };
    if stack.is_async {
        diag.error(mark.path(), "an async function is cancelled and needs no deadline; remove this parameter");
    } else if !stack.has(Kind::Timeout) {
        let path = mark.path().to_token_stream();
        diag.error(path, "a deadline comes from `#[timeout]`; write one above the function");
    }
}
