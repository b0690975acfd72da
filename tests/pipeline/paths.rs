//! `chain` and `merge`: paths with sources of their own, that meet in one suffix.

use std::fs;

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{Log, balanced, counts, failed, ran};

#[record]
struct Row<'a> {
    name: &'a str,
    n: u32,
}

#[stage]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[stage]
fn small(n: u32) -> Result<u32, String> {
    if n < 100 { Ok(n) } else { Err(format!("{n} is too large")) }
}

#[stage]
fn shown(row: Row<'_>) -> Result<String, String> {
    if row.n < 100 { Ok(format!("{}{}", row.name, row.n)) } else { Err(format!("{} is too large", row.n)) }
}

#[stage]
fn fragile(n: u32) -> u32 {
    assert!(n != 13, "unlucky");
    n
}

#[stage(finish = the_total)]
fn total(#[state] sum: &mut u32, n: &u32) {
    *sum += n;
}

#[finish]
fn the_total(sum: u32) -> Option<u32> {
    Some(sum)
}

/// Two files of rows, one with a line that is no row, one with a number that is too large.
fn files(dir: &tempfile::TempDir) -> [std::path::PathBuf; 2] {
    let [a, b] = ["a.csv", "b.csv"].map(|name| dir.path().join(name));
    fs::write(&a, "name,n\nx,1\ny,?\nz,3\n").unwrap();
    fs::write(&b, "name,n\nv,4\nw,500\n").unwrap();
    [a, b]
}

#[test]
fn a_chain_reads_one_source_after_the_other() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..=2))
            | map(|n| n * 10)
            | chain(from_iter(log.source(3..=4)), from_iter(log.source(5..6)) | map(|n| n + 1))
            | inspect(|n| log.add(n))
            | collect()
    )
    .run());
    assert_eq!(report.output, [10, 20, 3, 4, 6]);
    assert_eq!(log.take(), "<1 10 <2 20 <end <3 3 <4 4 <end <5 6 <end");
    assert_eq!(report.read(), 5);
    assert_eq!(counts(&report, "from_iter#2"), "input 2, passed 2, output 2");
    assert_eq!(counts(&report, "chain"), "input 5, passed 5, output 5");
}

#[test]
fn a_merge_takes_turns() {
    let log = Log::default();
    let report = ran(pipeline!(
        merge(
            from_iter(log.source(1..=4)) | filter(|n| n % 2 == 0),
            from_iter(log.source([10])),
            from_iter(log.source([20, 21]))
        ) | collect()
    )
    .run());
    assert_eq!(report.output, [2, 10, 20, 4, 21]);
    assert_eq!(log.take(), "<1 <2 <10 <20 <3 <4 <end <21 <end <end");
    assert_eq!(report.read(), 7);
}

#[test]
fn a_path_that_gives_its_last_item_as_it_ends_has_had_its_turn() {
    let merged = pipeline!(merge(from_iter([1, 2]) | total, from_iter([10, 20, 30]) | take(1), from_iter([5, 6])));
    assert_eq!(merged.collect::<Vec<_>>(), [3, 10, 5, 6]);
    let merged = pipeline!(merge(from_iter([1, 2, 3]) | take(2) | chunks(1) | flatten, from_iter([10, 20, 30])));
    assert_eq!(merged.collect::<Vec<_>>(), [1, 10, 2, 20, 30]);
}

#[test]
fn what_a_path_emits_at_its_end_comes_before_the_next_path() {
    let paths = || {
        pipeline!(chain(
            from_iter(1..=3_u32) | total,
            from_iter(4..=5_u32) | total,
            from_iter(6..=8) | chunks(2) | map(|c| c.iter().sum::<u32>())
        ))
    };
    assert_eq!(paths().collect::<Vec<_>>(), [6, 9, 13, 8]);
    let mut one_by_one = paths();
    let mut seen = Vec::new();
    while let Some(n) = one_by_one.next() {
        seen.push(n);
    }
    assert_eq!(seen, [6, 9, 13, 8]);
    balanced(&one_by_one.report());
    let report =
        ran(pipeline!(chain(from_iter(1..=3_u32) | total, from_iter(4..=5_u32) | total) | total | collect()).run());
    assert_eq!(report.output, [15]);
    assert_eq!(counts(&report, "total#2"), "input 2, absorbed 2, emitted 1, output 1");
}

#[test]
fn paths_meet_in_paths() {
    let report = ran(pipeline!(
        chain(merge(from_iter([1, 2]), from_iter([10, 20, 30])) | map(|n| n + 1) | total, from_iter([7]))
            | chain(from_iter([8]))
            | merge(from_iter([100, 200]))
            | collect()
    )
    .run());
    // The sum comes as its path ends: 2 + 11 + 3 + 21 + 31.
    assert_eq!(report.output, [68, 100, 7, 200, 8]);
    assert_eq!(report.read(), 9);
}

