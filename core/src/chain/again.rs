//! Where a dead letter that is sent again becomes an item.

use super::last::{Last, Signal};
use crate::redrive::Hand;
use crate::rejection::{Again, OnReject};
use crate::run::{Here, Site};
use crate::source::Source;

/// The item of the letter in hand, if it starts at the source and the source can read it.
pub(super) fn replayed<'i, S: Source, P: OnReject<()>>(
    source: Option<&'i mut S>,
    hand: &'i Hand,
    here: Here<'_, P>,
) -> Option<S::Item<'i>> {
    let (source, (head, raw), site) = (source?, hand.raw()?, here.site);
    match site.guarded_aside(|| source.replay(head, raw)) {
        Ok(item) => {
            site.run.take_letter(site);
            item.map_err(|error| here.reject::<()>(error, None)).ok()
        }
        Err(error) => {
            site.run.refuse_letter(error.to_string());
            None
        }
    }
}

impl<I, F> Last<'_, I, F> {
    /// A letter that starts from here is an item from here on, if its input can be read as one.
    #[must_use]
    pub fn resume(self, site: Site<'_>, again: Again<I>) -> Self {
        if self.peek().err() != Some(Signal::Letter) {
            return self;
        }
        match site.input_of_letter(again) {
            Some(item) => Self::of_item(item, self.run()),
            None => self,
        }
    }

    /// At its turn, says that a word keeps state between items.
    pub(super) fn describes_state(&self, site: Site<'_>) {
        if self.peek().err() == Some(Signal::Describe) {
            site.keeps_state();
        }
    }
}
