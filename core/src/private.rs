//! All that generated code may call, and only that. Not a public interface: it changes with the macros.

pub use crate::error::{BoxError, Error};
pub use crate::sink::{Closed, Sink};
pub use crate::source::{At, Position, Source};
pub use crate::stage::{
    AnyKey, Described, Descriptor, Finish, Flow, HasParam, Init, Kind, Never, Param, Rejected, Renew, Stage, param_id,
};
pub use ::core;
pub use ::std;
pub use serde;
pub use typed_builder;
