//! The runtime of Millstream. Use the crate `millstream`; this one is what its macros call.

pub mod error;
pub mod io;
pub mod key;
pub mod moments;
pub mod plan;
#[doc(hidden)]
pub mod private;
pub mod record;
pub mod report;
pub mod sink;
pub mod source;
pub mod stage;
