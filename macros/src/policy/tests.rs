//! What does not need rustc.

use quote::quote;

use super::{Kind, expand};
use crate::signature::refers_to;

#[test]
fn an_attribute_that_was_taken_is_nothing() {
    let item = quote!(
        const _: () = ();
    );
    assert!(expand(Kind::Timeout, quote!(__taken), item).is_empty());
}

#[test]
fn a_text_in_an_expression_mentions_what_format_reads() {
    let name = quote::format_ident!("id");
    for expr in [quote!(id + 1), quote!(f(&id)), quote!(format!("a {id}")), quote!(println!("{ id :?} {:id$}", 1))] {
        assert!(refers_to(&expr, &name), "{expr}");
    }
    for expr in [quote!(idle), quote!(format!("id")), quote!(format!("{idle} {}", 'i')), quote!(a::<'id>())] {
        assert!(!refers_to(&expr, &name), "{expr}");
    }
}

#[cfg(not(feature = "async"))]
#[test]
fn async_functions_need_the_feature() {
    let function = quote!(
        async fn read() -> Result<u32, Error> {
            Ok(1)
        }
    );
    let expanded = expand(Kind::Retry, quote!(), function).to_string();
    assert!(expanded.contains("`#[retry]` is for async functions with the feature `async`"), "{expanded}");
    assert!(expanded.contains("async fn read ()"), "{expanded}");
}
