//! `#[sink]`: functions that end a chain, and impls by hand.

use std::cell::RefCell;
use std::rc::Rc;

use millstream::prelude::*;
use millstream::sink::{Closed, Commit, Sink};
use millstream::stage::{Described, Flow, Kind};

#[derive(Clone, Debug, PartialEq)]
struct Order {
    id: u32,
    price: i64,
}

fn orders() -> Vec<Order> {
    vec![Order { id: 1, price: 10 }, Order { id: 2, price: -5 }, Order { id: 3, price: 7 }]
}

/// What was kept, in order.
type Shelf = RefCell<Vec<u32>>;

/// Keeps ids.
#[sink]
fn keep(#[resource] shelf: &Shelf, #[param(default = 0)] plus: u32, order: Order) {
    shelf.borrow_mut().push(order.id + plus);
}

#[sink]
fn keep_positive(#[resource] shelf: &Shelf, order: &Order) -> Result<(), String> {
    if order.price < 0 {
        return Err(format!("{} is negative", order.price));
    }
    shelf.borrow_mut().push(order.id);
    Ok(())
}

#[sink]
fn counted(#[state] count: &mut u32, #[param] seen: Rc<RefCell<Vec<u32>>>, _id: u32) {
    *count += 1;
    seen.borrow_mut().push(*count);
}

#[sink]
fn shout(#[resource] shelf: &Shelf, text: &str) {
    shelf.borrow_mut().push(u32::try_from(text.len()).unwrap());
}

fn shelf() -> std::sync::Arc<Shelf> {
    std::sync::Arc::default()
}

#[test]
fn a_function_ends_the_chain() {
    let shelf = shelf();
    let report = pipeline!(from_iter(orders()) | keep).with_shared(shelf.clone()).run().unwrap();
    assert_eq!(*shelf.borrow(), [1, 2, 3]);
    let () = report.output;
    pipeline!(from_iter(orders()) | keep(plus = 10)).with_shared(shelf.clone()).run().unwrap();
    assert_eq!(*shelf.borrow(), [1, 2, 3, 11, 12, 13]);
}

#[test]
fn a_borrowed_item_ends_the_chain_too() {
    let shelf = shelf();
    let list = orders();
    let report = pipeline!(from_iter(orders()) | keep_positive.or_skip()).with_shared(shelf.clone()).run().unwrap();
    assert_eq!(*shelf.borrow(), [1, 3]);
    assert_eq!(report.stage("keep_positive").unwrap().rejected, 1);
    // Lent items.
    pipeline!(from_iter(&list) | keep_positive.or_skip()).with_shared(shelf.clone()).run().unwrap();
    assert_eq!(*shelf.borrow(), [1, 3, 1, 3]);
    let error = pipeline!(from_iter(&list) | keep_positive).with_shared(shelf.clone()).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `keep_positive` at item 2 of from_iter: -5 is negative");
}

#[test]
fn in_a_tee_and_behind_text() {
    let shelf = shelf();
    pipeline!(from_iter(orders()) | tee(map(|order| order.id) | discard(), keep_positive.or_skip()))
        .with_shared(shelf.clone())
        .run()
        .unwrap();
    pipeline!(from_iter(["a", "bbb"]) | shout).with_shared(shelf.clone()).run().unwrap();
    assert_eq!(*shelf.borrow(), [1, 3, 1, 3]);
}

#[test]
fn a_sink_keeps_state() {
    let seen = Rc::default();
    pipeline!(from_iter([1_u32, 2, 1, 1]) | counted(seen = Rc::clone(&seen))).run().unwrap();
    assert_eq!(*seen.borrow(), [1, 2, 3, 4]);
}

#[test]
fn a_refused_item_is_in_its_letter() {
    #[sink]
    fn strict(n: &u32) -> Result<(), String> {
        Err(format!("no {n}"))
    }
    let folder = tempfile::tempdir().unwrap();
    let letters = folder.path().join("letters.jsonl");
    pipeline!(from_iter([4_u32]) | map(|n| n + 1) | strict.or_dead_letter(letters.clone())).run().unwrap();
    let text = std::fs::read_to_string(letters).unwrap();
    assert!(text.contains("\"input\":5") && text.contains("no 5"), "{text}");
}

