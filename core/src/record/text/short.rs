//! A text that is kept in place while it is short.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use compact_str::CompactString;

use crate::key::Key;

/// An owned text that needs no allocation while it has at most 24 bytes; a longer one is on the heap, as in a `String`.
///
/// It is 24 bytes large, as a `String` is (on 64-bit targets; 12 on 32-bit ones). Take it for a field whose texts are mostly
/// short and differ from record to record: a product number, a postal code. A clone copies the 24 bytes, or the text where
/// that is longer.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::Short;
///
/// let id = Short::from("P101");
/// assert_eq!(id, "P101");
/// assert_eq!(id.len(), 4);
/// assert!(!id.is_on_heap());
/// assert!(Short::from("a text of more than 24 bytes").is_on_heap());
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Short(CompactString);

impl Short {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text was too long to be kept in place.
    pub fn is_on_heap(&self) -> bool {
        self.0.is_heap_allocated()
    }
}

super::text!(Short, |text| Short(CompactString::new(text)));

impl Hash for Short {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// Equal, ordered and hashed as its text is, so a map of `Short`s is asked by `&str`.
impl Borrow<str> for Short {
    fn borrow(&self) -> &str {
        self
    }
}

/// A new key is a clone, which allocates nothing while the text is short.
impl Key for Short {
    type Owned = Short;

    #[inline]
    fn hash_key(&self, state: &mut impl Hasher) {
        self.as_str().hash_key(state);
    }

    #[inline]
    fn is(&self, owned: &Short) -> bool {
        self == owned
    }

    fn to_key(&self) -> Short {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Short;

    #[test]
    fn is_as_large_as_a_string_and_holds_24_bytes() {
        assert_eq!(size_of::<Short>(), size_of::<String>());
        assert_eq!(size_of::<Option<Short>>(), size_of::<Short>());
        let most = "x".repeat(size_of::<Short>());
        assert!(!Short::from(most.as_str()).is_on_heap());
        assert!(Short::from(most + "x").is_on_heap());
    }

    #[test]
    fn the_last_byte_of_a_full_one_may_be_any() {
        for text in ["abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwß", "日本語日本語日本"] {
            assert_eq!(Short::from(text), text);
        }
    }
}
