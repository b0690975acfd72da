//! Numbers in JSON text: read as `serde_json` reads them with `float_roundtrip`, which is exactly.

use std::ops::Neg;
use std::str::FromStr;

use super::cursor::Cursor;
use super::direct::Refused;
use crate::record::number::Nearest;

/// A number as `serde_json` gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    /// It has a fraction or an exponent, does not fit the others, or is `-0`.
    Float(f64),
}

/// What stands in the text.
pub(super) struct Digits<'a> {
    pub(super) text: &'a str,
    negative: bool,
    /// All digits as one number, if there are at most 19 of them.
    all: Option<u64>,
    /// By how many powers of ten that is too small.
    exponent: i32,
    /// It has a fraction or an exponent.
    is_float: bool,
}

impl<'a> Cursor<'a> {
    /// A number of any kind.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number, Refused> {
        let digits = self.digits()?;
        match digits.number() {
            Some(number) => Ok(number),
            None => self.refuse(),
        }
    }

    /// The same, its fraction rounded to an `f32`.
    pub(super) fn single_number(&mut self) -> Result<Number, Refused> {
        let digits = self.digits()?;
        let number = if digits.is_integer() { digits.number() } else { digits.float::<f32>() };
        match number {
            Some(number) => Ok(number),
            None => self.refuse(),
        }
    }

    /// A whole number of any length, as text.
    pub(super) fn integer(&mut self) -> Result<&'a str, Refused> {
        let digits = self.digits()?;
        if digits.is_float { self.refuse() } else { Ok(digits.text) }
    }

    /// Takes the digits of a number.
    #[inline]
    pub(super) fn digits(&mut self) -> Result<Digits<'a>, Refused> {
        let negative = self.peek() == b'-';
        let (text, start) = (self.rest(), usize::from(negative));
        let mut run = Run { text: text.as_bytes(), at: start, all: 0 };
        let leading_zero = run.byte() == b'0';
        let whole = run.read();
        if whole == 0 || (leading_zero && whole > 1) {
            return self.refuse();
        }
        let (mut count, mut exponent, mut is_float) = (whole, 0, false);
        if run.byte() == b'.' {
            run.at += 1;
            let places = run.read();
            if places == 0 {
                return self.refuse();
            }
            (count, is_float) = (whole + places, true);
            exponent = i32::try_from(places).map_or(i32::MIN, |places| -places);
        }
        let all = (count <= 19).then_some(run.all);
        if let b'e' | b'E' = run.byte() {
            let Some(own) = run.exponent() else { return self.refuse() };
            (exponent, is_float) = (exponent.saturating_add(own), true);
        }
        let Some(text) = self.take_first(run.at) else { return self.refuse() };
        Ok(Digits { text, negative, all, exponent, is_float })
    }
}

/// Digits that stand in a row, and in another behind the point.
struct Run<'a> {
    text: &'a [u8],
    at: usize,
    /// As one number; it means nothing after more than 19 digits.
    all: u64,
}

impl Run<'_> {
    #[inline]
    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Reads digits, and says how many there are.
    #[inline]
    fn read(&mut self) -> usize {
        let start = self.at;
        loop {
            let digit = self.byte().wrapping_sub(b'0');
            if digit > 9 {
                return self.at - start;
            }
            self.all = self.all.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
    }

    /// Reads `e-5`. What has many digits is as large or as small as can be.
    #[cold]
    fn exponent(&mut self) -> Option<i32> {
        self.at += 1;
        let negative = self.byte() == b'-';
        if let b'-' | b'+' = self.byte() {
            self.at += 1;
        }
        let mut run = Run { text: self.text, at: self.at, all: 0 };
        let count = run.read();
        self.at = run.at;
        let exponent = i32::try_from(run.all).ok().filter(|_| count < 10).unwrap_or(i32::MAX);
        (count > 0).then_some(if negative { -exponent } else { exponent })
    }
}

