//! Where a letter starts, and what becomes of it.

use std::fs;

use millstream::prelude::*;
use millstream::redrive::Redrive;

use crate::support::{Dir, Log, Row, TooBig, failed, fits, numbers, ran, small, small_ref};

macro_rules! rows {
    ($dir:ident, $max:expr) => {
        pipeline!(
            csv::<Row>($dir.file("rows.csv")).or_dead_letter($dir.file("rejects.jsonl"))
                | fits(max = $max).or_dead_letter($dir.file("rejects.jsonl"))
                | csv($dir.file("out.csv"))
        )
    };
}

fn rejected() -> Dir {
    let dir = Dir::new();
    dir.write("rows.csv", "size,name\n5,a\n50,b\n7,\"c,\"\"d\"\nx,e\n");
    ran(rows!(dir, 6).run());
    assert_eq!(dir.read("out.csv"), "name,size\na,5\n");
    assert_eq!(dir.letters("rejects.jsonl").len(), 3);
    dir
}

#[test]
fn raw_bytes_go_from_the_source_on_also_when_its_file_is_gone() {
    let dir = rejected();
    fs::remove_file(dir.file("rows.csv")).unwrap();
    let report = ran(rows!(dir, 100).redrive(dir.file("rejects.jsonl")));
    assert_eq!(numbers(&report), (3, 3, 0, 1));
    assert_eq!(dir.read("out.csv"), "name,size\na,5\nb,50\n\"c,\"\"d\",7\n");
    assert_eq!((report.read(), report.stage("csv").unwrap().rejected), (3, 1));
    assert_eq!(report.stage("csv#2").unwrap().absorbed, 2);

    // What failed again is a letter as it was, with one more attempt.
    let letters = dir.letters("rejects.jsonl");
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((letter.attempts, letter.stage.as_str()), (2, "csv"));
    assert_eq!((letter.position.item, letter.position.line), (4, Some(5)));
    assert_eq!(letter.source, dir.file("rows.csv").to_str().unwrap());
    assert_eq!((letter.raw.as_deref(), letter.head.as_deref()), (Some(&b"x,e"[..]), Some(&b"size,name"[..])));
    assert_eq!(dir.names(), ["out.csv", "rejects.jsonl"]);
}

#[test]
fn a_letter_can_be_put_right_by_hand() {
    let dir = rejected();
    let text = dir.read("rejects.jsonl").replace("x,e", "9,e");
    dir.write("rejects.jsonl", &text);
    let report = ran(rows!(dir, 100).redrive(dir.file("rejects.jsonl")));
    assert_eq!(numbers(&report), (3, 3, 0, 0));
    assert_eq!(dir.read("out.csv"), "name,size\na,5\nb,50\n\"c,\"\"d\",7\ne,9\n");
    assert_eq!(dir.read("rejects.jsonl"), "");
}

#[test]
fn rows_that_cannot_be_rows_are_rejected_again() {
    let dir = rejected();
    let text = dir.read("rejects.jsonl");
    let text = text.replace("x,e", "9,\\\"e").replace("50,b", "50").replace("\\\"c,\\\"\\\"d\\\"", "\\\"c,\\\"d\\\"");
    dir.write("rejects.jsonl", &text);
    ran(rows!(dir, 100).redrive(dir.file("rejects.jsonl")));
    let errors: Vec<_> = dir.letters("rejects.jsonl").into_iter().map(|letter| letter.error[0].clone()).collect();
    assert_eq!(
        errors,
        [
            "1 field where the header has 2: nothing for `name`",
            "column `name`: text follows the closing quote, at line 1, column 7; a quote in a quoted field is written twice",
            "the quote opened at line 1, column 3 is never closed: it takes in all up to the end of the file, 1 line",
        ]
    );
}

#[test]
fn lines_of_json_are_read_again_too() {
    let dir = Dir::new();
    dir.write("in.jsonl", "{\"name\":\"a\",\"size\":1}\n{\"name\":\"b\",\"size\":9}\n");
    macro_rules! lines {
        ($max:expr) => {
            pipeline!(
                json_lines::<Row>(dir.file("in.jsonl"))
                    | fits(max = $max).or_dead_letter(dir.file("rejects"))
                    | json_lines(dir.file("out.jsonl"))
            )
        };
    }
    ran(lines!(5).run());
    ran(lines!(9).redrive(dir.file("rejects")));
    assert_eq!(dir.read("out.jsonl"), "{\"name\":\"a\",\"size\":1}\n{\"name\":\"b\",\"size\":9}\n");
    assert_eq!(dir.read("rejects"), "");
}

