//! The conformance kit: the built-in ends pass it, and ends that break a promise are caught by that.

mod ends;
mod ends_functions;
mod ends_io;
mod ends_sqlite;
mod plain;
mod readers;
mod sinks;
mod sources;
mod writers;

use millstream::testing::{Conformance, Violations};

/// What the kit said about an end that breaks promises: their names, and the first that was observed.
fn caught(found: Result<Conformance, Violations>) -> (Vec<&'static str>, String) {
    match found {
        Ok(_) => (Vec::new(), String::new()),
        Err(violations) => {
            let names = violations.iter().map(millstream::testing::Violation::promise).collect();
            (names, violations.iter().next().unwrap().observed().to_owned())
        }
    }
}

/// One line of a table of wrong ends: the bug, what it must be caught by, and what must have been observed of the first.
type Row<B> = (B, &'static [&'static str], &'static str);

/// Goes through a table; every end must be caught as it says.
fn table<B: Copy + std::fmt::Debug>(rows: &[Row<B>], check: impl Fn(B) -> Result<Conformance, Violations>) {
    let mut wrong = Vec::new();
    for (bug, promises, observed) in rows {
        let (names, first) = caught(check(*bug));
        if names != *promises || !first.contains(observed) {
            wrong.push(format!("{bug:?}: caught by {names:?}: {first}\n  expected {promises:?}: {observed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
