//! What `aggregate(..)` in a pipeline calls: for each aggregate, how it takes a value that it is lent.
//!
//! Not a public interface: it changes with the macros.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::{
    Aggregate, AggregateError, AggregateOf, Count, Max, Mean, Min, Number, Quantile, Std, Sum, Summand, Top, TopK,
    Total,
};
use crate::error::BoxError;
use crate::key::{Bank, Key, Keyed, One};
use crate::stage::Renew;

/// Lends a value; of a reference, what it refers to. So a string that an item borrows is a `str`, which can be owned where it
/// is to be kept.
pub trait Lend<'v>: Sized {
    /// What is lent.
    type Of: ?Sized;
    /// Lends it. No user's type has a method of that name.
    fn __ms_lent(self) -> &'v Self::Of;
}

impl<'v, T: ?Sized> Lend<'v> for &'v T {
    type Of = T;
    #[inline(always)]
    fn __ms_lent(self) -> &'v T {
        self
    }
}

/// `count()`
///
/// # Errors
/// Never in practice.
#[inline(always)]
pub fn count(state: &mut Count) -> Result<(), AggregateError> {
    state.try_add(())
}

/// `sum(f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn sum<N: Total, T: Summand<Total = N>>(state: &mut Sum<N>, value: &T) -> Result<(), AggregateError> {
    state.try_add(*value)
}

/// `mean(f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn mean<N: Total, T: Summand<Total = N>>(state: &mut Mean<N>, value: &T) -> Result<(), AggregateError> {
    state.try_add(*value)
}

/// `std(f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn std<T: Number>(state: &mut Std, value: &T) -> Result<(), AggregateError> {
    state.try_add(*value)
}

/// What `min` and `max` compare and keep.
#[diagnostic::on_unimplemented(
    message = "`min` and `max` cannot compare and keep `{Self}`",
    label = "`{Self}` is not both `PartialOrd` and `Clone`",
    note = "derive both, or take a value out of the item: `max(field)` or `max(|item| ..)`"
)]
pub trait Extreme: PartialOrd + ToOwned {}

#[diagnostic::do_not_recommend]
impl<T: PartialOrd + ToOwned + ?Sized> Extreme for T {}

/// `min(f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn min<V: Borrow<T>, T: Extreme + ToOwned<Owned = V> + ?Sized>(
    state: &mut Min<V>,
    value: &T,
) -> Result<(), AggregateError> {
    state.offer(value)
}

/// `max(f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn max<V: Borrow<T>, T: Extreme + ToOwned<Owned = V> + ?Sized>(
    state: &mut Max<V>,
    value: &T,
) -> Result<(), AggregateError> {
    state.offer(value)
}

/// `quantile(q, f)`
///
/// # Errors
/// When the value is refused.
#[inline(always)]
pub fn quantile<T: Number>(state: &mut Quantile, value: &T) -> Result<(), AggregateError> {
    state.try_add(*value)
}

/// `top_k(k, f)`
///
/// # Errors
/// Never.
#[inline(always)]
#[allow(clippy::unnecessary_wraps, reason = "called as the others are")]
pub fn top_k<K, V: Key<Owned = K> + ?Sized>(state: &mut TopK<K>, value: &V) -> Result<(), AggregateError> {
    state.offer(value);
    Ok(())
}

/// The states of one `aggregate(..)`, a tuple.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Aggregates<S>(pub(crate) S);

impl<S> Aggregates<S> {
    /// Starts from these.
    pub fn new(states: S) -> Self {
        Aggregates(states)
    }
}

impl<S: Clone> Renew for Aggregates<S> {
    fn renew(&self) -> Result<Self, BoxError> {
        Ok(self.clone())
    }
}

/// A state that has taken its last value. It asks nothing of what it holds: what cannot be compared is one error, where it is added.
pub trait Finished {
    /// What the values have come to.
    type Value;
    /// What they have come to.
    fn finished(self) -> Self::Value;
}

macro_rules! finished {
    ($($state:ty: $value:ty, |$this:ident| $finished:expr, [$($generic:tt)*];)*) => { $(
        impl<$($generic)*> Finished for $state {
            type Value = $value;
            fn finished(self) -> $value {
                let $this = self;
                $finished
            }
        }
    )* };
}
finished! {
    Count: u64, |count| count.value(), [];
    Sum<T>: T, |sum| sum.value(), [T: Total];
    Mean<T>: Option<T::Mean>, |mean| mean.value(), [T: Total];
    Std: Option<f64>, |std| std.value(), [];
    Min<T>: Option<T>, |min| min.into_value(), [T];
    Max<T>: Option<T>, |max| max.into_value(), [T];
    Quantile: Option<f64>, |quantile| quantile.value(), [];
    TopK<K>: Vec<Top<K>>, |top| top.into_value(), [K];
}

/// States with their values: one alone, or a tuple of them.
pub trait Values {
    /// What they have come to.
    type Values;
    /// What they have come to.
    fn values(self) -> Self::Values;
}

macro_rules! values {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Finished),*> Values for ($($name,)*) {
            type Values = ($($name::Value,)*);
            fn values(self) -> Self::Values {
                ($(self.$index.finished(),)*)
            }
        }
    };
}
values!(A 0, B 1);
values!(A 0, B 1, C 2);
values!(A 0, B 1, C 2, D 3);
values!(A 0, B 1, C 2, D 3, E 4);
values!(A 0, B 1, C 2, D 3, E 4, F 5);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
values!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

impl<A: Finished> Values for (A,) {
    type Values = A::Value;
    fn values(self) -> A::Value {
        self.0.finished()
    }
}

/// What a bank of aggregates emits: the values, with the key where it is keyed.
pub trait Emits: Bank<Stage = Aggregates<Self::States>> {
    /// The states.
    type States;
    /// What is emitted.
    type Item;
    /// What is emitted of these.
    fn item(key: Self::Key, states: Self::States) -> Self::Item;
}

impl<S: Values> Emits for One<Aggregates<S>> {
    type States = S;
    type Item = S::Values;
    fn item(_key: Self::Key, states: S) -> S::Values {
        states.values()
    }
}

impl<S: Values, K> Emits for Keyed<Aggregates<S>, K> {
    type States = S;
    type Item = (K, S::Values);
    fn item(key: K, states: S) -> (K, S::Values) {
        (key, states.values())
    }
}
