//! `#[source]`: functions that give iterators, functions that are called for each item, and impls by hand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use millstream::prelude::*;
use millstream::source::{At, Source};
use millstream::stage::{Described, Kind};

/// Counts up.
#[source]
fn numbers(
    /// The first number.
    #[param(default = 0)]
    from: u32,
    #[param(range = 1..=1000)] count: u32,
) -> impl Iterator<Item = u32> {
    from..from + count
}

#[source]
fn parsed(#[param] text: String) -> impl Iterator<Item = Result<u32, std::num::ParseIntError>> {
    text.split(' ').map(str::parse).collect::<Vec<_>>().into_iter()
}

#[source]
fn words<'a>(#[param] text: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(' ')
}

#[source]
fn opened(#[param] fails: bool) -> Result<impl Iterator<Item = u32>, std::io::Error> {
    if fails { Err(std::io::Error::other("no such thing")) } else { Ok([1, 2].into_iter()) }
}

#[source]
fn countdown(#[state(init = from)] left: &mut u32, #[param] from: u32) -> Option<u32> {
    let _ = from;
    *left = left.checked_sub(1)?;
    Some(*left)
}

#[source]
fn pages(#[state] page: &mut u32, #[param(default = 9)] broken: u32) -> Result<Option<u32>, std::fmt::Error> {
    *page += 1;
    if *page == broken { Err(std::fmt::Error) } else { Ok((*page <= 3).then_some(*page)) }
}

#[source]
fn checked(#[state] n: &mut u32) -> Option<Result<u32, String>> {
    *n += 1;
    match *n {
        2 => Some(Err(format!("{n} is even"))),
        1..4 => Some(Ok(*n)),
        _ => None,
    }
}

#[source]
fn each<T: Clone>(#[param] value: T, #[param] times: usize) -> impl Iterator<Item = T> {
    std::iter::repeat_n(value, times)
}

#[source]
fn queued(#[resource] queue: &RefCell<VecDeque<u32>>) -> Option<u32> {
    queue.borrow_mut().pop_front()
}

#[source]
fn of_list(#[resource] list: Arc<Vec<u32>>, #[param(default = 10)] times: u32) -> impl Iterator<Item = u32> {
    (0..list.len()).map(move |n| list[n] * times)
}

