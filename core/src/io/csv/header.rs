//! Which column of a file is which field of a record.

use std::collections::HashSet;
use std::fmt;

use crate::record::{Extra, Field, Schema};

/// How many names or problems one message lists.
const MOST_SHOWN: usize = 20;

/// The column of a field that the file does not have: no row reaches so far, not even with two marks a field, so whoever looks
/// there finds nothing.
const ABSENT: usize = usize::MAX / 2;

/// The columns of a file, and which of them each field of a record is read from.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Whether the names were given, and not read from a header.
    given: bool,
    pub(super) names: Vec<String>,
    /// By field of the schema: its column, or [`ABSENT`].
    pub(super) of_field: Vec<usize>,
}

impl Columns {
    /// Matches the header of the file called `file` with `schema`, after names were replaced as `rename` says.
    pub(super) fn new<'h>(
        file: &str,
        header: impl Iterator<Item = &'h [u8]>,
        rename: &[(String, String)],
        schema: &Schema,
    ) -> Result<Self, HeaderError> {
        let found: Vec<String> = header.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let mut names = found.clone();
        let mut problems = Vec::new();
        for (i, (from, to)) in rename.iter().enumerate() {
            if rename[..i].iter().any(|(other, _)| other == from) {
                problems.push(format!("`rename` names `{from}` twice"));
                continue;
            }
            let mut columns = found.iter().zip(&mut names).filter(|(name, _)| *name == from).peekable();
            if columns.peek().is_none() {
                problems.push(not_in_header(from, &found));
            }
            columns.for_each(|(_, name)| name.clone_from(to));
        }
        // What does not fit now would be the consequence of that.
        if problems.is_empty() {
            problems = self::problems(&names, schema);
        }
        Self::matched(file, false, names, problems, schema)
    }

    /// Matches names given for the columns of the file called `file` with `schema`.
    pub(super) fn given(file: &str, names: Vec<String>, schema: &Schema) -> Result<Self, HeaderError> {
        let problems = problems(&names, schema);
        Self::matched(file, true, names, problems, schema)
    }

    fn matched(
        file: &str,
        given: bool,
        names: Vec<String>,
        problems: Vec<String>,
        schema: &Schema,
    ) -> Result<Self, HeaderError> {
        if !problems.is_empty() {
            return Err(HeaderError { file: file.to_owned(), given, record: schema.name, problems });
        }
        let column = |field: &Field| names.iter().position(|name| name == field.name).unwrap_or(ABSENT);
        let of_field = schema.fields.iter().map(column).collect();
        Ok(Columns { given, names, of_field })
    }

    /// What is wrong with a row of `fields` fields; `None` if that is as many as there are columns.
    #[inline]
    pub(super) fn wrong_count(&self, fields: usize) -> Option<String> {
        if fields == self.names.len() { None } else { Some(self.describe_wrong_count(fields)) }
    }

    #[cold]
    fn describe_wrong_count(&self, fields: usize) -> String {
        let expected = self.names.len();
        let (end, whose) = (if fields == 1 { "" } else { "s" }, if self.given { "`columns`" } else { "the header" });
        let mut text = format!("{fields} field{end} where {whose} has {expected}");
        if let Some(missing) = self.names.get(fields..) {
            text += ": nothing for ";
            text += &listed(missing.iter().map(String::as_str));
        } else {
            text += ": ";
            text += &listed(self.names.iter().map(String::as_str));
        }
        text
    }
}

/// Why a header does not fit the record: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    file: String,
    given: bool,
    record: &'static str,
    problems: Vec<String>,
}

impl HeaderError {
    /// What is wrong, one problem a column.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.problems.get(..MOST_SHOWN).unwrap_or(&self.problems);
        let HeaderError { file, record, .. } = self;
        let what = if self.given { "`columns` for" } else { "the header of" };
        let verb = if self.given { "do" } else { "does" };
        write!(f, "{what} {file} {verb} not fit `{record}`: {}", shown.join("; "))?;
        match self.problems.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for HeaderError {}

fn problems(names: &[String], schema: &Schema) -> Vec<String> {
    let known = |name: &str| schema.fields.iter().any(|field| field.name == name);
    let columns: HashSet<&str> = names.iter().map(String::as_str).collect();
    let present = |name: &str| columns.contains(name);
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for field in schema.fields.iter().filter(|field| !field.optional && !present(field.name)) {
        problems.push(format!("no column `{}`", field.name));
    }
    for (i, name) in names.iter().enumerate() {
        let first = seen.insert(name);
        let ignored = schema.extra == Extra::Ignore && !known(name);
        if !first && !ignored {
            problems.push(format!("column {} is a second `{name}`", i + 1));
        } else if !known(name) && !ignored {
            problems.push(unknown(i, name, schema, present));
        }
    }
    problems
}

fn unknown(column: usize, name: &str, schema: &Schema, present: impl Fn(&str) -> bool) -> String {
    let free = schema.fields.iter().map(|field| field.name).filter(|field| !present(field));
    match near(name, free) {
        Some(near) => format!("unknown column `{name}`, did you mean `{near}`?"),
        None if name.is_empty() => format!("column {} has no name", column + 1),
        None => format!("unknown column `{name}` (`extra = \"ignore\"` on the record skips such columns)"),
    }
}

fn not_in_header(name: &str, header: &[String]) -> String {
    match near(name, header.iter().map(String::as_str)) {
        Some(near) => format!("`rename` names a column `{name}` that is not there, did you mean `{near}`?"),
        None => {
            let header = listed(header.iter().map(String::as_str));
            format!("`rename` names a column `{name}` that is not there; the header has {header}")
        }
    }
}

/// The name among `known` that `word` is most likely a slip of.
fn near<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.trim().to_lowercase();
    known
        .map(|name| (strsim::osa_distance(&word, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4 && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `` `a`, `b` and `c` ``, or the first few of many.
fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(MOST_SHOWN);
    let mut names: Vec<String> = names.take(MOST_SHOWN).map(|name| format!("`{name}`")).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "no column".to_owned(),
    }
}
