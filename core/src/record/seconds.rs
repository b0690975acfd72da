//! The age of a value in data: a number of seconds, or nothing.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the seconds.
#[allow(clippy::ref_option, clippy::missing_errors_doc, reason = "serde calls it, with a reference to the field")]
pub fn serialize<S: Serializer>(age: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    age.map(|age| age.as_secs_f64()).serialize(serializer)
}

/// Reads the seconds, to the nearest nanosecond.
#[allow(clippy::missing_errors_doc, reason = "serde calls it")]
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    let age = |seconds| {
        let wrong = |_| D::Error::custom(format_args!("an age is a number of seconds from 0, got {seconds}"));
        Duration::try_from_secs_f64(seconds).map_err(wrong)
    };
    seconds.map(age).transpose()
}
