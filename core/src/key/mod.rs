//! Keys: what `.keyed(..)` keeps state apart by, and the banks that keep it.

mod bank;
mod bytes;
mod keyed;
mod recency;

#[doc(hidden)]
pub use bank::{Bank, Entry, NoKey, One, Only, key_of, only};
#[doc(hidden)]
pub use keyed::{Keyed, KeyedEntry};

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use crate::record::{CivilTime, Timestamp};
use crate::stage::AnyKey;

/// What state can be kept apart by. A borrowed key is owned only when it is new.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::key::Key;
/// use std::hash::{Hash, Hasher};
///
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// enum Side { Buy, Sell }
///
/// impl Key for Side {
///     type Owned = Side;
///     fn hash_key(&self, state: &mut impl Hasher) { self.hash(state) }
///     fn is(&self, owned: &Side) -> bool { self == owned }
///     fn to_key(&self) -> Side { self.clone() }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    label = "not a key",
    note = "keys are strings, integers, `bool`, `char`, times, and tuples and `Option`s of them; floats have no exact equality: round them to an integer",
    note = "for a type of your own implement `millstream::key::Key`"
)]
pub trait Key {
    /// The key as the table of states keeps it.
    type Owned;

    /// Feeds the key to a hasher; equal keys feed the same.
    fn hash_key(&self, state: &mut impl Hasher);
    /// Whether this is that key.
    fn is(&self, owned: &Self::Owned) -> bool;
    /// The key to keep.
    fn to_key(&self) -> Self::Owned;
}

/// Keys behind a pointer are the keys that it points to.
macro_rules! key_behind {
    ($($pointer:ty),* $(,)?) => { $(
        impl<K: Key + ?Sized> Key for $pointer {
            type Owned = K::Owned;
            #[inline]
            fn hash_key(&self, state: &mut impl Hasher) {
                (**self).hash_key(state);
            }
            #[inline]
            fn is(&self, owned: &Self::Owned) -> bool {
                (**self).is(owned)
            }
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "what is pointed to is lent on, not the pointer")]
            fn to_key(&self) -> Self::Owned {
                (**self).to_key()
            }
        }
    )* };
}
key_behind!(&K, &mut K, Box<K>, Rc<K>, Arc<K>);

/// Keys that are kept as something else than what they are borrowed as.
macro_rules! key_as {
    ($($borrowed:ty => $owned:ty),* $(,)?) => { $(
        impl Key for $borrowed {
            type Owned = $owned;
            #[inline]
            fn hash_key(&self, state: &mut impl Hasher) {
                // Without an end mark or a length, as `Hash` has them: the hasher of the tables takes the length in by itself.
                state.write(self.as_ref());
            }
            #[inline]
            fn is(&self, owned: &$owned) -> bool {
                bytes::same(self.as_ref(), owned.as_ref())
            }
            fn to_key(&self) -> $owned {
                self.to_owned()
            }
        }
    )* };
}
key_as!(str => String, [u8] => Vec<u8>);

/// Strings that are the keys that their text is.
macro_rules! key_of_text {
    ($($text:ty),* $(,)?) => { $(
        impl Key for $text {
            type Owned = String;
            #[inline]
            fn hash_key(&self, state: &mut impl Hasher) {
                (**self).hash_key(state);
            }
            #[inline]
            fn is(&self, owned: &String) -> bool {
                (**self).is(owned)
            }
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "the text is lent on, not what holds it")]
            fn to_key(&self) -> String {
                (**self).to_key()
            }
        }
    )* };
}
key_of_text!(String, Cow<'_, str>);

/// Keys that are kept as they are.
macro_rules! key_itself {
    ($($ty:ty),* $(,)?) => { $(
        impl Key for $ty {
            type Owned = $ty;
            #[inline]
            fn hash_key(&self, state: &mut impl Hasher) {
                self.hash(state);
            }
            #[inline]
            fn is(&self, owned: &$ty) -> bool {
                self == owned
            }
            #[inline]
            fn to_key(&self) -> $ty {
                *self
            }
        }
    )* };
}
key_itself!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool, char, (), Timestamp, CivilTime);
#[cfg(feature = "decimal")]
key_itself!(crate::record::Decimal);

impl<K: Key> Key for Option<K> {
    type Owned = Option<K::Owned>;
    #[inline]
    fn hash_key(&self, state: &mut impl Hasher) {
        state.write_u8(u8::from(self.is_some()));
        if let Some(key) = self {
            key.hash_key(state);
        }
    }
    #[inline]
    fn is(&self, owned: &Self::Owned) -> bool {
        match (self, owned) {
            (Some(key), Some(owned)) => key.is(owned),
            (None, None) => true,
            _ => false,
        }
    }
    #[inline]
    fn to_key(&self) -> Self::Owned {
        self.as_ref().map(Key::to_key)
    }
}

macro_rules! key_tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Key),*> Key for ($($name,)*) {
            type Owned = ($($name::Owned,)*);
            #[inline]
            fn hash_key(&self, state: &mut impl Hasher) {
                $(self.$index.hash_key(state);)*
            }
            #[inline]
            fn is(&self, owned: &Self::Owned) -> bool {
                $(self.$index.is(&owned.$index))&&*
            }
            #[inline]
            fn to_key(&self) -> Self::Owned {
                ($(self.$index.to_key(),)*)
            }
        }
    };
}
key_tuple!(A 0);
key_tuple!(A 0, B 1);
key_tuple!(A 0, B 1, C 2);
key_tuple!(A 0, B 1, C 2, D 3);

/// Gives the key in the form that a stage's `finish` asks for.
#[diagnostic::on_unimplemented(
    message = "the `finish` of this stage asks for a key of type `{Asked}`",
    label = "its key is `{Self}` here",
    note = "write `.keyed(field)` after the stage, with a field of that type"
)]
pub trait KeyFor<Asked: ?Sized> {
    /// The key.
    fn key(&self) -> &Asked;
}

impl<T> KeyFor<AnyKey> for T {
    fn key(&self) -> &AnyKey {
        &AnyKey
    }
}

impl KeyFor<str> for String {
    fn key(&self) -> &str {
        self
    }
}

impl KeyFor<[u8]> for Vec<u8> {
    fn key(&self) -> &[u8] {
        self
    }
}

impl<K: Key<Owned = K>> KeyFor<K> for K {
    fn key(&self) -> &K {
        self
    }
}
