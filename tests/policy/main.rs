//! Policies as attributes: what they did is a log of events under a virtual clock.

mod arguments;
mod beside;
mod forms;
mod kept;
mod keys;
mod options;
mod pipeline;
#[allow(
    clippy::needless_pass_by_value,
    clippy::unchecked_time_subtraction,
    reason = "the model is to be plain, and to fail should its time go back"
)]
mod scripts;
mod stacks;
mod stages;
mod tower;
mod worlds;

use std::fmt;
use std::time::Duration;

use millstream::policy::{BulkheadFull, CircuitOpen, RateLimited, TimedOut};
use millstream::testing::{Script, Step, err};

/// What the services of these tests fail with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ApiError {
    Busy,
    Gone,
    Open(Duration),
    Slow(Duration),
    Limited(Duration),
    Full,
}

impl ApiError {
    pub(crate) fn is_transient(&self) -> bool {
        !matches!(self, ApiError::Gone)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for ApiError {}

impl From<CircuitOpen> for ApiError {
    fn from(CircuitOpen { retry_after }: CircuitOpen) -> Self {
        ApiError::Open(retry_after)
    }
}

impl From<TimedOut> for ApiError {
    fn from(TimedOut { limit }: TimedOut) -> Self {
        ApiError::Slow(limit)
    }
}

impl From<RateLimited> for ApiError {
    fn from(RateLimited { retry_after }: RateLimited) -> Self {
        ApiError::Limited(retry_after)
    }
}

impl From<BulkheadFull> for ApiError {
    fn from(_: BulkheadFull) -> Self {
        ApiError::Full
    }
}

/// A service that does one thing after the other.
pub(crate) type Service = Script<Result<u32, ApiError>>;

pub(crate) fn fails() -> Step<Result<u32, ApiError>> {
    err(ApiError::Busy)
}
