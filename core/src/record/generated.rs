//! What the code that `#[record]` writes may call, and only that.

pub use super::Record;
pub use super::cell::field_with;
pub use super::checks::{
    Followed, Passed, Pattern, Probe, assert_bounds, assert_size, each, event_time, finite, len, measured, one_of,
    one_of_text, pattern, range, some, verdict,
};
pub use super::constraints::Validate;
pub use super::decode::{FieldError, FromField, FromRow, Row, RowError, field, rejected, takes_default, zoned_field};
pub use super::fields::{Exact, Fields, Next, deserialize, deserialize_in_zone, validated};
pub use super::json::{FromJson, Scratch, from_json};
pub use super::schema::{Constraint, Extra, Field, Schema};
pub use super::time::Zone;
pub use super::violations::{Path, Violations};
