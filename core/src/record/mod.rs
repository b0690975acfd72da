//! Records: structs and enums that know their schema, check themselves and read themselves from rows and JSON.

mod cell;
mod checks;
mod constraints;
#[cfg(feature = "decimal")]
mod decimal;
mod decode;
mod fields;
#[doc(hidden)]
pub mod generated;
mod json;
mod kept;
mod layout;
mod number;
mod packed;
mod plain;
mod schema;
#[doc(hidden)]
pub mod seconds;
mod swar;
mod text;
mod time;
mod utf8;
mod values;
mod variant_row;
mod variants;
mod violations;

pub use constraints::{Bounded, Counted, EventTime, Float, Measured, Text, Validate, Verdict};
pub use decode::{FieldError, FromField, FromRow, Row, RowError, WrongField};
pub use json::{FromJson, JsonError, Scratch};
pub use layout::{Layout, Place};
pub use schema::{Constraint, Extra, Field, Holds, Schema, Variant};
pub use text::{Short, Symbol};
pub use time::{CivilTime, TimeError, Timestamp};
#[cfg(feature = "sqlite")]
pub(crate) use violations::shortened;
pub use violations::{Path, Violation, Violations};

/// An exact decimal number of up to 28 digits, in 16 bytes: the type of money. With the feature `decimal`.
///
/// A cell such as `129.90` and a JSON number or string are read digit by digit, never by way of a float; what does not fit is
/// refused. It is written as a JSON string, `"129.90"`, and as the same text in CSV.
#[cfg(feature = "decimal")]
#[doc(inline)]
pub use rust_decimal::Decimal;

/// A struct or an enum with a schema. `#[record]` writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "this is not a record",
    note = "write `#[record]` on `{Self}`"
)]
pub trait Record: Validate {
    /// The same record with borrows of another lifetime: `Reading<'x>` has `Of<'a> = Reading<'a>`; a record that borrows
    /// nothing is its own.
    type Of<'a>;

    /// What the record is, as data.
    const SCHEMA: &'static Schema;

    /// Where each of its bytes is.
    const LAYOUT: &'static Layout;

    /// Checks every field against its constraints, and what the fields hold.
    ///
    /// # Errors
    /// Every violation, with the path of its field.
    #[inline]
    fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::default();
        self.validate_at(&Path::ROOT, &mut found);
        found.into_result()
    }
}
