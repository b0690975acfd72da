//! JSON lines: one JSON value a line.
//!
//! Lines end with `\n` or `\r\n`; a byte order mark at the start is skipped. The sink refuses floats that JSON
//! has no number for.

pub(super) mod finite;
mod sink;
mod source;

pub use sink::{JsonLines, sink};
pub use source::{JsonLinesSource, Reject, from_reader, source};
