//! Numbers from cells: those of few digits straight from their bytes, every other by the standard library, which then also
//! says what is wrong.

use std::fmt;
use std::num::{IntErrorKind, ParseIntError};

use super::decode::{FieldError, FromField, value_text};
use super::swar::{self, Word};

macro_rules! integers {
    ($few:ident: $($int:ident $expects:literal,)*) => {$(
        impl<'a> FromField<'a> for $int {
            #[inline]
            fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
                match $few(cell).and_then(|value| value.try_into().ok()) {
                    Some(value) => Ok(value),
                    None => any_integer(cell, stringify!($int), $expects),
                }
            }
        }
    )*};
}

/// Says that a value is out of range for the type of this name, and what the range is if the type is one of integers.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfRange<'t>(pub(super) &'t str);

macro_rules! ranges {
    ($($int:ident)*) => {
        impl<'t> OutOfRange<'t> {
            /// If the type is one of integers, and `text` a whole number that it does not hold.
            pub(super) fn of(text: &str, ty: &'t str) -> Option<Self> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let whole = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
                let holds = match ty {
                    $(stringify!($int) => text.parse::<$int>().is_ok(),)*
                    _ => true,
                };
                (whole && !holds && text != "-0").then_some(OutOfRange(ty))
            }
        }

        impl fmt::Display for OutOfRange<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "is out of range for {}", self.0)?;
                match self.0 {
                    $(stringify!($int) => write!(f, ", which is {}..={}", $int::MIN, $int::MAX),)*
                    _ => Ok(()),
                }
            }
        }
    };
}
ranges! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

integers! { unsigned:
    u8 "a whole number from 0 to 255",
    u16 "a whole number from 0 to 65535",
    u32 "a whole number, not negative",
    u64 "a whole number, not negative",
    u128 "a whole number, not negative",
    usize "a whole number, not negative",
}
integers! { signed:
    i8 "a whole number from -128 to 127",
    i16 "a whole number from -32768 to 32767",
    i32 "a whole number",
    i64 "a whole number",
    i128 "a whole number",
    isize "a whole number",
}

/// `42`, of at most 18 digits.
#[inline]
fn unsigned(cell: &[u8]) -> Option<u64> {
    swar::digits(cell)
}

/// `42` or `-42`, of at most 18 digits.
#[inline]
fn signed(cell: &[u8]) -> Option<i64> {
    match cell {
        [b'-', digits @ ..] => swar::digits(digits).map(|value| -value.cast_signed()),
        digits => swar::digits(digits).map(u64::cast_signed),
    }
}

/// Reads an integer of any length.
#[cold]
#[inline(never)]
fn any_integer<T: std::str::FromStr<Err = ParseIntError>>(
    cell: &[u8],
    ty: &'static str,
    expected: &'static str,
) -> Result<T, FieldError> {
    value_text(cell, expected)?.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => FieldError::OutOfRange(ty),
        _ => FieldError::Unexpected(expected),
    })
}

/// A number of few digits with a point among them: `-12.345` is 12,345, of which 3 are places after the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct FewDigits {
    pub(super) negative: bool,
    pub(super) digits: u64,
    pub(super) places: usize,
}

impl FewDigits {
    /// Reads at most 18 digits; none for what has an exponent or a plus, or is no number.
    #[inline]
    pub(super) fn of(cell: &[u8]) -> Option<Self> {
        let (negative, number) = match cell {
            [b'-', number @ ..] => (true, number),
            number => (false, number),
        };
        let (digits, places) = match Word::of(number) {
            Some(word) => {
                let (word, places) = word.without_point();
                (word.digits()?, places)
            }
            None => many_digits(number)?,
        };
        Some(FewDigits { negative, digits, places })
    }

    /// The power of ten that the digits are to be taken by.
    #[inline]
    fn exponent(self) -> i32 {
        i32::try_from(self.places).map_or(i32::MIN, |places| -places)
    }
}

/// The digits and the places of a number that is longer than a word.
fn many_digits(number: &[u8]) -> Option<(u64, usize)> {
    let point = number.iter().position(|byte| *byte == b'.');
    let Some((whole, [_, fraction @ ..])) = point.and_then(|point| number.split_at_checked(point)) else {
        return Some((swar::digits(number)?, 0));
    };
    let shift = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits = swar::digits(whole)?.checked_mul(shift)?.checked_add(swar::digits(fraction)?)?;
    Some((digits, fraction.len()))
}

/// A float that is made of digits and a power of ten.
pub(super) trait Nearest: Sized {
    /// The nearest float to `digits` times ten to the `exponent`, where one operation finds it; else none.
    fn nearest(digits: u64, exponent: i32) -> Option<Self>;
}

