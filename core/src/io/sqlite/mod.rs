//! Tables of SQLite databases, as sources and as sinks. By feature `sqlite`.
//!
//! ```no_run
//! use millstream_core::io::sqlite;
//! # use millstream_core::record::Record;
//! # fn ends<T: Record>() {
//! let orders = sqlite::table::<T>("shop.db", "orders");
//! let large = sqlite::query::<T>("shop.db", "select * from orders where cents > 100000");
//! let copy = sqlite::sink("copy.db", "orders").create(true).busy_timeout("30s");
//! # }
//! ```
//!
//! # Values
//!
//! | field | written as | read from |
//! |---|---|---|
//! | integers | INTEGER; beyond 64 bits, signed, the item is rejected | INTEGER that fits |
//! | `f32`, `f64` | REAL; NaN is rejected | REAL, and INTEGER, if nothing is rounded |
//! | `bool` | INTEGER, 0 or 1 | INTEGER, 0 or 1 |
//! | texts, `char` | TEXT | TEXT that is UTF-8 |
//! | `Timestamp`, `CivilTime` | TEXT, as in JSON | TEXT |
//! | `Vec<u8>` | BLOB | BLOB |
//! | other lists, maps, nested records, enums with fields | TEXT that holds JSON | the same |
//! | enums without fields | TEXT, the name | TEXT |
//! | `Option` | NULL for `None` | NULL for `None` |
//!
//! Nothing is converted on the way: neither by this module, nor by the affinity of a column, which is checked.

mod database;
mod decode;
mod error;
mod kind;
mod read;
mod reader;
mod sink;
mod source;
mod table;
mod timeout;
mod write;

pub use error::{DatabaseError, TableError};
pub use sink::{Sqlite, WriteError, sink};
pub use source::{Reject, SqliteSource, WrongColumn, query, table};
pub use timeout::{InvalidOption, Timeout};
