//! `redrive`: dead letters go through their pipeline again, none of them twice, and none is lost.
//!
//! Most tests run a pipeline that rejects something, run it again with another bound, and look at what is in the files and
//! in the log.
#![deny(warnings, missing_docs)]
#![allow(clippy::trivially_copy_pass_by_ref, clippy::redundant_closure, reason = "stages take what users' stages take")]

mod branches;
mod ends;
mod interrupted;
mod kept;
mod letters;
mod stateful;
mod support;
