//! The smallest and the largest: the same but for the order that they want.

use std::borrow::Borrow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf};

macro_rules! extreme {
    ($(#[$docs:meta])* $name:ident, $word:literal, $wanted:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name<T>(Option<T>);

        impl<T> Default for $name<T> {
            fn default() -> Self {
                $name(None)
            }
        }

        impl<T> $name<T> {
            /// Adds a value that is owned only if it is kept.
            #[inline]
            pub(super) fn offer<B>(&mut self, value: &B) -> Result<(), AggregateError>
            where
                B: PartialOrd + ToOwned<Owned = T> + ?Sized,
                T: Borrow<B>,
            {
                if self.takes(value)? {
                    self.0 = Some(value.to_owned());
                }
                Ok(())
            }

            pub(super) fn into_value(self) -> Option<T> {
                self.0
            }

            #[inline]
            fn takes<B: PartialOrd + ?Sized>(&self, value: &B) -> Result<bool, AggregateError>
            where
                T: Borrow<B>,
            {
                let than = self.0.as_ref().map_or(value, Borrow::borrow);
                match value.partial_cmp(than) {
                    Some(order) => Ok(order == Ordering::$wanted || self.0.is_none()),
                    None => Err(AggregateError::Unordered($word)),
                }
            }
        }

        impl<T: Clone + PartialOrd> Aggregate for $name<T> {
            type Output = Option<T>;

            fn value(&self) -> Option<T> {
                self.0.clone()
            }

            fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
                other.0.map_or(Ok(()), |value| self.try_add(value))
            }
        }

        impl<T: Clone + PartialOrd> AggregateOf<T> for $name<T> {
            #[inline]
            fn try_add(&mut self, value: T) -> Result<(), AggregateError> {
                if self.takes(&value)? {
                    self.0 = Some(value);
                }
                Ok(())
            }
        }
    };
}

extreme! {
    /// The smallest value; `None` of nothing. Of equal ones it is the first.
    ///
    /// Whatever compares can be added: integers, floats, times, strings, tuples, types that derive `PartialOrd`. What does not compare with
    /// itself, as NaN, is refused, since no order has a place for it. Infinities are in order.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::aggregate::{Aggregate, AggregateOf, Min};
    ///
    /// let mut min = Min::default();
    /// for x in [2.0, 1.0, 3.0] {
    ///     min.add(x);
    /// }
    /// assert_eq!(min.value(), Some(1.0));
    /// assert!(min.try_add(f64::NAN).is_err());
    ///
    /// let mut min = Min::default();
    /// min.add("pear");
    /// min.add("apple");
    /// assert_eq!(min.value(), Some("apple"));
    /// ```
    Min, "min", Less
}

extreme! {
    /// The largest value; `None` of nothing. Of equal ones it is the first.
    ///
    /// Whatever compares can be added: integers, floats, times, strings, tuples, types that derive `PartialOrd`. What does not compare with
    /// itself, as NaN, is refused, since no order has a place for it. Infinities are in order.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::aggregate::{Aggregate, AggregateOf, Max};
    ///
    /// let mut max = Max::default();
    /// for x in [2.0, 1.0, 3.0] {
    ///     max.add(x);
    /// }
    /// assert_eq!(max.value(), Some(3.0));
    /// assert!(max.try_add(f64::NAN).is_err());
    ///
    /// let mut max = Max::default();
    /// max.add("pear");
    /// max.add("apple");
    /// assert_eq!(max.value(), Some("pear"));
    /// ```
    Max, "max", Greater
}
