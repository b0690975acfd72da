//! Checks of sources: one function for a promise.

mod over;
mod trace;

use std::any::type_name;
use std::convert::Infallible;
use std::fmt::Debug;

use self::trace::{Ending, MOST_ITEMS, Step, Trace, What, bytes, place};
use super::report::{
    Broken, Conformance, Held, Judged, Ledger, Promise, Size, Verdict, Violations, caught, ensure, skipped, spread,
    text,
};
use crate::resource::Resources;
use crate::source::{Position, Source};

pub use over::check_source_over;

/// At how many places of a source things are tried that read it anew each time.
const PLACES: usize = 32;

const NAME: Promise =
    Promise { name: "name", says: "a source has a name, and it is the same in every run and does not change in one" };
const CONNECT: Promise = Promise {
    name: "connect",
    says: "a source takes what it shares with others before it is opened; what is missing is an error then",
};
const OPEN: Promise = Promise { name: "open", says: "a source that has something to read from opens, once" };
const SAME_ITEMS: Promise = Promise {
    name: "same items",
    says: "two sources that are made alike give the same items, at the same places, from the same bytes, and end alike",
};
const POSITIONS: Promise = Promise {
    name: "positions",
    says: "items are numbered from 1, one by one, or not at all; lines count from 1; lines and bytes never go back, unless \
           items are numbered and both start over, as another file begins",
};
const RAW: Promise = Promise {
    name: "raw bytes",
    says: "the raw bytes of an item of a line are there without the line's end, and not those of another item",
};
const REPLAY: Promise = Promise {
    name: "replay",
    says: "a source that is not open reads each item again from its raw bytes and the head, and rejects again what it rejected",
};
const SIZE_HINT: Promise = Promise {
    name: "size hint",
    says: "before each item, at least as many and at most as many are still to come as the source says",
};
const REJECTS: Promise =
    Promise { name: "rejects", says: "a rejected item does not end the source: what follows is still read" };
const SEEK: Promise = Promise {
    name: "seek",
    says: "a source goes to each place that it has given, and the items from there on are the same",
};
const UNOPENED: Promise = Promise {
    name: "not open",
    says: "a source that was not opened gives an error, or its first item if it needs no opening; never the end, if it has an error to give",
};
const REOPEN: Promise = Promise {
    name: "open twice",
    says: "a source that is opened a second time refuses, or gives what it gives after the first",
};
const DROP: Promise = Promise {
    name: "drop",
    says: "a source can be dropped at every point: unopened, open, after any item, at the end, after an error",
};

/// Runs a source through the promises of [`Source`]: `make` gives a fresh one over the same data each time.
///
/// Each item is compared by its [`Debug`] text, so that items may borrow from the source. Of a source that does not end, the
/// first 10,000 items are read. What the source does not support (to seek, to replay) is skipped, and the result says so. A
/// source over a reader is better checked by [`check_source_over`], which also makes the reader fail.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::source::from_iter;
/// use millstream::testing::check_source;
///
/// let found = check_source(|| from_iter([2, 3, 5]))?;
/// assert_eq!((found.items(), found.rejects()), (3, 0));
/// assert!(found.kept().any(|promise| promise == "same items"));
/// assert!(found.skipped().any(|(promise, why)| promise == "seek" && why.contains("it only goes forward")));
/// # Ok::<(), millstream::testing::Violations>(())
/// ```
///
/// # Errors
/// When it breaks promises: which, and what was seen. A panic of the source is one, too.
pub fn check_source<S>(make: impl FnMut() -> S) -> Result<Conformance, Violations>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
{
    check_source_with(&Resources::default(), make)
}

/// As [`check_source`], for a source that needs `resources`.
///
/// # Errors
/// When it breaks promises: which, and what was seen.
pub fn check_source_with<S>(resources: &Resources, make: impl FnMut() -> S) -> Result<Conformance, Violations>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
{
    let mut ledger = Ledger::new("source", "?".to_owned());
    look_at_all(&mut ledger, &mut Sources { make, resources });
    ledger.close()
}