macro_rules! floats {
    ($($float:ident $places:literal $any:ident,)*) => {$(
        impl Nearest for $float {
            #[inline]
            fn nearest(digits: u64, exponent: i32) -> Option<Self> {
                /// The powers of ten that are exact.
                const POWERS: [$float; $places + 1] = {
                    let (mut powers, mut i) = ([1.0; $places + 1], 1);
                    while i < powers.len() {
                        powers[i] = powers[i - 1] * 10.0;
                        i += 1;
                    }
                    powers
                };
                let power = *POWERS.get(exponent.unsigned_abs() as usize)?;
                if digits > 1 << $float::MANTISSA_DIGITS {
                    return None;
                }
                // Both numbers are exact, so the one operation rounds as it must: the fast case of William Clinger's "How to
                // Read Floating Point Numbers Accurately".
                #[allow(clippy::cast_precision_loss, reason = "the mantissa holds the digits")]
                let digits = digits as $float;
                Some(if exponent < 0 { digits / power } else { digits * power })
            }
        }

        impl<'a> FromField<'a> for $float {
            #[inline]
            fn from_field(cell: &'a [u8]) -> Result<Self, FieldError> {
                let few = FewDigits::of(cell);
                match few.and_then(|few| Some((few.negative, $float::nearest(few.digits, few.exponent())?))) {
                    Some((negative, value)) => Ok(if negative { -value } else { value }),
                    None => $any(cell),
                }
            }
        }

        /// Reads a float of any form.
        #[inline(never)]
        fn $any(cell: &[u8]) -> Result<$float, FieldError> {
            let text = value_text(cell, "a number")?;
            let value: $float = text.parse().map_err(|_| FieldError::Unexpected("a number"))?;
            // Digits that came out as infinity or as zero did not fit.
            let lost = (value.is_infinite() && names_digits(text)) || (value == 0.0 && names_more_than_zero(text));
            if lost { Err(FieldError::OutOfRange(stringify!($float))) } else { Ok(value) }
        }
    )*};
}
floats! {
    f32 10 any_f32,
    f64 22 any_f64,
}

/// `1e999`, but not `inf`.
#[cold]
fn names_digits(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `1e-999`, but not `0e5`.
fn names_more_than_zero(text: &str) -> bool {
    text.bytes().take_while(|byte| !byte.eq_ignore_ascii_case(&b'e')).any(|byte| matches!(byte, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::record::{FieldError, FromField};

    /// The same number as std's, or the error that std's comes to.
    fn as_std<T>(text: &str) -> Result<(), TestCaseError>
    where
        T: for<'a> FromField<'a> + std::str::FromStr + std::fmt::Debug,
    {
        let (ours, std) = (T::from_field(text.as_bytes()), text.parse::<T>());
        let same = match (&ours, &std) {
            // The sign of a zero and every digit are in the text.
            (Ok(ours), Ok(std)) => format!("{ours:?}") == format!("{std:?}"),
            (Err(FieldError::OutOfRange(ty)), Err(_)) => *ty == std::any::type_name::<T>(),
            (Err(FieldError::Unexpected(_)), Err(_)) => true,
            (Err(FieldError::Empty(_)), Err(_)) => text.is_empty(),
            _ => false,
        };
        prop_assert!(same, "{:?}: {:?}, but std {:?}", text, ours, std.ok());
        Ok(())
    }

    fn integers(text: &str) -> Result<(), TestCaseError> {
        as_std::<u8>(text)?;
        as_std::<u16>(text)?;
        as_std::<u32>(text)?;
        as_std::<u64>(text)?;
        as_std::<u128>(text)?;
        as_std::<usize>(text)?;
        as_std::<i8>(text)?;
        as_std::<i16>(text)?;
        as_std::<i32>(text)?;
        as_std::<i64>(text)?;
        as_std::<i128>(text)?;
        as_std::<isize>(text)
    }

    fn floats(text: &str) -> Result<(), TestCaseError> {
        as_std::<f32>(text)?;
        as_std::<f64>(text)
    }

    #[test]
    fn the_edges_of_the_short_way() {
        for text in ["", "-", "+", "+5", "--5", "-0", "00", "007", " 5", "5 ", "1_000", "\u{661}"] {
            integers(text).unwrap();
            floats(text).unwrap();
        }
        for digits in 1..=40 {
            for text in ["9".repeat(digits), format!("-{}", "9".repeat(digits)), format!("1{}", "0".repeat(digits))] {
                integers(&text).unwrap();
            }
        }
        for text in
            [".", "-.", "1.", ".5", "-.5", "1..2", "1.2.3", "12345678.", ".12345678", "-0.0", "00.50", "1.-5", "1.+5"]
        {
            floats(text).unwrap();
        }
        for text in [
            "16777216",
            "16777217",
            "1.6777217",
            "9007199254740992",
            "9007199254740993",
            "0.9007199254740993",
            "NaN",
            "-inf",
        ] {
            floats(text).unwrap();
        }
    }

    #[test]
    fn what_is_no_utf8_is_said_to_be() {
        assert_eq!(u8::from_field(b"\xFF"), Err(FieldError::NotUtf8));
        assert_eq!(f64::from_field(b"1.\xFF"), Err(FieldError::NotUtf8));
    }

    proptest! {
        #[test]
        fn integers_are_read_as_std_reads_them(text in "[-+]?[0-9]{1,4}|[-+]?[0-9]{0,24}|[-+0-9 .e]{0,20}") {
            integers(&text)?;
        }

        #[test]
        fn floats_are_read_as_std_reads_them(text in "-?[0-9]{0,9}[.][0-9]{0,9}|-?[0-9]{1,20}([.][0-9]{0,20})?|[-+0-9.e]{0,12}") {
            // What does not fit is an error here, and no number in std.
            let lossy = |value: f64| value.is_infinite() || value == 0.0;
            prop_assume!(!text.contains('e') || !text.parse::<f32>().is_ok_and(|value| lossy(value.into())));
            floats(&text)?;
        }

        #[test]
        fn what_is_written_is_read_back(double: f64, single: f32, thousandths in -10_000_000_i32..10_000_000) {
            as_std::<f64>(&double.to_string())?;
            as_std::<f32>(&single.to_string())?;
            floats(&(f64::from(thousandths) / 1000.0).to_string())?;
        }
    }
}
