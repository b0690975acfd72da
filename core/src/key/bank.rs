//! Where the state of a stage is: one for all items, or one for each key.

use crate::error::BoxError;
use crate::stage::Flow;

/// The key of a stage that is not keyed.
#[derive(Debug)]
pub struct NoKey;

/// Where the state of one stage of a pipeline is: one for all items, or one for each key.
pub trait Bank {
    /// The stage.
    type Stage;
    /// The key of each state.
    type Key;
    /// The state that an item belongs to. It is lent and not numbered: finding it again would cost a third of a hit.
    type Entry<'b>: Entry<Stage = Self::Stage, Key = Self::Key>
    where
        Self: 'b;
    /// Whether there is one state for each key.
    const KEYED: bool;

    /// The one stage of a bank that is not keyed.
    fn single(&mut self) -> Option<&mut Self::Stage>;
    /// The one state of a bank that is not keyed, whatever the item.
    fn whole(&mut self) -> Option<Self::Entry<'_>>;
    /// The one stage of a bank that is not keyed; of one that is, what the stages of all keys are made from.
    fn prototype(&mut self) -> &mut Self::Stage;
    /// Gives up each state with its key, in first-seen order, until one breaks.
    fn drain(self, each: impl FnMut(Self::Key, Self::Stage) -> Flow) -> Flow;
}

/// A state of a bank.
pub trait Entry {
    /// The stage.
    type Stage;
    /// The key of each state.
    type Key;

    /// The stage with that state.
    fn stage(&mut self) -> &mut Self::Stage;
    /// Whether this is its first item.
    fn is_new(&self) -> bool;
    /// Whether it wants no more items.
    fn is_ended(&self) -> bool;
    /// Notes that the stage of a key wants no more items; an unkeyed stage that wants no more ends the chain instead.
    fn end(&mut self);
    /// The state that had to make place for this one, if one had.
    fn evicted(&mut self) -> Option<(Self::Key, Self::Stage)>;
}

/// One state for all items.
#[derive(Debug)]
pub struct One<S>(pub S);

/// The state of [`One`].
#[derive(Debug)]
pub struct Only<'b, S>(&'b mut S);

impl<S> Bank for One<S> {
    type Stage = S;
    type Key = NoKey;
    type Entry<'b>
        = Only<'b, S>
    where
        S: 'b;
    const KEYED: bool = false;

    fn single(&mut self) -> Option<&mut S> {
        Some(&mut self.0)
    }
    #[inline(always)]
    fn whole(&mut self) -> Option<Only<'_, S>> {
        Some(Only(&mut self.0))
    }
    #[inline(always)]
    fn prototype(&mut self) -> &mut S {
        &mut self.0
    }
    fn drain(self, mut each: impl FnMut(NoKey, S) -> Flow) -> Flow {
        each(NoKey, self.0)
    }
}

impl<S> Entry for Only<'_, S> {
    type Stage = S;
    type Key = NoKey;

    #[inline(always)]
    fn stage(&mut self) -> &mut S {
        self.0
    }
    #[inline(always)]
    fn is_new(&self) -> bool {
        false
    }
    #[inline(always)]
    fn is_ended(&self) -> bool {
        false
    }
    #[inline(always)]
    fn end(&mut self) {}
    #[inline(always)]
    fn evicted(&mut self) -> Option<(NoKey, S)> {
        None
    }
}

/// The state of a bank that is not keyed: the only one.
///
/// # Errors
/// Never.
#[inline(always)]
pub fn only<'b, S, I>(bank: &'b mut One<S>, _item: &I) -> Result<Only<'b, S>, BoxError> {
    Ok(Only(&mut bank.0))
}

/// What a closure says the key of an item is.
#[inline(always)]
pub fn key_of<'i, I, K>(item: &'i I, f: impl FnOnce(&'i I) -> K) -> K {
    f(item)
}
