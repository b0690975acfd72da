//! The built-in ends pass the kit. A new end is one more line.

use std::fs;
use std::path::Path;

use millstream::io::{csv, json_lines};
use millstream::prelude::*;
use millstream::sink::{collect, discard, for_each};
use millstream::source::from_iter;
use millstream::testing::{Conformance, Target, Violations, check_sink, check_source, check_source_over};

/// An order.
#[record]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) amount: Option<f64>,
}

const CSV: &str = "name,amount\nann,1.5\nbob,much\n\"ca\nrl\",\n\ndora,-2\n";
const JSON: &str =
    "{\"name\":\"ann\",\"amount\":1.5}\n\n{\"name\":7}\r\n{\"name\":\"b\\u00e4r\"}\n{\"amount\":2,\"name\":\"c\"}";

/// Enough of them for several writes of a sink, if `many`.
fn orders(many: bool) -> Vec<Order> {
    let count = if many { 3_000 } else { 5 };
    (0..count).map(|i| Order { name: format!("order \"{i}\", of many"), amount: (i % 3 > 0).then_some(0.5) }).collect()
}

/// The orders that a file holds; none where there is no file.
pub(crate) fn read<T>(path: &Path, rows: impl FnOnce(fs::File) -> T) -> T
where
    T: Default,
{
    fs::File::open(path).map(rows).unwrap_or_default()
}

fn csv_orders(dir: &Path) -> Vec<Order> {
    read(&dir.join("orders.csv"), |file| {
        let orders = csv::from_reader::<Order, _>("orders.csv", file);
        pipeline!({ orders } | collect()).run().unwrap().output
    })
}

fn json_orders(dir: &Path) -> Vec<Order> {
    read(&dir.join("orders.jsonl"), |file| {
        let orders = json_lines::from_reader::<Order, _>("orders.jsonl", file);
        pipeline!({ orders } | collect()).run().unwrap().output
    })
}

/// All promises are kept; those that the end need not make are `lacks`.
pub(crate) fn kept(found: Result<Conformance, Violations>, sizes: (usize, usize), lacks: &[&str]) {
    let found = found.unwrap();
    assert_eq!((found.items(), found.rejects()), sizes, "{found}");
    assert_eq!(found.skipped().find(|(promise, _)| !lacks.contains(promise)), None, "{found}");
}

#[test]
fn from_iter_keeps_what_it_promises() {
    kept(check_source(|| from_iter([2, 3, 5])), (3, 0), &["raw bytes", "replay", "size hint", "rejects", "seek"]);
    kept(
        check_source(|| from_iter(Vec::<String>::new())),
        (0, 0),
        &["positions", "raw bytes", "replay", "size hint", "rejects", "seek"],
    );
}

#[test]
fn csv_sources_keep_what_they_promise() {
    let over = |text: &str| check_source_over(text, |reader| csv::from_reader::<Order, _>("orders.csv", reader));
    kept(over(CSV), (3, 2), &["replay", "size hint", "seek"]);
    kept(over("amount,name\n"), (0, 0), &["positions", "raw bytes", "replay", "size hint", "rejects", "seek"]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("orders.csv");
    fs::write(&path, CSV).unwrap();
    kept(check_source(|| csv::source::<Order>(&path)), (3, 2), &["replay", "size hint", "seek"]);
}

#[test]
fn json_lines_sources_keep_what_they_promise() {
    let over = |text: &str| check_source_over(text, |reader| json_lines::from_reader::<Order, _>("o", reader));
    kept(over(JSON), (3, 2), &["replay", "size hint", "seek"]);
    kept(over(""), (0, 0), &["positions", "raw bytes", "replay", "size hint", "rejects", "seek"]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("orders.jsonl");
    fs::write(&path, JSON).unwrap();
    kept(check_source(|| json_lines::source::<Order>(&path)), (3, 2), &["replay", "size hint", "seek"]);
}

#[test]
fn csv_sinks_keep_what_they_promise() {
    for many in [false, true] {
        let target = Target::files(|dir| csv::sink(dir.join("orders.csv")).columns_of::<Order>(), csv_orders);
        let items = orders(many);
        kept(check_sink(target.replaces().exclusive(), items.clone()), (items.len(), 0), &["append", "refused item"]);
    }
    let refused = vec![vec![1_u8]];
    let target = Target::files(|dir| csv::sink(dir.join("n.csv")), |dir| read(&dir.join("n.csv"), |_| Vec::new()));
    let found = check_sink::<Vec<Vec<u8>>, _, _, Vec<Vec<u8>>>(target.refuses(refused), []).unwrap();
    assert!(found.kept().any(|promise| promise == "refused item"), "{found}");
}

#[test]
fn json_lines_sinks_keep_what_they_promise() {
    for many in [false, true] {
        let target = Target::files(|dir| json_lines::sink(dir.join("orders.jsonl")), json_orders);
        let target = target.replaces().exclusive().refuses(Order { name: "x".to_owned(), amount: Some(f64::NAN) });
        let items = orders(many);
        kept(check_sink(target, items.clone()), (items.len(), 0), &["append"]);
    }
}

#[test]
fn sinks_in_memory_keep_what_they_promise() {
    let skipped = ["hidden", "aborted", "second run", "append", "refused item", "exclusive"];
    kept(check_sink(Target::output(collect, |items: Vec<u8>| items), [2, 3, 5]), (3, 0), &skipped);
    kept(check_sink(Target::output(discard, |()| Vec::<u8>::new()), Vec::<u8>::new()), (0, 0), &{
        let mut skipped = skipped.to_vec();
        skipped.extend(["run: source fails", "run: stage panics"]);
        skipped
    });
    let place = std::cell::RefCell::<Vec<u8>>::default;
    let place = || std::rc::Rc::new(place());
    let target = Target::at(
        place,
        |place| {
            let place = std::rc::Rc::clone(place);
            for_each(move |n| place.borrow_mut().push(n))
        },
        |place| place.borrow().clone(),
    );
    kept(check_sink(target.adds().exclusive(), [2, 3, 5]), (3, 0), &["hidden", "aborted", "refused item"]);
}
