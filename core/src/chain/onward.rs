//! Between two stages: what the first hands on are items.

use super::item::It;
use super::last::Last;
use crate::sink::Ended;

/// What a stage hands on.
#[diagnostic::on_unimplemented(
    message = "this stage ends the chain, so nothing can follow it",
    label = "takes every item and hands on none",
    note = "a stage hands on what it returns, or what its `finish` gives; to write items and go on with them, use `tee(..) | ..`"
)]
pub trait HandsOn<T> {}

/// What is no item.
pub trait Ends {}

impl<O> Ends for Ended<O> {}

// A method of the type's own wins over that of a trait: so the end of a chain, and nothing else, is asked whether it is an item.

impl<I: Ends> It<I> {
    /// Never: a sink hands on no items.
    pub fn onward<T>(self) -> It<T>
    where
        I: HandsOn<T>,
    {
        unreachable!("the end of a chain is no item")
    }
}

impl<'r, I: Ends, F> Last<'r, I, F> {
    /// Never: a sink hands on no items.
    pub fn onward<T>(self) -> Last<'r, T, F>
    where
        I: HandsOn<T>,
    {
        unreachable!("the end of a chain is no item")
    }
}

/// All else goes on.
pub trait Onward: Sized {
    /// The same.
    #[inline(always)]
    #[must_use]
    fn onward(self) -> Self {
        self
    }
}

impl<I> Onward for It<I> {}
impl<I, F> Onward for Last<'_, I, F> {}
