//! Reads JSON lines in all ways, which must agree.

#![no_main]

#[path = "../../tests/support/json_lines.rs"]
mod json_lines;

libfuzzer_sys::fuzz_target!(|data: &[u8]| json_lines::check(data));
