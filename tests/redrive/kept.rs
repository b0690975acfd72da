//! What cannot be sent stays in the file, byte for byte, and is reported by its reason.

use std::fs;

use millstream::prelude::*;

use crate::support::{Dir, TooBig, failed, numbers, ran, reasons, small};

macro_rules! numbers_of {
    ($path:expr, $max:expr) => {
        pipeline!(from_iter([vec![1, 20, 30]]) | flatten | small(max = $max).or_dead_letter(&$path) | collect())
    };
}

fn rejected() -> Dir {
    let dir = Dir::new();
    ran(numbers_of!(dir.file("rejects"), 5).run());
    dir
}

#[test]
fn lines_that_cannot_be_sent_stay_byte_for_byte() {
    let dir = rejected();
    let text = dir.read("rejects");
    let first = text.lines().next().unwrap();
    let strange = [
        "no letter at all".to_owned(),
        "{\"version\":1 , \"stage\":\"sm".to_owned(),
        first.replace("\"version\":1", "\"version\":2"),
        first.replace("\"version\":1", "\"version\": 2").replace("\"stage\":", "\"unheard\": 1, \"of\":"),
        first.replace("\"small\"", "\"gone\""),
        first.replace("\"input\":20,", ""),
        first.replace("\"input\":20", "\"input\":\"x\""),
        first.replace("\"input\":20", "\"input\": 20,  \"from\":\"collect\""),
        first.replace("\"input\":20", "\"raw\":\"20\""),
    ];
    let (before, after) = strange.split_at(4);
    dir.write("rejects", &format!("{}\n\n{text}{}", before.join("\n"), after.join("\n")));
    let report = ran(numbers_of!(dir.file("rejects"), 20).redrive(dir.file("rejects")));
    assert_eq!((numbers(&report), &report.output), ((11, 2, 9, 1), &vec![20]));
    let lines: Vec<_> = dir.read("rejects").lines().map(str::to_owned).collect();
    assert_eq!(lines[..4], *before);
    assert_eq!(lines[4], "");
    let thirty = lines.iter().filter(|line| line.contains("\"input\":30")).collect::<Vec<_>>();
    assert_eq!(thirty.len(), 1);
    assert!(thirty[0].contains("\"attempts\":2"));
    assert_eq!(lines[6..], *after);

    let kept = report.redriven.clone().unwrap().kept;
    let kept: Vec<_> = kept.iter().map(|kept| (kept.why.as_str(), kept.letters, kept.line)).collect();
    assert_eq!(
        kept,
        [
            ("it is no letter: expected ident at line 1 column 2", 1, 1),
            ("it is no letter: EOF while parsing a string at line 1 column 26", 1, 2),
            ("its version is 2, and 1 is the newest that is known here", 2, 3),
            ("this pipeline has no stage `gone`", 1, 8),
            ("it holds neither raw bytes nor an input", 1, 9),
            ("its input is no item of stage `small`: invalid type: string \"x\", expected u32", 1, 10),
            ("stage `collect` is not under `or_dead_letter` here, so it takes no letter", 1, 11),
            ("from_iter cannot read an item again from its raw bytes", 1, 12),
        ]
    );
    let text = report.to_string();
    assert!(
        text.contains("11 letters read, 2 sent, 9 kept, 1 written again\n  1 kept, the first in line 1: it is"),
        "{text}"
    );

    // Nothing is left to send but what fails: all other lines are the same.
    let others = |text: String| text.lines().filter(|line| !line.contains("\"attempts\"")).collect::<Vec<_>>().concat();
    let before = dir.read("rejects");
    let report = ran(numbers_of!(dir.file("rejects"), 20).redrive(dir.file("rejects")));
    assert_eq!(numbers(&report), (10, 1, 9, 1));
    assert_eq!(others(dir.read("rejects")), others(before));
}

#[test]
fn a_file_without_letters_and_one_that_is_not_there() {
    let dir = Dir::new();
    let empty = dir.write("empty", "");
    let report = ran(numbers_of!(empty, 20).redrive(&empty));
    assert_eq!((numbers(&report), report.output), ((0, 0, 0, 0), vec![]));
    let error = failed(numbers_of!(empty, 20).redrive(dir.file("none")));
    assert!(
        error.starts_with(&format!("cannot send the letters in {} again: No such file", dir.file("none").display()))
    );
    let error = failed(numbers_of!(empty, 20).redrive("-"));
    assert_eq!(error, "cannot send the letters in - again: they must be in a file, not on standard input");
    let error = failed(numbers_of!(empty, 20).redrive(dir.path()));
    assert!(error.starts_with("cannot send the letters in "), "{error}");
}

#[test]
fn items_that_cannot_be_read_from_json_are_said_to_be() {
    #[derive(serde::Serialize, Clone, Copy)]
    struct OneWay(u32);
    #[stage]
    fn never(n: OneWay) -> Result<u32, TooBig> {
        Err(TooBig(n.0))
    }
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! one_way {
        () => {
            pipeline!(from_iter([vec![3]]) | flatten | map(|n| OneWay(n)) | never.or_dead_letter(&path) | discard())
        };
    }
    ran(one_way!().run());
    let before = dir.read("rejects");
    let report = ran(one_way!().redrive(&path));
    assert_eq!((numbers(&report), dir.read("rejects")), ((1, 0, 1, 0), before));
    assert_eq!(
        reasons(&report),
        ["the items of stage `never` cannot be read from JSON: their type must be `Deserialize`"]
    );
}

#[test]
fn nobody_else_is_at_the_file_meanwhile() {
    let dir = rejected();
    let path = dir.file("rejects");
    let text = dir.read("rejects");
    // A run that appends while a redrive sends, and a redrive of the same file.
    let seen = std::cell::RefCell::new(Vec::new());
    let report = ran(pipeline!(
        from_iter([vec![1]])
            | flatten
            | small(max = 50).or_dead_letter(&path)
            | inspect(|_| {
                seen.borrow_mut().push(failed(numbers_of!(path, 5).run()));
                seen.borrow_mut().push(failed(numbers_of!(path, 5).redrive(&path)));
            })
            | collect()
    )
    .redrive(&path));
    assert_eq!(report.output, [20, 30]);
    let seen = seen.into_inner();
    assert!(seen[0].ends_with("its letters are being sent again"), "{}", seen[0]);
    assert!(seen[1].ends_with("a run writes to it, or another redrive sends its letters"), "{}", seen[1]);

    // A redrive while a run may append.
    dir.write("rejects", &text);
    let seen = std::cell::RefCell::new(String::new());
    ran(pipeline!(
        from_iter([1])
            | inspect(|_| *seen.borrow_mut() = failed(numbers_of!(path, 5).redrive(&path)))
            | small(max = 5).or_dead_letter(&path)
            | discard()
    )
    .run());
    assert!(seen.borrow().ends_with("a run writes to it, or another redrive sends its letters"), "{seen:?}");
    assert_eq!(dir.read("rejects"), text);
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link_and_a_mode_stays() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = rejected();
    fs::rename(dir.file("rejects"), dir.file("real")).unwrap();
    fs::set_permissions(dir.file("real"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real", dir.file("rejects")).unwrap();
    ran(numbers_of!(dir.file("rejects"), 20).redrive(dir.file("rejects")));
    assert_eq!(dir.letters("real").len(), 1);
    assert_eq!(fs::read_link(dir.file("rejects")).unwrap().to_str(), Some("real"));
    assert_eq!(fs::metadata(dir.file("real")).unwrap().permissions().mode() & 0o777, 0o640);
}
