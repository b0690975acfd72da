//! Records: structs that know their schema, check themselves and read themselves from rows.

mod decode;
pub use decode::{FromJson, FromRow, Row, Scratch};

/// A struct with a schema. `#[record]` writes this impl.
pub trait Record {
    /// The same record with borrows of another lifetime: `Reading<'x>` has `Of<'a> = Reading<'a>`; a record that borrows
    /// nothing is its own.
    type Of<'a>;
}
