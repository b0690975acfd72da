//! Values that say whether they are from now.

use std::ops::Deref;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A value that can say that it is stale, and for how long.
///
/// [`Aged<T>`](Aged) is one whatever `T` is, and so is a `#[record]` with a field `#[stale] age: Option<Duration>`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::{Aged, MarkStale};
/// use std::time::Duration;
///
/// let mut celsius = Aged::fresh(21.5);
/// celsius.mark_stale(Duration::from_secs(3));
/// assert_eq!(celsius.stale_for(), Some(Duration::from_secs(3)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that it is stale",
    label = "a value from an earlier call would look like a fresh one",
    note = "return `Aged<{Self}>`, or give the record `{Self}` a field `#[stale] age: Option<Duration>`"
)]
pub trait MarkStale {
    /// Says from now on that it is from an earlier call, so long ago.
    fn mark_stale(&mut self, age: Duration);

    /// How long ago it was fresh; `None` if it is.
    fn stale_for(&self) -> Option<Duration>;
}

/// A value that is fresh, or from so long ago. In data it is `{"value": .., "age": ..}`, with the age in seconds, or `null`.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::Aged;
///
/// let name = Aged::fresh("roof".to_owned());
/// assert!(!name.is_stale());
/// assert_eq!(name.len(), 4);
/// assert_eq!(name.into_inner(), "roof");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Aged<T> {
    value: T,
    #[serde(with = "crate::record::seconds", default)]
    age: Option<Duration>,
}

impl<T> Aged<T> {
    /// A value from now.
    pub const fn fresh(value: T) -> Self {
        Aged { value, age: None }
    }

    /// A value from so long ago.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::policy::Aged;
    /// use std::time::Duration;
    ///
    /// assert!(Aged::stale(21.5, Duration::from_secs(3)).is_stale());
    /// ```
    pub const fn stale(value: T, age: Duration) -> Self {
        Aged { value, age: Some(age) }
    }

    /// How long ago it was fresh; `None` if it is.
    pub const fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Whether it is from an earlier call.
    pub const fn is_stale(&self) -> bool {
        self.age.is_some()
    }

    /// The value, whatever its age.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> MarkStale for Aged<T> {
    fn mark_stale(&mut self, age: Duration) {
        self.age = Some(age);
    }

    fn stale_for(&self) -> Option<Duration> {
        self.age
    }
}

impl<T> Deref for Aged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> From<T> for Aged<T> {
    fn from(value: T) -> Self {
        Aged::fresh(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_age_is_written_and_read() {
        for value in [Aged::fresh(7), Aged::stale(7, Duration::from_millis(1500))] {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Aged<i32>>(&text).unwrap(), value);
        }
        assert_eq!(serde_json::to_string(&Aged::from(7)).unwrap(), r#"{"value":7,"age":null}"#);
        assert_eq!(serde_json::from_str::<Aged<i32>>(r#"{"value":7}"#).unwrap(), Aged::fresh(7));
        let wrong = serde_json::from_str::<Aged<i32>>(r#"{"value":7,"age":-1}"#).unwrap_err();
        assert!(wrong.to_string().starts_with("an age is a number of seconds from 0, got -1"), "{wrong}");
    }
}
