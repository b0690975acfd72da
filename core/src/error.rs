//! What goes wrong, and where.

use std::fmt;

use crate::report::Report;
use crate::resource::Unclosed;
use crate::source::Position;

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a run, or of anything in it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run failed: the stage, the position in the source, the cause, and what had been done by then.
///
/// Any error turns into one with `?`, so a function that returns [`Result`] can use them all. (For that reason it does not
/// itself implement [`std::error::Error`]; it converts into a `Box<dyn Error + Send + Sync>`.)
pub struct Error(Box<Inner>);

struct Inner {
    cause: BoxError,
    stage: Option<String>,
    source: Option<String>,
    position: Option<Position>,
    report: Option<Report<()>>,
    unclosed: Vec<Unclosed>,
}

impl Error {
    /// An error with no place yet.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Error(Box::new(Inner {
            cause: cause.into(),
            stage: None,
            source: None,
            position: None,
            report: None,
            unclosed: Vec::new(),
        }))
    }

    /// The same, in the stage of this label.
    #[must_use]
    pub fn at_stage(mut self, label: impl Into<String>) -> Self {
        self.0.stage = Some(label.into());
        self
    }

    /// The same, at this place of the source of this name.
    #[must_use]
    pub fn at_position(mut self, source: impl Into<String>, position: Position) -> Self {
        self.0.source = Some(source.into());
        self.0.position = Some(position);
        self
    }

    /// The same, without its place in the source.
    pub(crate) fn without_position(mut self) -> Self {
        self.0.position = None;
        self.0.source = None;
        self
    }

    /// The same, with what had been done by then.
    #[must_use]
    pub fn with_report(mut self, report: Report<()>) -> Self {
        self.0.report = Some(report);
        self
    }

    /// The same, where resources could not be closed after it.
    pub(crate) fn with_unclosed(mut self, unclosed: Vec<Unclosed>) -> Self {
        self.0.unclosed = unclosed;
        self
    }

    /// The resources that could not be closed when the run was over, in the order in which it was tried.
    pub fn unclosed(&self) -> &[Unclosed] {
        &self.0.unclosed
    }

    /// The label of the stage that failed.
    pub fn stage(&self) -> Option<&str> {
        self.0.stage.as_deref()
    }

    /// The item at which it failed.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// The name of the source that the item came from.
    pub fn source_name(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// What the stage said.
    pub fn cause(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0.cause
    }

    /// What had been done when the run failed: every stage's counts. `None` outside a run.
    pub fn report(&self) -> Option<&Report<()>> {
        self.0.report.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stage) = self.stage() {
            write!(f, "stage `{stage}`")?;
            if let Some(position) = self.position() {
                write!(f, " at {position}")?;
                if let Some(source) = self.source_name() {
                    write!(f, " of {source}")?;
                }
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.0.cause)?;
        for unclosed in self.unclosed() {
            write!(f, "; then {unclosed}")?;
        }
        Ok(())
    }
}

/// As [`Display`](fmt::Display), then each cause on a line: what `main` prints when it returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = self.0.cause.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error::new(error)
    }
}

/// An [`Error`] as a standard error.
struct AsStd(Error);

impl fmt::Display for AsStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for AsStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AsStd {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.0.cause.source()
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        Box::new(AsStd(error))
    }
}
