//! The shapes that almost every time is written in, straight from the bytes: `2024-01-31T12:34:56`, with a space for the `T`,
//! with a fraction, with `Z` or `+02:00`. What has another shape, or is wrong, is none here, and left to the full parser.

use super::super::swar::{Shape, digits};

/// The microseconds since 1970 in UTC of a time that ends in `Z` or `+02:00`.
#[inline]
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let (local, rest) = local(text)?;
    if rest == b"Z" { Some(local) } else { Some(local - offset(rest)?) }
}

/// The microseconds since the local start of 1970 of a time that says nothing of UTC.
#[inline]
pub(super) fn civil(text: &[u8]) -> Option<i64> {
    let (local, rest) = local(text)?;
    rest.is_empty().then_some(local)
}

/// The microseconds from 1970 to a date and a time of day, and what follows them.
#[inline]
fn local(text: &[u8]) -> Option<(i64, &[u8])> {
    const YEAR: Shape = Shape::of(*b"0000-00-");
    const DATE: Shape = Shape::of(*b"00-00-00");
    const CLOCK: Shape = Shape::of(*b"00:00:00");
    let (head, rest) = text.split_first_chunk::<19>()?;
    // The words overlap, so that year, month and day are each in one of them, and every byte is looked at.
    let (year, date, clock) =
        (YEAR.lanes(*head.first_chunk()?), DATE.lanes(*head[2..].first_chunk()?), CLOCK.lanes(*head.last_chunk()?));
    let between = head[10];
    if year.wrong | date.wrong | clock.wrong != 0 || (between != b'T' && between != b' ') {
        return None;
    }
    let [century, ..] = year.pairs().to_le_bytes();
    let [of_century, _, _, month, _, _, day, _] = date.pairs().to_le_bytes();
    let [hour, _, _, minute, _, _, second, _] = clock.pairs().to_le_bytes();
    let days = Date { century, of_century, month, day }.days()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second);
    let micros = (i64::from(days) * 86_400 + i64::from(of_day)) * 1_000_000;
    match rest {
        [b'.', rest @ ..] => fraction(rest).map(|(fraction, rest)| (micros + fraction, rest)),
        _ => Some((micros, rest)),
    }
}

/// A date in two-digit numbers.
#[derive(Clone, Copy)]
struct Date {
    century: u8,
    of_century: u8,
    month: u8,
    day: u8,
}

impl Date {
    /// The days since 1970-01-01 in the proleptic Gregorian calendar; none for a date that does not exist, and for the year
    /// 9999, of which not every day is a time in UTC.
    ///
    /// The formula is `days_from_civil` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms". Years before 0
    /// have no four digits, so 400 years more, in which the calendar repeats, are enough to count from a year that is not
    /// negative.
    #[inline]
    fn days(self) -> Option<i32> {
        const TO_1970: i32 = 719_468 + 146_097;
        let Date { century, of_century, month, day } = self;
        if !(1..=12).contains(&month) || day == 0 || day > self.days_of_month() || (century, of_century) == (99, 99) {
            return None;
        }
        // Years start in March, so that the leap day is the last.
        let (month, day) = (i32::from(month), i32::from(day));
        let (year_before, month) = if month > 2 { (0, month - 3) } else { (1, month + 9) };
        let year = 400 + i32::from(century) * 100 + i32::from(of_century) - year_before;
        let of_year = (153 * month + 2) / 5 + day - 1;
        Some(365 * year + year / 4 - year / 100 + year / 400 + of_year - TO_1970)
    }

    #[inline]
    fn days_of_month(self) -> u8 {
        if self.month == 2 {
            let leap = if self.of_century == 0 { self.century } else { self.of_century };
            return if leap.is_multiple_of(4) { 29 } else { 28 };
        }
        // Long months are odd up to July, and even from August on.
        30 + ((self.month ^ (self.month >> 3)) & 1)
    }
}

/// The microseconds of a fraction of a second, of 1 to 9 digits, and what follows them; none if it is finer.
#[inline]
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    const UNIT: [u32; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (fraction, rest) = text.split_at_checked(end)?;
    let nanos = u32::try_from(digits(fraction)?).ok()? * UNIT.get(end)?;
    nanos.is_multiple_of(1_000).then_some((i64::from(nanos / 1_000), rest))
}

