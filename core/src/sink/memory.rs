//! Sinks that write nothing: items are kept, dropped, or given to a function.

use std::convert::Infallible;
use std::fmt;

use super::{Closed, Sink};
use crate::stage::Flow;

/// Keeps every item; the report's output is a `Vec` of them.
pub fn collect<T>() -> Collect<T> {
    Collect { items: Vec::new() }
}

/// A sink that keeps every item; made by [`collect`].
#[derive(Debug)]
pub struct Collect<T> {
    items: Vec<T>,
}

impl<T> Sink<T> for Collect<T> {
    type Output = Vec<T>;
    type Error = Infallible;
    const MAY_END: bool = false;

    /// What it keeps is seen only in the report of a run that went well.
    fn is_transactional(&self) -> bool {
        true
    }

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, Infallible> {
        self.items.push(item);
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<Vec<T>>, Infallible> {
        Ok(Closed::new(self.items))
    }
}

/// Drops every item: for pipelines whose stages do the work.
pub fn discard() -> Discard {
    Discard {}
}

/// A sink that drops every item; made by [`discard`].
#[derive(Debug)]
pub struct Discard {}

impl<T> Sink<T> for Discard {
    type Output = ();
    type Error = Infallible;
    const MAY_END: bool = false;

    fn is_transactional(&self) -> bool {
        true
    }

    #[inline]
    fn write(&mut self, _item: T) -> Result<Flow, Infallible> {
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<()>, Infallible> {
        Ok(Closed::new(()))
    }
}

/// Gives every item to `f`.
pub fn for_each<F>(f: F) -> ForEach<F> {
    ForEach { f }
}

/// A sink that gives every item to a function; made by [`for_each`].
pub struct ForEach<F> {
    f: F,
}

impl<F> fmt::Debug for ForEach<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach").finish_non_exhaustive()
    }
}

impl<T, F: FnMut(T)> Sink<T> for ForEach<F> {
    type Output = ();
    type Error = Infallible;
    const MAY_END: bool = false;

    #[inline]
    fn write(&mut self, item: T) -> Result<Flow, Infallible> {
        (self.f)(item);
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<()>, Infallible> {
        Ok(Closed::new(()))
    }
}
