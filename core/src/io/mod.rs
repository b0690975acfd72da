//! The ends of a pipeline that are files: sources that read them, sinks that write them, and dead letters.
//!
//! ```no_run
//! use millstream_core::io::{csv, json_lines};
//! # use millstream_core::record::{FromRow, Record};
//! # fn ends<T: Record>() where for<'a> T::Of<'a>: FromRow<'a> {
//! let readings = csv::source::<T>("readings.csv").max_line(1 << 20);
//! let anomalies = json_lines::sink("anomalies.jsonl");
//! # }
//! ```

mod beside;
mod claims;
pub mod csv;
mod faults;
mod file;
mod input;
pub mod json_lines;
pub mod letters;

pub(crate) use beside::{is_at, remove_whole_beside, sync_directory_of, whole_beside};
pub(crate) use file::Output;
pub use file::SinkError;
pub use input::{DEFAULT_MAX_LINE, Input, ReadError};
