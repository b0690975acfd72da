//! `redrive`: dead letters go through their pipeline again, none of them twice, and none is lost.
//!
//! Most tests run a pipeline that rejects something, run it again with another bound, and look at what is in the files and
//! in the log.
#![deny(warnings, missing_docs)]
#![allow(
    clippy::elidable_lifetime_names,
    clippy::items_after_statements,
    clippy::needless_lifetimes,
    clippy::redundant_closure,
    clippy::trivially_copy_pass_by_ref,
    reason = "stages are written as users write them, where they are used"
)]

mod branches;
mod ends;
mod formats;
mod interrupted;
mod kept;
mod letters;
mod meeting;
mod stateful;
mod support;
