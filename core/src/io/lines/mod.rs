//! Lines of text.
//!
//! Lines end with `\n` or `\r\n`; a byte order mark at the start is skipped. Every line is an item, also an empty one.

mod sink;
mod source;

pub use sink::{Lines, WriteError, sink};
pub use source::{LinesSource, NotUtf8, TextRows, from_reader, source};
