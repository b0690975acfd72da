//! `zip` and `join`: items beside those of another pipeline.

use std::fs;
use std::rc::Rc;

use millstream::prelude::*;
use millstream::resource::Resources;
use millstream::source::{At, Source};

use crate::support::{Log, balanced, counts, failed, ran};

#[derive(Clone, Debug)]
struct Employee {
    name: &'static str,
    department: u32,
}

#[derive(Debug)]
struct Department {
    id: u32,
    title: String,
}

#[record]
#[derive(Clone)]
struct Order<'a> {
    user: &'a str,
    amount: u32,
}

#[record]
struct User {
    user: String,
    city: String,
}

#[stage]
fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[stage]
fn fragile(n: u32) -> u32 {
    assert!(n != 13, "unlucky");
    n
}

fn employees() -> [Employee; 4] {
    [("Ann", 2), ("Bob", 1), ("Cy", 9), ("Di", 2)].map(|(name, department)| Employee { name, department })
}

fn departments() -> Vec<Department> {
    [(1, "HR"), (2, "Works"), (2, "Lab")].map(|(id, title)| Department { id, title: title.to_owned() }).into()
}

/// Orders, and the users who made them.
fn files(dir: &tempfile::TempDir) -> [std::path::PathBuf; 2] {
    let [orders, users] = ["orders.csv", "users.csv"].map(|name| dir.path().join(name));
    fs::write(&orders, "user,amount\nU1,5\nU2,6\nU9,7\nU1,8\n").unwrap();
    fs::write(&users, "user,city\nU1,Bonn\nU2\nU3,Ulm\n").unwrap();
    [orders, users]
}

#[test]
fn a_zip_pairs_until_either_ends() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source(1..)) | zip(from_iter(["a", "b"]) | map(|text| text.to_owned())) | collect()
    )
    .run());
    assert_eq!(report.output, [(1, "a".to_owned()), (2, "b".to_owned())]);
    assert_eq!(log.take(), "<1 <2 <3");
    assert_eq!(counts(&report, "zip"), "input 5, dropped 1, absorbed 4, emitted 2, output 2");
    assert_eq!(counts(&report, "from_iter#2"), "input 2, passed 2, output 2");
    let pairs = pipeline!(zip(from_iter(1..=2), from_iter(log.source(10..)) | flat_map(|n| [n, -n])));
    assert_eq!(pairs.collect::<Vec<_>>(), [(1, 10), (2, -10)]);
    assert_eq!(log.take(), "<10");
}

#[test]
fn a_zip_takes_what_its_side_emits_at_the_end_and_what_its_line_emits() {
    let pairs = pipeline!(
        from_iter(1..=5) | chunks(2) | map(|c| c.len()) | zip(from_iter(10..=14) | chunks(2) | map(|c| c[0]))
    );
    assert_eq!(pairs.collect::<Vec<_>>(), [(2, 10), (2, 12), (1, 14)]);
    assert_eq!(pipeline!(from_iter(1..) | zip(from_iter(1..) | take(0))).count(), 0);
    let expanded = pipeline!(from_iter([3]) | flat_map(|n| 0..n) | zip(chain(from_iter([7]), from_iter([8, 9]))));
    assert_eq!(expanded.collect::<Vec<_>>(), [(0, 7), (1, 8), (2, 9)]);
}

#[test]
fn a_zip_is_resumed_item_by_item() {
    let log = Log::default();
    let mut items =
        pipeline!(from_iter(log.source(1..=9)) | filter(|n| n % 2 == 0) | zip(from_iter(log.source('a'..='c'))));
    assert_eq!(items.next(), Some((2, 'a')));
    balanced(&items.report());
    assert_eq!(log.take(), "<1 <2 <'a'");
    assert_eq!(items.by_ref().collect::<Vec<_>>(), [(4, 'b'), (6, 'c')]);
    assert_eq!(log.take(), "<3 <4 <'b' <5 <6 <'c' <7 <8 <end");
    balanced(&items.report());
}

