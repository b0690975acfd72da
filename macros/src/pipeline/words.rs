//! The words of `pipeline!`: names it knows without an import.

/// What a word of this name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    // Work on each item in place.
    Map,
    Filter,
    FilterMap,
    FlatMap,
    TryMap,
    Inspect,
    Cloned,
    // Have state.
    Take,
    TakeWhile,
    Skip,
    Scan,
    Fold,
    Dedup,
    Unique,
    Chunks,
    Flatten,
    // Part the chain.
    Tee,
    Route,
    // End it, at either end.
    Csv,
    JsonLines,
    Sqlite,
    FromIter,
    ForEach,
    Collect,
    Discard,
}

/// What a word takes and where it may stand.
#[allow(clippy::struct_excessive_bools, reason = "independent facts about a word")]
pub(crate) struct Shape {
    pub(crate) word: Word,
    pub(crate) name: &'static str,
    /// The names of its positional arguments, in order.
    pub(crate) positional: &'static [&'static str],
    /// How many of them may be left out.
    pub(crate) optional: usize,
    /// Its named arguments.
    pub(crate) named: &'static [&'static str],
    /// What to write, in messages.
    pub(crate) example: &'static str,
    pub(crate) source: bool,
    pub(crate) stage: bool,
    pub(crate) sink: bool,
    /// Whether `.keyed(..)` gives each key a state of its own.
    pub(crate) keyed: bool,
    /// Whether it can reject an item.
    pub(crate) rejects: bool,
}

/// A stage that changes items in place.
const STAGE: Shape = Shape {
    word: Word::Map,
    name: "",
    positional: &[],
    optional: 0,
    named: &[],
    example: "",
    source: false,
    stage: true,
    sink: false,
    keyed: false,
    rejects: false,
};
const STATEFUL: Shape = Shape { keyed: true, ..STAGE };
const SINK: Shape = Shape { stage: false, sink: true, ..STAGE };

pub(crate) const WORDS: &[Shape] = &[
    Shape { word: Word::Map, name: "map", positional: &["f"], example: "map(|item| ..)", ..STAGE },
    Shape { word: Word::Filter, name: "filter", positional: &["f"], example: "filter(|item| ..)", ..STAGE },
    Shape { word: Word::FilterMap, name: "filter_map", positional: &["f"], example: "filter_map(|item| ..)", ..STAGE },
    Shape { word: Word::FlatMap, name: "flat_map", positional: &["f"], example: "flat_map(|item| ..)", ..STAGE },
    Shape {
        word: Word::TryMap,
        name: "try_map",
        positional: &["f"],
        example: "try_map(|item| -> millstream::Result<_> { Ok(..) })",
        rejects: true,
        ..STAGE
    },
    Shape { word: Word::Inspect, name: "inspect", positional: &["f"], example: "inspect(|item| ..)", ..STAGE },
    Shape { word: Word::Cloned, name: "cloned", example: "cloned", ..STAGE },
    Shape { word: Word::Take, name: "take", positional: &["n"], example: "take(10)", ..STATEFUL },
    Shape {
        word: Word::TakeWhile,
        name: "take_while",
        positional: &["f"],
        example: "take_while(|item| ..)",
        ..STATEFUL
    },
    Shape { word: Word::Skip, name: "skip", positional: &["n"], example: "skip(10)", ..STATEFUL },
    Shape {
        word: Word::Scan,
        name: "scan",
        positional: &["initial", "f"],
        example: "scan(0, |state, item| Some(..))",
        ..STATEFUL
    },
    Shape {
        word: Word::Fold,
        name: "fold",
        positional: &["initial", "f"],
        example: "fold(0, |total, item| ..)",
        ..STATEFUL
    },
    Shape {
        word: Word::Dedup,
        name: "dedup",
        positional: &["by"],
        optional: 1,
        example: "dedup or dedup(|item| ..)",
        ..STATEFUL
    },
    Shape {
        word: Word::Unique,
        name: "unique",
        positional: &["by"],
        optional: 1,
        named: &["max"],
        example: "unique, unique(|item| ..) or unique(max = 1000)",
        ..STATEFUL
    },
    Shape { word: Word::Chunks, name: "chunks", positional: &["n"], example: "chunks(10)", ..STATEFUL },
    Shape { word: Word::Flatten, name: "flatten", example: "flatten", ..STAGE },
    Shape { word: Word::Tee, name: "tee", example: "tee(branch, branch)", sink: true, ..STAGE },
    Shape {
        word: Word::Route,
        name: "route",
        example: "route(when(|item| .., branch), otherwise(branch))",
        sink: true,
        ..STAGE
    },
    Shape {
        word: Word::Csv,
        name: "csv",
        positional: &["path"],
        named: &["max_line"],
        example: "csv::<Record>(\"path\") at the start, csv(\"path\") at the end",
        source: true,
        rejects: true,
        ..SINK
    },
    Shape {
        word: Word::JsonLines,
        name: "json_lines",
        positional: &["path"],
        named: &["max_line"],
        example: "json_lines::<Record>(\"path\") at the start, json_lines(\"path\") at the end",
        source: true,
        rejects: true,
        ..SINK
    },
    Shape {
        word: Word::Sqlite,
        name: "sqlite",
        positional: &["path"],
        named: &["table", "query", "create", "every", "busy_timeout"],
        example: "sqlite::<Record>(\"path\", table = \"name\") at the start, sqlite(\"path\", table = \"name\") at the end",
        source: true,
        rejects: true,
        ..SINK
    },
    Shape {
        word: Word::FromIter,
        name: "from_iter",
        positional: &["items"],
        example: "from_iter(values)",
        source: true,
        stage: false,
        ..STAGE
    },
    Shape { word: Word::ForEach, name: "for_each", positional: &["f"], example: "for_each(|item| ..)", ..SINK },
    Shape { word: Word::Collect, name: "collect", example: "collect()", ..SINK },
    Shape { word: Word::Discard, name: "discard", example: "discard()", ..SINK },
];

/// The shape of a word, if `name` is one.
pub(crate) fn shape(name: &str) -> Option<&'static Shape> {
    WORDS.iter().find(|shape| shape.name == name)
}

/// Words that are reserved, and what to write until they are there.
pub(crate) const RESERVED: &[(&str, &str)] = &[
    ("zip", "`zip` is reserved; zip iterators before `from_iter(..)`"),
    ("chain", "`chain` is reserved; chain iterators before `from_iter(..)`"),
    ("merge", "`merge` is reserved; merge iterators before `from_iter(..)`"),
    ("join", "`join` is reserved; look the other side up in a `map(|item| ..)`"),
    ("aggregate", "`aggregate` is reserved; write `fold(initial, |total, item| ..)`"),
    ("select", "`select` is reserved; write `map(|item| ..)`"),
    ("window", "`window` is reserved; write a stage with `#[state]`"),
    ("when", "`when` stands inside `route(..)`"),
    ("otherwise", "`otherwise` stands inside `route(..)`"),
];

/// The modifiers that may follow a stage, and those that are reserved.
pub(crate) const MODIFIERS: &[&str] = &["keyed", "named", "or_fail", "or_skip", "or_dead_letter"];
pub(crate) const RESERVED_MODIFIERS: &[&str] = &["parallel", "concurrent", "unordered", "observed", "blocking"];
