//! The files of a pattern: which they are, and that sources read them as one.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Named;
use millstream_core::error::BoxError;
use millstream_core::io::{Files, ReadErrorKind, csv, files, json, json_lines, lines};
use millstream_core::record::{self, FromJson, Layout, Record, Schema, Scratch, Validate, Violations};
use millstream_core::source::Source;

/// A directory with these files, and the pattern in it.
fn tree(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    dir
}

fn below(dir: &Path, pattern: &str) -> Files {
    files(format!("{}/{pattern}", dir.display()))
}

/// What the source of these files gives, without the directory, or its error.
fn found(dir: &Path, mut source: Files) -> Result<Vec<String>, String> {
    source.open().map_err(|error| error.to_string())?;
    let mut found: Vec<PathBuf> = Vec::new();
    while let Ok(Some((Ok(path), _))) = source.next() {
        found.push(path);
    }
    let show = |path: &PathBuf| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
    Ok(found.iter().map(show).collect())
}

const NAMES: &[&str] =
    &["b.csv", "a.csv", "c.txt", ".d.csv", "x/e.csv", "x/y/f.csv", "x/.z/g.csv", ".h/i.csv", "10.csv"];

#[test]
fn patterns() {
    let dir = tree(NAMES);
    let dir = dir.path();
    for (pattern, expected) in [
        ("*.csv", &["10.csv", "a.csv", "b.csv"][..]),
        ("?.csv", &["a.csv", "b.csv"]),
        ("[!a].csv", &["b.csv"]),
        ("{b,c}.*", &["b.csv", "c.txt"]),
        (".*.csv", &[".d.csv"]),
        ("*/*.csv", &["x/e.csv"]),
        ("*/y/*", &["x/y/f.csv"]),
        ("**/*.csv", &["10.csv", "a.csv", "b.csv", "x/e.csv", "x/y/f.csv"]),
        ("x/**", &["x/e.csv", "x/y/f.csv"]),
        ("**/**/f.csv", &["x/y/f.csv"]),
        ("c.txt", &["c.txt"]),
        ("*", &["10.csv", "a.csv", "b.csv", "c.txt"]),
        (".h/*", &[".h/i.csv"]),
    ] {
        assert_eq!(found(dir, below(dir, pattern)).unwrap(), expected, "{pattern}");
    }
}

#[test]
fn no_match_is_an_error_unless_it_may_be() {
    let dir = tree(NAMES);
    let dir = dir.path();
    for pattern in ["*.json", "none/*.csv", "a.csv/*", "none.csv", "x"] {
        let shown = format!("{}/{pattern}", dir.display());
        let expected = format!("no file matches `{shown}`; if that is right, write `optional = true`");
        assert_eq!(found(dir, below(dir, pattern)).unwrap_err(), expected);
        assert_eq!(found(dir, below(dir, pattern).optional(true)).unwrap(), [""; 0]);
    }
    let mut source = csv::source::<Named>(below(dir, "*.json").optional(true));
    source.open().unwrap();
    assert!(source.next().unwrap().is_none());
    assert!(csv::source::<Named>(below(dir, "*.json")).open().is_err());
}

#[test]
fn what_is_no_pattern_is_said() {
    let wrong = found(Path::new(""), files("a[.csv")).unwrap_err();
    assert_eq!(wrong, "`a[.csv` is not a pattern of files: unclosed character class; missing ']'");
    assert!(found(Path::new(""), files("{a/b,c}").optional(true)).is_err());
}

#[cfg(unix)]
#[test]
fn names_need_not_be_utf_8_and_links_are_what_they_lead_to() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let dir = tree(&["x/a.csv"]);
    let dir = dir.path();
    fs::write(dir.join(OsStr::from_bytes(b"\xff.csv")), "").unwrap();
    symlink(dir.join("x"), dir.join("linked.csv")).unwrap();
    symlink(dir.join("x/a.csv"), dir.join("to_file.csv")).unwrap();
    symlink(dir, dir.join("x/loop")).unwrap();
    assert_eq!(found(dir, below(dir, "*.csv")).unwrap(), ["to_file.csv", "\u{fffd}.csv"]);
    assert_eq!(found(dir, below(dir, "**/*.csv")).unwrap(), ["to_file.csv", "x/a.csv", "\u{fffd}.csv"]);
    assert_eq!(found(dir, below(dir, "linked.csv/*")).unwrap(), ["linked.csv/a.csv"]);
    // A link that leads nowhere is a file that cannot be read, not one that is not there.
    symlink(dir.join("gone"), dir.join("zz.csv")).unwrap();
    assert_eq!(found(dir, below(dir, "z*.csv")).unwrap(), ["zz.csv"]);
    assert!(lines::source(below(dir, "z*.csv")).open().is_err());
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tree(&["a.csv", "closed/b.csv"]);
    let (dir, closed) = (dir.path(), dir.path().join("closed"));
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read_dir(&closed).is_err() {
        for pattern in ["*/*.csv", "**/*.csv", "closed/*"] {
            let error = found(dir, below(dir, pattern).optional(true)).unwrap_err();
            assert!(error.contains(&format!("in {}: ", closed.display())), "{error}");
        }
    }
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).unwrap();
}

