//! `aggregate` on an item and on what flows beside the items.

use std::convert::Infallible;

use crate::aggregate::AggregateError;
use crate::aggregate::word::{Aggregates, Emits};
use crate::error::BoxError;
use crate::key::Entry;
use crate::rejection::OrFail;
use crate::run::Here;
use crate::stage::{Flow, Kind};

use super::item::It;
use super::last::{Last, Signal};

impl<I> It<I> {
    /// `aggregate`: the item is absorbed. What refuses a value of it fails the run.
    #[inline(always)]
    pub fn aggregate<'b, B: Emits>(
        self,
        bank: &'b mut B,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        here: Here<'_, OrFail>,
        count: &mut u64,
        add: impl FnOnce(&I, &mut B::States) -> Result<(), AggregateError>,
        mut out: impl FnMut(It<B::Item>) -> Flow,
    ) -> Flow {
        let Some(mut entry) = here.site.slot(bank, slot, &self.0) else { return Flow::Break(()) };
        if B::KEYED
            && entry.is_new()
            && let Some((key, Aggregates(states))) = entry.evicted()
        {
            *count += 1;
            out(It(here.site.guarded_aside(|| B::item(key, states))))?;
        }
        let Aggregates(states) = entry.stage();
        match here.site.guarded(|| add(&self.0, states)) {
            Ok(()) => Flow::Continue(()),
            Err(error) => refused(here, error),
        }
    }
}

#[cold]
#[inline(never)]
fn refused(here: Here<'_, OrFail>, error: AggregateError) -> Flow {
    here.site.holds_item();
    here.site.fail_at(error, here.at.at());
    Flow::Break(())
}

impl<'r, I, F> Last<'r, I, F> {
    /// `aggregate`: at the end the values go on, those of each key in first-seen order.
    #[cold]
    #[inline(never)]
    pub fn aggregate<'b, B: Emits>(
        self,
        bank: &'b mut Option<B>,
        slot: impl FnOnce(&'b mut B, &I) -> Result<B::Entry<'b>, BoxError>,
        here: Here<'_, OrFail>,
        count: &mut u64,
        add: impl FnOnce(&I, &mut B::States) -> Result<(), AggregateError>,
        mut out: impl FnMut(Last<'r, B::Item, F>) -> Flow,
    ) -> Flow {
        match self.parts() {
            (Ok(item), run) => match bank {
                Some(bank) => It(item).aggregate(bank, slot, here, count, add, |item| out(Last::of_item(item.0, run))),
                None => Flow::Break(()),
            },
            (Err(signal), run) => {
                match signal {
                    Signal::Describe => {
                        here.site.describe::<I, B::Item>(Kind::Expand);
                        here.site.keeps_state();
                    }
                    Signal::Connect | Signal::Open | Signal::Letter => {}
                    Signal::End | Signal::Finish => here.site.drain(bank, |key, Aggregates(states)| {
                        let item = here.site.guarded_aside(|| B::item(key, states));
                        *count += 1;
                        Ok::<_, Infallible>(out(Last::of_item(item, run)))
                    }),
                }
                out(Last::of_signal(signal, run))
            }
        }
    }
}
