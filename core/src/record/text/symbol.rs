//! A text that is kept once for all its copies.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use internment::ArcIntern;

use crate::key::Key;

/// An interned text: all symbols of the same text, in all threads, are one allocation.
///
/// Two are compared, hashed and cloned by their pointer, without a look at the text. Take it for a field that has few texts in
/// many records: a sensor, a country, a user. Making one from a text looks that up in a table of the process, which costs a
/// hash and a lock.
///
/// **Memory**: a symbol is 16 bytes (on 64-bit targets). Its text is on the heap once, with a count of its copies, and a slot
/// of the table; it is freed when its last copy is dropped. The table's slots are kept for texts to come, so it stays as large
/// as the most texts that were there at one time made it. [`Symbol::alive`] says how many there are.
///
/// Symbols are ordered by their text. Their hash is that of the pointer, which is another in each run: a map of symbols is
/// asked by a symbol, not by a `&str`, and nothing that outlives the run may hold the hash.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::Symbol;
///
/// let one = Symbol::from("Berlin");
/// let other = Symbol::from("Berlin");
/// assert_eq!(one, other);
/// assert_eq!(one.as_ptr(), other.as_ptr());
/// assert_eq!(one, "Berlin");
/// assert!(one < Symbol::from("Bonn"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol(ArcIntern<str>);

impl Symbol {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many different texts are kept, at the moment, by the symbols of the process.
    ///
    /// ```
    /// # use millstream_core as millstream;
    /// use millstream::record::Symbol;
    ///
    /// let before = Symbol::alive();
    /// let (one, other) = (Symbol::from("a sensor"), Symbol::from("a sensor"));
    /// assert_eq!(Symbol::alive(), before + 1);
    /// drop((one, other));
    /// assert_eq!(Symbol::alive(), before);
    /// ```
    pub fn alive() -> usize {
        ArcIntern::<str>::num_objects_interned()
    }
}

super::text!(Symbol, |text| Symbol(ArcIntern::from(text)));

impl Default for Symbol {
    fn default() -> Self {
        Symbol::from("")
    }
}

impl Hash for Symbol {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().as_ptr().hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// A new key is a clone, which allocates nothing.
impl Key for Symbol {
    type Owned = Symbol;

    #[inline]
    fn hash_key(&self, state: &mut impl Hasher) {
        self.hash(state);
    }

    #[inline]
    fn is(&self, owned: &Symbol) -> bool {
        self == owned
    }

    fn to_key(&self) -> Symbol {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::Symbol;

    #[test]
    fn the_empty_text_is_a_symbol_as_any_other() {
        let hasher = RandomState::new();
        let (empty, default) = (Symbol::from(""), Symbol::default());
        assert_eq!(empty, default);
        assert_eq!(hasher.hash_one(&empty), hasher.hash_one(&default));
        assert_eq!(empty.len(), 0);
    }

    #[test]
    fn threads_share_one_text() {
        let made: Vec<Symbol> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let held = Symbol::from("shared by threads");
                        for i in 0..1000 {
                            drop(Symbol::from(format!("for a moment {}", i % 7)));
                        }
                        held
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|symbol| symbol.as_ptr() == made[0].as_ptr()));
    }
}
