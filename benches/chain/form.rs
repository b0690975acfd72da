//! What a job is: several forms of one piece of work, the first of which the others are measured by.

use std::cell::RefCell;
use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Why a form stops before the end.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// One piece of work in several forms.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Each with its name; the others are measured by the first.
    pub(crate) forms: &'static [(&'static str, Form)],
}

/// One way to do the work, by what it reads and gives.
pub(crate) enum Form {
    Sum(fn(&[u64]) -> u64),
    Fallible(fn(&[u64]) -> Result<u64, Failure>),
    /// Writes to a buffer that is large enough.
    Writes(fn(&[u64], &mut Vec<u8>) -> Result<(), Failure>),
    Floats(fn(&[f32]) -> u64),
    Texts(fn(&[String]) -> u64),
    File(fn(&Path) -> Result<u64, Failure>),
}

/// What forms read: the same items as numbers, as texts, and as lines of a file.
pub(crate) struct Input {
    items: Vec<u64>,
    floats: Vec<f32>,
    texts: Vec<String>,
    file: NamedTempFile,
    written: RefCell<Vec<u8>>,
}

impl Input {
    #[allow(clippy::cast_precision_loss, reason = "any float will do")]
    pub(crate) fn new(items: Vec<u64>) -> Self {
        let texts: Vec<String> = items.iter().map(|x| format!(" {:x} ", x >> (x & 31))).collect();
        let mut file = NamedTempFile::new().unwrap_or_else(|error| panic!("no temporary file: {error}"));
        let lines = texts.concat().replace("  ", " \n ");
        file.write_all(lines.as_bytes()).unwrap_or_else(|error| panic!("the lines are not written: {error}"));
        let written = RefCell::new(vec![0; 8 * items.len()]);
        Input { floats: items.iter().map(|x| *x as f32).collect(), items, texts, file, written }
    }
}

impl Form {
    /// One pass.
    pub(crate) fn run(&self, input: &Input) {
        black_box(self.give(black_box(input)));
    }

    /// What a pass gives and, where it writes, what it has written.
    pub(crate) fn outcome(&self, input: &Input) -> (Option<u64>, Option<Vec<u8>>) {
        let given = self.give(input);
        (given, matches!(self, Form::Writes(_)).then(|| input.written.borrow().clone()))
    }

    fn give(&self, input: &Input) -> Option<u64> {
        match self {
            Form::Sum(form) => Some(form(&input.items)),
            Form::Fallible(form) => form(&input.items).ok(),
            Form::Writes(form) => {
                let written = &mut *input.written.borrow_mut();
                written.clear();
                form(&input.items, written).ok().map(|()| written.len() as u64)
            }
            Form::Floats(form) => Some(form(&input.floats)),
            Form::Texts(form) => Some(form(&input.texts)),
            Form::File(form) => form(input.file.path()).ok(),
        }
    }
}
