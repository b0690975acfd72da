//! Where a chain parts, and where paths meet.

use std::marker::PhantomData;

use super::item::It;
use super::last::{Last, Signal};
use super::slot::Slot;
use crate::error::Error;
use crate::run::Site;
use crate::stage::{Flow, Kind, Never, Stage};

/// Which branches of a `tee` or `route` still want items.
#[derive(Debug)]
pub struct Branches<const N: usize> {
    /// One for each branch, in order.
    pub open: [bool; N],
}

impl<const N: usize> Branches<N> {
    /// All of them.
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub fn new() -> Self {
        Branches { open: [true; N] }
    }

    /// Whether any wants more.
    #[inline]
    pub fn flow(&self) -> Flow {
        if self.open.contains(&true) { Flow::Continue(()) } else { Flow::Break(()) }
    }
}

/// The place where branches meet again: all give a `T`.
#[derive(Debug)]
pub struct Meeting<T>(pub(super) PhantomData<fn() -> T>);

/// Says that a branch gives what the others give.
#[diagnostic::on_unimplemented(
    message = "the branches of `route` meet again, so all must give one type, but this one gives `{T}`",
    label = "gives `{T}`, unlike a branch before it",
    note = "end the branches in one type, for instance with `map(|item| ..)`"
)]
pub trait Takes<T> {
    /// The one type.
    type Item;
    /// The item.
    fn take(&self, item: T) -> Self::Item;
}

impl<T> Takes<T> for Meeting<T> {
    type Item = T;
    #[inline(always)]
    fn take(&self, item: T) -> T {
        item
    }
}

/// The error of a stage that serves as a test.
#[diagnostic::on_unimplemented(
    message = "a test says yes or no, but this stage can also reject an item, with `{Self}`",
    label = "can reject an item",
    note = "put the stage in front of the `route`, or test with a closure: `when(|item| .., branch)`"
)]
pub trait CannotReject {}

impl CannotReject for Never {}

/// What a stage that serves as a test hands on: the item that it got.
#[diagnostic::on_unimplemented(
    message = "a test says yes or no, but this stage is no filter: it gives `{Self}`",
    label = "gives `{Self}`",
    note = "test with a stage that takes `&{I}` and returns `bool`, or with a closure: `when(|item| .., branch)`"
)]
pub trait PassedOn<'i, I> {}

impl<'i, I> PassedOn<'i, I> for &'i I {}

/// Whether a stage that filters lets an item pass: a test of `route`.
#[inline]
pub fn passes<'i, I, S: Stage<&'i I>>(item: &'i I, stage: &mut S) -> bool
where
    S::Error: CannotReject,
    S::Out: PassedOn<'i, I>,
{
    const {
        assert!(
            matches!(S::KIND, Kind::Filter),
            "a test says yes or no, but this stage is no filter; write a stage that returns `bool`, or a closure: \
             `when(|item| .., branch)`"
        );
    }
    let mut passed = false;
    let _ = stage.process(item, |_| {
        passed = true;
        Flow::Continue(())
    });
    passed
}

/// A branch that broke wants no more; a failure breaks all.
#[inline(always)]
fn after(flow: Flow, open: &mut bool, site: Site<'_>) -> Flow {
    if flow.is_break() {
        if site.run.failed() {
            return Flow::Break(());
        }
        *open = false;
    }
    Flow::Continue(())
}

/// A signal goes to every branch; a letter may become an item there, and then the branch may want no more.
fn signalled(signal: Signal, site: Site<'_>, open: &mut bool, branch: impl FnOnce() -> Flow) -> Flow {
    if signal != Signal::Letter {
        let _ = branch();
        return Flow::Continue(());
    }
    if *open { after(branch(), open, site) } else { Flow::Continue(()) }
}

impl<I> It<I> {
    /// Lends the item to a branch of a `tee`.
    #[inline(always)]
    pub fn lend<'i>(
        &'i self,
        site: Site<'_>,
        _index: usize,
        open: &mut bool,
        count: &mut u64,
        branch: impl FnOnce(It<&'i I>) -> Flow,
    ) -> Flow {
        if !*open {
            return Flow::Continue(());
        }
        *count += 1;
        after(branch(It(&self.0)), open, site)
    }

    /// Gives the item to the last branch of a `tee`.
    #[inline(always)]
    pub fn give(
        self,
        site: Site<'_>,
        _index: usize,
        open: &mut bool,
        count: &mut u64,
        branch: impl FnOnce(It<I>) -> Flow,
    ) -> Flow {
        if !*open {
            return Flow::Continue(());
        }
        *count += 1;
        after(branch(self), open, site)
    }

    /// The chain behind a `tee` can also fail as its branches can.
    #[inline(always)]
    #[must_use]
    pub fn beside<T, G>(self, _branch: &Slot<T, G>) -> Self {
        self
    }

    /// Goes to one branch of a `route`.
    #[inline(always)]
    pub fn choose(self, site: Site<'_>) -> Choice<'_, I> {
        Choice { item: Some(self.0), site }
    }

    /// Paths that part in `branches` meet in `suffix`.
    #[inline(always)]
    pub fn meet<U>(
        self,
        branches: impl FnOnce(It<I>, &Meeting<U>, &mut dyn FnMut(It<U>) -> Flow) -> Flow,
        mut suffix: impl FnMut(It<U>) -> Flow,
    ) -> Flow {
        let mut onward = Flow::Continue(());
        branches(self, &Meeting(PhantomData), &mut |item| {
            onward = suffix(item);
            onward
        })?;
        onward
    }

    /// Ends a path that meets others.
    #[inline(always)]
    pub fn join<M: Takes<I>>(self, meeting: &M, suffix: &mut dyn FnMut(It<M::Item>) -> Flow) -> Flow {
        suffix(It(meeting.take(self.0)))
    }
}

/// An item that looks for its branch.
#[derive(Debug)]
pub struct Choice<'r, I> {
    item: Option<I>,
    site: Site<'r>,
}

impl<I> Choice<'_, I> {
    /// The item, if it was not taken yet and `test` holds.
    #[inline(always)]
    pub fn when(&mut self, test: impl FnOnce(&I) -> bool) -> Option<It<I>> {
        let item = self.item.as_ref()?;
        if self.site.guarded(|| test(item)) { self.otherwise() } else { None }
    }

    /// The item, if it was not taken yet.
    #[inline(always)]
    pub fn otherwise(&mut self) -> Option<It<I>> {
        self.item.take().map(It)
    }
}

