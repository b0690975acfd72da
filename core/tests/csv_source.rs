//! `csv::source`: what it accepts, what it rejects, what ends it, and where it says that this was.

mod common;

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use common::{Named, Reading, Trickle};
use millstream_core::io::csv::{self, Reject};
use millstream_core::source::Source;

#[allow(clippy::needless_pass_by_value, reason = "called with what a source gives")]
fn show(reading: Reading<'_>) -> String {
    format!("{} {} {} {:?}", reading.at, reading.sensor, reading.celsius, reading.note)
}

/// The log of a text, which must not depend on how it is cut into reads.
fn readings(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = log!(csv::from_reader::<Reading<'_>, _>("in.csv", text), show);
    for at_a_time in [1, 2, 3, 7] {
        let cut = log!(csv::from_reader::<Reading<'_>, _>("in.csv", Trickle { text, at_a_time }), show);
        assert_eq!(cut, whole, "in reads of {at_a_time}");
    }
    whole
}

#[test]
fn rows_with_their_places() {
    assert_eq!(
        readings("at,sensor,celsius\nt1,a,1.5\nt2,b,-2\n"),
        ["1:2:18 t1 a 1.5 None <t1,a,1.5>", "2:3:27 t2 b -2 None <t2,b,-2>"]
    );
}

#[test]
fn columns_in_any_order_and_optional_ones() {
    assert_eq!(readings("note,celsius,sensor,at\nhm,1,a,t\n"), ["1:2:23 t a 1 Some(\"hm\") <hm,1,a,t>"]);
}

#[test]
fn a_header_only_has_no_rows() {
    for text in ["at,sensor,celsius", "at,sensor,celsius\n", "at,sensor,celsius\r\n", "at,sensor,celsius\n\n"] {
        assert!(readings(text).is_empty(), "{text:?}");
    }
}

#[test]
fn line_ends_of_every_kind() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("at,sensor,celsius{end}t,a,1{end}u,b,2{end}");
        let (first, second) = (17 + end.len(), 17 + 5 + 2 * end.len());
        let expected = [format!("1:2:{first} t a 1 None <t,a,1>"), format!("2:3:{second} u b 2 None <u,b,2>")];
        assert_eq!(readings(&text), expected, "{text:?}");
        let cut = text.trim_end();
        assert_eq!(readings(cut), expected, "{cut:?}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped_and_counted() {
    assert_eq!(readings("\u{feff}at,sensor,celsius\nt,a,1\n"), ["1:2:21 t a 1 None <t,a,1>"]);
}

#[test]
fn quoted_fields_may_hold_anything_and_lines_stay_right() {
    let text = "at,sensor,celsius\n\"t\r\n1\",\"a,\"\"b\"\"\",1\n\"\",\"\r\",\"2\"\nt,c,3\n";
    assert_eq!(
        readings(text),
        [
            "1:2:18 t\r\n1 a,\"b\" 1 None <\"t\r\n1\",\"a,\"\"b\"\"\",1>",
            "2:4:37  \r 2 None <\"\",\"\r\",\"2\">",
            "3:6:48 t c 3 None <t,c,3>",
        ]
    );
}

#[test]
fn quotes_inside_an_unquoted_field_stand_for_themselves() {
    assert_eq!(readings("at,sensor,celsius\nt,5\" pipe,1\n"), ["1:2:18 t 5\" pipe 1 None <t,5\" pipe,1>"]);
}

#[test]
fn text_behind_a_closing_quote_is_rejected_and_the_next_row_is_read() {
    let why =
        |place: &str| format!("text follows the closing quote, at {place}; a quote in a quoted field is written twice");
    let long = "x".repeat(9000);
    let text = format!(
        "at,sensor,celsius\nt,\"ab\"c,1\n\"t\n\",\"a\n\"\"b\" ,1\nt,\"ab\"\"c\",1\nt,\"\"\"\"\" \",1\n\
         t,\"{long}\"y,1\nt,a,1,\"b\"c,\nt,\"a\"\rt,b,2\n"
    );
    let seen = readings(&text);
    let seen: Vec<_> = seen.iter().map(|seen| seen.split(" <").next().unwrap()).collect();
    assert_eq!(
        seen,
        [
            format!("1:2:18 reject: column `sensor`: {}", why("line 2, column 7")),
            format!("2:3:28 reject: column `sensor`: {}", why("line 5, column 5")),
            "3:6:44 t ab\"c 1 None".to_owned(),
            "4:7:56 t \"\"  1 None".to_owned(),
            format!("5:8:68 reject: column `sensor`: {}", why("line 8, column 9005")),
            format!("6:9:9076 reject: {}", why("line 9, column 10")),
            "7:10:9088 reject: 2 fields where the header has 3: nothing for `celsius`".to_owned(),
            "8:11:9094 t b 2 None".to_owned(),
        ],
    );
}

#[test]
fn a_quoted_header() {
    assert_eq!(readings("\"at\",\"sensor\",\"celsius\"\nt,a,1\n"), ["1:2:24 t a 1 None <t,a,1>"]);
}

#[test]
fn a_header_over_two_lines_counts_as_two() {
    let source = csv::from_reader::<Named, _>("in.csv", &b"name,\"a\nb\"\nx,y\n"[..]);
    assert_eq!(log!(source, |named: Named| named.name), ["1:3:11 x <x,y>"]);
}

#[test]
fn too_few_and_too_many_fields_are_rejected_and_the_next_row_is_read() {
    assert_eq!(
        readings("at,sensor,celsius\nt\nt,a\nt,a,1,,\nt,a,1\n"),
        [
            "1:2:18 reject: 1 field where the header has 3: nothing for `sensor` and `celsius` <t>",
            "2:3:20 reject: 2 fields where the header has 3: nothing for `celsius` <t,a>",
            "3:4:24 reject: 5 fields where the header has 3: `at`, `sensor` and `celsius` <t,a,1,,>",
            "4:5:32 t a 1 None <t,a,1>",
        ]
    );
}

#[test]
fn blank_lines_are_rejected_but_the_last() {
    assert_eq!(
        readings("at,sensor,celsius\n\nt,a,1\n\r\n\n"),
        ["1:2:18 reject: the line is empty <>", "2:3:19 t a 1 None <t,a,1>", "3:4:25 reject: the line is empty <>"]
    );
}

#[test]
fn what_the_record_refuses_is_rejected() {
    assert_eq!(
        readings("at,sensor,celsius\nt,a,warm\nt,a,1\n"),
        ["1:2:18 reject: `celsius`: `warm` is not a number <t,a,warm>", "2:3:27 t a 1 None <t,a,1>"]
    );
}

#[test]
fn bytes_that_are_not_text_are_rejected_and_kept_as_they_are() {
    let text = b"at,sensor,celsius\nt,\xff\xfe,1\nt,a,1\n";
    let mut source = csv::from_reader::<Reading<'_>, _>("in.csv", &text[..]);
    source.open().unwrap();
    let (item, at) = source.next().unwrap().unwrap();
    assert!(item.unwrap_err().to_string().starts_with("`sensor`: invalid utf-8"));
    assert_eq!(at.raw, Some(&b"t,\xff\xfe,1"[..]));
    assert_eq!(source.next().unwrap().unwrap().0.unwrap().sensor, "a");
}

#[test]
fn an_open_quote_is_one_rejected_row_that_names_where_it_opened() {
    assert_eq!(
        readings("at,sensor,celsius\nt,a,1\n\"x\ny\",\"b,1\nt,c,2\n"),
        [
            "1:2:18 t a 1 None <t,a,1>",
            "2:3:24 reject: the quote opened at line 4, column 4 is never closed: it takes in all up to the end of the file, \
             2 lines <\"x\ny\",\"b,1\nt,c,2\n>",
        ]
    );
    for (end, lines) in
        [("", "1 line"), ("\r\n", "1 line"), ("\r", "1 line"), ("\n\n", "2 lines"), ("\ra\r\n\n", "3 lines")]
    {
        let text = format!("name\n\"x{end}");
        let expected = format!(
            "1:2:5 reject: the quote opened at line 2, column 1 is never closed: it takes in all up to the end of the file, \
             {lines} <\"x{end}>"
        );
        assert_eq!(
            log!(csv::from_reader::<Named, _>("in.csv", text.as_bytes()), |named: Named| named.name),
            [expected]
        );
    }
    let mut source = csv::from_reader::<Reading<'_>, _>("in.csv", &b"at,sensor,celsius\n\"x"[..]);
    source.open().unwrap();
    let reject = source.next().unwrap().unwrap().0.unwrap_err();
    assert!(matches!(reject, Reject::OpenQuote { line: 2, column: 1, lines: 1 }), "{reject:?}");
    assert!(source.next().unwrap().is_none());
}

#[test]
fn headers_that_do_not_fit_are_told_whole() {
    assert_eq!(
        readings("at,at,celcius,colour,\nt,t,1,red,\n"),
        ["open: the header of in.csv does not fit `Reading`: no column `sensor`; no column `celsius`; \
          column 2 is a second `at`; unknown column `celcius`, did you mean `celsius`?; \
          unknown column `colour` (`extra = \"ignore\"` on the record skips such columns); column 5 has no name"]
    );
    assert_eq!(
        readings("at, Sensor,celsius\n"),
        ["open: the header of in.csv does not fit `Reading`: no column `sensor`; \
          unknown column ` Sensor`, did you mean `sensor`?"]
    );
}

#[test]
fn a_record_may_ignore_columns_but_not_read_one_twice() {
    let ignoring =
        |text: &'static str| log!(csv::from_reader::<Named, _>("in.csv", text.as_bytes()), |n: Named| n.name);
    assert_eq!(ignoring("x,name,x,\n1,n,2,3\n"), ["1:2:10 n <1,n,2,3>"]);
    assert_eq!(
        ignoring("name,name\n"),
        ["open: the header of in.csv does not fit `Named`: column 2 is a second `name`"]
    );
}

#[test]
fn many_columns_and_many_problems_are_told_in_short() {
    let header = |columns: usize| (0..columns).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let open = |text: String| readings(text).pop().unwrap();
    let error = open(header(30));
    assert!(error.ends_with("(`extra = \"ignore\"` on the record skips such columns); and 13 more"), "{error}");
    let mut source = csv::from_reader::<Named, _>("in.csv", std::io::Cursor::new(header(70_000)));
    assert_eq!(source.open().unwrap_err().to_string(), "in.csv has 70000 columns; 65536 are the most that are read");
    let text = format!("name,{}\nn\n", header(60_000));
    let log = log!(csv::from_reader::<Named, _>("in.csv", text.as_bytes()), |named: Named| named.name);
    assert!(log[0].contains("reject: 1 field where the header has 60001: nothing for `c0`, `c1`, "), "{}", log[0]);
    assert!(log[0].ends_with(", `c19` and 59980 more <n>"), "{}", log[0]);
}

#[test]
fn a_row_of_commas_is_counted() {
    let text = format!("name\n{}\n\"\"{0}\nx\n", ",".repeat(1 << 20));
    let mut source = csv::from_reader::<Named, _>("in.csv", text.as_bytes());
    source.open().unwrap();
    for _ in 0..2 {
        let reject = source.next().unwrap().unwrap().0.unwrap_err();
        assert_eq!(reject.to_string(), "1048577 fields where the header has 1: `name`");
    }
    assert_eq!(source.next().unwrap().unwrap().0.unwrap().name, "x");
}

#[test]
fn an_empty_input_has_no_header() {
    assert_eq!(readings(""), ["open: in.csv is empty: it has no header"]);
    assert_eq!(readings("\u{feff}"), ["open: in.csv is empty: it has no header"]);
    assert_eq!(readings("\nat\n"), ["open: the first line of in.csv is empty: it has no header"]);
    assert_eq!(
        readings("at,\"sensor\n1,2"),
        [
            "open: the header of in.csv: the quote opened at line 1, column 4 is never closed: it takes in all up to the \
          end of the file, 2 lines"
        ]
    );
    assert_eq!(
        readings("at,\"sensor\"s,celsius\n"),
        [
            "open: the header of in.csv: text follows the closing quote, at line 1, column 12; a quote in a quoted field is \
          written twice"
        ]
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| csv::source::<Named>(path).open().unwrap_err().to_string();

    let missing = dir.path().join("missing.csv");
    assert!(open(&missing).starts_with(&format!("cannot open {}: No such file", missing.display())));
    assert_eq!(open(dir.path()), format!("cannot read {}: it is a directory", dir.path().display()));
    let empty = dir.path().join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(open(&empty), format!("{} is empty: it has no header", empty.display()));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_fails_to_open() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret.csv");
    std::fs::write(&path, "name\nx\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read it all the same.
    let allowed = std::fs::File::open(&path).is_ok();
    let opened = csv::source::<Named>(&path).open();
    assert_eq!(opened.as_ref().is_ok(), allowed);
    if let Err(error) = opened {
        assert!(error.to_string().starts_with(&format!("cannot open {}: Permission denied", path.display())));
    }
}

#[test]
fn a_file_is_read_from_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.csv");
    std::fs::write(&path, "name\nx\ny\n").unwrap();
    let source = csv::source::<Named>(&path);
    assert_eq!(source.name(), path.display().to_string());
    assert_eq!(log!(source, |named: Named| named.name), ["1:2:5 x <x>", "2:3:7 y <y>"]);
}

#[test]
fn a_source_says_when_it_was_not_opened_and_opens_once() {
    let mut source = csv::from_reader::<Named, _>("in.csv", &b"name\n"[..]);
    assert_eq!(source.next().unwrap_err().to_string(), "in.csv was not opened");
    source.open().unwrap();
    assert_eq!(source.open().unwrap_err().to_string(), "in.csv is already open: a source runs once");
}

#[test]
fn items_borrow_from_the_source_without_a_copy() {
    let mut source = csv::from_reader::<Reading<'_>, _>("in.csv", &b"at,sensor,celsius\nt,abc,1\n"[..]);
    source.open().unwrap();
    let (item, at) = source.next().unwrap().unwrap();
    let (sensor, raw) = (item.unwrap().sensor.as_bytes(), at.raw.unwrap());
    assert_eq!(sensor.as_ptr_range(), raw[2..5].as_ptr_range());
}

/// Breaks, with an error, after its text.
struct Breaks<'a> {
    text: &'a [u8],
    interrupted: bool,
}

impl Read for Breaks<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.interrupted, true) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.text.read(buf)? {
            0 => Err(io::Error::other("the disk is on fire")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_read_error_ends_the_source_and_says_where() {
    let reader = Breaks { text: b"name\nx\nhalf a ro", interrupted: false };
    assert_eq!(
        log!(csv::from_reader::<Named, _>("in.csv", reader), |named: Named| named.name),
        ["1:2:5 x <x>", "error: cannot read in.csv at line 3: the disk is on fire"]
    );
    let reader = Breaks { text: b"name\nx\nhalf a ro", interrupted: false };
    let mut source = csv::from_reader::<Named, _>("in.csv", reader);
    source.open().unwrap();
    assert!(source.next().unwrap().is_some());
    let position = source.next().unwrap_err().position();
    assert_eq!((position.item, position.line, position.byte), (2, Some(3), Some(7)));
}

#[test]
fn a_read_error_in_the_header_fails_to_open() {
    let reader = Breaks { text: b"na", interrupted: false };
    assert_eq!(
        csv::from_reader::<Named, _>("in.csv", reader).open().unwrap_err().to_string(),
        "cannot read in.csv at line 1: the disk is on fire"
    );
}

/// A header, then bytes without an end, counted.
struct Endless {
    header: &'static [u8],
    byte: u8,
    given: Rc<Cell<usize>>,
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = match self.header.read(buf)? {
            0 => {
                buf.fill(self.byte);
                buf.len()
            }
            read => read,
        };
        self.given.set(self.given.get() + read);
        Ok(read)
    }
}

#[test]
fn a_line_over_the_limit_ends_the_source_in_bounded_memory() {
    const CHUNK: usize = 64 << 10;
    for (header, limit) in [("name\nx\n", 1 << 20), ("name\nx\n", 10), ("name\nx\n\"", 1 << 18)] {
        let given = Rc::new(Cell::new(0));
        let reader = Endless { header: header.as_bytes(), byte: b'y', given: given.clone() };
        let source = csv::from_reader::<Named, _>("in.csv", reader).max_line(limit);
        let why = if header.ends_with('"') {
            "the quote opened at line 3, column 1 is not closed"
        } else {
            "`max_line` sets the limit"
        };
        assert_eq!(
            log!(source, |named: Named| named.name),
            ["1:2:5 x <x>".to_owned(), format!("error: line 3 of in.csv is longer than {limit} bytes; {why}")]
        );
        assert!(given.get() <= header.len() + limit + CHUNK, "read {} bytes for a limit of {limit}", given.get());
    }
}

#[test]
fn a_short_line_over_the_limit_says_which_quote_is_open() {
    let rest = "y".repeat(300);
    for (row, quote) in
        [("\"", Some(1)), ("x,\"", Some(3)), ("\"x\",\"z\"\"", Some(5)), ("\"x\",", None), ("x\"", None)]
    {
        let text = format!("name\n\"x\"\n{row}{rest}");
        for at_a_time in [1, 7, 64] {
            let reader = Trickle { text: text.as_bytes(), at_a_time };
            let source = csv::from_reader::<Named, _>("in.csv", reader).max_line(100);
            let why = match quote {
                Some(column) => format!("the quote opened at line 3, column {column} is not closed"),
                None => "`max_line` sets the limit".to_owned(),
            };
            let seen = log!(source, |named: Named| named.name);
            assert_eq!(seen.last(), Some(&format!("error: line 3 of in.csv is longer than 100 bytes; {why}")), "{row}");
        }
    }
}

#[test]
fn a_long_line_over_the_limit_says_which_quote_is_open() {
    const LIMIT: usize = 1 << 20;
    let (quoted, rest) = ("a".repeat(9000), "b".repeat(2 << 20));
    let rows = [
        (format!("\"{quoted}\"{rest}"), None),
        (format!("\"{quoted}\",{rest}"), None),
        (format!("\"{quoted}\"\"{rest}"), Some(1)),
        (format!("\"{quoted}\",\"{rest}"), Some(9004)),
    ];
    for (row, quote) in rows {
        let why = match quote {
            Some(column) => format!("the quote opened at line 2, column {column} is not closed"),
            None => "`max_line` sets the limit".to_owned(),
        };
        let text = format!("name\n{row}");
        let source = csv::from_reader::<Named, _>("in.csv", text.as_bytes()).max_line(LIMIT);
        let seen = log!(source, |named: Named| named.name);
        assert_eq!(seen, [format!("error: line 2 of in.csv is longer than {LIMIT} bytes; {why}")]);
    }
}

#[test]
fn a_line_of_exactly_the_limit_is_read() {
    let long = "y".repeat(200_000);
    for end in ["", "\n", "\r\n"] {
        let text = format!("name\n{long}{end}");
        let rows = |limit| {
            let source = csv::from_reader::<Named, _>("in.csv", text.as_bytes()).max_line(limit);
            log!(source, |named: Named| named.name.len().to_string())
        };
        assert_eq!(rows(200_000), [format!("1:2:5 200000 <{long}>")], "{end:?}");
        assert_eq!(
            rows(199_999),
            ["error: line 2 of in.csv is longer than 199999 bytes; `max_line` sets the limit"],
            "{end:?}"
        );
    }
}
