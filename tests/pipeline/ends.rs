//! The built-in ends as words.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use millstream::io::letters::Letter;
use millstream::prelude::*;

use crate::support::{counts, failed, ran};

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Order {
    id: u32,
    #[field(range = 0.0..)]
    amount: f64,
}

fn order(id: u32, amount: f64) -> Order {
    Order { id, amount }
}

/// A directory with these files.
fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn lines_in_and_out() {
    let dir = dir(&[("in.txt", "b\na\n\n")]);
    let [from, to] = ["in.txt", "out.txt"].map(|name| dir.path().join(name));
    let report = ran(pipeline!(lines(&from, max_line = 10) | filter(|line| !line.is_empty()) | lines(&to)).run());
    assert_eq!(read(to), "b\na\n");
    assert_eq!(counts(&report, "lines"), "input 3, passed 3, output 3");
    assert_eq!(report.plan.nodes[0].output, "&str");
}

#[test]
fn what_is_no_line_is_rejected_as_the_policy_says() {
    let dir = dir(&[]);
    let (from, to) = (dir.path().join("in.txt"), dir.path().join("out.txt"));
    fs::write(&from, b"a\n\xff\nb\n").unwrap();
    let error = failed(pipeline!(lines(&from) | discard()).run());
    let expected =
        format!("stage `lines` at line 2 of {}: the line is not UTF-8: byte 0xff at column 1", from.display());
    assert_eq!(error.to_string(), expected);
    let report =
        ran(pipeline!(lines(&from).or_skip() | map(|line| line.replace('b', "b\n")) | lines(&to).or_skip()).run());
    assert_eq!((report.counts[0].rejected, report.counts[2].rejected), (1, 1));
    assert_eq!(read(to), "a\n");
}