impl Digits<'_> {
    /// `None` if it is too large for any.
    #[inline]
    fn number(&self) -> Option<Number> {
        match (self.is_integer(), self.all) {
            (true, Some(all)) if !self.negative => Some(Number::Unsigned(all)),
            (true, Some(all)) if all != 0 && all <= i64::MIN.unsigned_abs() => {
                Some(Number::Signed(all.cast_signed().wrapping_neg()))
            }
            (true, None) if !self.negative => match self.text.parse() {
                Ok(all) => Some(Number::Unsigned(all)),
                Err(_) => self.float::<f64>(),
            },
            _ => self.float::<f64>(),
        }
    }

    fn is_integer(&self) -> bool {
        !self.is_float
    }

    /// The nearest float of this type; that of an `f32` is not the nearest one to an `f64`.
    #[inline]
    fn float<T: Nearest + FromStr + Neg<Output = T> + Into<f64>>(&self) -> Option<Number> {
        match self.all.and_then(|all| T::nearest(all, self.exponent)) {
            Some(value) => Some(Number::Float(if self.negative { -value } else { value }.into())),
            None => self.parsed::<T>(),
        }
    }

    #[cold]
    fn parsed<T: FromStr + Into<f64>>(&self) -> Option<Number> {
        let value: f64 = self.text.parse::<T>().ok()?.into();
        value.is_finite().then_some(Number::Float(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::Deserialize;

    use super::super::Scratch;
    use super::super::cursor::Cursor;
    use super::Number;

    /// What `serde_json` makes of it.
    struct Theirs(Number);

    impl<'de> Deserialize<'de> for Theirs {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Any;
            impl serde::de::Visitor<'_> for Any {
                type Value = Theirs;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a number")
                }

                fn visit_u64<E>(self, value: u64) -> Result<Theirs, E> {
                    Ok(Theirs(Number::Unsigned(value)))
                }

                fn visit_i64<E>(self, value: i64) -> Result<Theirs, E> {
                    Ok(Theirs(Number::Signed(value)))
                }

                fn visit_f64<E>(self, value: f64) -> Result<Theirs, E> {
                    Ok(Theirs(Number::Float(value)))
                }
            }
            deserializer.deserialize_f64(Any)
        }
    }

    /// Both read the same, to the last bit, or neither reads it.
    fn same(text: &str) {
        let scratch = Scratch::default();
        let mut cursor = Cursor::new(text, &scratch);
        let ours = cursor.number().ok().filter(|_| cursor.has_read_all());
        let theirs = serde_json::from_str::<Theirs>(text).ok().map(|Theirs(number)| number);
        let bits = |number: Option<Number>| match number {
            Some(Number::Float(value)) => (number, value.to_bits()),
            number => (number, 0),
        };
        assert_eq!(bits(ours), bits(theirs), "{text}");
        let mut cursor = Cursor::new(text, &scratch);
        let ours = cursor.single_number().ok().filter(|_| cursor.has_read_all());
        let theirs = serde_json::from_str::<f32>(text).ok();
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "as serde has it")]
        let single = ours.map(|number| match number {
            Number::Unsigned(value) => value as f32,
            Number::Signed(value) => value as f32,
            Number::Float(value) => value as f32,
        });
        assert_eq!(single.map(f32::to_bits), theirs.map(f32::to_bits), "{text} as f32");
    }

    #[test]
    fn the_edges_are_those_of_serde_json() {
        for text in [
            "0",
            "-0",
            "-0.0",
            "0.0",
            "00",
            "01",
            "-",
            "-01",
            "+1",
            ".5",
            "5.",
            "1.e5",
            "1e",
            "1e+",
            "1e5",
            "1E-5",
            "1e+05",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "-18446744073709551616",
            "9007199254740993",
            "9007199254740993.0",
            "0.1",
            "1e22",
            "1e23",
            "123456789e-22",
            "1e308",
            "1e309",
            "-1e309",
            "1e-400",
            "0e99999999999",
            "1e-99999999999",
            "1e99999999999",
            "5e-324",
            "2e-324",
            "2.2250738585072011e-308",
            "179769313486231580793e289",
            "0.000000000000000000000000000000000000000001",
            "99999999999999999999999999999999999999",
            "3.4028236e38",
            "16777217",
            "16777217.0",
            "1e-46",
            "NaN",
            "1x",
            "1 2",
            "7205759403792793200001e-5",
            "1.00000000000000011102230246251565404236316680908203125",
        ] {
            same(text);
        }
    }

    proptest! {
        #[test]
        fn any_number_is_that_of_serde_json(text in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,4})?") {
            same(&text);
        }

        #[test]
        fn any_float_comes_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            same(&format!("{value:?}"));
            same(&format!("{value:e}"));
        }

        #[test]
        fn what_looks_like_a_number_is_treated_alike(text in r"[-+0-9.eE ]{0,12}") {
            same(&text);
        }
    }
}
