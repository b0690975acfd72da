//! Enums whose variants hold nothing, as keys.

/// An enum whose variants hold nothing; `#[record]` writes this impl. As keys such enums are told apart by the number of the
/// variant, so they need be neither `Eq` nor `Clone`.
pub trait Plain {
    /// The number of the variant.
    fn number(&self) -> u32;

    /// The same variant.
    #[must_use]
    fn same(&self) -> Self;
}
