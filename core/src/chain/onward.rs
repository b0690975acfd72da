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

// A method of the type's own wins over that of a trait: so the end of a chain, and nothing else, is asked whether it is an item.

impl<O> It<Ended<O>> {
    /// Never: a sink hands on no items.
    pub fn onward<T>(self) -> It<T>
    where
        Ended<O>: HandsOn<T>,
    {
        unreachable!("the end of a chain is no item")
    }
}

impl<'r, O, F> Last<'r, Ended<O>, F> {
    /// Never: a sink hands on no items.
    pub fn onward<T>(self) -> Last<'r, T, F>
    where
        Ended<O>: HandsOn<T>,
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
