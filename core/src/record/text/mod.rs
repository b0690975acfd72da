//! Texts that a record owns: [`Short`] and [`Symbol`]. What both do alike is here, over their [`str`].

mod short;
mod symbol;

pub use short::Short;
pub use symbol::Symbol;

/// What a type that is made from a `&str` and gives one does as every text does.
macro_rules! text {
    ($ty:ident, $made:expr) => {
        impl std::ops::Deref for $ty {
            type Target = str;

            #[inline]
            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl AsRef<str> for $ty {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $ty {
            #[inline]
            fn from(text: &str) -> Self {
                let made: fn(&str) -> Self = $made;
                made(text)
            }
        }

        impl From<String> for $ty {
            fn from(text: String) -> Self {
                text.as_str().into()
            }
        }

        impl From<std::borrow::Cow<'_, str>> for $ty {
            fn from(text: std::borrow::Cow<'_, str>) -> Self {
                text.as_ref().into()
            }
        }

        impl From<$ty> for String {
            fn from(text: $ty) -> Self {
                text.as_str().to_owned()
            }
        }

        impl std::str::FromStr for $ty {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self.as_str(), f)
            }
        }

        impl std::fmt::Debug for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl PartialEq<str> for $ty {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $ty {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialEq<$ty> for str {
            fn eq(&self, other: &$ty) -> bool {
                self == other.as_str()
            }
        }

        impl PartialEq<$ty> for &str {
            fn eq(&self, other: &$ty) -> bool {
                *self == other.as_str()
            }
        }

        impl serde::Serialize for $ty {
            #[inline]
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $ty {
            #[inline]
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read;

                impl serde::de::Visitor<'_> for Read {
                    type Value = $ty;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a string")
                    }

                    #[inline]
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$ty, E> {
                        Ok(text.into())
                    }
                }

                deserializer.deserialize_str(Read)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<'a> crate::record::FromField<'a> for $ty {
            #[inline]
            fn from_field(cell: &'a [u8]) -> Result<Self, crate::record::FieldError> {
                <&str>::from_field(cell).map($ty::from)
            }
        }

        #[diagnostic::do_not_recommend]
        impl crate::record::Text for $ty {
            fn text(&self) -> &str {
                self
            }
        }

        #[diagnostic::do_not_recommend]
        impl crate::record::Counted for $ty {
            const WHAT: &'static str = <str as crate::record::Counted>::WHAT;

            fn count(&self) -> usize {
                self.as_str().count()
            }
        }

        #[diagnostic::do_not_recommend]
        impl crate::key::KeyFor<str> for $ty {
            fn key(&self) -> &str {
                self
            }
        }
    };
}

use text;
