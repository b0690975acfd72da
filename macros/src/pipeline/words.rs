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
    Aggregate,
    Dedup,
    Unique,
    Chunks,
    Flatten,
    // Part the chain.
    Tee,
    Route,
    // Bring another one in.
    Chain,
    Merge,
    Zip,
    Join,
    // End it, at either end.
    Csv,
    JsonLines,
    Json,
    Lines,
    Files,
    Channel,
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
    /// Which of them it takes as a sink.
    pub(crate) sink_named: &'static [&'static str],
    /// Whether it needs the type of its records at the start.
    pub(crate) record: bool,
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
    sink_named: &[],
    record: false,
    example: "",
    source: false,
    stage: true,
    sink: false,
    keyed: false,
    rejects: false,
};
const STATEFUL: Shape = Shape { keyed: true, ..STAGE };
const SOURCE: Shape = Shape { stage: false, source: true, ..STAGE };
const SINK: Shape = Shape { stage: false, sink: true, ..STAGE };
/// A source and a sink of a file.
const FILE: Shape = Shape { positional: &["path"], source: true, rejects: true, ..SINK };

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
    Shape { word: Word::Aggregate, name: "aggregate", example: "aggregate(count(), mean(field))", ..STATEFUL },
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
    Shape { word: Word::Chain, name: "chain", example: "chain(csv::<Record>(\"b.csv\") | stage)", ..STAGE },
    Shape { word: Word::Merge, name: "merge", example: "merge(csv::<Record>(\"b.csv\") | stage)", ..STAGE },
    Shape { word: Word::Zip, name: "zip", example: "zip(from_iter(values))", ..STAGE },
    Shape {
        word: Word::Join,
        name: "join",
        named: &["on", "kind", "max"],
        example: "join(csv::<Record>(\"b.csv\"), on = id)",
        ..STAGE
    },
    Shape {
        word: Word::Csv,
        name: "csv",
        named: &["delimiter", "quote", "header", "columns", "rename", "max_line"],
        sink_named: &["delimiter", "quote", "header"],
        record: true,
        example: "csv::<Record>(\"path\") at the start, csv(\"path\") at the end",
        ..FILE
    },
    Shape {
        word: Word::JsonLines,
        name: "json_lines",
        named: &["max_line"],
        record: true,
        example: "json_lines::<Record>(\"path\") at the start, json_lines(\"path\") at the end",
        ..FILE
    },
    Shape {
        word: Word::Json,
        name: "json",
        named: &["max_item"],
        record: true,
        example: "json::<Record>(\"path\") at the start, json(\"path\") at the end",
        ..FILE
    },
    Shape { word: Word::Lines, name: "lines", named: &["max_line"], example: "lines(\"path\")", ..FILE },
    Shape {
        word: Word::Files,
        name: "files",
        positional: &["pattern"],
        named: &["optional"],
        example: "files(\"directory/*.csv\")",
        ..SOURCE
    },
    Shape {
        word: Word::Channel,
        name: "channel",
        positional: &["end"],
        example: "channel(receiver) at the start, channel(sender) at the end",
        source: true,
        rejects: true,
        ..SINK
    },
    Shape {
        word: Word::Sqlite,
        name: "sqlite",
        positional: &["path"],
        named: &["table", "query", "create", "every", "busy_timeout"],
        sink_named: &["table", "query", "create", "every", "busy_timeout"],
        example: "sqlite::<Record>(\"path\", table = \"name\") at the start, sqlite(\"path\", table = \"name\") at the end",
        source: true,
        rejects: true,
        ..SINK
    },
    Shape { word: Word::FromIter, name: "from_iter", positional: &["items"], example: "from_iter(values)", ..SOURCE },
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
    ("select", "`select` is reserved; write `map(|item| ..)`"),
    ("window", "`window` is reserved; write a stage with `#[state]`"),
    ("when", "`when` stands inside `route(..)`"),
    ("otherwise", "`otherwise` stands inside `route(..)`"),
];

/// The modifiers that may follow a stage, and those that are reserved.
pub(crate) const MODIFIERS: &[&str] = &["keyed", "named", "or_fail", "or_skip", "or_dead_letter"];
pub(crate) const RESERVED_MODIFIERS: &[&str] = &["parallel", "concurrent", "unordered", "observed", "blocking"];
