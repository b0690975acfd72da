//! How many.

use serde::{Deserialize, Serialize};

use super::{Aggregate, AggregateError, AggregateOf};

/// How many values were added, whatever they are.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::aggregate::{Aggregate, AggregateOf, Count};
///
/// let mut count = Count::default();
/// count.add("a");
/// count.add("b");
/// assert_eq!(count.value(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(u64);

impl Aggregate for Count {
    type Output = u64;

    fn value(&self) -> u64 {
        self.0
    }

    fn try_merge(&mut self, other: Self) -> Result<(), AggregateError> {
        self.0 = self.0.checked_add(other.0).ok_or(AggregateError::Overflow("u64"))?;
        Ok(())
    }
}

impl<T> AggregateOf<T> for Count {
    #[inline]
    fn try_add(&mut self, _value: T) -> Result<(), AggregateError> {
        self.0 = self.0.checked_add(1).ok_or(AggregateError::Overflow("u64"))?;
        Ok(())
    }
}
