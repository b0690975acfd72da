//! Exact decimal numbers: how a `Decimal` is read and written without a digit lost. With the feature `decimal`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::Serializer;
use serde_json::value::RawValue;

use super::constraints::{Bounded, Measured};
use super::decode::{FieldError, FromField};
use super::fields::{ReadExact, WriteExact};
use super::number::FewDigits;

/// What is expected where a decimal is read.
const EXPECTED: &str = "a decimal number such as 129.99";

impl Bounded for Decimal {}
impl Measured for Decimal {}

/// A constant from the parts of a literal, for generated code.
pub const fn decimal(low: u32, middle: u32, high: u32, negative: bool, scale: u32) -> Decimal {
    Decimal::from_parts(low, middle, high, negative, scale)
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Malformed,
    TooFine,
    TooLarge,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Malformed => "it is no decimal number",
            Wrong::TooFine => "it has more digits than a `Decimal` holds, which are 28 after the point",
            Wrong::TooLarge => "it is larger than a `Decimal` holds, which is 79228162514264337593543950335",
        })
    }
}

/// Reads `-129.99`, `5`, `.5` or `1.5e3`, and refuses what it would have to round.
fn parse(text: &str) -> Result<Decimal, Wrong> {
    const LARGEST: u128 = (1 << 96) - 1;
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i16>().map_err(|_| Wrong::Malformed)?),
        None => (text, 0),
    };
    let negative = number.starts_with('-');
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(Wrong::Malformed);
    }
    let too_long = if whole.trim_start_matches('0').len() > 29 { Wrong::TooLarge } else { Wrong::TooFine };
    let mut value = 0_u128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        if !digit.is_ascii_digit() {
            return Err(Wrong::Malformed);
        }
        let next = value.checked_mul(10).and_then(|value| value.checked_add(u128::from(digit - b'0')));
        value = next.ok_or(too_long)?;
    }
    let mut scale = i64::try_from(fraction.len()).map_err(|_| Wrong::TooFine)? - i64::from(exponent);
    // Zeros at the end are no digits that could be lost.
    while (scale > i64::from(Decimal::MAX_SCALE) || (value > LARGEST && scale > 0)) && value.is_multiple_of(10) {
        if value == 0 {
            scale = scale.min(i64::from(Decimal::MAX_SCALE));
            break;
        }
        (value, scale) = (value / 10, scale - 1);
    }
    while scale < 0 && value != 0 {
        value = value.checked_mul(10).filter(|value| *value <= LARGEST).ok_or(Wrong::TooLarge)?;
        scale += 1;
    }
    let scale = u32::try_from(scale.max(0)).map_err(|_| Wrong::TooFine)?;
    if value > LARGEST {
        return Err(if scale == 0 { Wrong::TooLarge } else { Wrong::TooFine });
    }
    if scale > Decimal::MAX_SCALE {
        return Err(Wrong::TooFine);
    }
    #[allow(clippy::cast_possible_truncation, reason = "each is one of the three words of 96 bits")]
    let (low, middle, high) = (value as u32, (value >> 32) as u32, (value >> 64) as u32);
    Ok(Decimal::from_parts(low, middle, high, negative, scale))
}

/// The decimal that [`parse`] would read.
#[inline]
fn of_few(FewDigits { negative, digits, places }: FewDigits) -> Option<Decimal> {
    #[allow(clippy::cast_possible_truncation, reason = "both are words of the 64 bits")]
    let (low, middle) = (digits as u32, (digits >> 32) as u32);
    Some(Decimal::from_parts(low, middle, 0, negative, u32::try_from(places).ok()?))
}

impl<'a> FromField<'a> for Decimal {
    #[inline]
    fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
        if let Some(decimal) = FewDigits::of(cell).and_then(of_few) {
            return Ok(decimal);
        }
        if cell.is_empty() {
            return Err(FieldError::Empty(EXPECTED));
        }
        parse(<&str>::from_field(cell)?).map_err(|wrong| match wrong {
            Wrong::Malformed => FieldError::Unexpected(EXPECTED),
            lossy => FieldError::Refused(lossy.to_string()),
        })
    }
}

impl WriteExact for Decimal {
    #[inline]
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> ReadExact<'de> for Decimal {
    #[inline]
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // JSON gives the text of the number to whom asks by this name. Other formats know nothing of it, and hand on.
        deserializer.deserialize_newtype_struct(*RAW, DecimalVisitor)
    }
}

