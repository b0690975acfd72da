//! JSON lines: one JSON value a line.
//!
//! Lines end with `\n` or `\r\n`; a byte order mark at the start is skipped. The sink refuses floats that JSON
//! has no number for.

mod sink;
mod source;

pub use sink::{JsonLines, sink};
pub use source::{JsonLinesSource, JsonRows, Reject, from_reader, source};