#[test]
fn an_inner_path_that_wants_no_more_ends_alone() {
    let log = Log::default();
    let report = ran(pipeline!(
        chain(
            merge(from_iter(log.source(1..)), from_iter(log.source(10..)) | chunks(2) | map(|c| c[0])) | take(3),
            from_iter(log.source([100]))
        ) | collect()
    )
    .run());
    assert_eq!(report.output, [1, 10, 2, 100]);
    assert_eq!(log.take(), "<1 <10 <11 <2 <100 <end");
}

#[test]
fn take_ends_its_path_or_all() {
    let log = Log::default();
    let in_a_path = pipeline!(from_iter(log.source(1..)) | take(2) | chain(from_iter(log.source(5..)) | take(1)));
    assert_eq!(in_a_path.collect::<Vec<_>>(), [1, 2, 5]);
    assert_eq!(log.take(), "<1 <2 <5");
    let behind = ran(pipeline!(
        from_iter(log.source([1, 2])) | chunks(9) | chain(from_iter(log.source([3])) | chunks(1)) | take(1) | collect()
    )
    .run());
    assert_eq!(behind.output, [[1, 2]]);
    assert_eq!(log.take(), "<1 <2 <end", "what the first path emitted at its end was enough");
    let mut one_by_one =
        pipeline!(from_iter(log.source([1, 2])) | chunks(9) | flatten | chain(from_iter(log.source(3..))) | take(2));
    assert_eq!((one_by_one.next(), one_by_one.next(), one_by_one.next()), (Some(1), Some(2), None));
    assert_eq!(log.take(), "<1 <2 <end");
}

#[test]
fn take_of_nothing_reads_nothing() {
    let log = Log::default();
    let all =
        ran(pipeline!(from_iter(log.source(1..)) | chain(from_iter(log.source(1..))) | take(0) | collect()).run());
    assert_eq!((all.output.len(), log.take().as_str()), (0, ""));
    let one = ran(pipeline!(
        merge(from_iter(log.source([1])), from_iter(log.source(5..)) | take(0) | fold(50, |sum, n| sum + n))
            | collect()
    )
    .run());
    assert_eq!(one.output, [1, 50]);
    assert_eq!(log.take(), "<1 <end");
}

#[test]
fn paths_may_be_empty() {
    let none: [u32; 0] = [];
    assert_eq!(pipeline!(from_iter(none) | chain(from_iter(none), from_iter([1]))).collect::<Vec<_>>(), [1]);
    assert_eq!(pipeline!(merge(from_iter(none), from_iter(none))).collect::<Vec<_>>(), none);
    assert_eq!(ran(pipeline!(merge(from_iter(none), from_iter(none) | total) | collect()).run()).output, [0]);
}

#[test]
fn an_iterator_resumes_at_the_right_source() {
    let log = Log::default();
    let mut items =
        pipeline!(merge(from_iter(log.source([1, 2, 3])), from_iter(log.source([10])) | flat_map(|n| [n; 3])));
    assert_eq!(items.next(), Some(1));
    assert_eq!(items.next(), Some(10));
    assert_eq!(log.take(), "<1 <10");
    balanced(&items.report());
    assert_eq!((items.next(), items.next()), (Some(10), Some(10)));
    assert_eq!(log.take(), "");
    assert_eq!((items.next(), items.next(), items.next()), (Some(2), Some(3), None));
    assert_eq!(log.take(), "<2 <end <3 <end", "a source that has ended is not asked again");
    assert_eq!(items.next(), None);
    assert_eq!(log.take(), "");
    assert_eq!(items.plan().nodes.len(), 4);
}

#[test]
fn items_may_be_lent_by_each_source() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = files(&dir);
    let mut seen = Vec::new();
    let report = ran(pipeline!(
        csv::<Row>(&a).or_skip()
            | filter(|row| row.n > 1)
            | merge(csv::<Row>(&b) | inspect(|row| assert!(!row.name.is_empty())))
            | filter(|row| row.n < 100)
            | for_each(|row| seen.push((row.name.to_owned(), row.n)))
    )
    .run());
    assert_eq!(seen, [("z".to_owned(), 3), ("v".to_owned(), 4)]);
    assert_eq!(report.source, format!("{}, {}", a.display(), b.display()));
    assert!(report.to_string().contains("b.csv: 5 items in "), "{report}");
}

