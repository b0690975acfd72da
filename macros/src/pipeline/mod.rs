//! `pipeline!`.

use proc_macro2::TokenStream;

pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    tokens
}
