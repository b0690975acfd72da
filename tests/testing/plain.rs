//! Sinks that are not transactional, and what a sink shares with others.

use std::cell::RefCell;
use std::rc::Rc;

use millstream::error::BoxError;
use millstream::resource::Resources;
use millstream::sink::{Closed, Sink};
use millstream::stage::Flow;
use millstream::testing::{Target, Violation, check_sink};

use crate::{Row, table};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    WantsTwo,
    DropAddsOne,
    DropReorders,
    LosesBuffer,
    SecondLosesOne,
}

/// Pushes numbers into a shared `Vec`, two at a time: it is not transactional.
struct Push {
    bug: Bug,
    place: Rc<RefCell<Vec<u32>>>,
    buffer: Vec<u32>,
    written: usize,
    closed: bool,
}

impl Sink<u32> for Push {
    type Output = ();
    type Error = BoxError;

    fn open(&mut self) -> Result<(), BoxError> {
        if self.bug == Bug::SecondLosesOne {
            self.place.borrow_mut().pop();
        }
        Ok(())
    }

    fn write(&mut self, item: u32) -> Result<Flow, BoxError> {
        self.buffer.push(item);
        self.written += 1;
        if self.buffer.len() == 2 {
            self.place.borrow_mut().append(&mut self.buffer);
        }
        let enough = self.bug == Bug::WantsTwo && self.written == 2;
        Ok(if enough { Flow::Break(()) } else { Flow::Continue(()) })
    }

    fn close(mut self) -> Result<Closed<()>, BoxError> {
        self.closed = true;
        if self.bug != Bug::LosesBuffer {
            self.place.borrow_mut().append(&mut self.buffer);
        }
        Ok(Closed::new(()))
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        match self.bug {
            _ if self.closed => {}
            Bug::DropAddsOne => self.place.borrow_mut().push(0),
            Bug::DropReorders => self.place.borrow_mut().reverse(),
            _ => {}
        }
    }
}

#[test]
fn a_plain_sink_is_held_to_what_remains() {
    let everywhere: &[&str] = &["dropped", "panic", "run: source fails", "run: stage panics"];
    let rows: &[Row<Bug>] = &[
        (Bug::None, &[], ""),
        (Bug::WantsTwo, &[], ""),
        (Bug::DropAddsOne, everywhere, "dropped after 0 items: the target held nothing, and now holds [0]"),
        (Bug::DropReorders, everywhere, "dropped after 2 items: the target held nothing, and now holds [3, 2]"),
        (Bug::LosesBuffer, &["items"], "[2, 3, 5] were written, and the target holds [2, 3]"),
        (Bug::SecondLosesOne, &["second run", "append"], "but the target holds [3, 5]"),
    ];
    table(rows, |bug| {
        let push = move |place: &Rc<RefCell<Vec<u32>>>| {
            let place = Rc::clone(place);
            Push { bug, place, buffer: Vec::new(), written: 0, closed: false }
        };
        check_sink(Target::at(Rc::default, push, |place| place.borrow().clone()).adds(), [2, 3, 5])
    });
}

#[test]
fn what_a_sink_needs_is_given_to_the_kit() {
    struct Shared;
    impl Sink<u32> for Shared {
        type Output = Vec<u32>;
        type Error = BoxError;
        fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
            resources.get::<u16>()?;
            Ok(())
        }
        fn write(&mut self, _: u32) -> Result<Flow, BoxError> {
            Ok(Flow::Break(()))
        }
        fn close(self) -> Result<Closed<Vec<u32>>, BoxError> {
            Ok(Closed::new(vec![2]))
        }
    }
    let target = || Target::output(|| Shared, |items: Vec<u32>| items);
    let needs = check_sink(target(), [2]).unwrap_err().to_string();
    assert!(needs.contains("it needs a `u16`") && needs.contains("give what it needs by `Target::with`"), "{needs}");
    let resources = Resources::default();
    resources.insert(7_u16);
    let found = check_sink(target().with(resources), [2]).unwrap_err();
    assert_eq!(found.iter().map(Violation::promise).collect::<Vec<_>>(), ["empty run"]);
}