/// The microseconds that `+02:00` is ahead of UTC.
#[inline]
fn offset(text: &[u8]) -> Option<i64> {
    let &[sign, h0, h1, b':', m0, m1] = text else { return None };
    let (hours, minutes) = (digits(&[h0, h1])?, digits(&[m0, m1])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let micros = i64::try_from(hours * 60 + minutes).ok()? * 60_000_000;
    match sign {
        b'+' => Some(micros),
        b'-' => Some(-micros),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{CivilTime, Timestamp};

    /// What is read here is what the full parser reads.
    fn agrees(text: &str) -> Result<(bool, bool), TestCaseError> {
        let (timestamp, civil) = (Timestamp::common(text.as_bytes()), CivilTime::common(text.as_bytes()));
        if let Some(time) = timestamp {
            prop_assert_eq!(Timestamp::parse(text), Ok(time), "{}", text);
        }
        if let Some(time) = civil {
            prop_assert_eq!(CivilTime::parse(text), Ok(time), "{}", text);
        }
        Ok((timestamp.is_some(), civil.is_some()))
    }

    #[test]
    fn every_day_of_every_year_is_the_one_of_the_full_parser() {
        for year in (0..=9999).filter(|year| year % 100 < 5 || year % 100 > 95 || (1968..2032).contains(year)) {
            for (month, day) in (1..=12).flat_map(|month| [1, 27, 28, 29, 30, 31].map(|day| (month, day))) {
                let text = format!("{year:04}-{month:02}-{day:02}T00:00:00");
                let common = CivilTime::common(text.as_bytes());
                assert_eq!(common, CivilTime::parse(&text).ok().filter(|_| year < 9999), "{text}");
            }
        }
    }

    #[test]
    fn the_common_shapes_are_read_here() {
        let offsets = ["", "Z", "+00:00", "-00:00", "+02:00", "-11:30", "+23:59"];
        let fractions = ["", ".5", ".123", ".123456", ".123456000", ".000000"];
        for (fraction, offset) in fractions.iter().flat_map(|fraction| offsets.map(|offset| (fraction, offset))) {
            for between in ['T', ' '] {
                let text = format!("2024-02-29{between}23:59:59{fraction}{offset}");
                assert_eq!(agrees(&text).unwrap(), (!offset.is_empty(), offset.is_empty()), "{text}");
            }
        }
    }

    #[test]
    fn what_is_rare_or_wrong_is_left_to_the_full_parser() {
        for text in [
            "",
            "2024-02-29T23:59:59z",
            "2024-02-29t23:59:59Z",
            "2024-02-29T23:59Z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:59.1234567",
            "2024-02-29T23:59:59.1234560000",
            "2024-02-29T23:59:59+02",
            "2024-02-29T23:59:59+24:00",
            "2024-02-29T23:59:59+02:60",
            "2024-02-29T23:59:60Z",
            "2024-02-29T24:00:00Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "9999-12-31T23:00:00Z",
            "-2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00Z ",
            "2024/01/01T00:00:00Z",
            "2024-01-01T00:00:00[Europe/Berlin]",
        ] {
            assert_eq!(agrees(text).unwrap(), (false, false), "{text}");
        }
    }

    proptest! {
        #[test]
        fn valid_texts_are_read_as_the_full_parser_reads_them(
            text in "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\
                     ([.][0-9]{1,6}|[.][0-9]{6}000)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?",
        ) {
            agrees(&text)?;
        }

        #[test]
        fn nothing_else_is_read_here(
            text in "[0-9]{4}-[0-1][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.][0-9]{0,10})?(Z|[+-][0-9:]{0,6})?",
            at in any::<prop::sample::Index>(),
            change in "[-+:. TtZz0-9\\[a\u{e9}]{0,2}",
        ) {
            let (before, after) = text.split_at(at.index(text.len() + 1));
            let after = after.get(1..).unwrap_or_default();
            agrees(&format!("{before}{change}{after}"))?;
        }
    }
}
