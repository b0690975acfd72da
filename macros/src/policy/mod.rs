//! The policies: `#[retry]` and its like.

/// The attributes.
const POLICIES: [&str; 8] =
    ["bulkhead", "cached", "circuit_breaker", "fallback", "rate_limit", "retry", "timeout", "wrap"];

/// Whether an attribute is a policy, behind whatever path.
pub(crate) fn is_policy(attr: &syn::Attribute) -> bool {
    attr.path().segments.last().is_some_and(|word| POLICIES.iter().any(|policy| word.ident == policy))
}
