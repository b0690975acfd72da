//! Dead letters: the format, the file, and what is refused.

mod common;

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use millstream_core::io::letters::{Letter, Letters, VERSION};
use millstream_core::source::Position;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a row")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn letter() -> Letter {
    let error = Outer("x".parse::<u8>().unwrap_err());
    let position = Position { item: 3, line: Some(4), byte: Some(57) };
    let at = SystemTime::UNIX_EPOCH + Duration::new(1_767_225_600, 123_456_789);
    Letter::new("csv", "readings.csv", position, &error, at)
}

const REST: &str =
    r#""error":["not a row","invalid digit found in string"],"attempts":1,"at":"2026-01-01T00:00:00.123457Z"}"#;
const START: &str =
    r#"{"version":1,"stage":"csv","branch":[],"source":"readings.csv","position":{"item":3,"line":4,"byte":57},"#;

/// The line of a letter, which must read back as the letter.
fn line(letter: &Letter) -> String {
    let line = serde_json::to_string(letter).unwrap();
    assert_eq!(&serde_json::from_str::<Letter>(&line).unwrap(), letter);
    line
}

#[test]
fn a_letter_without_its_item() {
    assert_eq!(line(&letter()), format!("{START}{REST}"));
    assert_eq!(letter().version, VERSION);
}

#[test]
fn a_letter_with_the_bytes_that_were_read() {
    let raw = |bytes: &[u8]| line(&Letter { raw: Some(bytes.to_owned()), ..letter() });
    assert_eq!(raw(b"t,\"a\",\xc3\xa4\n"), format!("{START}\"raw\":\"t,\\\"a\\\",ä\\n\",{REST}"));
    assert_eq!(raw(b""), format!("{START}\"raw\":\"\",{REST}"));
    assert_eq!(raw(b"t,\xff\x00"), format!("{START}\"raw_base64\":\"dCz/AA==\",{REST}"));
}

#[test]
fn a_letter_with_the_input_of_its_stage_in_a_branch() {
    let letter = Letter {
        input: Some(serde_json::json!({"n": 1})),
        branch: vec!["tee#2".to_owned(), "route".to_owned()],
        attempts: 4,
        position: Position::of_item(9),
        ..letter()
    };
    let line = line(&letter);
    assert!(
        line.contains(r#""branch":["tee#2","route"],"source":"readings.csv","position":{"item":9},"input":{"n":1}"#)
    );
    assert!(line.contains(r#""attempts":4"#));
}

#[test]
fn letters_that_cannot_be_right_are_refused() {
    let read = |line: String| serde_json::from_str::<Letter>(&line).unwrap_err().to_string();
    assert!(read(format!("{START}\"raw\":\"a\",\"raw_base64\":\"YQ==\",{REST}")).contains("not both"));
    assert!(read(format!("{START}\"raw_base64\":\"?\",{REST}")).contains("Invalid"));
    assert!(read("{}".to_owned()).contains("missing field"));
}

fn append(path: &Path, letters: &[Letter]) {
    let file = Letters::open(path).unwrap();
    assert_eq!(file.path(), path);
    for letter in letters {
        file.append(letter).unwrap();
    }
}

#[test]
fn letters_are_appended_and_whole_while_the_file_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rejects.jsonl");
    let open = Letters::open(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "", "the file is there from the start");
    let one = format!("{START}{REST}\n");
    open.append(&letter()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), one);
    // A second run, and a second writer, lose nothing.
    append(&path, &[letter()]);
    open.append(&letter()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), one.repeat(3));
}

#[test]
fn a_line_that_was_cut_short_is_ended_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rejects.jsonl");
    fs::write(&path, "{\"version\":1,\"sta").unwrap();
    append(&path, &[letter()]);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{{\"version\":1,\"sta\n{START}{REST}\n"));
}

#[test]
fn places_that_cannot_keep_letters_fail_to_open() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| Letters::open(path).unwrap_err().to_string();
    assert_eq!(open(Path::new("-")), "cannot keep dead letters in -: letters need a file, not standard output");
    assert!(open(dir.path()).starts_with(&format!("cannot keep dead letters in {}: ", dir.path().display())));
    assert!(open(&dir.path().join("none/rejects.jsonl")).contains("No such file"));
    #[cfg(unix)]
    assert_eq!(open(Path::new("/dev/null")), "cannot keep dead letters in /dev/null: letters need a regular file");
}

#[test]
fn a_file_of_letters_is_no_target_of_a_sink_at_the_same_time() {
    use millstream_core::io::csv;
    use millstream_core::sink::Sink;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rejects.jsonl");
    let open = |sink: &mut csv::Csv| Sink::<u8>::open(sink).map_err(|error| error.to_string());

    let letters = Letters::open(&path).unwrap();
    let mut sink = csv::sink(&path);
    assert!(open(&mut sink).unwrap_err().ends_with("rejects.jsonl: dead letters are going there"));
    drop(letters);
    open(&mut sink).unwrap();
    let error = Letters::open(&path).unwrap_err().to_string();
    assert!(error.ends_with("rejects.jsonl: another sink is writing it"), "{error}");
    drop(sink);
    Letters::open(&path).unwrap();
}

#[test]
fn letters_never_go_to_a_file_that_is_read_but_a_sink_may_replace_it() {
    use millstream_core::io::{csv, json_lines};
    use millstream_core::sink::Sink;
    use millstream_core::source::Source;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.jsonl");
    fs::write(&path, "name\na\n").unwrap();
    let read = || {
        let mut source = csv::source::<common::Named>(&path);
        source.open().map(|()| source).map_err(|error| error.to_string())
    };

    let (first, second) = (read().unwrap(), read().unwrap());
    let error = Letters::open(dir.path().join("./in.jsonl")).unwrap_err().to_string();
    assert!(error.ends_with("in.jsonl: it is being read"), "{error}");
    drop(first);
    assert!(Letters::open(&path).is_err(), "the other source still reads");
    drop(second);

    let letters = Letters::open(&path).unwrap();
    let error = read().unwrap_err();
    assert!(error.ends_with("in.jsonl: dead letters are going there"), "{error}");
    drop(letters);

    let mut sink = json_lines::sink(&path);
    let source = read().unwrap();
    Sink::<u8>::open(&mut sink).unwrap();
    drop(source);
    drop(read().unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), "name\na\n");
}

#[test]
fn what_a_redrive_needs_is_there_only_where_there_is_some() {
    let head = |bytes: &[u8]| Letter { head: Some(bytes.to_vec()), raw: Some(b"1,2".to_vec()), ..letter() };
    assert!(line(&head(b"a,b")).contains(r#""head":"a,b","raw":"1,2","error""#));
    assert!(line(&head(b"\xff")).contains(r#""head":{"base64":"/w=="},"raw""#));
    for letter in [
        head(b"a,b"),
        head(b"\xff"),
        Letter { input: Some(1.into()), from: Some("s".to_owned()), in_doubt: true, ..letter() },
    ] {
        assert_eq!(serde_json::from_str::<Letter>(&line(&letter)).unwrap(), letter);
    }
    let plain = line(&letter());
    assert!(!plain.contains("head") && !plain.contains("from") && !plain.contains("in_doubt"), "{plain}");
}
