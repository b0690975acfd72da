//! Runs that are checked, and a source and a log to watch them by.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::panic;
use std::sync::Once;

use millstream::report::{Counts, Report};
use millstream::{Error, Result};

/// Panics that are expected are not printed.
pub(crate) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().downcast_ref::<&str>().is_some_and(|text| text.starts_with("as the test wants")) {
                usual(info);
            }
        }));
    });
}

/// The report of a run that went well. Nothing disappeared uncounted in it.
#[track_caller]
pub(crate) fn ran<O>(result: Result<Report<O>>) -> Report<O> {
    let report = result.unwrap_or_else(|error| panic!("{error:?}"));
    balanced(&report);
    let in_flight: u64 = report.counts.iter().map(|counts| counts.in_flight).sum();
    assert_eq!(in_flight, 0, "nothing is on its way after a run");
    report
}

/// The error of a run that failed. Nothing disappeared uncounted in its report.
#[track_caller]
pub(crate) fn failed<O>(result: Result<Report<O>>) -> Error {
    let error = result.err().expect("the run fails");
    balanced(error.report().expect("the error of a run has a report"));
    error
}

/// Whether the counts of every stage add up, and every edge carries what its ends say.
#[track_caller]
pub(crate) fn balanced<O>(report: &Report<O>) {
    report.check().unwrap_or_else(|error| panic!("{error}\n{:#?}", report.counts));
    for (index, node) in report.plan.nodes.iter().enumerate() {
        let edges = || report.plan.edges.iter().zip(&report.edges);
        let into: u64 = edges().filter(|(edge, _)| edge.to == Some(index)).map(|(_, items)| items).sum();
        let out: Vec<u64> = edges().filter(|(edge, _)| edge.from == index).map(|(_, items)| *items).collect();
        let counts = &report.counts[index];
        if node.role != millstream::plan::Role::Source {
            assert_eq!(into, counts.input, "what came to `{}`", node.label);
        }
        if node.role == millstream::plan::Role::Tee {
            assert!(out.iter().all(|items| *items <= counts.output), "what left `{}`", node.label);
        } else {
            assert_eq!(out.iter().sum::<u64>(), counts.output, "what left `{}`", node.label);
        }
    }
}

/// The counts of a stage that are not 0, such as `input 3, passed 2, dropped 1, output 2`.
pub(crate) fn counts<O>(report: &Report<O>, label: &str) -> String {
    let counts = report.stage(label).unwrap_or_else(|| panic!("no stage `{label}`"));
    let Counts { input, passed, dropped, absorbed, rejected, in_flight, emitted, output, .. } = *counts;
    let named = [
        ("input", input),
        ("passed", passed),
        ("dropped", dropped),
        ("absorbed", absorbed),
        ("rejected", rejected),
        ("in flight", in_flight),
        ("emitted", emitted),
        ("output", output),
    ];
    let some = named.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}"));
    some.collect::<Vec<_>>().join(", ")
}

/// What happened, in order.
#[derive(Default)]
pub(crate) struct Log(RefCell<Vec<String>>);

impl Log {
    pub(crate) fn add(&self, event: impl Display) {
        self.0.borrow_mut().push(event.to_string());
    }

    /// All events so far, as one text; the log is empty then.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.borrow_mut()).join(" ")
    }

    /// The items, each written down when it is read.
    pub(crate) fn source<'l, I: IntoIterator<Item: Debug> + 'l>(
        &'l self,
        items: I,
    ) -> impl Iterator<Item = I::Item> + 'l {
        let mut items = items.into_iter();
        std::iter::from_fn(move || {
            let item = items.next();
            match &item {
                Some(item) => self.add(format_args!("<{item:?}")),
                None => self.add("<end"),
            }
            item
        })
    }
}
