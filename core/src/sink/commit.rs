//! The end of a run: all sinks become durable, then all take their place.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::Commit;
use crate::error::BoxError;
use crate::run::Panicked;

/// Makes every sink's work durable, then puts all of it in place. The error is that of the node beside it.
pub(crate) fn commit_all(mut commits: Vec<(u32, Box<dyn Commit>)>) -> Result<(), (u32, BoxError)> {
    for (node, commit) in &mut commits {
        caught(|| commit.sync()).map_err(|error| (*node, error))?;
    }
    let mut any_in_place = false;
    let mut commits = commits.into_iter();
    while let Some((node, mut commit)) = commits.next() {
        let Err(error) = caught(|| commit.publish()) else {
            any_in_place = true;
            continue;
        };
        // If nothing is in place, all is removed: the run may simply be repeated.
        if !any_in_place && !commit.is_published() {
            return Err((node, error));
        }
        let rest = std::iter::once(commit).chain(commits.map(|(_, commit)| commit));
        // One that cannot say where its work is must not keep the others from leaving theirs.
        let left = rest.filter_map(|commit| caught(|| Ok(commit.leave())).ok().flatten()).collect();
        return Err((node, HalfPublished { error, others: any_in_place, left }.into()));
    }
    Ok(())
}

/// A step of a sink's own, of which a panic is an error: the other sinks have still to be left as they should.
fn caught<T>(step: impl FnOnce() -> Result<T, BoxError>) -> Result<T, BoxError> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Err(Panicked::of(&*panic).into()))
}

/// Some sinks of the run are in place, and the others are not.
#[derive(Debug)]
struct HalfPublished {
    error: BoxError,
    /// Whether sinks before this one are in place.
    others: bool,
    left: Vec<PathBuf>,
}

impl fmt::Display for HalfPublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.others {
            f.write_str("; other sinks of the run are in place")?;
        }
        for (i, left) in self.left.iter().enumerate() {
            let before = match (i, self.others) {
                (0, true) => ", and the rest is left whole in ",
                (0, false) => "; it is in place, and the rest of the run is left whole in ",
                _ => ", ",
            };
            write!(f, "{before}{}", left.display())?;
        }
        Ok(())
    }
}

impl Error for HalfPublished {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
