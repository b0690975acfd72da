//! Typed data pipelines for Rust.

pub use millstream_core::error::{Error, Result};
pub use millstream_core::{error, io, key, moments, plan, record, report, sink, source, stage};

/// What a program that builds pipelines uses: `use millstream::prelude::*;`. It brings no lower-case type.
pub mod prelude {
    pub use millstream_macros::{finish, pipeline, record, stage};
}

pub use millstream_macros::{finish, pipeline, record, stage};

#[doc(hidden)]
pub use millstream_core::private as __private;
