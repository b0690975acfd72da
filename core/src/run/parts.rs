//! A line that is worked in parts: whether it may be, and whose failure counts.

use super::{Run, Site};
use crate::error::Error;
use crate::stage::{Flow, Kind};

impl Site<'_> {
    /// Notes that the node may end the run before its source does.
    pub(crate) fn may_end(self) {
        self.run.may_end.set(true);
    }
}

impl Run {
    /// Whether a window of items may go as far as the filter at `last` before any of them goes further: no stage may want no more,
    /// and none of the nodes from `first` on makes many items of one, as what the filter holds has to be bounded. And no letter is to
    /// be written of an item behind one that may still fail.
    pub fn cuts(&self, first: usize, last: usize) -> bool {
        let plan = self.plan.borrow();
        let before = plan.nodes.get(first..=last).unwrap_or_default();
        !self.may_end.get()
            && self.letters.is_empty()
            && before.iter().all(|node| matches!(node.kind, Some(Kind::Map | Kind::Filter)))
    }

    /// A later part of the line has its turn, with earlier items: what has failed stands aside meanwhile.
    #[inline(always)]
    pub fn set_aside(&self) -> Option<Error> {
        if self.failed() { self.take_aside() } else { None }
    }

    /// An item that a node had in hand is in flight.
    #[cold]
    #[inline(never)]
    fn take_aside(&self) -> Option<Error> {
        if let Some((node, item)) = self.panicked.take() {
            self.site(node).holds_items(usize::from(item));
        }
        self.failed.set(false);
        self.failure.borrow_mut().take()
    }

    /// It had its turn. If one of its items was the last, the one that failed was never to be read.
    #[inline(always)]
    pub fn put_back(&self, failure: Option<Error>, turn: Flow) {
        if let Some(failure) = failure
            && turn.is_continue()
        {
            self.fail(failure);
        }
    }
}
