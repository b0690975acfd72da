//! What a check found: the promises that were kept, those that were not asked for, and those that were broken.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::BoxError;
use crate::run::Panicked;

/// One promise of an end: a short name, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
}

/// How a promise was judged.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is kept.
    Kept,
    /// The end does not make it, or there was nothing to see it by: why.
    Skipped(String),
}

/// What was seen that breaks a promise.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

pub(super) type Judged = Result<Verdict, Broken>;

/// Breaks the promise, unless `holds`.
pub(super) fn ensure(holds: bool, observed: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(observed())) }
}

/// The promise was not asked for.
#[allow(clippy::unnecessary_wraps, reason = "what a check returns")]
pub(super) fn skipped(why: impl Into<String>) -> Judged {
    Ok(Verdict::Skipped(why.into()))
}

/// Calls the user's code; a panic in it breaks the promise that is being looked at.
pub(super) fn caught<T>(step: impl fmt::Display, call: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| Broken(format!("{step} {}", panicked(&*panic))))
}

/// An end under test. That it panics when it is dropped is one promise, and would only disturb the others.
#[derive(Debug)]
pub(super) struct Held<E>(Option<E>);

impl<E> Held<E> {
    pub(super) fn new(end: E) -> Self {
        Held(Some(end))
    }

    /// The end itself, dropped as it will.
    pub(super) fn release(mut self) -> Option<E> {
        self.0.take()
    }

    /// Calls the end.
    pub(super) fn call<T>(&mut self, step: impl fmt::Display, call: impl FnOnce(&mut E) -> T) -> Result<T, Broken> {
        match &mut self.0 {
            Some(end) => caught(step, || call(end)),
            None => Err(Broken(format!("the check itself failed: {step} behind the end"))),
        }
    }
}

impl<E> Drop for Held<E> {
    fn drop(&mut self) {
        let end = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(end)));
    }
}

pub(super) fn panicked(panic: &(dyn Any + Send)) -> String {
    Panicked::of(panic).to_string()
}

/// An error's message, and those of its causes that it does not repeat.
pub(super) fn text(error: impl Into<BoxError>) -> String {
    let error = error.into();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

/// At most `most` of the numbers up to and with `last`, evenly spread: the first and the last are always among them.
pub(super) fn spread(last: usize, most: usize) -> impl Iterator<Item = usize> {
    let most = most.max(2);
    let count = if last < most { last + 1 } else { most };
    (0..count).map(move |i| if count == last + 1 { i } else { i * last / (count - 1) })
}

/// The judgements so far.
#[derive(Debug)]
pub(super) struct Ledger {
    kind: &'static str,
    end: String,
    size: Size,
    kept: Vec<Promise>,
    skipped: Vec<(Promise, String)>,
    broken: Vec<Violation>,
}

/// Over how much it was checked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) items: usize,
    pub(super) rejects: usize,
}

impl Ledger {
    pub(super) fn new(kind: &'static str, end: String) -> Self {
        Ledger { kind, end, size: Size::default(), kept: Vec::new(), skipped: Vec::new(), broken: Vec::new() }
    }

    pub(super) fn size(&mut self, size: Size) {
        self.size = size;
    }

    /// Names the end that is checked, once it is known.
    pub(super) fn name(&mut self, end: String) {
        self.end = end;
    }

    /// Looks at one promise. `true` if it is not broken.
    pub(super) fn judge(&mut self, promise: Promise, check: impl FnOnce() -> Judged) -> bool {
        // What panics outside of a call that is named, such as dropping, is the end's fault as well.
        let judged = caught("the end", check).and_then(|judged| judged);
        match judged {
            Ok(Verdict::Kept) => self.kept.push(promise),
            Ok(Verdict::Skipped(why)) => self.skipped.push((promise, why)),
            Err(Broken(observed)) => {
                self.broken.push(Violation { promise, observed });
                return false;
            }
        }
        true
    }

