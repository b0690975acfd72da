//! What stands in a pipeline by its name, but was not made from a function.

use std::marker::PhantomData;

use crate::stage::Never;

/// The builder of every type that has none of its own: what `pipeline!` calls where it is given a name.
pub trait ByName: Sized {
    /// Nothing can be set.
    fn builder() -> Unset<Self> {
        Unset(PhantomData)
    }

    /// Nothing is missing.
    fn __complete(builder: Unset<Self>) -> Unset<Self> {
        builder
    }
}

impl<S> ByName for S {}

/// A type without parameters.
#[derive(Debug)]
pub struct Unset<S>(PhantomData<fn() -> S>);

impl<S> Unset<S> {
    /// Its value.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "called as the builder of a stage is")]
    pub fn build(self) -> Result<S, Never>
    where
        S: FromName,
    {
        Ok(S::from_name())
    }
}

/// What has a value that needs no parameters.
#[diagnostic::on_unimplemented(
    message = "the name `{Self}` alone does not say what its value is",
    label = "has no value of its own",
    note = "write the value in braces, `{{value}}`, or implement `Default` for `{Self}`"
)]
pub trait FromName {
    /// The value.
    fn from_name() -> Self;
}

#[diagnostic::do_not_recommend]
impl<S: Default> FromName for S {
    fn from_name() -> Self {
        S::default()
    }
}