impl<'r, I, F> Last<'r, I, F> {
    /// Lends an item, or hands a signal, to a branch of a `tee`.
    pub fn lend<'i>(
        &'i self,
        site: Site<'_>,
        index: usize,
        open: &mut bool,
        count: &mut u64,
        branch: impl FnOnce(Last<'r, &'i I, F>) -> Flow,
    ) -> Flow {
        let run = self.run();
        match self.peek() {
            Ok(_) if !site.leads_along(index, *open) => Flow::Continue(()),
            Ok(item) => It(item).give(site, index, open, count, |item| branch(Last::of_item(item.0, run))),
            Err(signal) => {
                if signal == Signal::Describe {
                    site.describe::<I, I>(Kind::Map);
                }
                signalled(signal, site, open, || branch(Last::of_signal(signal, run)))
            }
        }
    }

    /// Gives an item or a signal to the last branch of a `tee`.
    pub fn give(
        self,
        site: Site<'_>,
        index: usize,
        open: &mut bool,
        count: &mut u64,
        branch: impl FnOnce(Last<'r, I, F>) -> Flow,
    ) -> Flow {
        match self.parts() {
            (Ok(_), _) if !site.leads_along(index, *open) => Flow::Continue(()),
            (Ok(item), run) => It(item).give(site, index, open, count, |item| branch(Last::of_item(item.0, run))),
            (Err(signal), run) => {
                if signal == Signal::Describe {
                    site.describe::<I, I>(Kind::Map);
                }
                signalled(signal, site, open, || branch(Last::of_signal(signal, run)))
            }
        }
    }

    /// The chain behind a `tee` can also fail as its branches can.
    pub fn beside<T, G>(self, _branch: &Slot<T, G>) -> Last<'r, I, (F, G)> {
        match self.parts() {
            (Ok(item), run) => Last::of_item(item, run),
            (Err(signal), run) => Last::of_signal(signal, run),
        }
    }

    /// An item goes to one branch of a `route`, a signal to all.
    pub fn choose(self, site: Site<'_>) -> LastChoice<'_, 'r, I, F> {
        let (item, run) = self.parts();
        if item.as_ref().err() == Some(&Signal::Describe) {
            site.describe::<I, I>(Kind::Map);
        }
        let (item, signal) = match item {
            Ok(item) => (Some(item), None),
            Err(signal) => (None, Some(signal)),
        };
        LastChoice { choice: Choice { item, site }, signal, run, failures: PhantomData }
    }

    /// Paths that part in `branches` meet in `suffix`: items as they come, each signal once, after all paths have seen it.
    pub fn meet<U, G>(
        self,
        branches: impl FnOnce(Self, &Meeting<U>, &mut dyn FnMut(Last<'r, U, G>) -> Flow) -> Flow,
        mut suffix: impl FnMut(Last<'r, U, G>) -> Flow,
    ) -> Flow {
        let run = self.run();
        let signal = self.peek().err();
        let mut onward = Flow::Continue(());
        let flow = branches(self, &Meeting(PhantomData), &mut |last| match last.parts() {
            (Ok(item), run) => {
                onward = suffix(Last::of_item(item, run));
                onward
            }
            (Err(_), _) => Flow::Continue(()),
        });
        match signal {
            Some(signal) => suffix(Last::of_signal(signal, run)),
            None if flow.is_break() => flow,
            None => onward,
        }
    }

    /// Ends a path that meets others. What it can fail with is no longer known there.
    pub fn join<M: Takes<I>>(self, meeting: &M, suffix: &mut dyn FnMut(Last<'r, M::Item, Error>) -> Flow) -> Flow {
        match self.parts() {
            (Ok(item), run) => suffix(Last::of_item(meeting.take(item), run)),
            (Err(signal), run) => suffix(Last::of_signal(signal, run)),
        }
    }
}

/// An item that looks for its branch, or a signal that goes to all.
#[derive(Debug)]
pub struct LastChoice<'s, 'r, I, F> {
    choice: Choice<'s, I>,
    signal: Option<Signal>,
    run: Site<'r>,
    failures: PhantomData<fn() -> F>,
}

impl<'r, I, F> LastChoice<'_, 'r, I, F> {
    /// The item, if it was not taken yet and `test` holds; a signal always.
    pub fn when(&mut self, test: impl FnOnce(&I) -> bool) -> Option<Last<'r, I, F>> {
        match self.signal {
            Some(signal) => Some(Last::of_signal(signal, self.run)),
            None => self.choice.when(test).map(|item| Last::of_item(item.0, self.run)),
        }
    }

    /// The item, if it was not taken yet; a signal always.
    pub fn otherwise(&mut self) -> Option<Last<'r, I, F>> {
        match self.signal {
            Some(signal) => Some(Last::of_signal(signal, self.run)),
            None => self.choice.otherwise().map(|item| Last::of_item(item.0, self.run)),
        }
    }
}