#[test]
fn letters_name_the_source_of_their_item() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = files(&dir);
    let letters = dir.path().join("letters.jsonl");
    let report = ran(pipeline!(
        chain(csv::<Row>(&a).or_dead_letter(&letters), csv::<Row>(&b).or_skip())
            | shown.or_dead_letter(&letters)
            | collect()
    )
    .run());
    assert_eq!(report.output, ["x1", "z3", "v4"]);
    assert_eq!(report.letters, [(letters.clone(), 2)]);
    let letters = fs::read_to_string(letters).unwrap();
    let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters[0]["source"], a.display().to_string());
    assert_eq!(
        (&letters[0]["stage"], &letters[0]["raw"], &letters[0]["position"]["line"]),
        (&"csv".into(), &"y,?".into(), &3.into())
    );
    assert_eq!(letters[1]["source"], b.display().to_string());
    assert_eq!(
        (&letters[1]["stage"], &letters[1]["raw"], &letters[1]["position"]["line"]),
        (&"shown".into(), &"w,500".into(), &3.into())
    );
    assert_eq!(counts(&report, "csv"), "input 3, passed 2, rejected 1, output 2");
    assert_eq!(counts(&report, "csv#2"), "input 2, passed 2, output 2");
}

#[test]
fn raw_bytes_stand_for_items_of_a_path_that_keeps_them_one_to_one() {
    let dir = tempfile::tempdir().unwrap();
    let [_, b] = files(&dir);
    let letters = dir.path().join("letters.jsonl");
    ran(pipeline!(
        csv::<Row>(&b)
            | map(|row| row.n)
            | chain(csv::<Row>(&b) | flat_map(|row| [row.n]))
            | small.or_dead_letter(&letters)
            | discard()
    )
    .run());
    let letters = fs::read_to_string(letters).unwrap();
    let raw = letters.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["raw"].clone());
    assert_eq!(raw.collect::<Vec<_>>(), [serde_json::json!("w,500"), serde_json::Value::Null]);
}

#[test]
fn a_failure_in_the_second_path_comes_after_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = files(&dir);
    let log = Log::default();
    let error = failed(
        pipeline!(
            chain(csv::<Row>(&a).or_skip() | shown, csv::<Row>(&b) | shown)
                | inspect(|text| log.add(text))
                | chunks(9)
                | for_each(|_| log.add("finished"))
        )
        .run(),
    );
    assert_eq!(error.to_string(), format!("stage `shown#2` at line 3 of {}: 500 is too large", b.display()));
    assert_eq!(log.take(), "x1 z3 v4", "nothing finishes");
    let error = failed(pipeline!(merge(csv::<Row>(&b), csv::<Row>(&a)) | shown.or_skip() | collect()).run());
    assert!(error.to_string().starts_with(&format!("stage `csv#2` at line 3 of {}: ", a.display())), "{error}");
    let mut items = pipeline!(chain(from_iter(["1"]), from_iter(["2", "x", "3"])) | parsed).try_iter();
    assert_eq!((items.next().unwrap().unwrap(), items.next().unwrap().unwrap()), (1, 2));
    assert_eq!(
        items.next().unwrap().unwrap_err().to_string(),
        "stage `parsed` at item 2 of from_iter: invalid digit found in string"
    );
    assert!(items.next().is_none());
}

#[test]
fn a_failure_at_the_end_of_a_path_ends_all() {
    let log = Log::default();
    let refused = |chunk: Vec<u32>| if chunk.len() == 2 { Ok(chunk) } else { Err("too short") };
    let mut items = pipeline!(
        from_iter(log.source([1, 2, 3]))
            | chunks(2)
            | try_map(refused)
            | chain(from_iter(log.source([4])) | chunks(1))
            | inspect(|chunk| log.add(chunk.len()))
    )
    .try_iter();
    assert_eq!(items.next().unwrap().unwrap(), [1, 2]);
    let error = items.next().unwrap().unwrap_err();
    assert!(items.next().is_none());
    balanced(error.report().unwrap());
    assert_eq!(error.to_string(), "stage `try_map` at the end of from_iter: too short");
    assert_eq!(log.take(), "<1 <2 2 <3 <end");
}

#[test]
fn a_source_that_does_not_open_fails_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let [a, _] = files(&dir);
    let letters = dir.path().join("letters.jsonl");
    let missing = dir.path().join("none.csv");
    let chain =
        pipeline!(csv::<Row>(&a).or_dead_letter(&letters) | chain(csv::<Row>(&missing)) | map(|row| row.n) | discard());
    let error = failed(chain.run());
    assert_eq!(error.stage(), Some("csv#2"));
    assert!(!letters.exists(), "no letter can have been written");
}

