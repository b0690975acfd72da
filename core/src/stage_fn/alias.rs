//! Whether a type that a macro read as plain is an alias of something that has a meaning.

/// Asks a return type, at compile time, whether it is what it looks like. The methods of the type itself come first in
/// method lookup; what is not a `Result`, an `Option` or `()` has only the trait's.
pub struct Probe<T>(pub std::marker::PhantomData<T>);

/// As [`Probe`], where `bool` has a meaning too: for items that are borrowed.
pub struct ProbeBorrowed<T>(pub std::marker::PhantomData<T>);

/// As [`Probe`], for the elements of a source, of which only a `Result` has a meaning.
pub struct ProbeElement<T>(pub std::marker::PhantomData<T>);

/// The return type is an alias.
#[derive(Debug)]
pub struct Alias;

/// The type of the elements is an alias.
#[derive(Debug)]
pub struct HiddenResult;

/// The return type is what it looks like.
#[derive(Debug)]
pub struct Plain;

/// What [`Probe`] may answer.
#[diagnostic::on_unimplemented(
    message = "the return type is an alias, behind which `#[stage]` cannot see a `Result`, `Option`, `bool` or `()`",
    label = "spell it out; for a `Result` or an `Option`, `#[stage(fallible)]` does too"
)]
pub trait Visible {}

impl Visible for Plain {}

/// What [`ProbeElement`] may answer.
#[diagnostic::on_unimplemented(
    message = "the type of the items is an alias, behind which `#[source]` cannot see a `Result`",
    label = "spell it out: `Result<T, E>`"
)]
pub trait VisibleElement {}

impl VisibleElement for Plain {}

/// Compiles when elements are what they look like.
pub fn visible_element<V: VisibleElement>(_: V) {}

impl<T, E> ProbeElement<Result<T, E>> {
    /// This type means something else than it seems.
    pub fn ask(&self) -> HiddenResult {
        HiddenResult
    }
}

/// Compiles when the return type is what it looks like.
pub fn visible<V: Visible>(_: V) {}

/// The answer of every type that has none of its own.
pub trait Ask {
    /// The answer.
    fn ask(&self) -> Plain {
        Plain
    }
}

impl<T> Ask for Probe<T> {}
impl<T> Ask for ProbeBorrowed<T> {}
impl<T> Ask for ProbeElement<T> {}

macro_rules! answers {
    ($(<$($generic:ident),*> $probe:ident<$ty:ty>;)*) => {$(
        impl<$($generic),*> $probe<$ty> {
            /// This type means something else than it seems.
            pub fn ask(&self) -> Alias {
                Alias
            }
        }
    )*};
}

answers! {
    <T, E> Probe<Result<T, E>>;
    <T> Probe<Option<T>>;
    <> Probe<()>;
    <T, E> ProbeBorrowed<Result<T, E>>;
    <T> ProbeBorrowed<Option<T>>;
    <> ProbeBorrowed<()>;
    <> ProbeBorrowed<bool>;
}
