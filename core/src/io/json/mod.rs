//! A JSON array, element by element.
//!
//! The file holds one array and white space around it; a byte order mark at the start is skipped. No more than one element is
//! kept in memory, so the array may be of any length.

mod sink;
mod source;

pub use sink::{Json, sink};
pub use source::{ArrayError, Elements, JsonSource, Reject, from_reader, source};