#[test]
fn a_panic_names_its_stage_in_each_path_and_behind() {
    let run = |first: u32, second: u32, third: u32| {
        failed(
            pipeline!(
                chain(from_iter([first]) | fragile, from_iter([second]) | fragile)
                    | map(|n| n + third)
                    | fragile
                    | discard()
            )
            .run(),
        )
    };
    assert_eq!(run(13, 1, 1).to_string(), "stage `fragile`: panicked: unlucky");
    assert_eq!(run(1, 13, 1).to_string(), "stage `fragile#2`: panicked: unlucky");
    assert_eq!(run(1, 1, 12).to_string(), "stage `fragile#3`: panicked: unlucky");
    assert_eq!(counts(run(1, 13, 1).report().unwrap(), "fragile#2"), "input 1, in flight 1");
}

#[test]
fn paths_take_routes_keys_and_reusable_stages() {
    let tens = pipeline!(_ as u32 | map(|n| n * 10));
    let report = ran(pipeline!(
        from_iter(1..=4_u32)
            | route(when(|n| n % 2 == 0, { tens } | map(|n| n)), otherwise(map(|n| n + 1)))
            | total.keyed(|n| *n > 10)
            | chain(from_iter([5_u32]) | take(1))
            | tee(map(|n| *n) | collect(), fold(0, |sum, n| sum + n) | collect())
    )
    .run());
    assert_eq!(report.output, (vec![6, 60, 5], vec![71]));
}

#[test]
fn the_plan_shows_every_path() {
    let mut pipeline =
        pipeline!(from_iter(1..=2_u8) | map(|n| n + 1) | chain(from_iter([3_u8]) | filter(|n| *n > 1)) | collect());
    let plan = pipeline.plan();
    assert_eq!(
        plan.to_string(),
        "from_iter(1..=2_u8)            -> u8\n\
         | map(|n| n + 1)               u8 -> u8\n\
         from_iter([3_u8]) [from_iter#2]  -> u8\n"
            .replace("from_iter(1..=2_u8)            ", "from_iter(1..=2_u8)              ")
            .replace("| map(|n| n + 1)               ", "| map(|n| n + 1)                 ")
            + "| filter(|n| *n > 1)             u8 -> u8\n\
               | chain                          u8 -> u8\n\
               | collect                        u8\n"
    );
    let arrows: Vec<_> =
        plan.mermaid().lines().filter(|line| line.contains("-->")).map(|line| line.trim().to_owned()).collect();
    assert_eq!(arrows, ["n0 --> n1", "n1 --> n4", "n2 --> n3", "n3 --> n4", "n4 --> n5"]);
    assert_eq!(serde_json::from_str::<millstream::plan::Plan>(&plan.to_json()).unwrap(), plan);
}

proptest! {
    #[test]
    fn a_chain_is_that_of_iterators(a in prop::collection::vec(0..50_u32, 0..12), b in prop::collection::vec(0..50_u32, 0..12), n in 0..14_usize) {
        let chunked = |items: &[u32]| items.iter().filter(|n| **n % 3 > 0).copied().collect::<Vec<_>>().chunks(3).map(<[u32]>::to_vec).collect::<Vec<_>>();
        let expected: Vec<u32> = chunked(&a).into_iter().flatten().chain(b.iter().copied().take(5)).take(n).collect();
        let by_run = ran(pipeline!(
            from_iter(a.clone()) | filter(|n| n % 3 > 0) | chunks(3) | flatten | chain(from_iter(b.clone()) | take(5)) | take(n) | collect()
        ).run());
        prop_assert_eq!(&by_run.output, &expected);
        let mut items = pipeline!(
            from_iter(a) | filter(|n| n % 3 > 0) | chunks(3) | flatten | chain(from_iter(b) | take(5)) | take(n)
        );
        let mut seen = Vec::new();
        while let Some(item) = items.next() {
            seen.push(item);
            balanced(&items.report());
        }
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn a_merge_loses_nothing_and_keeps_the_order_of_each_source(a in prop::collection::vec(0..50_u32, 0..12), b in prop::collection::vec(50..99_u32, 0..12)) {
        let report = ran(pipeline!(
            merge(from_iter(a.clone()), from_iter(b.clone()) | flat_map(|n| vec![n; 2])) | collect()
        ).run());
        let (from_a, from_b): (Vec<u32>, Vec<u32>) = report.output.into_iter().partition(|n| *n < 50);
        prop_assert_eq!(from_a, a);
        prop_assert_eq!(from_b, b.iter().flat_map(|n| [*n; 2]).collect::<Vec<_>>());
    }
}