/// Looks at every promise, in reading order; gives what the source gave.
fn look_at_all<S, M>(ledger: &mut Ledger, sources: &mut Sources<'_, M>) -> Option<Trace>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
    M: FnMut() -> S,
{
    let mut first = None;
    ledger.judge(NAME, || sources.name(&mut first));
    ledger.name(first.unwrap_or_else(|| "?".to_owned()));
    let mut whole = None;
    let usable = ledger.judge(CONNECT, || sources.connect())
        && ledger.judge(OPEN, || {
            sources.opened()?;
            Ok(Verdict::Kept)
        })
        && ledger.judge(SAME_ITEMS, || {
            let first = &*whole.insert(Trace::read(&mut sources.opened()?, MOST_ITEMS)?);
            let second = Trace::read(&mut sources.opened()?, MOST_ITEMS)?;
            first.same_behind(0, &second)?;
            Ok(Verdict::Kept)
        });
    let whole = whole?;
    ledger.size(Size { items: whole.steps.len() - whole.rejects(), rejects: whole.rejects() });
    if !usable {
        // Everything else compares with what it gave first, and would only say this again.
        return Some(whole);
    }
    ledger.judge(POSITIONS, || positions(&whole));
    ledger.judge(RAW, || raw_bytes(&whole));
    ledger.judge(REPLAY, || sources.replay(&whole));
    ledger.judge(SIZE_HINT, || size_hint(&whole));
    ledger.judge(REJECTS, || rejects(&whole));
    ledger.judge(SEEK, || sources.seek(&whole));
    ledger.judge(UNOPENED, || sources.unopened(&whole));
    ledger.judge(REOPEN, || sources.reopen(&whole));
    ledger.judge(DROP, || sources.drop_everywhere(&whole));
    Some(whole)
}

/// Makes sources.
struct Sources<'r, M> {
    make: M,
    resources: &'r Resources,
}

