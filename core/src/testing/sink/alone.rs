//! What is seen of a sink when its methods are called as a run calls them.

use std::convert::Infallible;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::session::{Session, View, list, published, same_items, shown, synced};
use super::target::Second;
use super::{INJECTED, PLACES};
use crate::sink::Sink;
use crate::testing::report::{Broken, Held, Judged, Verdict, caught, ensure, skipped, spread, text};

const ONCE: &str = "no second sink is made for its target";
const TOO_FEW: &str = "it takes two items to see";

impl<T, P, K, V> Session<'_, T, P, K, V>
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    pub(super) fn connect(&mut self) -> Judged {
        let place = self.place()?;
        if let Some(error) = self.needs(&place)? {
            ensure(!error.trim().is_empty(), || "`connect` without resources failed and does not say why".to_owned())?;
            let connected = self.connected(&place);
            connected
                .map_err(|Broken(observed)| Broken(format!("{observed}; give what it needs by `Target::with`")))?;
        }
        self.connected(&place)?;
        Ok(Verdict::Kept)
    }

    pub(super) fn whole_run(&mut self) -> Judged {
        let (place, items) = (self.place()?, self.items.clone());
        let taken = self.whole(&place, &items)?;
        self.holds(&place, &items[..taken])?;
        // What a sink does that wants no more, it does from now on.
        self.items.truncate(taken);
        Ok(Verdict::Kept)
    }

    pub(super) fn empty(&mut self) -> Judged {
        let place = self.place()?;
        self.whole(&place, &[])?;
        self.holds(&place, &[])?;
        Ok(Verdict::Kept)
    }

    pub(super) fn is_transactional(&mut self) -> Result<bool, Broken> {
        let place = self.place()?;
        let mut sink = self.opened(&place)?;
        sink.call("`is_transactional`", |sink| sink.is_transactional())
    }

    /// What places to start from hold: nothing, and what a run has left.
    fn starts(&self) -> Vec<Vec<T>> {
        let mut starts = vec![Vec::new()];
        if self.target.again && self.items.len() > 1 {
            starts.push(self.items[..self.items.len() / 2].to_vec());
        }
        starts
    }

    /// A place that holds these, and what is seen there.
    pub(super) fn start(&mut self, held: &[T]) -> Result<(P, View), Broken> {
        let place = if held.is_empty() { self.place()? } else { self.place_with(held)? };
        let view = self.view(&place)?;
        Ok((place, view))
    }

    pub(super) fn hidden(&mut self) -> Judged {
        let items = self.items.clone();
        for held in self.starts() {
            let (place, before) = self.start(&held)?;
            let step = |session: &mut Self, after: &str| {
                let seen = session.unchanged(&place, &before, true);
                seen.map_err(|Broken(observed)| Broken(format!("after {after}: {observed}")))
            };
            let mut sink = self.opened(&place)?;
            step(self, "`open`")?;
            let mut written = 0;
            for count in spread(items.len(), PLACES) {
                Self::write(&mut sink, &items[written..count])?;
                step(self, &format!("`write` of {count} items"))?;
                written = count;
            }
            let closed = Self::close(sink)?;
            step(self, "`close`")?;
            let Some(mut commit) = closed.commit else {
                return Err(Broken("it says that it is transactional, and `close` gave nothing to commit".to_owned()));
            };
            synced(&mut *commit)?;
            step(self, "`sync`")?;
            published(&mut *commit)?;
        }
        Ok(Verdict::Kept)
    }

    /// As a failed run leaves it: as it was, or, where the sink is not transactional, with some of the first of `items`.
    pub(super) fn undone(&mut self, place: &P, before: &View, transactional: bool, items: &[T]) -> Result<(), Broken> {
        if transactional {
            return self.unchanged(place, before, false);
        }
        let seen = self.view(place)?.items;
        let written = shown(items);
        // Nobody says whether it replaces: what was there may be gone.
        let rest = seen.strip_prefix(&before.items[..]).filter(|rest| written.starts_with(rest));
        ensure(rest.is_some() || written.starts_with(&seen), || {
            format!("the target held {}, and now holds {}", list(&before.items), list(&seen))
        })
    }

    pub(super) fn dropped(&mut self, transactional: bool) -> Judged {
        let items = self.items.clone();
        for held in self.starts() {
            let (place, before) = self.start(&held)?;
            let made = self.made(&place)?;
            caught("dropping it before `open`", || drop(made.release()))?;
            for count in spread(items.len(), PLACES) {
                // What is not transactional leaves what it wrote.
                let (place, before) =
                    if transactional { (&place, before.clone()) } else { (&self.place()?, View::none()) };
                let after = |Broken(observed)| Broken(format!("dropped after {count} items: {observed}"));
                let mut sink = self.opened(place).map_err(after)?;
                Self::write(&mut sink, &items[..count])?;
                caught(format_args!("dropping it after {count} items"), || drop(sink.release()))?;
                self.undone(place, &before, transactional, &items[..count]).map_err(after)?;
            }
            if transactional {
                self.goes_on(&place, &held)?;
            }
        }
        Ok(Verdict::Kept)
    }

    /// A run at a place where others were given up does what it does where none was.
    fn goes_on(&mut self, place: &P, held: &[T]) -> Result<(), Broken> {
        let items = self.items.clone();
        let next = |Broken(observed)| Broken(format!("in the run after one that was given up: {observed}"));
        self.whole(place, &items).map_err(next)?;
        let (fresh, _) = self.start(held)?;
        self.whole(&fresh, &items)?;
        let (expected, seen) = (self.view(&fresh)?.items, self.view(place)?.items);
        same_items(&expected, &seen).map_err(next)
    }

    pub(super) fn aborted(&mut self) -> Judged {
        let items = self.items.clone();
        for held in self.starts() {
            let (place, before) = self.start(&held)?;
            for sync in [false, true] {
                let step = if sync { "`sync`" } else { "`close`" };
                let after = |Broken(observed)| Broken(format!("dropped after {step}: {observed}"));
                let mut sink = self.opened(&place).map_err(after)?;
                Self::write(&mut sink, &items)?;
                let closed = Self::close(sink)?;
                let Some(mut commit) = closed.commit else {
                    return Err(Broken(
                        "it says that it is transactional, and `close` gave nothing to commit".to_owned(),
                    ));
                };
                if sync {
                    synced(&mut *commit)?;
                }
                ensure(!caught("`is_published`", || commit.is_published())?, || {
                    format!("after {step} it says that it is published")
                })?;
                caught(format_args!("dropping it after {step}"), || drop((commit, closed.output)))?;
                self.unchanged(&place, &before, false).map_err(after)?;
            }
            self.goes_on(&place, &held)?;
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn panics(&mut self, transactional: bool) -> Judged {
        let items = self.items.clone();
        for held in self.starts() {
            let (place, before) = self.start(&held)?;
            for count in spread(items.len(), PLACES) {
                let (place, before) =
                    if transactional { (&place, before.clone()) } else { (&self.place()?, View::none()) };
                let mut sink = self.opened(place)?;
                Self::write(&mut sink, &items[..count])?;
                let mut dropped = Ok(());
                let Err(_) = catch_unwind(AssertUnwindSafe(|| -> Infallible {
                    let _unwound = Unwound { sink: Some(sink), dropped: &mut dropped };
                    resume_unwind(Box::new(INJECTED))
                }));
                self.unwinds &= dropped.is_ok();
                dropped?;
                let after = |Broken(observed)| Broken(format!("a panic after {count} items: {observed}"));
                self.undone(place, &before, transactional, &items[..count]).map_err(after)?;
            }
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn second_run(&mut self) -> Judged {
        if !self.target.again {
            return skipped(ONCE);
        }
        let Some((old, new)) = self.halves() else { return skipped(TOO_FEW) };
        let place = self.place_with(&old)?;
        self.whole(&place, &new)?;
        let seen = self.view(&place)?.items;
        let (replaced, added) = (shown(&new), [shown(&old), shown(&new)].concat());
        let said = |says: &str| {
            let (old, new) = (list(&shown(&old)), list(&shown(&new)));
            format!("a run left {old}, and a second one wrote {new}; {says}, but the target holds {}", list(&seen))
        };
        match self.target.second {
            Some(Second::Replaces) => ensure(seen == replaced, || said("that should replace the first"))?,
            Some(Second::Adds) => ensure(seen == added, || said("that should be added"))?,
            None => ensure(seen == replaced || seen == added, || said("that should replace the first or be added"))?,
        }
        Ok(Verdict::Kept)
    }

    fn halves(&self) -> Option<(Vec<T>, Vec<T>)> {
        let half = self.items.len() / 2;
        (half > 0).then(|| (self.items[..half].to_vec(), self.items[half..].to_vec()))
    }

    pub(super) fn append(&mut self) -> Judged {
        if !self.target.again {
            return skipped(ONCE);
        }
        let Some((old, new)) = self.halves() else { return skipped(TOO_FEW) };
        for old in [Vec::new(), old] {
            let place = if old.is_empty() { self.place()? } else { self.place_with(&old)? };
            let before = self.view(&place)?;
            let mut sink = self.connected(&place)?;
            if let Err(error) = sink.call("`append`", Sink::append)? {
                drop(sink);
                self.unchanged(&place, &before, false)?;
                return skipped(format!("it cannot add to what is there: {}", text(error)));
            }
            if let Err(error) = sink.call("`open` after `append`", Sink::open)? {
                drop(sink);
                self.unchanged(&place, &before, false)?;
                return skipped(format!("it cannot add to what is there: {}", text(error)));
            }
            Self::write(&mut sink, &new)?;
            self.commit(&place, sink)?;
            let seen = self.view(&place)?.items;
            let both = [shown(&old), shown(&new)].concat();
            ensure(seen == both, || {
                let (old, new) = (list(&shown(&old)), list(&shown(&new)));
                format!("told to append {new} to {old}, it left {}", list(&seen))
            })?;
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn refused(&mut self) -> Judged {
        let Some(refused) = self.target.refused.clone() else {
            return skipped("no item is given that it refuses: `Target::refuses`");
        };
        let items = self.items.clone();
        for at in spread(items.len(), PLACES) {
            let place = self.place()?;
            let mut sink = self.opened(&place)?;
            Self::write(&mut sink, &items[..at])?;
            let written = sink.call("`write` of the item that it refuses", |sink| sink.write(refused.clone()))?;
            let Err(error) = written else { return Err(Broken(format!("it took {refused:?}, and should refuse it"))) };
            let error = text(error);
            ensure(!error.trim().is_empty(), || "it refuses an item and does not say why".to_owned())?;
            if sink.call("`is_broken`", |sink| sink.is_broken())? {
                return Err(Broken(format!("it refused {refused:?} ({error}) and says that it is broken")));
            }
            let behind = |Broken(observed)| Broken(format!("{refused:?} was refused behind {at} items: {observed}"));
            Self::write(&mut sink, &items[at..]).map_err(behind)?;
            self.commit(&place, sink).map_err(behind)?;
            self.holds(&place, &items).map_err(behind)?;
        }
        Ok(Verdict::Kept)
    }

    pub(super) fn exclusive(&mut self) -> Judged {
        if !self.target.exclusive || !self.target.again {
            return skipped("it is not said that two sinks at a time are refused or safe: `Target::exclusive`");
        }
        let items = self.items.clone();
        let place = self.place()?;
        let mut first = self.opened(&place)?;
        Self::write(&mut first, &items)?;
        let mut second = self.connected(&place)?;
        let opened = second.call("`open` of the second sink", Sink::open)?;
        let is_refused = opened.is_err();
        if is_refused {
            drop(second);
            self.commit(&place, first)?;
            let first_alone = self.holds(&place, &items);
            first_alone.map_err(|Broken(observed)| Broken(format!("the second sink was refused, then: {observed}")))?;
            return Ok(Verdict::Kept);
        }
        Self::write(&mut second, &items)?;
        self.commit(&place, first)?;
        self.commit(&place, second)?;
        let (mut seen, mut both) = (self.view(&place)?.items, [shown(&items), shown(&items)].concat());
        seen.sort();
        both.sort();
        ensure(seen == both, || {
            format!("two sinks at a time wrote {} each, and the target holds {}", list(&shown(&items)), list(&seen))
        })?;
        Ok(Verdict::Kept)
    }
}

/// Drops a sink as a panic unwinds. If that panics, too, the process would end: here it is a promise that is broken.
struct Unwound<'o, K> {
    sink: Option<Held<K>>,
    dropped: &'o mut Result<(), Broken>,
}

impl<K> Drop for Unwound<'_, K> {
    fn drop(&mut self) {
        let sink = self.sink.take().and_then(Held::release);
        *self.dropped = caught("dropping it as a panic unwinds", || drop(sink));
    }
}

impl View {
    /// Nothing at all.
    pub(super) fn none() -> Self {
        View { items: Vec::new(), files: None }
    }
}