/// `file item:line:byte what`, for every item, reject and the error.
macro_rules! walked {
    ($dir:expr, $source:expr, $show:expr) => {{
        let mut source = $source;
        let mut log = Vec::new();
        match source.open() {
            Err(error) => log.push(error.to_string()),
            Ok(()) => loop {
                match source.next() {
                    Ok(None) => break,
                    Ok(Some((item, at))) => {
                        let file = Path::new(at.file.expect("the file")).file_name().unwrap().to_string_lossy();
                        let p = at.position;
                        let what = item.map_or_else(|error| format!("reject: {error}"), $show);
                        log.push(format!("{file} {}:{}:{} {what}", p.item, p.line.unwrap(), p.byte.unwrap()));
                    }
                    Err(error) => {
                        log.push(format!("{:?}: {error}", error.kind()));
                        break;
                    }
                }
            },
        }
        let dir = format!("{}/", $dir.display());
        log.into_iter().map(|line| line.replace(&dir, "")).collect::<Vec<_>>()
    }};
}

fn written(texts: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in texts {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

#[test]
fn every_csv_file_has_its_own_header_and_items_name_their_file() {
    let dir = written(&[
        ("b.csv", "id,name\n1,b1\n2\n3,\"b\n3\"\n"),
        ("a.csv", "\u{feff}name\na1\na2"),
        ("c.csv", "name\n"),
        ("d.csv", "name,x,y\nd1,,\n"),
    ]);
    let dir = dir.path();
    assert_eq!(
        walked!(dir, csv::source::<Named>(below(dir, "*.csv")), |named: Named| named.name),
        [
            "a.csv 1:2:8 a1",
            "a.csv 2:3:11 a2",
            "b.csv 3:2:8 b1",
            "b.csv 4:3:13 reject: 1 field where the header has 2: nothing for `name`",
            "b.csv 5:4:15 b\n3",
            "d.csv 6:2:9 d1",
        ]
    );
}

#[test]
fn a_later_file_with_a_wrong_header_is_an_error_that_names_it() {
    let dir = written(&[("a.csv", "name\na1\n"), ("b.csv", "nam\nb1\n")]);
    let dir = dir.path();
    assert_eq!(
        walked!(dir, csv::source::<Named>(below(dir, "*.csv")), |named: Named| named.name),
        ["a.csv 1:2:5 a1", "NextFile: the header of b.csv does not fit `Named`: no column `name`"]
    );
    fs::write(dir.join("b.csv"), "").unwrap();
    let log = walked!(dir, csv::source::<Named>(below(dir, "*.csv")), |named: Named| named.name);
    assert_eq!(log[1], "NextFile: b.csv is empty: it has no header");
}

#[test]
fn lines_json_lines_and_arrays_are_read_through() {
    let dir = written(&[("a", "one\ntwo"), ("b", ""), ("c", "three\n")]);
    let dir = dir.path();
    let text = walked!(dir, lines::source(below(dir, "*")), str::to_owned);
    assert_eq!(text, ["a 1:1:0 one", "a 2:2:4 two", "c 3:1:0 three"]);

    let dir = written(&[("a", "{\"name\":\"a1\"}\n{}\n"), ("b", "{\"name\":\"b1\"}")]);
    let dir = dir.path();
    let read = walked!(dir, json_lines::source::<Row>(below(dir, "*")), |row: Row| row.0.name);
    assert_eq!(read.len(), 3);
    assert_eq!((read[0].as_str(), read[2].as_str()), ("a 1:1:0 a1", "b 3:1:0 b1"));

    let dir = written(&[("a", "[{\"name\":\"a1\"}]"), ("b", "[]"), ("c", "[{\"name\":\"c1\"}"), ("d", "[]")]);
    let dir = dir.path();
    assert_eq!(
        walked!(dir, json::source::<Row>(below(dir, "*")), |row: Row| row.0.name),
        ["a 1:1:1 a1", "c 2:1:1 c1", "Structure: line 1 of c: the file ends, but the array is not closed by `]`"]
    );
}

#[test]
fn a_file_that_vanishes_is_an_error() {
    let dir = written(&[("a", "one\n"), ("b", "two\n")]);
    let mut source = lines::source(below(dir.path(), "*"));
    source.open().unwrap();
    fs::remove_file(dir.path().join("b")).unwrap();
    assert!(source.next().unwrap().is_some());
    let error = source.next().err().unwrap();
    assert_eq!((error.kind(), error.position().item), (ReadErrorKind::NextFile, 2));
    assert!(error.to_string().contains("/b: No such file"), "{error}");
}

#[test]
fn one_file_has_no_name_beside_the_source() {
    let dir = written(&[("a", "one\n")]);
    let mut source = lines::source(dir.path().join("a"));
    source.open().unwrap();
    assert!(source.next().unwrap().is_some_and(|(_, at)| at.file.is_none()));
}

/// [`Named`], from JSON.
struct Row(Named);

impl Validate for Row {
    fn validate_at(&self, at: &record::Path<'_>, found: &mut Violations) {
        self.0.validate_at(at, found);
    }
}

impl Record for Row {
    type Of<'a> = Row;
    const SCHEMA: &'static Schema = Named::SCHEMA;
    const LAYOUT: &'static Layout = &Layout::of::<Self>(Self::SCHEMA.name, &[]);
}

impl<'a> FromJson<'a> for Row {
    fn from_json(text: &'a [u8], _scratch: &'a Scratch) -> Result<Self, BoxError> {
        Ok(Row(serde_json::from_slice(text)?))
    }
}
