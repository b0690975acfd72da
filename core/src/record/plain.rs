//! Enums whose variants hold nothing, as keys.

use std::fmt;

use crate::key::KeyFor;

/// An enum whose variants hold nothing; `#[record]` writes this impl.
pub trait Plain {
    /// The number of the variant.
    fn number(&self) -> u32;

    /// The same variant.
    #[must_use]
    fn same(&self) -> Self;
}

/// Such an enum as a key that is kept. Keys are told apart by the number of the variant, so the enum need be neither `Eq` nor
/// `Clone`.
pub struct PlainKey<T>(T);

impl<T: Plain> PlainKey<T> {
    /// The key that this variant is.
    #[inline]
    pub fn of(variant: &T) -> Self {
        PlainKey(variant.same())
    }

    /// Whether it is that of this variant.
    #[inline]
    pub fn is(&self, variant: &T) -> bool {
        self.0.number() == variant.number()
    }
}

impl<T: Plain> PartialEq for PlainKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl<T: Plain> Eq for PlainKey<T> {}

impl<T: Plain> Clone for PlainKey<T> {
    fn clone(&self) -> Self {
        PlainKey::of(&self.0)
    }
}

impl<T: Plain> fmt::Debug for PlainKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlainKey").field(&self.0.number()).finish()
    }
}

/// `finish` is given the enum itself.
#[diagnostic::do_not_recommend]
impl<T: Plain> KeyFor<T> for PlainKey<T> {
    fn key(&self) -> &T {
        &self.0
    }
}
