//! The one place that knows where the runtime is.

use proc_macro2::TokenStream;
use quote::quote;

/// The path of the hidden module that generated code calls: `::millstream::__private`, or `<krate>::__private`.
pub(crate) fn runtime(krate: Option<&syn::Path>) -> TokenStream {
    if let Some(krate) = krate { quote!(#krate::__private) } else { quote!(::millstream::__private) }
}