#[test]
fn an_error_of_the_side_names_its_stage_and_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let [orders, users] = files(&dir);
    let error = failed(
        pipeline!(csv::<Order>(&orders) | zip(csv::<User>(&users) | map(|user| user.city)) | for_each(|(_, _)| ()))
            .run(),
    );
    assert!(error.to_string().starts_with(&format!("stage `csv#2` at line 3 of {}: ", users.display())), "{error}");
    let mut items = pipeline!(from_iter(1..) | zip(from_iter(["1", "x"]) | parsed) | map(|(_, n)| n)).try_iter();
    assert_eq!(items.next().unwrap().unwrap(), 1);
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "stage `parsed` at item 2 of from_iter: invalid digit found in string");
    balanced(error.report().unwrap());
    assert!(items.next().is_none());
    let error = failed(pipeline!(from_iter([1]) | zip(from_iter([13]) | fragile) | discard()).run());
    assert_eq!(error.to_string(), "stage `fragile`: panicked: unlucky");
}

#[test]
fn the_lines_own_errors_name_its_own_source() {
    let dir = tempfile::tempdir().unwrap();
    let [orders, users] = files(&dir);
    let small = |n: u32| if n < 7 { Ok(n) } else { Err("too large") };
    let error = failed(
        pipeline!(
            csv::<Order>(&orders)
                | map(|order| order.amount)
                | zip(csv::<User>(&users).or_skip())
                | map(|(n, _)| n)
                | try_map(small)
                | discard()
        )
        .run()
        .and_then(|_| {
            pipeline!(
                csv::<Order>(&orders)
                    | map(|order| order.amount)
                    | join(csv::<User>(&users).or_skip(), on = (|_| 1, |_| 1))
                    | map(|(n, _)| n)
                    | try_map(small)
                    | discard()
            )
            .run()
        }),
    );
    assert_eq!(error.to_string(), format!("stage `try_map` at line 4 of {}: too large", orders.display()));
}

#[test]
fn an_item_goes_on_beside_each_row_of_its_key() {
    let report = ran(pipeline!(
        from_iter(employees())
            | join(from_iter(departments()), on = (department, id))
            | map(|(employee, department)| format!("{} {}", employee.name, department.title))
            | collect()
    )
    .run());
    assert_eq!(report.output, ["Ann Works", "Ann Lab", "Bob HR", "Di Works", "Di Lab"]);
    assert_eq!(counts(&report, "join"), "input 7, dropped 1, absorbed 6, emitted 5, output 5");
    assert_eq!(report.read(), 7);
    let [side] = &report.sides[..] else { panic!("{:?}", report.sides) };
    assert_eq!((side.stage.as_str(), side.source.as_str(), side.rows), ("join", "from_iter", 3));
    assert!(side.bytes >= 3 * size_of::<Department>() as u64, "{side:?}");
    assert!(report.to_string().contains("from_iter: 3 rows held by join, "), "{report}");
}

#[test]
fn a_left_join_keeps_items_without_a_match() {
    let report = ran(pipeline!(
        from_iter(employees())
            | join(
                from_iter(departments()) | filter(|d| d.title != "Lab"),
                on = (|e| e.department, |d| d.id),
                kind = left
            )
            | map(|(e, d)| (e.name, d.map(|d| d.title.clone())))
            | collect()
    )
    .run());
    let works = Some("Works".to_owned());
    assert_eq!(report.output, [("Ann", works.clone()), ("Bob", Some("HR".to_owned())), ("Cy", None), ("Di", works)]);
    assert_eq!(counts(&report, "join"), "input 6, absorbed 6, emitted 4, output 4");
}

#[test]
fn items_and_keys_may_be_lent() {
    let dir = tempfile::tempdir().unwrap();
    let [orders, users] = files(&dir);
    let log = Log::default();
    let report = ran(pipeline!(
        csv::<Order>(&orders)
            | join(csv::<User>(&users).or_skip(), on = user)
            | for_each(|(order, user)| log.add(format_args!("{}:{}:{}", order.user, order.amount, user.city)))
    )
    .run());
    assert_eq!(log.take(), "U1:5:Bonn U1:8:Bonn");
    assert_eq!(counts(&report, "join"), "input 6, dropped 2, absorbed 4, emitted 2, output 2");
    assert_eq!(counts(&report, "csv#2"), "input 3, passed 2, rejected 1, output 2");
    assert_eq!(report.sides[0].source, users.display().to_string());
}

