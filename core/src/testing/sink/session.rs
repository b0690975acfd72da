//! One sink, step by step.

use std::fmt::Debug;
use std::io;

use super::target::{Files, Target};
use crate::error::BoxError;
use crate::resource::Resources;
use crate::sink::{Closed, Commit, Sink};
use crate::testing::report::{Broken, Held, caught, ensure, text};

/// What the outside sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) items: Vec<String>,
    /// Where the target is files: all that are there.
    pub(super) files: Option<Files>,
}

/// What is looked at, and what is written.
pub(super) struct Session<'t, T, P, K: Sink<T>, V> {
    pub(super) target: Target<'t, T, P, K, V>,
    pub(super) items: Vec<T>,
    /// Whether it can be dropped by a panic.
    pub(super) unwinds: bool,
}

impl<T, P, K, V> Session<'_, T, P, K, V>
where
    T: Clone + Debug,
    K: Sink<T>,
    V: Debug,
{
    pub(super) fn place(&mut self) -> Result<P, Broken> {
        caught("making a place", &mut self.target.place)?.map_err(|error| cannot("make a place", &error))
    }

    /// A place where a run has left `items`.
    pub(super) fn place_with(&mut self, items: &[T]) -> Result<P, Broken> {
        let place = self.place()?;
        self.whole(&place, items)?;
        Ok(place)
    }

    pub(super) fn view(&mut self, place: &P) -> Result<View, Broken> {
        let items = caught("reading the target", || (self.target.read)(place))?;
        let files = (self.target.files)(place).map_err(|error| cannot("look at the target's directory", &error))?;
        Ok(View { items: items.iter().map(|item| format!("{item:?}")).collect(), files })
    }

    /// The items at a place are exactly these.
    pub(super) fn holds(&mut self, place: &P, items: &[T]) -> Result<(), Broken> {
        let seen = self.view(place)?.items;
        same_items(&shown(items), &seen)
    }

    /// The items at a place are the first of these, in order: however many.
    pub(super) fn holds_first_of(&mut self, place: &P, items: &[T]) -> Result<(), Broken> {
        let seen = self.view(place)?.items;
        ensure(shown(items).starts_with(&seen), || {
            format!("the target holds {}, and not the first of {}", list(&seen), list(&shown(items)))
        })
    }

    /// The outside sees what it saw before; with `beside`, there may be other files.
    pub(super) fn unchanged(&mut self, place: &P, before: &View, beside: bool) -> Result<(), Broken> {
        let now = self.view(place)?;
        ensure(now.items == before.items, || {
            format!("the target held {}, and now holds {}", list(&before.items), list(&now.items))
        })?;
        let (Some(was), Some(is)) = (&before.files, &now.files) else { return Ok(()) };
        for (path, bytes) in was {
            let name = path.display();
            match is.get(path) {
                None => return Err(Broken(format!("the file {name} is gone"))),
                Some(now) => ensure(now == bytes, || {
                    format!("the file {name} held {}, and now {}", text_of(bytes), text_of(now))
                })?,
            }
        }
        let new = is.keys().find(|path| !was.contains_key(*path));
        match new {
            Some(path) if !beside => Err(Broken(format!("the file {} is left", path.display()))),
            _ => Ok(()),
        }
    }

    pub(super) fn made(&mut self, place: &P) -> Result<Held<K>, Broken> {
        caught("making the sink", || (self.target.make)(place)).map(Held::new)
    }

    pub(super) fn connected(&mut self, place: &P) -> Result<Held<K>, Broken> {
        let mut sink = self.made(place)?;
        succeeds("`connect`", sink.call("`connect`", |sink| sink.connect(&self.target.resources))?)?;
        Ok(sink)
    }

    pub(super) fn opened(&mut self, place: &P) -> Result<Held<K>, Broken> {
        let mut sink = self.connected(place)?;
        succeeds("`open`", sink.call("`open`", Sink::open)?)?;
        Ok(sink)
    }

    /// Writes items until the sink wants no more; gives how many it took.
    pub(super) fn write(sink: &mut Held<K>, items: &[T]) -> Result<usize, Broken> {
        for (i, item) in items.iter().enumerate() {
            let number = i + 1;
            match sink.call(format_args!("`write` of item {number}"), |sink| sink.write(item.clone()))? {
                Ok(flow) if flow.is_break() => return Ok(number),
                Ok(_) => {}
                Err(error) => return Err(Broken(format!("`write` of item {number} failed: {}", text(error)))),
            }
        }
        Ok(items.len())
    }

    pub(super) fn close(sink: Held<K>) -> Result<Closed<K::Output>, Broken> {
        let Some(sink) = sink.release() else { return Err(Broken("the check itself failed: closed twice".to_owned())) };
        caught("`close`", || sink.close())?.map_err(|error| Broken(format!("`close` failed: {}", text(error))))
    }

    /// Closes, makes durable, and publishes.
    pub(super) fn commit(&mut self, place: &P, sink: Held<K>) -> Result<(), Broken> {
        let closed = Self::close(sink)?;
        if let Some(mut commit) = closed.commit {
            synced(&mut *commit)?;
            published(&mut *commit)?;
        }
        caught("reading its output", || (self.target.keep)(place, closed.output))
    }

    /// A whole run, without a fault; gives how many items it took.
    pub(super) fn whole(&mut self, place: &P, items: &[T]) -> Result<usize, Broken> {
        let mut sink = self.opened(place)?;
        let taken = Self::write(&mut sink, items)?;
        self.commit(place, sink)?;
        Ok(taken)
    }

    /// Why it cannot be connected without resources.
    pub(super) fn needs(&mut self, place: &P) -> Result<Option<String>, Broken> {
        let mut sink = self.made(place)?;
        Ok(sink.call("`connect`", |sink| sink.connect(&Resources::default()))?.err().map(text))
    }
}

pub(super) fn synced(commit: &mut dyn Commit) -> Result<(), Broken> {
    succeeds("`sync`", caught("`sync`", || commit.sync())?)
}

pub(super) fn published(commit: &mut dyn Commit) -> Result<(), Broken> {
    succeeds("`publish`", caught("`publish`", || commit.publish())?)
}

fn succeeds(step: &str, outcome: Result<(), BoxError>) -> Result<(), Broken> {
    outcome.map_err(|error| Broken(format!("{step} failed: {}", text(error))))
}

fn cannot(what: &str, error: &io::Error) -> Broken {
    Broken(format!("the check itself failed: cannot {what}: {error}"))
}

pub(super) fn shown<T: Debug>(items: &[T]) -> Vec<String> {
    items.iter().map(|item| format!("{item:?}")).collect()
}

pub(super) fn same_items(written: &[String], seen: &[String]) -> Result<(), Broken> {
    let verb = if written.is_empty() { "was" } else { "were" };
    ensure(written == seen, || format!("{} {verb} written, and the target holds {}", list(written), list(seen)))
}

/// Items on one line; of many, the first.
pub(super) fn list(items: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match more {
        0 if items.is_empty() => "nothing".to_owned(),
        0 => format!("[{shown}]"),
        more => format!("[{shown}, and {more} more]"),
    }
}

/// The bytes of a file, as far as a person reads them.
fn text_of(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let text = bytes.get(..MOST).unwrap_or(bytes).escape_ascii();
    if bytes.len() > MOST { format!("`{text}..` ({} bytes)", bytes.len()) } else { format!("`{text}`") }
}
