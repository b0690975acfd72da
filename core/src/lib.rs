//! The runtime of Millstream. Use the crate `millstream`; this one is what its macros call.

pub mod aggregate;
#[doc(hidden)]
pub mod chain;
pub mod clock;
pub mod error;
pub mod io;
pub mod key;
pub mod moments;
pub mod pipeline;
pub mod plan;
pub mod policy;
#[doc(hidden)]
pub mod private;
pub mod record;
pub mod redrive;
#[doc(hidden)]
pub mod rejection;
pub mod report;
pub mod resource;
#[doc(hidden)]
pub mod reusable;
#[doc(hidden)]
pub mod run;
pub mod sink;
pub mod source;
#[doc(hidden)]
pub mod source_fn;
pub mod stage;
#[doc(hidden)]
pub mod stage_fn;
pub mod testing;
