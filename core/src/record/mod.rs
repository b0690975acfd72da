//! Records: structs that know their schema, check themselves and read themselves from rows and JSON.

mod cell;
mod checks;
mod constraints;
mod decode;
mod fields;
#[doc(hidden)]
pub mod generated;
mod json;
mod schema;
mod time;
mod tracked;
mod violations;

pub use constraints::{Bounded, Counted, EventTime, Float, Measured, Text, Validate, Verdict};
pub use decode::{FieldError, FromField, FromRow, Row, RowError, WrongField};
pub use json::{FromJson, JsonError, Scratch};
pub use schema::{Constraint, Extra, Field, Schema};
pub use time::{CivilTime, TimeError, Timestamp};
#[cfg(feature = "sqlite")]
pub(crate) use violations::shortened;
pub use violations::{Path, Violation, Violations};

/// A struct with a schema. `#[record]` writes this impl.
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
