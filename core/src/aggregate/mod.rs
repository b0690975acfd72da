//! Aggregates: what many values come to, as states that can be merged and stored.
//!
//! ```
//! # use millstream_core as millstream;
//! use millstream::aggregate::{Aggregate, AggregateOf, Mean};
//!
//! let mut mean = Mean::default();
//! mean.add(1.0);
//! mean.add(2.0);
//!
//! let mut elsewhere = Mean::default();
//! elsewhere.add(6.0);
//!
//! mean.merge(elsewhere);
//! assert_eq!(mean.value(), Some(3.0));
//! ```
//!
//! `pipeline!` has the word `aggregate(count(), mean(amount))` for them; in a `fold` or in the state of a stage they are plain values.
//!
//! | aggregate | of | its value | of nothing | memory |
//! |---|---|---|---|---|
//! | [`Count`] | anything | `u64` | 0 | 8 bytes |
//! | [`Sum`] | a [`Summand`] | integers `i64`, `u64`, `i128`; floats `f64`; decimals a decimal | 0 | up to 32 bytes |
//! | [`Mean`] | a [`Summand`] | `Option` of `f64`, of a decimal for decimals | `None` | up to 40 bytes |
//! | [`Std`] | a [`Number`] | `Option<f64>`, of the sample | `None`, of one value too | 64 bytes |
//! | [`Min`], [`Max`] | what is `PartialOrd` | `Option` of it | `None` | one value |
//! | [`Quantile`] | a [`Number`] | `Option<f64>`, within 1 % | `None` | see there |
//! | [`TopK`] | a [`Key`](crate::key::Key) | a `Vec` of [`Top`], at most `k` | empty | at most 1,024 keys |
//!
//! # Merging
//! To merge two states is to have added the values of both. `Count`, `Quantile`, `Min`, `Max`, and sums of integers and decimals come
//! out exactly the same however the values were split; so does `TopK` while the keys fit. Sums and means of floats may differ in the
//! last bit, and `Std` in some more, as [`Moments`](crate::moments) says.
//!
//! # What is refused
//! No aggregate ever gives NaN, wraps around or rounds without saying so. A NaN, an integer sum that overflows, a number that
//! `f64` cannot hold: each is an [`AggregateError`]. In a pipeline it fails the run, with the stage and the position of the item.
//! [`try_add`](AggregateOf::try_add) gives it back, and [`add`](AggregateOf::add) panics.

mod count;
mod error;
mod extremes;
mod float;
mod mean;
mod number;
mod quantile;
mod std;
mod sum;
mod top_k;
#[doc(hidden)]
pub mod word;

#[cfg(feature = "decimal")]
mod decimal;

pub use self::std::Std;
pub use count::Count;
pub use error::AggregateError;
pub use extremes::{Max, Min};
pub use float::FloatSum;
pub use mean::Mean;
pub use number::{IntegerSum, Number, Summand, Total};
pub use quantile::Quantile;
pub use sum::Sum;
pub use top_k::{Top, TopK};

/// A state that values were added to: it has a value, and two of them can be merged.
pub trait Aggregate: Sized {
    /// What the values come to.
    type Output;

    /// What the values added so far come to.
    fn value(&self) -> Self::Output;

    /// Takes over all values of `other`, as if they had been added here, behind those that are.
    ///
    /// # Errors
    /// When the two do not fit each other, or both together overflow. This one is left as it was.
    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError>;

    /// As [`try_merge`](Aggregate::try_merge), for states that are known to fit.
    ///
    /// # Panics
    /// When they do not, or overflow.
    #[track_caller]
    fn merge(&mut self, other: Self) {
        if let Err(error) = self.try_merge(other) {
            panic!("{error}");
        }
    }
}

/// An aggregate that takes values of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take values of type `{T}`",
    label = "takes no `{T}`",
    note = "convert the value before, for instance with `f64::from`"
)]
pub trait AggregateOf<T>: Aggregate {
    /// Adds a value.
    ///
    /// # Errors
    /// When the value cannot be taken: a NaN, or what makes an integer overflow. The state is left as it was.
    fn try_add(&mut self, value: T) -> Result<(), AggregateError>;

    /// As [`try_add`](AggregateOf::try_add), for values that are known to be good.
    ///
    /// # Panics
    /// When they are not.
    #[inline]
    #[track_caller]
    fn add(&mut self, value: T) {
        if let Err(error) = self.try_add(value) {
            panic!("{error}");
        }
    }
}