#[test]
fn inputs_go_from_their_stage_on() {
    let (dir, log) = (Dir::new(), Log::default());
    let path = dir.file("rejects");
    macro_rules! numbers_of {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![1, 20], vec![3]])
                    | inspect(|_| log.add("read"))
                    | flatten
                    | small(max = $max).or_dead_letter(&path)
                    | for_each(|n| log.add(n))
            )
        };
    }
    ran(numbers_of!(10).run());
    assert_eq!(log.take(), "read 1 read 3");
    assert_eq!(dir.letters("rejects")[0].input, Some(20.into()));

    let report = ran(numbers_of!(10).redrive(&path));
    assert_eq!((numbers(&report), log.take()), ((1, 1, 0, 1), String::new()));
    assert_eq!((dir.letters("rejects")[0].attempts, dir.letters("rejects")[0].position.item), (2, 1));
    let report = ran(numbers_of!(20).redrive(&path));
    assert_eq!((numbers(&report), log.take()), ((1, 1, 0, 0), "20".to_owned()));
    assert_eq!((report.read(), report.stage("small").unwrap().input), (0, 1));
    assert_eq!(
        report.redriven.unwrap().to_string(),
        format!("{}: 1 letter read, 1 sent, 0 kept, 0 written again", path.display())
    );
    assert_eq!(dir.read("rejects"), "");
}

#[test]
fn inputs_that_stages_borrow_and_items_that_borrow_are_read_again() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    #[stage]
    fn long<'a>(#[param] min: usize, word: &'a str) -> Result<&'a str, std::fmt::Error> {
        if word.len() < min { Err(std::fmt::Error) } else { Ok(word) }
    }
    macro_rules! words {
        ($min:expr) => {
            pipeline!(
                from_iter(["aa b", "ccc"])
                    | flat_map(|line| line.split(' '))
                    | long(min = $min).or_dead_letter(&path)
                    | map(|word: &str| u32::try_from(word.len()).unwrap())
                    | tee(small_ref(max = 4 - $min).or_dead_letter(&path) | collect(), map(|n| n * 10) | collect())
            )
        };
    }
    let report = ran(words!(2).run());
    assert_eq!(report.output, (vec![2], vec![20, 30]));
    let stages: Vec<_> = dir.letters("rejects").into_iter().map(|letter| (letter.stage, letter.input)).collect();
    assert_eq!(stages, [("long".into(), Some("b".into())), ("small_ref".into(), Some(3.into()))]);
    let report = ran(words!(1).redrive(&path));
    assert_eq!(report.output, (vec![1, 3], vec![10]));
    assert_eq!(dir.read("rejects"), "");
}

#[test]
fn an_item_that_comes_further_and_cannot_be_kept_there_starts_where_it_did() {
    /// Is not `Serialize`.
    struct Plain(u32);
    #[stage]
    fn plain(#[param] max: u32, n: Plain) -> Result<u32, std::fmt::Error> {
        if n.0 > max { Err(std::fmt::Error) } else { Ok(n.0) }
    }
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! numbers_of {
        ($small:expr, $plain:expr) => {
            pipeline!(
                from_iter([vec![1, 20], vec![3]])
                    | flatten
                    | small(max = $small).or_dead_letter(&path)
                    | map(|n| Plain(n))
                    | plain(max = $plain).or_dead_letter(&path)
                    | collect()
            )
        };
    }
    ran(numbers_of!(10, 10).run());
    let report = ran(numbers_of!(30, 10).redrive(&path));
    assert_eq!((numbers(&report), report.output), ((1, 1, 0, 1), vec![]));
    let letter = &dir.letters("rejects")[0];
    assert_eq!(
        (letter.stage.as_str(), letter.from.as_deref(), &letter.input),
        ("plain", Some("small"), &Some(20.into()))
    );
    assert_eq!(letter.attempts, 2);
    let report = ran(numbers_of!(30, 30).redrive(&path));
    assert_eq!(report.output, [20]);
    assert_eq!(dir.read("rejects"), "");
}

#[test]
fn the_order_of_letters_is_kept() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! all {
        ($max:expr) => {
            pipeline!(
                from_iter(vec![vec![9, 1, 8, 7, 2, 6]]) | flatten | small(max = $max).or_dead_letter(&path) | collect()
            )
        };
    }
    ran(all!(0).run());
    assert_eq!(ran(all!(6).redrive(&path)).output, [1, 2, 6]);
    assert_eq!(ran(all!(9).redrive(&path)).output, [9, 8, 7]);
}