/// The name by which `serde_json` is asked for a value as it stands in the text.
static RAW: LazyLock<&'static str> = LazyLock::new(|| match <Box<RawValue>>::deserialize(Asked) {
    Err(Name(name)) => name,
    Ok(_) => "",
});

/// A deserializer that tells the name which it was asked by.
struct Asked;

#[derive(Debug)]
struct Name(&'static str);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Name {}

impl Error for Name {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Name("")
    }
}

impl<'de> Deserializer<'de> for Asked {
    type Error = Name;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Name> {
        Err(Name(""))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, _visitor: V) -> Result<V::Value, Name> {
        Err(Name(name))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct DecimalVisitor;

impl DecimalVisitor {
    fn parsed<E: Error>(text: &str) -> Result<Decimal, E> {
        parse(text).map_err(|why| E::custom(format_args!("expected {EXPECTED}, read {text:?}: {why}")))
    }
}

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        Self::parsed(text)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Decimal, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Decimal, E> {
        Ok(value.into())
    }

    /// A float is no longer the text that it was.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Decimal, E> {
        let message = "which went through a float and may have lost digits; write it as a string";
        Err(E::custom(format_args!("expected {EXPECTED}, read {value}, {message}")))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Decimal, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_str(self)
        }
    }

    /// A value as it stands in a JSON text.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Decimal, A::Error> {
        let raw = <Box<RawValue>>::deserialize(InMap(map, PhantomData))?;
        match raw.get().as_bytes().first() {
            Some(b'"') => {
                let text: String = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
                Self::parsed(&text)
            }
            Some(b'-' | b'0'..=b'9') => Self::parsed(raw.get()),
            Some(b'[') => Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
            Some(b'{') => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
            _ => Err(A::Error::custom(format_args!("invalid type: {}, expected {EXPECTED}", raw.get()))),
        }
    }
}

/// A deserializer of what stands in a map that was begun.
struct InMap<'de, A>(A, PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> Deserializer<'de> for InMap<'de, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{FromField, RAW, Wrong, parse};

    #[test]
    fn json_knows_the_name_of_raw_values() {
        assert!(!RAW.is_empty());
    }

    #[test]
    fn digits_stay_as_they_are() {
        for text in [
            "0",
            "129.99",
            "-129.90",
            "0.0000000000000000000000000001",
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
        ] {
            assert_eq!(parse(text).map(|value| value.to_string()), Ok(text.to_owned()));
        }
        for (text, value) in [
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0.00", "0.00"),
            ("1.5e3", "1500"),
            ("1.5E-3", "0.0015"),
            ("0e99", "0"),
            ("1.00000000000000000000000000000", "1.0000000000000000000000000000"),
            ("0.00000000000000000000000000000000000000000000", "0.0000000000000000000000000000"),
        ] {
            assert_eq!(parse(text).map(|value| value.to_string()), Ok(value.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_would_be_rounded_or_is_no_number_is_refused() {
        for text in ["", "-", ".", "1,5", "1_000", " 1", "1 ", "0x1", "1e", "1e1.5", "NaN", "--1", "1.2.3", "١"] {
            assert_eq!(parse(text), Err(Wrong::Malformed), "{text}");
        }
        for text in ["0.00000000000000000000000000001", "7.92281625142643375935439503351", "1e-29"] {
            assert_eq!(parse(text), Err(Wrong::TooFine), "{text}");
        }
        for text in ["79228162514264337593543950336", "1e29", "1e9999", "9999999999999999999999999999999999999999999"] {
            assert_eq!(parse(text), Err(Wrong::TooLarge), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_cell_of_few_digits_is_read_as_any_other(text in "-?[0-9]{0,12}[.]?[0-9]{0,12}|[-+0-9.]{0,6}") {
            let parts = |value: Decimal| (value, value.scale(), value.is_sign_negative());
            let read = Decimal::from_field(text.as_bytes()).map(parts).ok();
            proptest::prop_assert_eq!(read, parse(&text).map(parts).ok());
        }

        #[test]
        fn every_decimal_is_read_as_it_is_written(low: u32, middle: u32, high: u32, negative: bool, scale in 0_u32..=28) {
            let value = Decimal::from_parts(low, middle, high, negative, scale);
            let read = parse(&value.to_string());
            proptest::prop_assert_eq!(read.map(|read| (read, read.scale())), Ok((value, scale)));
        }
    }
}
