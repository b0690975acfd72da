//! Why a source cannot go on.

use std::error::Error;
use std::fmt;
use std::io;

use super::rows::Place;
use crate::error::BoxError;
use crate::source::Position;

/// Why nothing more can be read from a source, and where.
#[derive(Debug)]
pub struct ReadError {
    name: String,
    position: Position,
    problem: Problem,
}

#[derive(Debug)]
pub(crate) enum Problem {
    Io(io::Error),
    TooLong {
        limit: usize,
        option: &'static str,
        quote: Option<Place>,
    },
    /// The file is not what its format asks for.
    Structure(BoxError),
    /// The next of several files cannot be read.
    Next(BoxError),
    NotOpen,
}

/// What kind of failure a [`ReadError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// Reading itself failed, or what is compressed is cut off or corrupt.
    Io,
    /// A row is longer than the limit.
    TooLong,
    /// The file as a whole is not in its format: a JSON array is not closed.
    Structure,
    /// The next of several files cannot be opened, or has a wrong header.
    NextFile,
    /// The source was asked for an item before it was opened.
    NotOpen,
}

impl ReadError {
    pub(super) fn new(name: String, position: Position, problem: Problem) -> Self {
        ReadError { name, position, problem }
    }

    /// A source that was asked for an item before it was opened.
    pub(super) fn not_open(name: &str) -> Self {
        ReadError { name: name.to_owned(), position: Position::default(), problem: Problem::NotOpen }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ReadErrorKind {
        match self.problem {
            Problem::Io(_) => ReadErrorKind::Io,
            Problem::TooLong { .. } => ReadErrorKind::TooLong,
            Problem::Structure(_) => ReadErrorKind::Structure,
            Problem::Next(_) => ReadErrorKind::NextFile,
            Problem::NotOpen => ReadErrorKind::NotOpen,
        }
    }

    /// The name of the file or stream.
    pub fn file(&self) -> &str {
        &self.name
    }

    /// Where the row starts that could not be read.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The cause, which the message already includes, if reading itself failed.
    pub fn cause(&self) -> Option<&io::Error> {
        match &self.problem {
            Problem::Io(cause) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReadError { name, position, problem } = self;
        match problem {
            Problem::Io(cause) => write!(f, "cannot read {name} at {position}: {cause}"),
            Problem::TooLong { limit, option, quote } => {
                let what = if *option == "max_line" { "" } else { "what starts at " };
                write!(f, "{what}{position} of {name} is longer than {limit} bytes")?;
                match quote {
                    Some(place) => write!(f, "; the quote opened at {place} is not closed"),
                    None => write!(f, "; `{option}` sets the limit"),
                }
            }
            Problem::Structure(cause) => write!(f, "{position} of {name}: {cause}"),
            Problem::Next(cause) => cause.fmt(f),
            Problem::NotOpen => write!(f, "{name} was not opened"),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Io(cause) => cause.source(),
            Problem::Structure(cause) | Problem::Next(cause) => cause.source(),
            Problem::TooLong { .. } | Problem::NotOpen => None,
        }
    }
}

/// Why a source cannot go to a place.
#[derive(Debug)]
pub(super) struct SeekError {
    pub(super) name: String,
    pub(super) to: Position,
    pub(super) why: WhyNot,
}

#[derive(Debug)]
pub(super) enum WhyNot {
    NotOpen,
    NotAPlace,
    SeveralFiles,
    Io(io::Error),
}

impl fmt::Display for SeekError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SeekError { name, to, why } = self;
        write!(f, "cannot go to {to} of {name}: ")?;
        match why {
            WhyNot::NotOpen => f.write_str("it was not opened"),
            WhyNot::NotAPlace => f.write_str("the position has no line and byte of an item"),
            WhyNot::SeveralFiles => f.write_str("it is one of several files, and a position does not say which"),
            WhyNot::Io(cause) => match cause.kind() {
                io::ErrorKind::NotSeekable => f.write_str("what was read is gone, it only goes forward"),
                io::ErrorKind::UnexpectedEof => f.write_str("it ends before that"),
                _ => cause.fmt(f),
            },
        }
    }
}

impl Error for SeekError {}