#[test]
fn keys_may_have_parts() {
    let report = ran(pipeline!(
        from_iter([(1, 'a'), (1, 'b'), (2, 'a')])
            | join(from_iter([(1, 'a', "x"), (2, 'a', "y")]), on = ((0, 1), (0, 1)))
            | map(|(item, row)| (item, row.2))
            | collect()
    )
    .run());
    assert_eq!(report.output, [((1, 'a'), "x"), ((2, 'a'), "y")]);
}

#[test]
fn the_side_is_read_before_the_first_item_and_only_once() {
    let log = Log::default();
    let report = ran(pipeline!(
        from_iter(log.source([1, 2]))
            | join(from_iter(log.source([2, 1])) | chunks(5) | flatten, on = (|n| *n, |n| *n))
            | map(|(n, _)| n)
            | take(1)
            | collect()
    )
    .run());
    assert_eq!(report.output, [1]);
    assert_eq!(log.take(), "<2 <1 <end <1");
    let none: [u32; 0] = [];
    let empty =
        ran(pipeline!(from_iter([1_u32]) | join(from_iter(none), on = (|n| *n, |n| *n)) | map(|(n, _)| n) | collect())
            .run());
    assert_eq!((empty.output.len(), empty.sides[0].rows), (0, 0));
}

#[test]
fn a_side_with_more_rows_than_there_is_room_for_fails_the_run() {
    let log = Log::default();
    let run = |max: usize| {
        pipeline!(
            from_iter(log.source([1]))
                | join(from_iter([1, 2, 3]), on = (|n| *n, |n| *n), max = max)
                | map(|(n, _)| n)
                | collect()
        )
        .run()
    };
    assert_eq!(ran(run(3)).output, [1]);
    assert_eq!(log.take(), "<1 <end");
    assert_eq!(
        failed(run(2)).to_string(),
        "stage `join`: from_iter has more than 2 rows, which is all that `join` has room for; for more write `max = n`"
    );
    assert_eq!(log.take(), "", "before the first item");
    assert_eq!(failed(run(0)).to_string(), "stage `join`: `join` must have room for 1 row at least, got `max = 0`");
}

#[test]
fn a_failure_while_the_side_is_read_comes_before_the_first_item() {
    let log = Log::default();
    let error = failed(
        pipeline!(
            from_iter(log.source([1_u32]))
                | join(from_iter(["1", "x"]) | parsed, on = (|n| *n, |n| *n))
                | map(|(n, _)| n)
                | collect()
        )
        .run(),
    );
    assert_eq!(error.to_string(), "stage `parsed` at item 2 of from_iter: invalid digit found in string");
    assert_eq!(log.take(), "");
    let error = failed(
        pipeline!(
            from_iter(log.source([1_u32]))
                | join(from_iter([13]) | fragile, on = (|n| *n, |n| *n))
                | map(|(n, _)| n)
                | collect()
        )
        .run(),
    );
    assert_eq!(error.to_string(), "stage `fragile`: panicked: unlucky");
}

#[test]
fn sides_stand_in_branches_paths_sides_and_reusable_stages() {
    let named = pipeline!(
        _ as u32
            | join(from_iter([(1_u32, "one"), (2, "two")]), on = (|n| *n, |row| row.0))
            | map(|(_, row)| row.1)
            | zip(from_iter('a'..))
    );
    let report = ran(pipeline!(
        from_iter(1..=3_u32)
            | chain(
                from_iter([2_u32])
                    | join(
                        from_iter([2_u32]) | join(from_iter([2_u32]), on = (|n| *n, |n| *n)) | map(|(n, _)| n),
                        on = (|n| *n, |n| *n)
                    )
                    | map(|(n, _)| n)
            )
            | tee(
                map(|n| *n) | { named } | collect(),
                route(when(|n| *n > 2, discard()), otherwise(zip(from_iter(10..)) | collect()))
            )
    )
    .run());
    assert_eq!(report.output.0, [("one", 'a'), ("two", 'b'), ("two", 'c')]);
    assert_eq!(report.output.1, ((), vec![(1, 10), (2, 11), (2, 12)]));
}

