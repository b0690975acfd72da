//! What the code that `#[record]` writes may call, and only that.

pub use super::Record;
pub use super::cell::field_with;
pub use super::checks::{
    Followed, Passed, Pattern, Probe, assert_bounds, each, event_time, finite, len, measured, one_of, one_of_text,
    pattern, range, some, verdict,
};
pub use super::constraints::Validate;
#[cfg(feature = "decimal")]
pub use super::decimal::decimal;
pub use super::decode::{FieldError, FromField, FromRow, Row, RowError, field, rejected, takes_default, zoned_field};
pub use super::fields::{Exact, Fields, Next, Written, deserialize, deserialize_in_zone, validated};
pub use super::json::{FromJson, Scratch, from_json};
pub use super::layout::{Layout, Place};
pub use super::packed::{AsIs, Bits, Flag, Is, IsNot, Keep, KeepOption, Optional, OptionalFlag, bytes, places};
pub use super::plain::Plain;
pub use super::schema::{Constraint, Extra, Field, Holds, Schema, Variant};
pub use super::seconds;
pub use super::time::Zone;
pub use super::values::{FromValues, Values};
pub use super::variant_row::variant_of_row;
pub use super::variants::{Content, Variants, deserialize_variant, variant_from_json};
pub use super::violations::{Path, Violations};
pub use crate::key::Key;
pub use crate::policy::MarkStale;
