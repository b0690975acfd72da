//! A node of the plan in a run: what generated code asks of the run, it asks here.

use std::any::{Any, type_name};
use std::mem::ManuallyDrop;
use std::time::SystemTime;

use super::Run;
use crate::chain::item::It;
use crate::error::{BoxError, Error};
use crate::io::letters::Letter;
use crate::plan::Role;
use crate::policy::WatchOf;
use crate::rejection::{OnReject, OrFail};
use crate::report::Held;
use crate::resource::Resources;
use crate::sink::Closed;
use crate::source::{At, Position, Source};
use crate::stage::{Flow, Kind};

/// A node of the plan, in a run.
#[derive(Clone, Copy, Debug)]
pub struct Site<'r> {
    pub(crate) run: &'r Run,
    pub(super) node: u32,
}

impl<'r> Site<'r> {
    /// Calls what works on an item; if it panics, this node is named, unless one further in was.
    #[inline(always)]
    pub(crate) fn guarded<T>(self, call: impl FnOnce() -> T) -> T {
        let guard = self.guard();
        let result = call();
        guard.disarm();
        result
    }

    /// Calls what works on no item: opening, finishing, reading.
    #[inline(always)]
    pub(crate) fn guarded_aside<T>(self, call: impl FnOnce() -> T) -> T {
        let guard = self.guard_aside();
        let result = call();
        guard.disarm();
        result
    }

    /// As [`guarded`](Site::guarded), until it is disarmed. For what takes the item: a closure that holds it would have it
    /// copied, and itself kept in memory.
    #[inline(always)]
    pub(crate) fn guard(self) -> Guard<'r, true> {
        Guard { site: self }
    }

    /// As [`guarded_aside`](Site::guarded_aside), until it is disarmed.
    #[inline(always)]
    fn guard_aside(self) -> Guard<'r, false> {
        Guard { site: self }
    }

    /// Notes that the run ended while this node had an item in hand, which it neither refused nor handed on.
    #[cold]
    pub(crate) fn holds_item(self) {
        self.run.panicked.set(Some((self.node, true)));
    }

    /// Notes items that were on their way behind this node when they were no longer wanted, or the run ended.
    #[cold]
    #[inline(never)]
    pub(crate) fn holds_items(self, count: usize) {
        let held = &self.run.held[self.node as usize];
        held.set(held.get() + count as u64);
    }

    /// The next item of the source.
    ///
    /// # Errors
    /// When nothing more can be read.
    #[inline(always)]
    pub fn next<S: Source>(self, source: &mut S) -> Result<Option<(Result<S::Item<'_>, S::Reject>, At<'_>)>, S::Error> {
        let guard = self.guard_aside();
        let next = source.next();
        guard.disarm();
        next
    }

    /// The node with an item's position and what to do if it is rejected.
    #[inline(always)]
    pub fn here<P>(self, at: Origin<'r>, policy: P) -> Here<'r, P> {
        Here { site: self, at, policy }
    }

    /// What the stage of this node shares with others.
    pub(crate) fn resources(self) -> Resources {
        self.run.resources.watched(self.watch())
    }

    /// Who counts what policies do here. What they do inside of a stage that is made of others counts as that stage's own.
    fn watch(self) -> WatchOf {
        self.run.resources.watch().cloned().unwrap_or_else(|| self.run.watches.of(self.node))
    }

    /// Ends the run: this node failed, at this item.
    #[cold]
    pub(crate) fn fail(self, error: impl Into<BoxError>, position: Option<Position>) {
        let error = Error::new(error.into()).at_stage(self.run.label(self.node));
        self.run.fail(match position {
            Some(position) => error.at_position(&*self.run.source(), position),
            None => error,
        });
    }

    /// As [`fail`](Site::fail), at an item of the source.
    #[cold]
    pub(crate) fn fail_at(self, error: impl Into<BoxError>, at: At<'_>) {
        let error = Error::new(error.into()).at_stage(self.run.label(self.node));
        self.run.fail(error.at_position(self.run.origin_of(at), at.position));
    }

    /// Takes over what the sink that ends here has still to do.
    pub(crate) fn closed<O>(self, closed: Closed<O>) -> O {
        self.run.closed(self.node, closed)
    }

    #[cold]
    fn count_rejected(self) {
        let rejected = &self.run.rejected[self.node as usize];
        rejected.set(rejected.get() + 1);
    }

    /// Notes an item that a node which emits others has dropped.
    pub(crate) fn count_dropped(self) {
        let dropped = &self.run.dropped[self.node as usize];
        dropped.set(dropped.get() + 1);
    }

    /// What the source of this node is called.
    pub(crate) fn name_source(self, name: String) {
        self.run.sources.set_name(self.node, name);
    }

    /// Notes what a `join` holds in memory.
    pub(crate) fn holds(self, source: u32, rows: u64, bytes: u64) {
        let held = Held { stage: self.run.label(self.node), source: self.run.sources.name_of(source), rows, bytes };
        self.run.sides.borrow_mut().push(held);
    }

    /// Notes what the node turned out to be.
    pub(crate) fn describe<In, Out>(self, kind: Kind) {
        let mut plan = self.run.plan.borrow_mut();
        if let Some(node) = plan.nodes.get_mut(self.node as usize) {
            node.kind = Some(kind);
            node.input = type_name::<In>().into();
            if kind == Kind::Sink {
                node.role = Role::Sink;
            } else {
                node.output = type_name::<Out>().into();
            }
        }
    }

    pub(crate) fn describe_source<Out>(self) {
        let mut plan = self.run.plan.borrow_mut();
        if let Some(node) = plan.nodes.get_mut(self.node as usize) {
            node.output = type_name::<Out>().into();
        }
    }
}

