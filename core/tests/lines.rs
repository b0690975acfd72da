//! `lines::source` and `lines::sink`.

mod common;

use std::fmt;
use std::fs;
use std::io::{self, Read};

use common::Trickle;
use millstream_core::io::{ReadErrorKind, lines};
use millstream_core::sink::Sink;
use millstream_core::source::Source;

fn show(line: &str) -> String {
    format!("{line:?}")
}

/// The log of a text, which must not depend on how it is cut into reads.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = log!(lines::from_reader("in.txt", text), show);
    for at_a_time in [1, 2, 3] {
        assert_eq!(log!(lines::from_reader("in.txt", Trickle { text, at_a_time }), show), whole);
    }
    whole
}

#[test]
fn lines_with_their_places() {
    assert_eq!(read("one\n\ntwo\r\n"), ["1:1:0 \"one\" <one>", "2:2:4 \"\" <>", "3:3:5 \"two\" <two>"]);
}

#[test]
fn every_line_counts_also_the_last_and_empty_ones() {
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read("\n").len(), 1);
    assert_eq!(read("\n\n").len(), 2);
    assert_eq!(read("a\nb"), ["1:1:0 \"a\" <a>", "2:2:2 \"b\" <b>"]);
    assert_eq!(read("\u{feff}a\rb\n"), ["1:1:3 \"a\\rb\" <a\rb>"]);
}

#[test]
fn a_line_that_is_not_utf_8_is_rejected_with_its_byte_and_the_rest_goes_on() {
    assert_eq!(
        read(b"a\nb\xffc\n\xe2\x82\n\xe2\x82\xac\n"),
        [
            "1:1:0 \"a\" <a>",
            "2:2:2 reject: the line is not UTF-8: byte 0xff at column 2 <b\u{fffd}c>",
            "3:3:6 reject: the line is not UTF-8: byte 0xe2 at column 1 <\u{fffd}>",
            "4:4:9 \"€\" <€>",
        ]
    );
}

#[test]
fn a_line_longer_than_the_limit_ends_it_in_bounded_memory() {
    let mut source = lines::from_reader("in.txt", io::Cursor::new(b"ab\nabc\n".to_vec()).chain(io::repeat(b'x')));
    source = source.max_line(1000);
    source.open().unwrap();
    assert!(source.next().unwrap().is_some_and(|(line, _)| line == Ok("ab")));
    assert!(source.next().unwrap().is_some());
    let error = source.next().err().unwrap();
    assert_eq!(error.kind(), ReadErrorKind::TooLong);
    assert_eq!(error.to_string(), "line 3 of in.txt is longer than 1000 bytes; `max_line` sets the limit");
}

/// Interrupts every other read, and fails at the end.
struct Moody<'a>(&'a [u8], u32);

impl Read for Moody<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(2) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.0.read(&mut buf[..2])? {
            0 => Err(io::Error::other("the cable is out")),
            read => Ok(read),
        }
    }
}

#[test]
fn an_interrupted_read_is_repeated_and_a_failed_one_is_no_end() {
    assert_eq!(
        log!(lines::from_reader("in.txt", Moody(b"one\ntwo\nthr", 0)), show),
        ["1:1:0 \"one\" <one>", "2:2:4 \"two\" <two>", "error: cannot read in.txt at line 3: the cable is out"]
    );
}

#[test]
fn a_source_says_when_it_is_used_wrongly() {
    let mut source = lines::from_reader("in.txt", "a".as_bytes());
    let error = source.next().err().unwrap();
    assert_eq!((error.kind(), error.to_string()), (ReadErrorKind::NotOpen, "in.txt was not opened".to_owned()));
    source.open().unwrap();
    assert_eq!(source.open().unwrap_err().to_string(), "in.txt is already open: a source runs once");
    assert_eq!(log!(lines::source("missing/in.txt"), show).len(), 1);
}

struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn what_would_not_come_back_as_one_line_is_refused_and_nothing_of_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.txt");
    let mut sink = lines::sink(&path);
    Sink::<&str>::open(&mut sink).unwrap();
    assert!(sink.write("\u{feff}first").unwrap_err().to_string().contains("byte order mark"));
    let _ = sink.write("one").unwrap();
    for text in ["a\nb", "a\n", "a\r", "a\r\nb"] {
        assert!(sink.write(text).unwrap_err().to_string().starts_with("the item holds a line break"), "{text:?}");
    }
    assert_eq!(sink.write(Unprintable).unwrap_err().to_string(), "the item cannot be printed");
    let _ = sink.write("").unwrap();
    let _ = sink.write('\u{feff}').unwrap();
    assert!(!path.exists() && !Sink::<&str>::is_broken(&sink));
    let mut commit = Sink::<&str>::close(sink).unwrap().commit.unwrap();
    commit.sync().unwrap();
    commit.publish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\n\n\u{feff}\n");
    let read = log!(lines::source(path), show);
    assert_eq!(read.len(), 3, "{read:?}");
}
