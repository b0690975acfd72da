//! Gives something in place of what failed.

mod stale;
#[cfg(test)]
mod tests;

use std::fmt::Display;

pub use stale::{Stale, StaleCall};

use super::retry::{Any, Classifier};
use super::state::Returns;
use super::{Before, Call, ErrorText, Event, Policy};

/// Gives a value where a call fails.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Fallback, Policy};
/// use std::num::ParseIntError;
///
/// let number = Fallback::value(0).run(|| "x".parse::<u32>());
/// assert_eq!(number, Ok(0));
///
/// let length = Fallback::with(|error: &ParseIntError| error.to_string().len()).run(|| "x".parse());
/// assert_eq!(length, Ok(29));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fallback<F, W = Any> {
    instead: F,
    when: W,
}

/// What a call that failed gives instead: a [`Value`], or what any `Fn(&E) -> T` says.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Fallback, Instead, Policy};
///
/// struct Length;
///
/// impl Instead<usize, String> for Length {
///     fn instead(&self, error: &String) -> usize {
///         error.len()
///     }
/// }
///
/// assert_eq!(Fallback::with(Length).run(|| Err("down".to_owned())), Ok(4));
/// ```
pub trait Instead<T, E> {
    /// The value for this error.
    fn instead(&self, error: &E) -> T;
}

/// Always the same value.
#[derive(Clone, Copy, Debug)]
pub struct Value<T>(pub T);

impl<T: Clone, E> Instead<T, E> for Value<T> {
    fn instead(&self, _error: &E) -> T {
        self.0.clone()
    }
}

impl<T, E, F: Fn(&E) -> T> Instead<T, E> for F {
    fn instead(&self, error: &E) -> T {
        self(error)
    }
}

impl<T> Fallback<Value<T>> {
    /// Gives this value.
    pub const fn value(value: T) -> Self {
        Fallback::with(Value(value))
    }
}

impl<F> Fallback<F> {
    /// Gives what a function makes of the error.
    pub const fn with(instead: F) -> Self {
        Fallback { instead, when: Any }
    }

    /// The same, where only errors for which `when` holds are replaced.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::{Fallback, Policy, Value};
    /// use std::io::{Error, ErrorKind};
    ///
    /// const EMPTY: Fallback<Fallback<Value<String>>, fn(&Error) -> bool> =
    ///     Fallback::value(String::new()).when(|error| error.kind() == ErrorKind::NotFound);
    ///
    /// assert_eq!(EMPTY.run(|| Err(ErrorKind::NotFound.into())).ok(), Some(String::new()));
    /// assert_eq!(EMPTY.run(|| Err(ErrorKind::TimedOut.into())).ok(), None);
    /// ```
    #[must_use]
    pub const fn when<V>(self, when: V) -> Fallback<Self, V> {
        // Around it, as to take it apart would not be constant.
        Fallback { instead: self, when }
    }
}

impl<T, E, F: Instead<T, E>> Instead<T, E> for Fallback<F> {
    fn instead(&self, error: &E) -> T {
        self.instead.instead(error)
    }
}

impl Fallback<()> {
    /// Gives the last value that a call of the same key gave, for at most so many keys.
    ///
    /// # Panics
    /// When there are none.
    pub const fn stale<K, T>(keys: usize) -> Stale<K, T> {
        Stale::new(keys)
    }
}

impl<T, E> Returns<Result<T, E>> {
    /// A fallback of which the types of the value and the error are known.
    pub const fn fallback<F: Fn(&E) -> T>(self, instead: F) -> Fallback<F> {
        Fallback::with(instead)
    }

    /// What keeps the last good value.
    pub const fn stale<K>(self, keys: usize) -> Stale<K, T> {
        Stale::new(keys)
    }
}

impl<F, W> Fallback<F, W> {
    #[cold]
    #[inline(never)]
    fn failed<T, E: Display>(&self, call: &Call, error: E) -> Result<T, E>
    where
        F: Instead<T, E>,
        W: Classifier<E>,
    {
        if !self.when.counts(&error) {
            return Err(error);
        }
        call.tell(|| Event::FellBack { stale: None, error: error.to_string() });
        Ok(self.instead.instead(&error))
    }
}

impl<T, E: ErrorText, F: Instead<T, E>, W: Classifier<E>> Policy<Result<T, E>> for Fallback<F, W> {
    type Permit = ();

    #[inline(always)]
    fn before(&self, _call: &Call) -> Before<'_, (), Result<T, E>> {
        Before::Go(())
    }

    #[inline(always)]
    fn after(&self, call: &Call, (): (), outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Err(error) => self.failed(call, error),
            good => good,
        }
    }
}
