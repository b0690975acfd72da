//! Where items that leave a chain wait to be fetched.

use std::marker::PhantomData;

use crate::pipeline::End;
use crate::run::Site;
use crate::sink::{Closed, Ended};
use crate::source::Source;

/// What one step of a chain gave: mostly nothing or one item, more where a stage expands or finishes. `F` is the list of
/// all errors that the chain can fail with.
#[must_use]
#[derive(Debug)]
pub struct Slot<T, F> {
    /// There only where it is alone, so that one look tells; the item and the others do not share their place, so that each
    /// can be kept in a register.
    pub(crate) one: Option<T>,
    pub(crate) many: Vec<T>,
    failures: PhantomData<fn() -> F>,
}

impl<T, F> Slot<T, F> {
    /// Nothing yet.
    #[inline(always)]
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Slot { one: None, many: Vec::new(), failures: PhantomData }
    }

    /// Holds `item` if there is one.
    pub fn of(item: Option<T>) -> Self {
        Slot { one: item, many: Vec::new(), failures: PhantomData }
    }

    /// Whether an item waits.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.one.is_some() || !self.many.is_empty()
    }

    /// Takes over what `slot` holds, but for an item that is alone: that is returned.
    #[inline(always)]
    pub fn unless_one(&mut self, slot: Self) -> Option<T> {
        if slot.one.is_none() {
            *self = slot;
            return None;
        }
        slot.one
    }

    #[inline(always)]
    pub(crate) fn put(&mut self, item: T) {
        if self.is_full() {
            self.many.extend(self.one.take());
            self.many.push(item);
        } else {
            self.one = Some(item);
        }
    }
}

/// The end of a branch.
#[diagnostic::on_unimplemented(
    message = "every branch at the end of a pipeline needs a sink of its own",
    label = "this branch ends without one",
    note = "end it with a sink, for instance `| json_lines(\"path\")`, `| collect()` or `| discard()`"
)]
pub trait BranchEnd {
    /// What its sink leaves in the report.
    type Output;
    /// What the sink at `site` leaves, once it has closed.
    fn ended(self, site: Site<'_>) -> Option<Self::Output>;
}

#[diagnostic::do_not_recommend]
impl<O, F> BranchEnd for Slot<Ended<O>, F> {
    type Output = O;
    fn ended(self, site: Site<'_>) -> Option<O> {
        let Ended(closed) = self.one?;
        Some(site.closed(closed))
    }
}

/// The outputs of several branches as one.
pub fn ended<O>(outputs: Option<O>) -> Slot<Ended<O>, ()> {
    Slot::of(outputs.map(|output| Ended(Closed::new(output))))
}

/// How the items in a slot leave the pipeline.
pub fn end_of<T, F>(_slot: &Slot<T, F>) -> End<T> {
    End::new()
}

/// The source of a pipeline: here it is that something else is refused.
pub fn source<S: Source>(source: Option<S>) -> Option<S> {
    source
}
