//! Checks of sinks: one function for a promise.

mod alone;
mod in_runs;
mod over;
mod run;
mod session;
mod target;

use std::fmt::Debug;

use self::session::Session;
use super::faults::INJECTED;
use super::report::{Conformance, Ledger, Promise, Size, Violations, skipped};
use crate::sink::Sink;

pub use over::check_sink_over;
pub use target::{Scratch, Target};

/// At how many numbers of items a sink is dropped, or a run fails.
const PLACES: usize = 12;

const CONNECT: Promise = Promise {
    name: "connect",
    says: "a sink takes what it shares with others before it is opened; what is missing is an error then",
};
const ITEMS: Promise = Promise {
    name: "items",
    says: "when a run has committed, the target holds every item once, in order; behind a break, none is written",
};
const EMPTY: Promise = Promise { name: "empty run", says: "a run without items commits, and puts no item there" };
const HIDDEN: Promise = Promise {
    name: "hidden",
    says: "what a transactional sink writes is not seen before it is published: the target is as it was",
};
const DROPPED: Promise = Promise {
    name: "dropped",
    says: "a sink that is dropped before it closed leaves the target as it was and nothing beside it, and the next run is whole",
};
const ABORTED: Promise = Promise {
    name: "aborted",
    says: "what was closed and not published, or synced and not published, is gone when it is dropped, and nothing is left",
};
const PANIC: Promise = Promise {
    name: "panic",
    says: "a sink that is dropped as a panic unwinds leaves the target as it was and nothing beside it",
};
const SECOND_RUN: Promise =
    Promise { name: "second run", says: "a second run replaces all that the first one left, or adds to all of it" };
const APPEND: Promise = Promise {
    name: "append",
    says: "a sink that was told to append keeps what its target holds and adds to it, or refuses before it opens",
};
const REFUSED: Promise = Promise {
    name: "refused item",
    says: "an item that is refused is lost alone: unless the sink says that it is broken, those before and behind it are written",
};
const EXCLUSIVE: Promise = Promise {
    name: "exclusive",
    says: "a second sink to a target that is being written is refused, or nothing of either is lost",
};
const WHOLE_RUN: Promise = Promise { name: "run", says: "a pipeline puts its items there, and its report counts them" };
const SOURCE_FAILS: Promise = Promise {
    name: "run: source fails",
    says: "where the source of a run fails, a transactional target is as it was; another holds no more than the items before",
};
const STAGE_PANICS: Promise = Promise {
    name: "run: stage panics",
    says: "where a stage of a run panics, a transactional target is as it was; another holds no more than the items before",
};
const OTHER_SYNC: Promise = Promise {
    name: "run: other sync fails",
    says: "where another sink of the run cannot sync, nothing is published: a transactional target is as it was",
};
const OTHER_PUBLISH: Promise = Promise {
    name: "run: other publish fails",
    says: "where another sink cannot publish, what was published before stays, and what was not is as it was, its work gone or left whole beside it",
};

/// Runs a sink through the promises of [`Sink`] and [`Commit`](crate::sink::Commit), with `items` for it to write.
///
/// [`Target`] says how to make a sink and how to read what the outside sees of it. What is read is compared with what was
/// written by the [`Debug`] texts of both. Two items that differ are needed to see most; five are plenty.
///
/// A sink whose [`is_transactional`](Sink::is_transactional) says no is held to less: what is seen of a run that failed is
/// none or some of its first items.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::sink::collect;
/// use millstream::testing::{Target, check_sink};
///
/// let found = check_sink(Target::output(collect, |items: Vec<u8>| items), [2, 3, 5])?;
/// println!("{found}");
/// # Ok::<(), millstream::testing::Violations>(())
/// ```
///
/// # Errors
/// When it breaks promises: which, and what was seen. A panic of the sink is one, too.
pub fn check_sink<T, P, K, V>(
    target: Target<'_, T, P, K, V>,
    items: impl IntoIterator<Item = T>,
) -> Result<Conformance, Violations>
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    let mut ledger = Ledger::new("sink", name_of::<K>());
    look_at_all(&mut ledger, &mut Session { target, items: items.into_iter().collect(), unwinds: true });
    ledger.close()
}

fn name_of<K>() -> String {
    crate::plan::short_type(std::any::type_name::<K>())
}

/// Looks at every promise, in reading order.
fn look_at_all<T, P, K, V>(ledger: &mut Ledger, session: &mut Session<'_, T, P, K, V>) -> bool
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    ledger.size(Size { items: session.items.len(), rejects: 0 });
    if !ledger.judge(CONNECT, || session.connect()) || !ledger.judge(ITEMS, || session.whole_run()) {
        // Everything else starts with a run that goes well, and would only say this again.
        return false;
    }
    ledger.judge(EMPTY, || session.empty());
    let transactional = session.is_transactional();
    let reported = session.target.reported;
    let why = if reported { "what it wrote is in the report" } else { "it says that it is not transactional" };
    let unless_transactional = || skipped(why);
    let transactional = transactional.unwrap_or(false) && !reported;
    ledger.judge(HIDDEN, || if transactional { session.hidden() } else { unless_transactional() });
    ledger.judge(DROPPED, || session.dropped(transactional));
    ledger.judge(ABORTED, || if transactional { session.aborted() } else { unless_transactional() });
    ledger.judge(PANIC, || session.panics(transactional));
    ledger.judge(SECOND_RUN, || session.second_run());
    ledger.judge(APPEND, || session.append());
    ledger.judge(REFUSED, || session.refused());
    ledger.judge(EXCLUSIVE, || session.exclusive());
    ledger.judge(WHOLE_RUN, || session.in_a_run());
    ledger.judge(SOURCE_FAILS, || session.source_fails(transactional));
    // A panic in a panic would end the process.
    let unwinds = session.unwinds;
    let panics = || skipped("it panics when it is dropped by one");
    ledger.judge(STAGE_PANICS, || if unwinds { session.stage_panics(transactional) } else { panics() });
    ledger.judge(OTHER_SYNC, || session.other_sync_fails(transactional));
    ledger.judge(OTHER_PUBLISH, || session.other_publish_fails(transactional));
    true
}
