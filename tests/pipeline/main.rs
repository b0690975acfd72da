//! `pipeline!`: what a run does, asserted as outputs, counts and logs of events.
//!
//! Every run goes through [`support::ran`] or [`support::failed`], which check that nothing disappeared uncounted.
#![deny(warnings, missing_docs)]
#![allow(
    clippy::elidable_lifetime_names,
    clippy::items_after_statements,
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls,
    clippy::too_many_lines,
    clippy::trivially_copy_pass_by_ref,
    clippy::while_let_on_iterator,
    reason = "each form that users write is tested, also where another would be shorter"
)]

mod accounting;
mod aggregate;
mod borrowed;
mod branches;
mod closures;
mod ends;
mod finish;
mod headers;
mod in_memory;
mod items;
mod join;
mod keyed;
mod panics;
mod parts;
mod paths;
mod rejects;
mod reuse;
mod setup;
mod support;
mod words;