#[test]
fn an_array_in_and_out() {
    let dir = dir(&[("in.json", r#"[{"id": 1, "amount": 2.5}, {"id": -1, "amount": 0}, {"id": 2, "amount": 0.5}]"#)]);
    let [from, to, rejects] = ["in.json", "out.json", "rejects"].map(|name| dir.path().join(name));
    ran(pipeline!(json::<Order>(&from, max_item = 100).or_dead_letter(&rejects) | json(&to)).run());
    assert_eq!(read(&to), "[\n{\"id\":1,\"amount\":2.5},\n{\"id\":2,\"amount\":0.5}\n]\n");
    let letter: Letter = serde_json::from_str(&read(rejects)).unwrap();
    assert_eq!((letter.position.item, letter.position.byte), (2, Some(27)));
    assert_eq!(letter.raw.as_deref(), Some(&br#"{"id": -1, "amount": 0}"#[..]));

    fs::write(&from, "[{\"id\": 1, \"amount\": 2.5}").unwrap();
    let error = failed(pipeline!(json::<Order>(&from) | json(&to)).run());
    assert!(error.to_string().ends_with("the file ends, but the array is not closed by `]`"), "{error}");
    assert!(read(to).contains("\"id\":2"), "the old file stays");
}

#[test]
fn csv_with_options_in_and_out() {
    let dir = dir(&[("in.csv", "Customer;Total\n1;'2.5'\n"), ("bare.csv", "3.5;2\n")]);
    let [from, bare, to] = ["in.csv", "bare.csv", "out.csv"].map(|name| dir.path().join(name));
    let renamed = pipeline!(
        csv::<Order>(&from, delimiter = ';', quote = '\'', rename = [("Customer", "id"), ("Total", "amount")])
            | csv(&to, delimiter = b'\t', header = false)
    );
    ran(renamed.run());
    assert_eq!(read(&to), "1\t2.5\n");
    ran(pipeline!(csv::<Order>(&bare, delimiter = ';', header = false, columns = ["amount", "id"]) | csv(&to)).run());
    assert_eq!(read(&to), "id,amount\n2,3.5\n");
}

#[test]
fn options_that_are_wrong_fail_before_a_source_opens() {
    let delimiter = '\n';
    let error = failed(pipeline!(csv::<Order>("none.csv", delimiter = delimiter) | discard()).run());
    assert_eq!(error.to_string(), "stage `csv`: `delimiter` cannot be `\\n`, which ends a row");
    let error = failed(pipeline!(csv::<Order>("none.csv") | csv("out.csv", quote = delimiter)).run());
    assert_eq!(error.to_string(), "stage `csv#2`: `quote` cannot be `\\n`, which ends a row");
}

#[test]
fn files_are_paths_in_order() {
    let dir = dir(&[("b.csv", ""), ("a.csv", ""), ("c.txt", "")]);
    let pattern = format!("{}/*.csv", dir.path().display());
    let report =
        ran(pipeline!(files(&pattern) | map(|path: PathBuf| path.file_name().unwrap().to_owned()) | collect()).run());
    assert_eq!(report.output, ["a.csv", "b.csv"]);
    let none = format!("{}/*.json", dir.path().display());
    assert_eq!(ran(pipeline!(files(&none, optional = true) | collect()).run()).output, [""; 0].map(PathBuf::from));
    let error = failed(pipeline!(files(&none) | collect()).run());
    assert!(error.to_string().starts_with(&format!("stage `files`: no file matches `{none}`")), "{error}");
}

#[test]
fn the_files_of_a_pattern_are_read_as_one_source() {
    let dir =
        dir(&[("a.csv", "id,amount\n1,1\n"), ("b.csv", "amount,id\n2,2\nx,3\n-1,4\n"), ("c.csv", "id,amount\n5,5\n")]);
    let at = |name: &str| dir.path().join(name).display().to_string();
    let pattern = at("*.csv");
    let rejects = dir.path().join("rejects.jsonl");
    let report = ran(pipeline!(csv::<Order>(files(&pattern)).or_dead_letter(&rejects) | collect()).run());
    assert_eq!(report.output, [order(1, 1.0), order(2, 2.0), order(5, 5.0)]);
    assert_eq!(report.source, pattern);
    let letters: Vec<Letter> = read(&rejects).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (letter, (item, line, raw)) in letters.iter().zip([(3, 3, "x,3"), (4, 4, "-1,4")]) {
        assert_eq!(letter.source, at("b.csv"));
        assert_eq!((letter.position.item, letter.position.line), (item, Some(line)));
        assert_eq!(letter.raw.as_deref(), Some(raw.as_bytes()));
    }

    // The source, a stage, a stage of stages and a sink name the file.
    let place = format!("at line 3 of {}: ", at("b.csv"));
    let error = failed(pipeline!(csv::<Order>(files(&pattern)) | collect()).run());
    assert!(error.to_string().starts_with(&format!("stage `csv` {place}")), "{error}");
    assert_eq!(error.source_name(), Some(at("b.csv").as_str()));
    let check = |order: Order| if order.id == 2 { Err("two") } else { Ok(order) };
    let place = format!("at line 2 of {}: two", at("b.csv"));
    let error = failed(pipeline!(csv::<Order>(files(&pattern)) | try_map(check) | collect()).run());
    assert_eq!(error.to_string(), format!("stage `try_map` {place}"));
    let error =
        failed(pipeline!(csv::<Order>(files(&pattern)) | { pipeline!(_ as Order | try_map(check)) } | collect()).run());
    assert!(error.to_string().contains(&format!("at line 2 of {}: ", at("b.csv"))), "{error}");
}

#[test]
fn a_letter_of_a_stage_inside_a_stage_names_the_file() {
    let dir = dir(&[("a.txt", "1\n"), ("b.txt", "2\nx\n")]);
    let (pattern, rejects) = (dir.path().join("*.txt").display().to_string(), dir.path().join("rejects.jsonl"));
    let parse = pipeline!(_ as &str | try_map(|line: &str| line.parse::<u32>()).or_dead_letter(&rejects));
    let report = ran(pipeline!(lines(files(&pattern)) | { parse } | collect()).run());
    assert_eq!(report.output, [1, 2]);
    let letter: Letter = serde_json::from_str(&read(rejects)).unwrap();
    assert_eq!(letter.source, dir.path().join("b.txt").display().to_string());
    assert_eq!(letter.position.item, 3);
}

#[test]
fn files_take_options_and_are_a_function_elsewhere() {
    let dir = dir(&[("a.txt", "1\n")]);
    let none = dir.path().join("*.csv").display().to_string();
    for _ in 0..2 {
        let report = ran(pipeline!(json_lines::<Order>(files(&none, optional = true)) | collect()).run());
        assert!(report.output.is_empty());
        let report = ran(pipeline!(csv::<Order>(files(&none).optional(true), max_line = 100) | collect()).run());
        assert!(report.output.is_empty());
    }
    let some = millstream::io::files(dir.path().join("*.txt").display().to_string());
    assert_eq!(ran(pipeline!(lines(some.clone()) | map(|line| line.len()) | collect()).run()).output, [1]);
    assert_eq!(ran(pipeline!({ some } | collect()).run()).output, [dir.path().join("a.txt")]);
}

#[test]
fn letters_do_not_go_to_a_file_that_is_read() {
    let dir = dir(&[("a.txt", "\u{1}\n")]);
    let path = dir.path().join("a.txt");
    let pattern = dir.path().join("*.txt").display().to_string();
    let reject = |_: &str| Err::<(), _>("no");
    let error = failed(pipeline!(lines(files(&pattern)) | try_map(reject).or_dead_letter(&path) | collect()).run());
    assert!(
        error.to_string().contains("dead letters are going there") || error.to_string().contains("it is being read")
    );
    assert_eq!(read(path), "\u{1}\n");
}

#[test]
fn channels_carry_items_between_pipelines() {
    let (sender, receiver) = channel();
    let first = thread::spawn(move || ran(pipeline!(from_iter(1..=5) | map(|n| n * 10) | channel(sender)).run()).plan);
    let report = ran(pipeline!(channel(receiver) | collect()).run());
    assert_eq!(report.output, [10, 20, 30, 40, 50]);
    assert_eq!(report.source, "channel");
    assert_eq!(first.join().unwrap().nodes.len(), 3);

    // A source that cannot fail: the pipeline is an iterator.
    let (sender, receiver) = sync_channel(1);
    let sent = thread::spawn(move || ran(pipeline!(from_iter(0..3) | channel(sender)).run()).counts[1].absorbed);
    assert_eq!(pipeline!(channel(receiver) | map(|n| n + 1)).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(sent.join().unwrap(), 3);
}

#[test]
fn a_receiver_that_is_gone_fails_the_run_whatever_the_policy() {
    let (sender, receiver) = channel();
    drop(receiver);
    let error = failed(pipeline!(from_iter([1, 2]) | channel(sender).or_skip()).run());
    assert_eq!(error.to_string(), "stage `channel` at item 1 of from_iter: the receiver of the channel is gone");
}

#[test]
fn the_new_ends_stand_in_branches() {
    let dir = dir(&[]);
    let [text, array] = ["out.txt", "out.json"].map(|name| dir.path().join(name));
    let (sender, receiver) = channel();
    ran(pipeline!(from_iter([1, 2]) | tee(lines(&text), cloned | channel(sender), json(&array))).run());
    assert_eq!((read(text), read(array)), ("1\n2\n".to_owned(), "[\n1,\n2\n]\n".to_owned()));
    assert_eq!(receiver.into_iter().collect::<Vec<i32>>(), [1, 2]);
}

#[test]
fn a_compressed_file_is_read_and_written_by_its_name() {
    let dir = dir(&[]);
    let [first, second] = ["1.txt.gz", "2.txt.gz"].map(|name| dir.path().join(name));
    ran(pipeline!(from_iter(["a", "b"]) | lines(&first)).run());
    ran(pipeline!(from_iter(["c"]) | lines(&second)).run());
    assert_ne!(fs::read(&first).unwrap(), b"a\nb\n");
    let pattern = dir.path().join("*.gz").display().to_string();
    assert_eq!(ran(pipeline!(lines(files(&pattern)) | map(str::to_owned) | collect()).run()).output, ["a", "b", "c"]);
    let whole = fs::read(&first).unwrap();
    fs::write(&first, &whole[..whole.len() - 3]).unwrap();
    let error = failed(pipeline!(lines(files(&pattern)).or_skip() | discard()).run());
    assert!(error.to_string().contains("the gzip data is cut off"), "{error}");
}
