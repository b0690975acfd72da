//! No two sinks of this process write one file, and no sink one that letters go to: what is renamed into place last would
//! replace what the other wrote. Nor do letters go to a file that is being read: the source would read them, too. A sink
//! may replace such a file, as the source goes on with the old one.

use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

static CLAIMED: Mutex<Vec<(PathBuf, Use)>> = Mutex::new(Vec::new());

/// What a path is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It is replaced by a sink.
    Sink,
    /// Letters are appended to it, by any number of writers.
    Letters,
    /// It is read, by any number of sources.
    Source,
    /// It is a database, open by any number of ends.
    #[cfg(feature = "sqlite")]
    Database,
    /// Its letters are sent again, and it is replaced.
    Redrive,
}

/// The right to a path, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
    use_as: Use,
}

impl Claim {
    /// Claims `path`, which must be absolute and free of links.
    pub(super) fn new(path: PathBuf, use_as: Use) -> Result<Self> {
        let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        let others = claimed.iter().filter(|(other, _)| *other == path);
        for (_, other) in others {
            let why = match (other, use_as) {
                (Use::Letters, Use::Letters)
                | (Use::Source, Use::Source | Use::Sink | Use::Redrive)
                | (Use::Sink | Use::Redrive, Use::Source) => continue,
                (Use::Redrive, _) => "its letters are being sent again",
                (Use::Sink, _) => "another sink is writing it",
                (Use::Letters, _) => "dead letters are going there",
                (Use::Source, Use::Letters) => "it is being read",
                #[cfg(feature = "sqlite")]
                (Use::Database | Use::Source, Use::Database) | (Use::Database, Use::Source) => {
                    continue;
                }
                #[cfg(feature = "sqlite")]
                (Use::Database, _) => "it is open as a database",
            };
            return Err(Error::new(ErrorKind::ResourceBusy, why));
        }
        claimed.push((path.clone(), use_as));
        Ok(Claim { path, use_as })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(i) = claimed.iter().position(|(path, use_as)| *path == self.path && *use_as == self.use_as) {
            claimed.swap_remove(i);
        }
    }
}
