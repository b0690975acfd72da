//! The procedural macros of Millstream. Use them through the crate `millstream`.
//!
//! Each word has a folder with the same steps: `syntax` keeps the tokens as they were typed, `model` knows what they mean,
//! `check` reports what is wrong with them, `expand` writes the code. Everything below this file is `proc_macro2`.

#![allow(clippy::large_enum_variant, clippy::result_large_err, reason = "a syntax tree is built once, by the compiler")]

use proc_macro::TokenStream;

mod attr;
mod diag;
mod names;
mod paths;
mod pipeline;
mod policy;
mod record;
mod signature;
mod stage;
mod text;

/// Turns a struct into a record. See the guide `docs::records` of the crate `millstream`.
#[proc_macro_attribute]
pub fn record(options: TokenStream, item: TokenStream) -> TokenStream {
    record::expand(options.into(), item.into()).into()
}

/// Turns a function, or `impl Stage<In> for T`, into a stage. See the guide `docs::stages` of the crate `millstream`.
#[proc_macro_attribute]
pub fn stage(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Stage, options.into(), item.into()).into()
}

/// Turns a function, or `impl Source for T`, into a source. See the guide `docs::ends` of the crate `millstream`.
#[proc_macro_attribute]
pub fn source(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Source, options.into(), item.into()).into()
}

/// Turns a function, or `impl Sink<In> for T`, into a sink. See the guide `docs::ends` of the crate `millstream`.
#[proc_macro_attribute]
pub fn sink(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Sink, options.into(), item.into()).into()
}

/// Turns a function into a factory of a resource. See the guide `docs::resources` of the crate `millstream`.
///
/// On a parameter of a stage, source, sink or factory it is a mark: the parameter is a resource.
#[proc_macro_attribute]
pub fn resource(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Resource, options.into(), item.into()).into()
}

/// Marks the function that a stage calls at the end of its input. See the guide `docs::stages` of the crate `millstream`.
#[proc_macro_attribute]
pub fn finish(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::finish::expand(options.into(), item.into()).into()
}

/// Composes a source, stages and sinks. See the guide `docs::pipelines` of the crate `millstream`.
#[proc_macro]
pub fn pipeline(tokens: TokenStream) -> TokenStream {
    pipeline::expand(tokens.into()).into()
}
