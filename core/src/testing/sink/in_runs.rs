//! What is seen of a sink in the runs of a pipeline.

use std::fmt::Debug;

use super::run::{Faults, Other, run};
use super::session::Session;
use super::{INJECTED, PLACES};
use crate::error::Error;
use crate::report::Report;
use crate::sink::Sink;
use crate::testing::report::{Broken, Judged, Verdict, ensure, skipped, spread};

impl<T, P, K, V> Session<'_, T, P, K, V>
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    /// Runs a pipeline over all items, into a sink at `place`.
    fn run(&mut self, place: &P, faults: Faults) -> Result<Result<Report<()>, Error>, Broken> {
        let Some(sink) = self.made(place)?.release() else { return Err(Broken("no sink was made".to_owned())) };
        let outcome = run(self.items.clone(), sink, &self.target.resources, faults);
        Ok(outcome.map(|report| report.map_output(|output| (self.target.keep)(place, output))))
    }

    /// Runs one that must fail by what was injected.
    fn fails(&mut self, place: &P, faults: Faults) -> Result<Error, Broken> {
        match self.run(place, faults)? {
            Ok(_) => Err(Broken("the run succeeded".to_owned())),
            Err(error) => {
                ensure(error.to_string().contains(INJECTED), || format!("the run failed by another error: {error}"))?;
                Ok(error)
            }
        }
    }

    /// What places to start from hold: nothing, and what a run has left. What is not transactional leaves what it wrote.
    fn held(&self, transactional: bool) -> Vec<Vec<T>> {
        let half = self.items.len() / 2;
        if transactional && self.target.again && half > 0 {
            vec![Vec::new(), self.items[..half].to_vec()]
        } else {
            vec![Vec::new()]
        }
    }

    pub(super) fn in_a_run(&mut self) -> Judged {
        let (place, items) = (self.place()?, self.items.clone());
        match self.run(&place, Faults::default())? {
            Ok(report) => {
                self.holds(&place, &items)?;
                report.check().map_err(|error| Broken(format!("the report does not add up: {error}")))?;
            }
            Err(error) => return Err(Broken(format!("the run failed: {error}"))),
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn source_fails(&mut self, transactional: bool) -> Judged {
        self.fails_after(transactional, "the source failed", |count| Faults {
            source: Some(count),
            ..Faults::default()
        })
    }

    pub(super) fn stage_panics(&mut self, transactional: bool) -> Judged {
        self.fails_after(transactional, "a stage panicked", |count| Faults { stage: Some(count), ..Faults::default() })
    }

    fn fails_after(&mut self, transactional: bool, what: &str, faults: impl Fn(usize) -> Faults) -> Judged {
        let items = self.items.clone();
        // A panic needs an item to happen at.
        let Some(last) = items.len().checked_sub(1) else { return skipped("no items are given") };
        for held in self.held(transactional) {
            for count in spread(last, PLACES) {
                let (place, before) = self.start(&held)?;
                let after = |Broken(observed)| Broken(format!("{what} after {count} items: {observed}"));
                self.fails(&place, faults(count)).map_err(after)?;
                self.undone(&place, &before, transactional, &items[..count]).map_err(after)?;
            }
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn other_sync_fails(&mut self, transactional: bool) -> Judged {
        let items = self.items.clone();
        for held in self.held(transactional) {
            for (before, after) in [(vec![Other::FailsInSync], vec![]), (vec![], vec![Other::FailsInSync])] {
                let order = if before.is_empty() { "after" } else { "before" };
                let (place, was) = self.start(&held)?;
                let here = |Broken(observed)| Broken(format!("another sink, {order} it, failed in `sync`: {observed}"));
                self.fails(&place, Faults { before, after, ..Faults::default() }).map_err(here)?;
                self.undone(&place, &was, transactional, &items).map_err(here)?;
            }
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn other_publish_fails(&mut self, transactional: bool) -> Judged {
        use Other::{Commits, FailsInPublish};
        let items = self.items.clone();
        for held in self.held(transactional) {
            // Nothing is in place yet: all is undone.
            let here = |Broken(observed)| Broken(format!("another sink, before it, failed in `publish`: {observed}"));
            let (place, was) = self.start(&held)?;
            self.fails(&place, Faults { before: vec![FailsInPublish], ..Faults::default() }).map_err(here)?;
            self.undone(&place, &was, transactional, &items).map_err(here)?;

            // A sink before is in place: this one's work may be left beside the target.
            let here = |Broken(observed)| {
                Broken(format!("of two sinks before it, the second failed in `publish`: {observed}"))
            };
            let (place, was) = self.start(&held)?;
            let before = vec![Commits, FailsInPublish];
            let error = self.fails(&place, Faults { before, ..Faults::default() }).map_err(here)?.to_string();
            if transactional {
                self.unchanged(&place, &was, true).map_err(here)?;
                let (was, is) = (was.files.unwrap_or_default(), self.view(&place)?.files.unwrap_or_default());
                for left in is.keys().filter(|path| !was.contains_key(*path)) {
                    let left = left.display().to_string();
                    ensure(error.contains(&left), || {
                        format!("{left} is left, and the error does not name it: {error}")
                    })?;
                }
            } else {
                self.undone(&place, &was, false, &items).map_err(here)?;
            }

            // This one is in place before the other fails.
            let here = |Broken(observed)| Broken(format!("another sink, after it, failed in `publish`: {observed}"));
            let (place, _) = self.start(&[])?;
            self.fails(&place, Faults { after: vec![FailsInPublish], ..Faults::default() }).map_err(here)?;
            if transactional {
                self.holds(&place, &items).map_err(here)?;
            } else {
                self.holds_first_of(&place, &items).map_err(here)?;
            }
        }
        Ok(Verdict::Kept)
    }
}