#[test]
fn a_function_that_gives_an_iterator() {
    let report = pipeline!(numbers(count = 4) | map(|n| n * 2) | collect()).run().unwrap();
    assert_eq!(report.output, [0, 2, 4, 6]);
    let items: Vec<u32> = pipeline!(numbers(from = 7, count = 2) | map(|n| n)).collect();
    assert_eq!(items, [7, 8]);
    assert_eq!(numbers(1, 2).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_item_may_borrow_from_a_parameter() {
    let text = String::from("a bb ccc");
    let text = text.as_str();
    let report = pipeline!(words(text = text) | map(str::len) | collect()).run().unwrap();
    assert_eq!(report.output, [1, 2, 3]);
}

#[test]
fn generics_come_from_parameters() {
    let report = pipeline!(each(value = "x", times = 2) | collect()).run().unwrap();
    assert_eq!(report.output, ["x", "x"]);
}

#[test]
fn an_err_rejects_one_item() {
    let report = pipeline!(parsed(text = "1 x 3").or_skip() | collect()).run().unwrap();
    assert_eq!(report.output, [1, 3]);
    let error = pipeline!(parsed(text = "1 x 3") | discard()).run().unwrap_err();
    assert_eq!(error.stage(), Some("parsed"));
    assert_eq!(error.to_string(), "stage `parsed` at item 2 of parsed: invalid digit found in string");
    let report = pipeline!(checked.or_skip() | collect()).run().unwrap();
    assert_eq!(report.output, [1, 3]);
}

#[test]
fn an_err_of_the_call_is_one_of_opening() {
    let report = pipeline!(opened(fails = false) | collect()).run().unwrap();
    assert_eq!(report.output, [1, 2]);
    let error = pipeline!(opened(fails = true) | collect()).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `opened`: no such thing");
}

#[test]
fn a_function_that_is_called_for_each_item() {
    assert_eq!(pipeline!(countdown(from = 3) | map(|n| n)).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(pipeline!(pages | collect()).run().unwrap().output, [1, 2, 3]);
    let error = pipeline!(pages(broken = 3).or_skip() | collect()).run().unwrap_err();
    assert_eq!(error.position().map(|position| position.item), Some(3), "nothing more can be read: {error}");
}

#[test]
fn rejected_items_become_letters() {
    let folder = tempfile::tempdir().unwrap();
    let letters: PathBuf = folder.path().join("letters.jsonl");
    let report = pipeline!(parsed(text = "x 2").or_dead_letter(letters.clone()) | collect()).run().unwrap();
    assert_eq!(report.output, [2]);
    let text = std::fs::read_to_string(letters).unwrap();
    assert!(text.contains("invalid digit") && text.contains("parsed"), "{text}");
}

#[test]
fn take_stops_a_source_and_a_panic_is_its_error() {
    #[source]
    fn endless() -> impl Iterator<Item = u32> {
        (1..).inspect(|n| assert!(*n < 4, "too far"))
    }
    assert_eq!(pipeline!(endless | take(2) | collect()).run().unwrap().output, [1, 2]);
    let error = pipeline!(endless | collect()).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `endless`: panicked: too far");
}

#[test]
fn parameters_are_checked() {
    let many = 2000;
    let error = pipeline!(numbers(count = many) | discard()).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `numbers`: `count` of `numbers` must be in 1..=1000, got 2000");
}

#[test]
fn nothing_is_called_before_the_run() {
    thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
    #[source]
    fn counted() -> impl Iterator<Item = u32> {
        CALLS.set(CALLS.get() + 1);
        0..2
    }
    let pipeline = pipeline!(counted | collect());
    assert_eq!(CALLS.get(), 0);
    pipeline.run().unwrap();
    assert_eq!(CALLS.get(), 1);
}

#[test]
fn sources_use_resources() {
    let queue = RefCell::new(VecDeque::from([3_u32, 1, 2]));
    assert_eq!(pipeline!(queued | collect()).with(queue).run().unwrap().output, [3, 1, 2]);
    let items: Vec<u32> = pipeline!(of_list(times = 2) | map(|n| n)).with(vec![1_u32, 2]).collect();
    assert_eq!(items, [2, 4]);
    let error = pipeline!(of_list | collect()).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "stage `of_list`: it needs a `Vec<u32>`, and the pipeline was given none; write `.with(..)` behind the pipeline"
    );
}

/// Yields what it holds, lending it.
struct Held {
    texts: Vec<String>,
    next: usize,
}

/// Lends texts.
#[source]
impl Source for Held {
    type Item<'a> = &'a str;

    fn name(&self) -> String {
        "held".to_owned()
    }

    fn next(&mut self) -> Result<Option<(Result<&str, Self::Reject>, At<'_>)>, Self::Error> {
        self.next += 1;
        Ok(self.texts.get(self.next - 1).map(|text| (Ok(text.as_str()), At::default())))
    }
}

impl Default for Held {
    fn default() -> Self {
        Held { texts: vec!["a".to_owned(), "b".to_owned()], next: 0 }
    }
}

#[test]
fn a_source_by_hand_goes_by_value_and_by_name() {
    let held = Held { texts: vec!["x".to_owned(), "yy".to_owned()], next: 0 };
    assert_eq!(pipeline!({ held } | map(str::len) | collect()).run().unwrap().output, [1, 2]);
    assert_eq!(pipeline!(Held | map(str::len) | collect()).run().unwrap().output, [1, 1]);
    assert_eq!(
        (Held::DESCRIPTOR.name, Held::DESCRIPTOR.docs, Held::DESCRIPTOR.output),
        ("Held", "Lends texts.", "&'a str")
    );
}

#[test]
fn sources_describe_themselves() {
    let described = numbers::DESCRIPTOR;
    assert_eq!((described.name, described.docs, described.kind), ("numbers", "Counts up.", Kind::Source));
    assert_eq!((described.input, described.output), ("", "u32"));
    assert_eq!(described.params[0].docs, "The first number.");
    assert_eq!(parsed::DESCRIPTOR.output, "u32");
    let mut pipeline = pipeline!(numbers(count = 3).named("tally") | map(|n| n + 1) | collect());
    assert_eq!(pipeline.plan().nodes[0].label, "tally");
    assert_eq!(pipeline.plan().nodes[0].output, "u32");
}

#[test]
fn the_size_is_that_of_the_iterator() {
    let mut source = numbers::builder().count(5).build().unwrap();
    assert_eq!(source.size_hint(), (0, None));
    source.open().unwrap();
    assert_eq!(source.size_hint(), (5, Some(5)));
    assert_eq!(source.name(), "numbers");
}

#[test]
fn a_source_need_not_be_static_or_send() {
    #[source]
    fn shared<'a>(#[param] from: &'a [Rc<u32>]) -> impl Iterator<Item = &'a Rc<u32>> {
        from.iter()
    }
    let (local, seen) = (vec![Rc::new(1), Rc::new(2)], RefCell::new(Vec::new()));
    let from = local.as_slice();
    pipeline!(shared(from = from) | for_each(|n| seen.borrow_mut().push(**n))).run().unwrap();
    assert_eq!(seen.into_inner(), [1, 2]);
}
