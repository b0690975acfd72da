//! The CSV source reads what the csv crate reads. The body is a test's as well: `cargo test -p millstream-core --test
//! csv_differential`.
#![no_main]

#[path = "../../core/tests/common/csv_rows.rs"]
mod csv_rows;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| csv_rows::compare_any(bytes));