impl<S, M> Sources<'_, M>
where
    S: Source,
    for<'a> S::Item<'a>: Debug,
    M: FnMut() -> S,
{
    fn made(&mut self) -> Result<Held<S>, Broken> {
        caught("making the source", &mut self.make).map(Held::new)
    }

    fn connected(&mut self) -> Result<Held<S>, Broken> {
        let mut source = self.made()?;
        let connected = source.call("`connect`", |source| source.connect(self.resources))?;
        connected.map_err(|error| Broken(format!("`connect` failed: {}", text(error))))?;
        Ok(source)
    }

    fn opened(&mut self) -> Result<Held<S>, Broken> {
        let mut source = self.connected()?;
        let opened = source.call("`open`", Source::open)?;
        opened.map_err(|error| Broken(format!("`open` failed: {}", text(error))))?;
        Ok(source)
    }

    fn name(&mut self, found: &mut Option<String>) -> Judged {
        let name_of = |source: &mut Held<S>| source.call("`name`", |source| source.name());
        let first = name_of(&mut self.made()?)?;
        ensure(!first.trim().is_empty(), || "its name is empty".to_owned())?;
        *found = Some(first.clone());
        let second = name_of(&mut self.made()?)?;
        ensure(first == second, || format!("one was called `{first}`, the next one `{second}`"))?;
        // Whether it opens at all is another promise.
        let Ok(mut source) = self.opened() else { return Ok(Verdict::Kept) };
        let open = name_of(&mut source)?;
        ensure(!open.trim().is_empty(), || "its name is empty once it is open".to_owned())?;
        // What goes wrong while reading is looked at elsewhere, too.
        if Trace::read(&mut source, MOST_ITEMS).is_ok() {
            let last = name_of(&mut source)?;
            ensure(open == last, || {
                format!("it was called `{open}` when it opened, and `{last}` after its last item")
            })?;
        }
        Ok(Verdict::Kept)
    }

    fn connect(&mut self) -> Judged {
        let mut source = self.made()?;
        if let Err(error) = source.call("`connect`", |source| source.connect(&Resources::default()))? {
            let error = text(error);
            ensure(!error.trim().is_empty(), || "`connect` without resources failed and does not say why".to_owned())?;
            self.connected()
                .map_err(|Broken(observed)| Broken(format!("{observed}; give what it needs to `check_source_with`")))?;
        }
        self.connected()?;
        Ok(Verdict::Kept)
    }

    fn replay(&mut self, whole: &Trace) -> Judged {
        let mut source = self.connected()?;
        let (mut done, mut refused) = (0, None);
        for (number, Step { what, raw, head, .. }) in whole.numbered() {
            let Some(raw) = raw else { continue };
            let again = source.call(format_args!("`replay` of item {number}"), |source| {
                let again = source.replay(head.as_deref().or(whole.head.as_deref()), raw).map_err(text)?;
                Ok::<_, String>(match again {
                    Ok(item) => What::Item(format!("{item:?}")),
                    Err(reject) => What::Reject(text(reject)),
                })
            })?;
            match again {
                Ok(again) => {
                    // What a reject says may name a place, which bytes alone do not have.
                    let rejects = matches!((what, &again), (What::Reject(_), What::Reject(_)));
                    ensure(rejects || *what == again, || format!("item {number} was {what}, and replayed {again}"))?;
                    done += 1;
                }
                Err(why) => {
                    refused.get_or_insert((number, why));
                }
            }
        }
        match refused {
            Some((number, why)) if done > 0 => {
                Err(Broken(format!("item {number} cannot be replayed, while others can: {why}")))
            }
            Some((_, why)) => skipped(why),
            None if done == 0 => skipped("it gives no raw bytes"),
            None => Ok(Verdict::Kept),
        }
    }

    fn seek(&mut self, whole: &Trace) -> Judged {
        let Some(last) = whole.steps.len().checked_sub(1) else { return skipped("it gives no item to go to") };
        let (mut done, mut refused) = (0, None);
        for from in spread(last, PLACES) {
            let position = counted_position(whole, from);
            // From the start, and from behind the place, as far as it goes back.
            for read in [0, from + 1] {
                let mut source = self.opened()?;
                let _ = Trace::read(&mut source, read)?;
                match source.call(format_args!("`seek` to item {}", from + 1), |source| source.seek(position))? {
                    Err(why) => {
                        let why = text(why);
                        ensure(!why.trim().is_empty(), || "`seek` failed and does not say why".to_owned())?;
                        if read == 0 {
                            refused.get_or_insert((position, why));
                        }
                    }
                    Ok(()) => {
                        done += 1;
                        let rest = Trace::read(&mut source, MOST_ITEMS.min(whole.steps.len() + 1 - from))?;
                        whole.same_behind(from, &rest.up_to(whole, from)).map_err(|Broken(observed)| {
                            Broken(format!("after `seek` to {} behind {read} items: {observed}", place(position)))
                        })?;
                    }
                }
            }
        }
        match refused {
            Some((position, why)) if done > 0 => {
                Err(Broken(format!("it goes to some places, but not to {}: {why}", place(position))))
            }
            Some((_, why)) => skipped(why),
            None => Ok(Verdict::Kept),
        }
    }

    fn unopened(&mut self, whole: &Trace) -> Judged {
        let given = trace::step(&mut self.connected()?, 0)?;
        match (given, whole.steps.first()) {
            (Err(Ending::Error(why)), _) => {
                ensure(!why.trim().is_empty(), || "`next` failed and does not say why".to_owned())?;
            }
            (Ok(step), Some(first)) => ensure(step.what == first.what, || {
                format!("before `open`, the first item was {}; after it, {}", step.what, first.what)
            })?,
            (Ok(step), None) => return Err(Broken(format!("before `open` it gave {}; after it, nothing", step.what))),
            (Err(_), Some(_)) if type_name::<S::Error>() == type_name::<Infallible>() => {
                return skipped("it gave the end, as it has no error to give");
            }
            (Err(_), Some(first)) => {
                return Err(Broken(format!(
                    "before `open` it gave the end; after it, its first item is {}",
                    first.what
                )));
            }
            (Err(_), None) => {}
        }
        Ok(Verdict::Kept)
    }

    fn reopen(&mut self, whole: &Trace) -> Judged {
        let mut source = self.opened()?;
        match source.call("the second `open`", Source::open)? {
            Err(error) => {
                ensure(!text(error).trim().is_empty(), || "the second `open` failed and does not say why".to_owned())?;
            }
            Ok(()) => {
                let again = Trace::read(&mut source, MOST_ITEMS)?;
                let differs = |Broken(observed)| Broken(format!("after a second `open`: {observed}"));
                whole.same_behind(0, &again).map_err(differs)?;
            }
        }
        Ok(Verdict::Kept)
    }

    fn drop_everywhere(&mut self, whole: &Trace) -> Judged {
        let source = self.made()?;
        caught("dropping it before `open`", || drop(source.release()))?;
        for items in spread(whole.steps.len(), PLACES) {
            let mut source = self.opened()?;
            let _ = Trace::read(&mut source, items)?;
            caught(format_args!("dropping it after {items} items"), || drop(source.release()))?;
        }
        let mut source = self.opened()?;
        let end = Trace::read(&mut source, MOST_ITEMS)?.end;
        caught(format_args!("dropping it after {end}"), || drop(source.release()))?;
        Ok(Verdict::Kept)
    }
}

