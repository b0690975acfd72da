//! What does not need rustc.

use quote::quote;

use super::{Kind, expand};

#[test]
fn an_attribute_that_was_taken_is_nothing() {
    let item = quote!(
        const _: () = ();
    );
    assert!(expand(Kind::Timeout, quote!(__taken), item).is_empty());
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
