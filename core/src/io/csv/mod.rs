//! Comma-separated values: rows under a header that names the columns.
//!
//! Fields stand between commas; one that holds a comma, a quote or a line break stands in double quotes, a quote inside
//! it doubled (RFC 4180). A quote elsewhere in a field stands for itself, which many files have; text behind a closing quote is
//! rejected, as it would be lost which quotes were meant. Rows end with `\n`, `\r\n` or `\r`; a byte order mark at the start is skipped. Other delimiters and
//! quotes, and files without a header, are options of [`source`] and [`sink`].

mod encode;
mod fields;
mod header;
mod index;
mod marks;
mod options;
mod replay;
mod rows;
mod sink;
mod source;

pub use encode::WriteError;
pub use header::HeaderError;
pub use options::OptionError;
pub use sink::{Csv, sink};
pub use source::{CsvRows, CsvSource, Reject, from_reader, source};
