//! The standard streams, and a process that is killed: this program starts itself again and looks at what comes of it.

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::SystemTime;

use common::Named;
use millstream_core::error::BoxError;
use millstream_core::io::letters::{Letter, Letters};
use millstream_core::io::{csv, json, json_lines, lines};
use millstream_core::sink::Sink;
use millstream_core::source::Source;

const TESTS: &[(&str, fn())] = &[
    ("from_standard_input_to_standard_output", from_standard_input_to_standard_output),
    ("standard_output_by_its_device_name_is_not_replaced", standard_output_by_its_device_name_is_not_replaced),
    ("a_reader_that_goes_away_ends_it_quietly", a_reader_that_goes_away_ends_it_quietly),
    ("a_full_standard_output_is_an_error", a_full_standard_output_is_an_error),
    ("a_killed_process_leaves_the_target_and_whole_letters", a_killed_process_leaves_the_target_and_whole_letters),
    ("a_killed_process_leaves_the_target_of_every_sink", a_killed_process_leaves_the_target_of_every_sink),
    ("a_full_device_is_an_error_of_every_sink", a_full_device_is_an_error_of_every_sink),
    ("an_array_goes_through_a_pipe", an_array_goes_through_a_pipe),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["copy", from, to] => copy(from, to),
        ["count", to] => count(to),
        ["wait", to, letters] => wait(to, letters),
        ["end", to] => end(to),
        _ => {
            for (name, test) in TESTS {
                test();
                println!("test {name} ... ok");
            }
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn close(sink: impl Sink<Named, Output = ()>) -> Result<(), BoxError> {
    if let Some(mut commit) = sink.close().map_err(Into::into)?.commit {
        commit.sync()?;
        commit.publish()?;
    }
    Ok(())
}

/// Copies records from one path to another.
fn copy(from: &str, to: &str) -> Result<(), BoxError> {
    let (mut source, mut sink) = (csv::source::<Named>(from), csv::sink(to));
    source.open()?;
    Sink::<Named>::open(&mut sink)?;
    while let Some((item, _)) = source.next()? {
        let _ = sink.write(item?)?;
    }
    close(sink)
}

/// Writes numbers until nobody wants more.
fn count(to: &str) -> Result<(), BoxError> {
    let mut sink = json_lines::sink(to);
    Sink::<Named>::open(&mut sink)?;
    let names = (0_u64..).map(|n| Named { name: n.to_string() });
    for name in names {
        if sink.write(name)?.is_break() {
            break;
        }
    }
    close(sink)
}

/// Writes a lot and a letter, says so, and waits to be killed.
fn wait(to: &str, letters: &str) -> Result<(), BoxError> {
    let mut sink = json_lines::sink(to);
    Sink::<u64>::open(&mut sink)?;
    for n in 0..100_000_u64 {
        let _ = sink.write(n)?;
    }
    let position = millstream_core::source::Position::of_item(1);
    let error = std::io::Error::other("no");
    Letters::open(letters)?.append(&Letter::new("s", "in", position, &error, SystemTime::now()))?;
    println!("ready");
    std::io::stdin().read_exact(&mut [0])?;
    Ok(())
}

/// Writes a lot into the sink that the ending of `to` names, says so, waits to be killed, and ends well if it is not.
fn end(to: &str) -> Result<(), BoxError> {
    fn write(mut sink: impl Sink<u64, Output = ()>) -> Result<(), BoxError> {
        sink.open()?;
        for n in 0..200_000_u64 {
            if sink.write(n).map_err(Into::into)?.is_break() {
                break;
            }
        }
        eprintln!("ready");
        std::io::stdin().read_exact(&mut [0])?;
        if let Some(mut commit) = sink.close().map_err(Into::into)?.commit {
            commit.sync()?;
            commit.publish()?;
        }
        Ok(())
    }
    match to.trim_end_matches(".gz").rsplit('.').next() {
        Some("txt") => write(lines::sink(to)),
        Some("csv") => write(csv::sink(to)),
        _ => write(json::sink(to.trim_end_matches(".stdout"))),
    }
}

fn a_killed_process_leaves_the_target_of_every_sink() {
    let dir = tempfile::tempdir().unwrap();
    let names: &[&str] =
        if cfg!(feature = "gzip") { &["a.txt", "a.csv", "a.json", "a.csv.gz"] } else { &["a.txt", "a.csv", "a.json"] };
    for name in names {
        let target = dir.path().join(name);
        std::fs::write(&target, "old\n").unwrap();
        let mut child = again(&["end", target.to_str().unwrap()]).spawn().unwrap();
        child.stderr.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "old\n", "{name}");
    }
}

fn a_full_device_is_an_error_of_every_sink() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["full.txt", "full.csv", "full.json"] {
        let link = dir.path().join(name);
        std::os::unix::fs::symlink("/dev/full", &link).unwrap();
        let done = with_input(again(&["end", link.to_str().unwrap()]), "");
        assert!(!done.status.success(), "{name}");
        let error = String::from_utf8(done.stderr).unwrap();
        assert!(error.contains("No space left on device") && error.contains(name), "{error}");
    }
}

fn an_array_goes_through_a_pipe() {
    let done = with_input(again(&["end", "-.stdout"]), "x");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read: Vec<u64> = serde_json::from_slice(&done.stdout).unwrap();
    assert!(read.into_iter().eq(0..200_000));

    // A reader that goes away ends it quietly.
    let mut child = again(&["end", "-.stdout"]).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn again(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn with_input(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn from_standard_input_to_standard_output() {
    let done = with_input(again(&["copy", "-", "-"]), "name\na\n\"b,c\"\n");
    assert_eq!(String::from_utf8(done.stdout).unwrap(), "name\na\n\"b,c\"\n");
    assert!(done.status.success());

    let done = with_input(again(&["copy", "-", "-"]), "nom\na\n");
    assert!(!done.status.success() && done.stdout.is_empty());
    assert_eq!(
        String::from_utf8(done.stderr).unwrap(),
        "the header of standard input does not fit `Named`: no column `name`\n"
    );
}

fn standard_output_by_its_device_name_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    std::fs::write(&path, "before\n").unwrap();
    let mut command = again(&["copy", "-", "/dev/stdout"]);
    command.stdout(File::options().append(true).open(&path).unwrap());
    assert!(with_input(command, "name\na\n").status.success());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\nname\na\n");
}

fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = again(&["count", "-"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    assert_eq!(String::from_utf8(done.stderr).unwrap(), "");
}

fn a_full_standard_output_is_an_error() {
    for name in ["-", "/dev/stdout"] {
        let mut command = again(&["copy", "-", name]);
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        let done = with_input(command, "name\na\n");
        assert!(!done.status.success());
        let name = if name == "-" { "standard output" } else { name };
        let expected = format!("cannot write {name}: No space left on device (os error 28)\n");
        assert_eq!(String::from_utf8(done.stderr).unwrap(), expected);
    }
}

fn a_killed_process_leaves_the_target_and_whole_letters() {
    let dir = tempfile::tempdir().unwrap();
    let (target, letters) = (dir.path().join("out.jsonl"), dir.path().join("rejects.jsonl"));
    std::fs::write(&target, "old\n").unwrap();
    let mut child = again(&["wait", target.to_str().unwrap(), letters.to_str().unwrap()]).spawn().unwrap();
    let mut ready = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "old\n");
    let text = std::fs::read_to_string(&letters).unwrap();
    let letter: Letter = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!((letter.stage.as_str(), letter.error), ("s", vec!["no".to_owned()]));
}
