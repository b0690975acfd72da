//! The built-in ends of a pipeline: files and channels, to read from and to write to, and dead letters.
//!
//! A file whose name ends in `.gz` or `.zst` is read and written compressed, where the features `gzip` and `zstd` are on.
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
pub mod channel;
mod claims;
mod compress;
pub mod csv;
mod faults;
mod file;
mod files;
mod finite;
pub mod json;
pub mod json_lines;
pub mod letters;
pub mod lines;
mod read;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub(crate) use beside::{is_at, remove_whole_beside, sync_directory_of, whole_beside};
pub(crate) use file::Output;
pub use file::SinkError;
pub use files::{Files, FilesError, files};
pub use finite::JsonWriteError;
pub use read::{DEFAULT_MAX_LINE, FileSource, Input, ReadError, ReadErrorKind};

/// A sink that is told, before it opens, of which record its items are; `None` if they are of none.
#[doc(hidden)]
pub trait RecordSink {
    /// What the items will be.
    fn expect_items_of(&mut self, schema: Option<&'static crate::record::Schema>);
}
