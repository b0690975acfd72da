//! What the README shows is what happens.

use std::fmt::Write;
use std::process::Command;

use super::program;

const README: &str = include_str!("../../README.md");

/// The text of the code block that starts with the line `fence`.
fn block(fence: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n{fence}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

/// 30,000 readings of three sensors: four of them far off, one no number, and one out of range.
fn readings() -> String {
    let mut csv = String::from("at,sensor,celsius\n");
    for i in 0_u32..30_000 {
        let (sensor, usual) = [("attic", 24.0), ("cellar", 12.0), ("kitchen", 21.0)][(i % 3) as usize];
        let off = if i % 7_000 == 6_999 { 30.0 } else { 0.0 };
        let celsius = match i {
            1_234 => "warm".to_owned(),
            20_000 => "1000".to_owned(),
            _ => format!("{:.1}", usual + f64::from(i * 7 % 13) / 10.0 + off),
        };
        let (day, hour, minute) = (1 + i / 1_440, i / 60 % 24, i % 60);
        writeln!(csv, "2026-03-{day:02}T{hour:02}:{minute:02}:00Z,{sensor},{celsius}").unwrap();
    }
    csv
}

#[test]
fn shows_the_program_of_the_example() {
    assert_eq!(block("```rust,no_run"), include_str!("../../examples/readings.rs").trim_end());
}

#[test]
fn shows_what_the_program_prints() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("readings.csv"), readings()).unwrap();
    let ran = Command::new(program("readings")).current_dir(dir.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let printed = String::from_utf8(ran.stdout).unwrap();
    // How long it took differs.
    let untimed = |text: &str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.split(" items in ").next().unwrap_or("").to_owned()).collect()
    };
    assert_eq!(untimed(block("```text\n$ cargo run --release")), untimed(&printed));
    let letters = std::fs::read_to_string(dir.path().join("rejects.jsonl")).unwrap();
    let shown = block("```json");
    let (shown, _) = shown.split_once("\"at\":").unwrap();
    assert!(letters.starts_with(&shown.replace('\n', "").replace(" \"", "\"")), "{letters}");
}