    pub(super) fn close(self) -> Result<Conformance, Violations> {
        let Ledger { kind, end, size, kept, skipped, broken } = self;
        if broken.is_empty() {
            Ok(Conformance { kind, end, size, kept, skipped })
        } else {
            Err(Violations { kind, end, broken })
        }
    }
}

/// An end keeps its promises: which ones were looked at, and which the end does not make. Its
/// [`Display`](std::fmt::Display) form is a list of both.
#[derive(Clone)]
#[must_use = "look at what was skipped: an end that promises nothing keeps everything"]
pub struct Conformance {
    kind: &'static str,
    end: String,
    size: Size,
    kept: Vec<Promise>,
    skipped: Vec<(Promise, String)>,
}

impl Conformance {
    /// How many items the source gave, or the sink was given, in a run without faults.
    pub fn items(&self) -> usize {
        self.size.items
    }

    /// How many items the source rejected; of a sink, always 0.
    pub fn rejects(&self) -> usize {
        self.size.rejects
    }

    /// The names of the promises that were looked at, in order.
    pub fn kept(&self) -> impl Iterator<Item = &'static str> {
        self.kept.iter().map(|promise| promise.name)
    }

    /// The names of the promises that were not looked at, and why: the end does not make them, or what it was given shows
    /// nothing of them.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.skipped.iter().map(|(promise, why)| (promise.name, why.as_str()))
    }
}

impl fmt::Display for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { items, rejects } = self.size;
        let promises = counted(self.kept.len(), "promise");
        write!(f, "{} `{}` keeps {promises}, over {}", self.kind, self.end, counted(items, "item"))?;
        if rejects > 0 {
            write!(f, " and {}", counted(rejects, "reject"))?;
        }
        f.write_str("\n")?;
        let names = self.kept.iter().chain(self.skipped.iter().map(|(promise, _)| promise));
        let width = names.map(|promise| promise.name.len()).max().unwrap_or(0);
        for Promise { name, says } in &self.kept {
            writeln!(f, "  {name:width$}  {says}")?;
        }
        if !self.skipped.is_empty() {
            f.write_str("not looked at\n")?;
        }
        for (Promise { name, .. }, why) in &self.skipped {
            writeln!(f, "  {name:width$}  {why}")?;
        }
        Ok(())
    }
}

/// As [`Display`](std::fmt::Display).
impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An end breaks promises: all that were found. Its [`Display`](std::fmt::Display) form lists what was seen, and what the
/// promise is.
#[derive(Clone)]
pub struct Violations {
    kind: &'static str,
    end: String,
    broken: Vec<Violation>,
}

impl Violations {
    /// Each of them, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.broken.iter()
    }
}

impl<'v> IntoIterator for &'v Violations {
    type Item = &'v Violation;
    type IntoIter = std::slice::Iter<'v, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One promise that was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    promise: Promise,
    observed: String,
}

impl Violation {
    /// The name of the promise.
    pub fn promise(&self) -> &'static str {
        self.promise.name
    }

    /// What the promise says.
    pub fn says(&self) -> &'static str {
        self.promise.says
    }

    /// What was seen instead, for the first time.
    pub fn observed(&self) -> &str {
        &self.observed
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; the promise: {}", self.promise.name, self.observed, self.promise.says)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` breaks {}", self.kind, self.end, counted(self.broken.len(), "promise"))?;
        for Violation { promise, observed } in &self.broken {
            write!(f, "\n  {}: {observed}\n    the promise: {}", promise.name, promise.says)?;
        }
        Ok(())
    }
}

/// As [`Display`](std::fmt::Display): what a test prints that unwraps.
impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Violations {}

pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_spread_has_the_first_and_the_last() {
        assert_eq!(spread(0, 4).collect::<Vec<_>>(), [0]);
        assert_eq!(spread(3, 4).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(spread(9, 4).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(spread(10_000, 2).collect::<Vec<_>>(), [0, 10_000]);
    }
}
