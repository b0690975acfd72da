//! The examples, as their users run them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

mod departments;
mod flaky_sensors;
mod orders;
mod readme;
mod sensors;
mod warehouse;

/// The program of an example. `cargo test` has mostly built it already; asking cargo for it finds it under any target
/// directory, also when this test alone is run.
fn program(example: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--message-format", "json", "--example", example]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success(), "the example does not build");
    let messages = String::from_utf8(built.stdout).unwrap();
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut executables = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.next().expect("cargo names the executable")
}
