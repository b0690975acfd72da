//! What a sink writes to, as the outside sees it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::resource::Resources;
use crate::sink::Sink;

/// An empty directory for the files of a sink; it is removed when the check is done with it.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    fn new() -> io::Result<Self> {
        TempDir::new().map(Scratch)
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}

/// The files under a directory, and what is in them.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(super) fn files_under(directory: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.clone(), fs::read(path)?);
            }
        }
    }
    Ok(files)
}

/// What a second run does to what a first one has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    Replaces,
    Adds,
}

/// Tells [`check_sink`](super::check_sink) what a sink writes to: how to make a place for it, how to make a sink that writes
/// there, and how to read what the outside sees there.
///
/// `T` is what the sink takes, `P` a place, `K` the sink, `V` an item as it is read back.
pub struct Target<'t, T, P, K: Sink<T>, V> {
    pub(super) place: Box<dyn FnMut() -> io::Result<P> + 't>,
    pub(super) make: Box<dyn FnMut(&P) -> K + 't>,
    pub(super) keep: Box<dyn FnMut(&P, K::Output) + 't>,
    pub(super) read: Box<dyn FnMut(&P) -> Vec<V> + 't>,
    /// What is there beside what the outside reads: where a sink may leave traces.
    pub(super) files: fn(&P) -> io::Result<Option<Files>>,
    /// Whether a second sink may be made for a place.
    pub(super) again: bool,
    /// Whether the outside reads the report of a run, which is there only if the run went well: nothing is left to commit.
    pub(super) reported: bool,
    pub(super) second: Option<Second>,
    pub(super) exclusive: bool,
    pub(super) refused: Option<T>,
    pub(super) resources: Resources,
}

impl<'t, T, K: Sink<T>, V> Target<'t, T, Scratch, K, V> {
    /// Files: `make` gives a sink that writes into a directory, and `read` the items that are there; none where there is no
    /// file. Each sink gets a fresh directory, so the check sees also what is left beside the target.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::io::json_lines;
    /// use millstream::testing::{Target, check_sink};
    ///
    /// let read = |text: String| text.lines().map(|line| line.parse::<u8>().unwrap()).collect();
    /// let target = Target::files(
    ///     |dir| json_lines::sink(dir.join("numbers.jsonl")),
    ///     |dir| std::fs::read_to_string(dir.join("numbers.jsonl")).map(read).unwrap_or_default(),
    /// );
    /// let found = check_sink(target.exclusive(), [2_u8, 3, 5])?;
    /// assert!(found.kept().any(|promise| promise == "panic"));
    /// # Ok::<(), millstream::testing::Violations>(())
    /// ```
    pub fn files(mut make: impl FnMut(&Path) -> K + 't, mut read: impl FnMut(&Path) -> Vec<V> + 't) -> Self {
        let target = Self::new(Scratch::new, move |place| make(place), move |place| read(place));
        Target { files: |place| files_under(place).map(Some), ..target }
    }
}

impl<'t, T, P, K: Sink<T>, V> Target<'t, T, P, K, V> {
    fn new(
        place: impl FnMut() -> io::Result<P> + 't,
        make: impl FnMut(&P) -> K + 't,
        read: impl FnMut(&P) -> Vec<V> + 't,
    ) -> Self {
        Target {
            place: Box::new(place),
            make: Box::new(make),
            keep: Box::new(|_, _| {}),
            read: Box::new(read),
            files: |_| Ok(None),
            again: true,
            reported: false,
            second: None,
            exclusive: false,
            refused: None,
            resources: Resources::default(),
        }
    }

    /// Anything: `place` makes an empty one, such as a shared `Vec` or a database in memory; `make` gives a sink that writes
    /// there, and `read` the items that are there. Several sinks are made for one place, one after the other.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::sink::for_each;
    /// use millstream::testing::{Target, check_sink};
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let target = Target::at(
    ///     Rc::<RefCell<Vec<u8>>>::default,
    ///     |place| {
    ///         let place = Rc::clone(place);
    ///         for_each(move |n| place.borrow_mut().push(n))
    ///     },
    ///     |place| place.borrow().clone(),
    /// );
    /// let found = check_sink(target.adds(), [2, 3, 5])?;
    /// assert!(found.skipped().any(|(promise, why)| promise == "hidden" && why.contains("not transactional")));
    /// # Ok::<(), millstream::testing::Violations>(())
    /// ```
    pub fn at(
        mut place: impl FnMut() -> P + 't,
        make: impl FnMut(&P) -> K + 't,
        read: impl FnMut(&P) -> Vec<V> + 't,
    ) -> Self {
        Self::new(move || Ok(place()), make, read)
    }

    /// A second run replaces what the first has left. Unless one of both is said, the check finds out which of them it does.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.second = Some(Second::Replaces);
        self
    }

    /// A second run adds to what the first has left.
    #[must_use]
    pub fn adds(mut self) -> Self {
        self.second = Some(Second::Adds);
        self
    }

    /// Two sinks at the same time are refused, or nothing is lost by it. Where this is not said, it is not looked at.
    #[must_use]
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// The sink refuses `item`, and goes on with others. Where no such item is given, this is not looked at.
    #[must_use]
    pub fn refuses(mut self, item: T) -> Self {
        self.refused = Some(item);
        self
    }

    /// What the sink shares with others.
    #[must_use]
    pub fn with(mut self, resources: Resources) -> Self {
        self.resources = resources;
        self
    }

    /// Nothing can be written there by a second sink.
    pub(super) fn once(mut self) -> Self {
        self.again = false;
        self
    }
}

/// Where a sink leaves what it gives to the report.
type Kept<O> = std::cell::Cell<Option<O>>;

impl<'t, T, K: Sink<T>, V> Target<'t, T, Kept<K::Output>, K, V> {
    /// The report: `read` gives the items of what the sink leaves there.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::sink::collect;
    /// use millstream::testing::{Target, check_sink};
    ///
    /// let found = check_sink(Target::output(collect, |items: Vec<u8>| items), [2, 3, 5])?;
    /// assert_eq!(found.items(), 3);
    /// # Ok::<(), millstream::testing::Violations>(())
    /// ```
    pub fn output(mut make: impl FnMut() -> K + 't, mut read: impl FnMut(K::Output) -> Vec<V> + 't) -> Self {
        let read = move |place: &Kept<K::Output>| place.take().map(&mut read).unwrap_or_default();
        let target = Self::new(|| Ok(Kept::default()), move |_| make(), read);
        Target { keep: Box::new(|place, output| place.set(Some(output))), again: false, reported: true, ..target }
    }
}

impl<T, P, K: Sink<T>, V> fmt::Debug for Target<'_, T, P, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut target = f.debug_struct("Target");
        target.field("second", &self.second).field("exclusive", &self.exclusive).finish_non_exhaustive()
    }
}