#[test]
fn the_function_stays_callable() {
    let shelf = Shelf::default();
    keep(&shelf, 1, Order { id: 1, price: 1 });
    assert!(keep_positive(&shelf, &Order { id: 1, price: -1 }).is_err());
    assert_eq!(shelf.into_inner(), [2]);
}

/// Sums up, and logs what is done to it.
#[derive(Default)]
struct Total {
    sum: i64,
    log: Rc<RefCell<Vec<String>>>,
}

struct Committed(Rc<RefCell<Vec<String>>>);

impl Commit for Committed {
    fn sync(&mut self) -> Result<(), millstream::error::BoxError> {
        self.0.borrow_mut().push("synced".to_owned());
        Ok(())
    }

    fn publish(&mut self) -> Result<(), millstream::error::BoxError> {
        self.0.borrow_mut().push("published".to_owned());
        Ok(())
    }
}

/// The sum.
#[sink]
impl Sink<i64> for Total {
    type Output = i64;

    fn open(&mut self) -> Result<(), millstream::error::BoxError> {
        self.log.borrow_mut().push("opened".to_owned());
        Ok(())
    }

    fn write(&mut self, item: i64) -> Result<Flow, Self::Error> {
        self.sum += item;
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<i64>, Self::Error> {
        let mut closed = Closed::new(self.sum);
        closed.commit = Some(Box::new(Committed(self.log)));
        Ok(closed)
    }
}

#[test]
fn a_sink_by_hand_goes_by_value_and_by_name() {
    let log = Rc::default();
    let total = Total { sum: 1, log: Rc::clone(&log) };
    assert_eq!(pipeline!(from_iter([2_i64, 3]) | { total }).run().unwrap().output, 6);
    assert_eq!(*log.borrow(), ["opened", "synced", "published"]);
    assert_eq!(pipeline!(from_iter([2_i64, 3]) | Total).run().unwrap().output, 5);
    let described = Total::DESCRIPTOR;
    assert_eq!((described.name, described.docs, described.kind), ("Total", "The sum.", Kind::Sink));
}

/// A sink without the attribute.
struct Plain(Rc<RefCell<Vec<String>>>);

impl<T: ToString> Sink<T> for Plain {
    type Output = usize;
    type Error = String;

    fn write(&mut self, item: T) -> Result<Flow, String> {
        self.0.borrow_mut().push(item.to_string());
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<usize>, String> {
        Ok(Closed::new(self.0.borrow().len()))
    }
}

#[test]
fn a_sink_without_the_attribute_goes_by_value() {
    fn counted<K: Sink<u32, Output = usize>>(sink: K) -> usize {
        pipeline!(from_iter([1_u32, 2]) | map(|n| n + 1) | { sink }).run().unwrap().output
    }
    let log = Rc::default();
    let report = pipeline!(from_iter([2_i64, 3]) | { Plain(Rc::clone(&log)) }).run().unwrap();
    assert_eq!((report.output, log.take()), (2, vec!["2".to_owned(), "3".to_owned()]));
    let plain = Plain(Rc::clone(&log));
    let report = pipeline!(from_iter(["a", "b"]) | tee(map(|text| text.len()) | { plain }, collect())).run().unwrap();
    assert_eq!(report.output, (2, vec!["a", "b"]));
    assert_eq!(log.take(), ["1", "1"]);
    let sink = millstream::sink::collect();
    assert_eq!(pipeline!(from_iter([1]) | { sink }).run().unwrap().output, [1]);
    assert_eq!(counted(Plain(log)), 2);
}

#[test]
fn sinks_describe_themselves() {
    assert_eq!(
        (keep::DESCRIPTOR.name, keep::DESCRIPTOR.docs, keep::DESCRIPTOR.kind),
        ("keep", "Keeps ids.", Kind::Sink)
    );
    assert_eq!(keep_positive::DESCRIPTOR.input, "Order");
    let mut pipeline = pipeline!(from_iter(orders()) | keep);
    assert_eq!(pipeline.plan().nodes[1].role, millstream::plan::Role::Sink);
}