#[test]
fn an_error_in_the_side_of_a_reusable_stage_keeps_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let [orders, users] = files(&dir);
    let placed = pipeline!(_ as u32 | zip(csv::<User>(&users)) | map(|(n, _)| n));
    let error = failed(pipeline!(csv::<Order>(&orders) | map(|order| order.amount) | { placed } | discard()).run());
    let text = error.to_string();
    assert!(text.contains(&format!("line 3 of {}: ", orders.display())), "{text}");
    assert!(text.contains(&format!("stage `csv` at line 3 of {}: ", users.display())), "{text}");
}

/// Counts from what it shares with others.
struct Shared(Option<Rc<u32>>, Rc<u32>);

impl Source for Shared {
    type Item<'a> = u32;
    type Reject = std::convert::Infallible;
    type Error = std::convert::Infallible;

    fn name(&self) -> String {
        "shared".to_owned()
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), millstream::error::BoxError> {
        resources.insert(17_u32);
        self.0 = Some(Rc::clone(&self.1));
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Result<u32, Self::Reject>, At<'_>)>, Self::Error> {
        Ok(self.0.take().map(|n| (Ok(*n), At::default())))
    }
}

#[test]
fn the_side_connects_with_the_run() {
    let n = Rc::new(5);
    let report = ran(pipeline!(
        from_iter([1])
            | zip({ Shared(None, Rc::clone(&n)) })
            | join({ Shared(None, n) }, on = (|_| 5_u32, |n| *n))
            | map(|((_, zipped), joined)| zipped + joined)
            | collect()
    )
    .run());
    assert_eq!(report.output, [10]);
}

#[test]
fn the_plan_shows_the_side() {
    let mut pipeline = pipeline!(
        from_iter([1_u8])
            | join(from_iter([2_u8]) | map(|n| n), on = (|n| *n, |n| *n), max = 9)
            | map(|(n, _)| n)
            | collect()
    );
    let plan = pipeline.plan();
    let rows: Vec<_> = plan.nodes.iter().map(|node| (&*node.label, &*node.output)).collect();
    assert_eq!(
        rows,
        [
            ("from_iter", "u8"),
            ("from_iter#2", "u8"),
            ("map", "u8"),
            ("join", "(u8, &u8)"),
            ("map#2", "u8"),
            ("collect", "")
        ]
    );
    let arrows: Vec<_> =
        plan.mermaid().lines().filter(|line| line.contains("-->")).map(|line| line.trim().to_owned()).collect();
    assert_eq!(arrows, ["n0 --> n3", "n1 --> n2", "n2 --> n3", "n3 --> n4", "n4 --> n5"]);
    assert!(plan.to_string().contains("| join(on = (|n| *n, |n| *n), max = 9)"), "{plan}");
}

#[test]
fn a_letter_behind_a_side_names_the_branches_of_its_own_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters.jsonl");
    let odd = |n: u32| if n % 2 == 1 { Ok(n) } else { Err("even") };
    let report = ran(pipeline!(
        from_iter(["1", "2"])
            | tee(
                discard(),
                zip(from_iter(["3", "x", "5", "6"]) | parsed.or_dead_letter(&path))
                    | map(|(_, n)| n + 1)
                    | try_map(odd).or_dead_letter(&path)
                    | collect()
            )
    )
    .run());
    assert_eq!(report.output, ((), vec![]));
    assert_eq!(report.letters, [(path.clone(), 3)]);
    let letters = fs::read_to_string(path).unwrap();
    let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = letters.iter().map(|letter| (&letter["stage"], &letter["branch"], &letter["raw"])).collect();
    let (none, branch, null) = (serde_json::json!([]), serde_json::json!(["tee.1"]), serde_json::Value::Null);
    let [parsed, odd] = ["parsed", "try_map"].map(serde_json::Value::from);
    assert_eq!(found, [(&odd, &branch, &null), (&parsed, &none, &null), (&odd, &branch, &null)]);
}