#[test]
fn what_is_skipped_in_a_redrive_is_a_letter_again() {
    let dir = Dir::new();
    let path = dir.file("rejects");
    ran(pipeline!(from_iter([vec![1, 20]]) | flatten | small(max = 5).or_dead_letter(&path) | collect()).run());
    macro_rules! with_skip {
        ($max:expr) => {
            pipeline!(
                from_iter([vec![1]])
                    | flatten
                    | small(max = 50).or_dead_letter(&path)
                    | small(max = $max).or_skip()
                    | collect()
            )
        };
    }
    let report = ran(with_skip!(10).redrive(&path));
    assert_eq!((numbers(&report), report.stage("small#2").unwrap().rejected), ((1, 1, 0, 1), 1));
    let letter = &dir.letters("rejects")[0];
    assert_eq!((letter.stage.as_str(), letter.from.as_deref()), ("small#2", Some("small")));
    assert_eq!(ran(with_skip!(20).redrive(&path)).output, [20]);
}

#[test]
fn a_stage_that_fails_the_run_leaves_all_as_it_was() {
    let dir = rejected();
    let (before, out) = (dir.read("rejects.jsonl"), dir.read("out.csv"));
    let error = failed(
        pipeline!(
            csv::<Row>(dir.file("rows.csv")).or_dead_letter(dir.file("rejects.jsonl"))
                | fits(max = 20)
                | csv(dir.file("out.csv"))
        )
        .redrive(dir.file("rejects.jsonl")),
    );
    assert_eq!(
        error,
        format!("stage `fits` at line 3 of {}: 50 is too big", dir.file("rows.csv").display()),
        "the letter's own place"
    );
    assert_eq!((dir.read("rejects.jsonl"), dir.read("out.csv")), (before, out));
    assert_eq!(dir.names(), ["out.csv", "rejects.jsonl", "rows.csv"]);
}

#[test]
fn letters_for_other_files_come_back_to_the_one_that_is_sent() {
    let dir = Dir::new();
    let (a, b) = (dir.file("a"), dir.file("b"));
    macro_rules! two {
        ($one:expr, $two:expr) => {
            pipeline!(
                from_iter([vec![20, 30]])
                    | flatten
                    | small(max = $one).or_dead_letter(&a)
                    | small(max = $two).or_dead_letter(&b)
                    | collect()
            )
        };
    }
    ran(two!(20, 5).run());
    let before = dir.read("b");
    let report = ran(two!(30, 5).redrive(Redrive::of(&a)));
    assert_eq!((numbers(&report), dir.read("b")), ((1, 1, 0, 1), before));
    assert_eq!(dir.letters("a")[0].stage, "small#2");
    assert!(report.letters.is_empty());
    assert_eq!(ran(two!(30, 30).redrive(&a)).output, [30]);
    assert_eq!(ran(two!(30, 30).redrive(&b)).output, [20]);
}

#[test]
fn a_panic_of_a_stateless_stage_is_a_letter_again() {
    #[stage]
    fn tenth(n: u32) -> u32 {
        10 / n
    }
    let dir = Dir::new();
    let path = dir.file("rejects");
    macro_rules! tenths {
        () => {
            pipeline!(from_iter([vec![0, 5]]) | flatten | tenth.or_dead_letter(&path, keep = input) | collect())
        };
    }
    ran(tenths!().run());
    let report = ran(tenths!().redrive(&path));
    assert_eq!((numbers(&report), report.output), ((1, 1, 0, 1), vec![]));
    assert_eq!(dir.letters("rejects")[0].error, ["panicked: attempt to divide by zero"]);
}

#[test]
fn a_record_that_borrows_is_read_again_from_its_input() {
    #[record]
    #[derive(Clone, Copy)]
    struct Pair<'a> {
        name: &'a str,
        size: u32,
    }
    #[stage]
    fn sized<'a>(#[param] max: u32, pair: Pair<'a>) -> Result<Pair<'a>, TooBig> {
        if pair.size > max { Err(TooBig(pair.size)) } else { Ok(pair) }
    }
    let dir = Dir::new();
    let path = dir.file("rejects");
    dir.write("rows.csv", "name,size\na,1\n\"b \"\"ä\",9\n");
    macro_rules! pairs {
        ($max:expr) => {
            pipeline!(
                csv::<Pair>(dir.file("rows.csv"))
                    | flat_map(|pair| [pair, pair])
                    | sized(max = $max).or_dead_letter(&path)
                    | tee(
                        map(|pair| pair.name.len()) | collect(),
                        sized(max = 1).or_dead_letter(&path) | json_lines(dir.file("out.jsonl"))
                    )
            )
        };
    }
    ran(pairs!(5).run());
    let report = ran(pairs!(9).redrive(&path));
    assert_eq!((numbers(&report), report.output.0), ((2, 2, 0, 2), vec![5, 5]));
    let letters = dir.letters("rejects");
    assert_eq!((letters[1].stage.as_str(), &letters[1].branch), ("sized#2", &vec!["tee.1".to_owned()]));
    assert_eq!(letters[1].input, Some(serde_json::json!({"name": "b \"ä", "size": 9})));
    assert_eq!(letters[1].attempts, 2);
}