/// The position of a step as a run knows it: where the source does not count its items, the run does.
fn counted_position(whole: &Trace, index: usize) -> Position {
    let mut position = whole.steps.get(index).map(|step| step.position).unwrap_or_default();
    if position.item == 0 {
        position.item = index as u64 + 1;
    }
    position
}

impl Trace {
    /// Stopped where `whole`, which had given `from` items before, was stopped.
    fn up_to(mut self, whole: &Trace, from: usize) -> Self {
        if whole.end == Ending::Stopped {
            self.steps.truncate(whole.steps.len() - from);
            self.end = Ending::Stopped;
        }
        self
    }
}

fn positions(whole: &Trace) -> Judged {
    let mut before: Option<Position> = None;
    let counts = whole.steps.first().is_some_and(|step| step.position.item != 0);
    for (number, Step { position, .. }) in whole.numbered() {
        let (item, is) = (position.item, *position);
        let expected = if counts { number as u64 } else { 0 };
        ensure(item == expected, || {
            format!("item {number} says that it is at {}, where `item` should be {expected}", place(is))
        })?;
        ensure(is.line != Some(0), || format!("item {number} says that it is on line 0"))?;
        if let Some(was) = before.replace(is) {
            let has_both = was.line.is_some() == is.line.is_some() && was.byte.is_some() == is.byte.is_some();
            ensure(has_both, || format!("item {number} is at {}, behind one at {}", place(is), place(was)))?;
            let forward = is.line >= was.line && is.byte >= was.byte;
            // As another file begins, both start over.
            let starts_over = counts && is.line <= was.line && is.byte <= was.byte;
            ensure(forward || starts_over, || {
                format!("item {number} goes back: it is at {}, behind one at {}", place(is), place(was))
            })?;
        }
    }
    if whole.steps.is_empty() { skipped("it gives no items") } else { Ok(Verdict::Kept) }
}

fn raw_bytes(whole: &Trace) -> Judged {
    if whole.steps.iter().all(|step| step.raw.is_none()) {
        return skipped("it gives no raw bytes");
    }
    for (number, Step { position, raw, what, .. }) in whole.numbered() {
        let ended = raw.as_ref().is_some_and(|raw| raw.ends_with(b"\n"));
        let is_item = matches!(what, What::Item(_));
        ensure(!(ended && is_item && position.line.is_some()), || {
            format!("item {number} has the raw bytes {}, with the line's end", bytes(raw.as_deref()))
        })?;
    }
    // As far as offsets say: an item's bytes end where the next line starts, or before.
    for (i, pair) in whole.steps.windows(2).enumerate() {
        let (here, next) = (pair[0].position, pair[1].position);
        let (Some(start), Some(end), Some(raw)) = (here.byte, next.byte, &pair[0].raw) else { continue };
        ensure(next.line <= here.line || end <= start || start + raw.len() as u64 <= end, || {
            let (number, len) = (i + 1, raw.len());
            format!("item {number} starts at byte {start} and has {len} bytes, but the next one starts at {end}")
        })?;
    }
    Ok(Verdict::Kept)
}

fn size_hint(whole: &Trace) -> Judged {
    for (given, (least, most)) in whole.hints.iter().enumerate() {
        let rest = (whole.steps.len() - given) as u64;
        let ended = whole.end == Ending::End;
        ensure(most.is_none_or(|most| rest <= most), || {
            format!("after {given} items it said that at most {} follow; {rest} did", most.unwrap_or_default())
        })?;
        ensure(!ended || *least <= rest, || {
            format!("after {given} items it said that at least {least} follow; {rest} did")
        })?;
        ensure(most.is_none_or(|most| *least <= most), || {
            format!(
                "after {given} items it said that at least {least} follow, and at most {}",
                most.unwrap_or_default()
            )
        })?;
    }
    if whole.hints.iter().all(|hint| *hint == (0, None)) {
        return skipped("it does not say how many items are to come");
    }
    Ok(Verdict::Kept)
}

fn rejects(whole: &Trace) -> Judged {
    let Some(first) = whole.steps.iter().position(|step| matches!(step.what, What::Reject(_))) else {
        return skipped("its data has nothing that it rejects");
    };
    let after = whole.steps.len() - first - 1;
    for (number, step) in whole.numbered() {
        let says = !matches!(&step.what, What::Reject(why) if why.trim().is_empty());
        ensure(says, || format!("item {number} is rejected, and the error does not say why"))?;
    }
    if after == 0 {
        return skipped("what it rejects is the last of its data: put a good item behind it");
    }
    Ok(Verdict::Kept)
}