/// Names a node as the origin of a panic, unless it is disarmed; `ITEM` says whether it has an item in hand.
pub(crate) struct Guard<'r, const ITEM: bool> {
    site: Site<'r>,
}

impl<const ITEM: bool> Guard<'_, ITEM> {
    #[inline(always)]
    pub(crate) fn disarm(self) {
        // `forget` is a call where nothing is optimised.
        let _ = ManuallyDrop::new(self);
    }
}

impl<const ITEM: bool> Drop for Guard<'_, ITEM> {
    #[cold]
    fn drop(&mut self) {
        let panicked = &self.site.run.panicked;
        if panicked.get().is_none() {
            panicked.set(Some((self.site.node, ITEM)));
        }
    }
}

/// A stage panicked.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl Panicked {
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string);
        Panicked(text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a value".to_owned()))
    }
}

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "panicked: {}", self.0)
    }
}

impl std::error::Error for Panicked {}

/// A node, the position of the item it works on, and what to do if it rejects the item.
#[derive(Clone, Copy, Debug)]
pub struct Here<'r, P> {
    pub(crate) site: Site<'r>,
    pub(crate) at: Origin<'r>,
    pub(crate) policy: P,
}

/// Where an item came from, left where the source put it: it is read only when the item is rejected.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'r> {
    at: &'r At<'r>,
    nth: u64,
}

impl<'r> Origin<'r> {
    /// The origin of the `nth` item.
    #[inline(always)]
    pub fn new(at: &'r At<'r>, nth: u64) -> Self {
        Origin { at, nth }
    }

    /// The origin of what comes at the end.
    pub fn end() -> Self {
        const END: &At<'static> = &At { position: Position::of_item(0), raw: None, file: None, head: None };
        Origin { at: END, nth: 0 }
    }

    /// The origin of the `nth` item of a source that says nothing else of its items.
    #[inline(always)]
    pub(crate) fn of_nth(nth: u64) -> Origin<'static> {
        Origin { nth, ..Origin::end() }
    }

    /// Which item of the source it is.
    #[inline(always)]
    pub(crate) fn number(self) -> u64 {
        self.nth
    }

    /// With the item's number where the source did not say it: the chain counts items in any case.
    #[inline(always)]
    pub(crate) fn at(self) -> At<'r> {
        // Field by field: rustc keeps in memory what is copied as a whole.
        let At { position: Position { item, line, byte }, raw, file, head } = *self.at;
        At { position: Position { item: if item == 0 { self.nth } else { item }, line, byte }, raw, file, head }
    }
}

impl<'r, P> Here<'r, P> {
    /// The same place, where no other policy holds than that of a run.
    #[inline(always)]
    pub(crate) fn or_fail(self) -> Here<'r, OrFail> {
        Here { site: self.site, at: self.at, policy: OrFail }
    }

    /// Lets an item of the source into the chain.
    #[inline(always)]
    pub fn admit<T>(self, item: T, out: impl FnOnce(It<T>) -> Flow) -> Flow {
        out(It(item))
    }

    /// Rejects an item. The origin is copied first: what is lent to a call is no longer kept in registers.
    #[inline(always)]
    pub fn reject<I>(self, error: impl Into<BoxError>, input: Option<I>) -> Flow
    where
        P: OnReject<I>,
    {
        let flow = reject(self.site, self.at.at(), self.policy, error, input);
        // Said here, the compiler knows that the loop ends, and keeps nothing for what would follow.
        if P::STOPS { Flow::Break(()) } else { flow }
    }
}

#[cold]
#[inline(never)]
fn reject<I, P: OnReject<I>>(
    site: Site<'_>,
    at: At<'_>,
    policy: P,
    error: impl Into<BoxError>,
    input: Option<I>,
) -> Flow {
    site.count_rejected();
    policy.reject(site, at, error.into(), input)
}

impl Site<'_> {
    /// The source cannot be read any further.
    #[cold]
    pub fn unreadable(self, error: impl Into<BoxError>, position: Position) {
        self.fail(error, Some(position));
    }

    /// Writes a dead letter.
    pub(crate) fn send_letter(self, at: At<'_>, error: BoxError, input: Option<serde_json::Value>) -> Flow {
        let run = self.run;
        if run.redrives() && run.is_aside(self.node) {
            // It is a letter of the run that the others are of.
            return Flow::Continue(());
        }
        if run.within.get() {
            self.fail(error, Some(at.position));
            return Flow::Break(());
        }
        let error: &(dyn std::error::Error + 'static) = &*error;
        let mut letter = Letter::new(run.label(self.node), run.origin_of(at), at.position, error, SystemTime::now());
        letter.branch = run.branch(self.node);
        let failed = self.watch().get().take_failed(letter.error.first().map_or("", String::as_str));
        (letter.attempts, letter.failed) = (failed.attempts.max(1), failed.causes);
        letter.raw = at.raw.filter(|_| run.one_to_one_with_source(self.node)).map(<[u8]>::to_vec);
        if letter.raw.is_some() {
            letter.head = run.head_of(at);
        } else {
            letter.input = input;
        }
        if run.redriving.is_some() {
            self.letter_again(letter);
            return Flow::Continue(());
        }
        let Some((_, index)) = run.addressed.iter().find(|(node, _)| *node == self.node) else {
            return Flow::Break(());
        };
        let letterbox = &run.letters[*index];
        let Some(letters) = letterbox.open.get() else { return Flow::Break(()) };
        match letters.append(&letter) {
            Ok(()) => {
                letterbox.count.set(letterbox.count.get() + 1);
                Flow::Continue(())
            }
            Err(error) => {
                self.fail_at(error, at);
                Flow::Break(())
            }
        }
    }
}
