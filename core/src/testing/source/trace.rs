//! What a source gave, as text.

use std::fmt::Debug;

use crate::source::{Position, Source};
use crate::testing::report::{Broken, Held, ensure, text};

/// How many items are read of a source that does not end.
pub(super) const MOST_ITEMS: usize = 10_000;

/// All that a source gave.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) steps: Vec<Step>,
    pub(super) end: Ending,
    /// What [`Source::size_hint`] said before each step, and before the end.
    pub(super) hints: Vec<(u64, Option<u64>)>,
    /// What [`Source::head`] said at the end.
    pub(super) head: Option<Vec<u8>>,
}

/// One item, or one reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) what: What,
    /// As the source gave it.
    pub(super) position: Position,
    pub(super) raw: Option<Vec<u8>>,
    /// What stands in front of the items of its file, where that is not what [`Source::head`] says.
    pub(super) head: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Item(String),
    Reject(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It said so.
    End,
    /// Nothing more can be read.
    Error(String),
    /// The kit stopped.
    Stopped,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::Item(item) => write!(f, "`{item}`"),
            What::Reject(why) => write!(f, "a reject (`{why}`)"),
        }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::End => f.write_str("the end"),
            Ending::Error(why) => write!(f, "the error `{why}`"),
            Ending::Stopped => f.write_str("more"),
        }
    }
}

impl Trace {
    /// Reads on until the end, an error, or `most` steps.
    pub(super) fn read<S: Source>(source: &mut Held<S>, most: usize) -> Result<Self, Broken>
    where
        for<'a> S::Item<'a>: Debug,
    {
        let mut trace = Trace { steps: Vec::new(), end: Ending::Stopped, hints: Vec::new(), head: None };
        while trace.steps.len() < most {
            trace.hints.push(source.call("`size_hint`", |source| source.size_hint())?);
            match step(source, trace.steps.len())? {
                Ok(step) => trace.steps.push(step),
                Err(end) => {
                    trace.end = end;
                    break;
                }
            }
        }
        trace.head = source.call("`head`", |source| source.head().map(<[u8]>::to_vec))?;
        Ok(trace)
    }

    pub(super) fn rejects(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.what, What::Reject(_))).count()
    }

    /// A step and its number, from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.steps.iter().enumerate().map(|(i, step)| (i + 1, step))
    }

    /// Whether `other` gave the same from its first item on as this one did behind `skip` of its own.
    pub(super) fn same_behind(&self, skip: usize, other: &Trace) -> Result<(), Broken> {
        let ours = self.steps.get(skip..).unwrap_or_default();
        same_steps(ours, &other.steps, skip)?;
        let (ours_more, others_more) = (ours.get(other.steps.len()), other.steps.get(ours.len()));
        let number = skip + ours.len().min(other.steps.len()) + 1;
        let end =
            |step: Option<&Step>, end: &Ending| step.map_or_else(|| end.to_string(), |step| step.what.to_string());
        let (was, is) = (end(ours_more, &self.end), end(others_more, &other.end));
        ensure(was == is, || format!("where item {number} was {was}, it gave {is}"))
    }
}

/// Whether two rows of steps are the same as far as both go.
pub(super) fn same_steps(ours: &[Step], others: &[Step], skip: usize) -> Result<(), Broken> {
    for (i, (ours, other)) in ours.iter().zip(others).enumerate() {
        let number = skip + i + 1;
        ensure(ours.what == other.what, || format!("item {number} was {}, then {}", ours.what, other.what))?;
        let (was, is) = (ours.position, other.position);
        ensure(was == is, || format!("item {number} was at {}, then at {}", place(was), place(is)))?;
        ensure(ours.raw == other.raw, || {
            format!(
                "item {number} was read from {}, then from {}",
                bytes(ours.raw.as_deref()),
                bytes(other.raw.as_deref())
            )
        })?;
    }
    Ok(())
}

/// The next item, or how the source ended.
pub(super) fn step<S: Source>(source: &mut Held<S>, before: usize) -> Result<Result<Step, Ending>, Broken>
where
    for<'a> S::Item<'a>: Debug,
{
    source.call(format_args!("`next` after {before} items"), |source| match source.next() {
        Ok(Some((item, at))) => {
            let what = match item {
                Ok(item) => What::Item(format!("{item:?}")),
                Err(reject) => What::Reject(text(reject)),
            };
            Ok(Step { what, position: at.position, raw: at.raw.map(<[u8]>::to_vec), head: at.head.map(<[u8]>::to_vec) })
        }
        Ok(None) => Err(Ending::End),
        Err(error) => Err(Ending::Error(text(error))),
    })
}

/// A position with all that it says.
pub(super) fn place(position: Position) -> String {
    let Position { item, line, byte } = position;
    let part = |name: &str, value: Option<u64>| value.map(|value| format!(", {name} {value}")).unwrap_or_default();
    format!("item {item}{}{}", part("line", line), part("byte", byte))
}

pub(super) fn bytes(bytes: Option<&[u8]>) -> String {
    match bytes {
        Some(bytes) => format!("`{}`", bytes.escape_ascii()),
        None => "no raw bytes".to_owned(),
    }
}
