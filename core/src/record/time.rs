//! Points in time, in eight bytes: [`Timestamp`] and [`CivilTime`].

mod common;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// A point in time: microseconds since the start of 1970 in UTC.
///
/// Its text is RFC 3339, always with an offset from UTC when read, always in UTC when written:
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::Timestamp;
///
/// let at: Timestamp = "2014-04-01T02:00:00.5+02:00".parse()?;
/// assert_eq!(at.to_string(), "2014-04-01T00:00:00.5Z");
/// assert_eq!(at.as_micros(), 1_396_310_400_500_000);
/// assert!("2014-04-01T00:00:00".parse::<Timestamp>().is_err(), "no offset");
/// # Ok::<(), millstream::record::TimeError>(())
/// ```
///
/// Text without an offset is read where the field says its `zone`; see also [`CivilTime`]. Text that is finer than a
/// microsecond, and leap seconds, are refused.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A local date and time that does not say how far it is from UTC: microseconds since the local start of 1970.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::record::CivilTime;
///
/// let at: CivilTime = "2014-04-01 00:00:00".parse()?;
/// assert_eq!(at.to_string(), "2014-04-01T00:00:00");
/// assert!("2014-04-01T00:00:00Z".parse::<CivilTime>().is_err(), "the offset would be lost");
/// assert_eq!(at.in_zone("Europe/Berlin")?.to_string(), "2014-03-31T22:00:00Z");
/// # Ok::<(), millstream::record::TimeError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime(i64);

/// Why a text is no time, or not this kind of time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// The text has no offset from UTC, and nothing says its zone.
    NoOffset,
    /// The text has an offset from UTC, which a local time would lose.
    HasOffset,
    /// The text is a date without a time of day.
    NoTimeOfDay,
    /// The text is finer than a microsecond.
    TooFine,
    /// The text names the second 60.
    LeapSecond,
    /// The clocks of the zone were set back, so that the local time happened twice.
    Twice(String),
    /// The clocks of the zone were set forward past the local time, so that it never happened.
    Skipped(String),
    /// There is no such zone.
    UnknownZone(String),
    /// The time lies outside the years that have a text, -9999 to 9999.
    OutOfRange,
    /// The text is no date and time at all.
    Malformed(String),
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeError::NoOffset => f.write_str("it has no offset from UTC, such as `Z` or `+02:00`"),
            TimeError::HasOffset => f.write_str("it has an offset from UTC, which a local time would lose"),
            TimeError::NoTimeOfDay => f.write_str("it has no time of day"),
            TimeError::TooFine => f.write_str("it is finer than a microsecond"),
            TimeError::LeapSecond => f.write_str("it is a leap second, which has no place in UTC microseconds"),
            TimeError::Twice(zone) => write!(f, "it happened twice in {zone}, where clocks were set back"),
            TimeError::Skipped(zone) => write!(f, "it never happened in {zone}, where clocks were set forward"),
            TimeError::UnknownZone(zone) => write!(f, "there is no time zone `{zone}`"),
            TimeError::OutOfRange => f.write_str("it lies outside the years -9999 to 9999"),
            TimeError::Malformed(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for TimeError {}

/// The time zone that a field's text without an offset is in.
#[derive(Debug, Clone)]
pub struct Zone {
    name: &'static str,
    zone: Option<TimeZone>,
}

impl Zone {
    /// The zone of this name in the IANA database. A name that is not in it is an error for each text.
    pub fn new(name: &'static str) -> Self {
        Zone { name, zone: TimeZone::get(name).ok() }
    }

    fn at(&self, local: DateTime) -> Result<Timestamp, TimeError> {
        let Some(zone) = &self.zone else { return Err(TimeError::UnknownZone(self.name.to_owned())) };
        in_zone(local, zone, self.name)
    }
}

/// The one point in time that a local time is in a zone.
fn in_zone(local: DateTime, zone: &TimeZone, name: &str) -> Result<Timestamp, TimeError> {
    let time = zone.to_ambiguous_timestamp(local);
    match time.offset() {
        AmbiguousOffset::Fold { .. } => Err(TimeError::Twice(name.to_owned())),
        AmbiguousOffset::Gap { .. } => Err(TimeError::Skipped(name.to_owned())),
        AmbiguousOffset::Unambiguous { .. } => {
            time.unambiguous().map(|time| Timestamp(time.as_microsecond())).map_err(|_| TimeError::OutOfRange)
        }
    }
}

/// A text of the form `YYYY-MM-DD HH:MM[:SS[.ffffff]]` with or without an offset: the local part, and the offset.
fn split(text: &str) -> Result<(&str, &str), TimeError> {
    let between = text.find(['T', 't', ' ']);
    let date = &text[..between.unwrap_or(text.len())];
    if date.bytes().filter(|&byte| byte == b'-').count() < 2 {
        return Err(TimeError::Malformed("it is no date and time".to_owned()));
    }
    let between = between.ok_or(TimeError::NoTimeOfDay)?;
    let clock = &text[between + 1..];
    let end = clock.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(end);
    let mut parts = clock.split(':');
    let (Some(_), Some(_), seconds, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TimeError::Malformed("its time of day is not `HH:MM:SS`".to_owned()));
    };
    let (seconds, fraction) = seconds.unwrap_or("00").split_once('.').unwrap_or((seconds.unwrap_or("00"), ""));
    if seconds == "60" {
        return Err(TimeError::LeapSecond);
    }
    if fraction.trim_end_matches('0').len() > 6 {
        return Err(TimeError::TooFine);
    }
    Ok((&text[..between + 1 + end], offset))
}

/// What jiff says, without naming the parser.
fn malformed(error: &jiff::Error) -> TimeError {
    TimeError::Malformed(error.to_string())
}

impl Timestamp {
    /// The point in time so many microseconds after the start of 1970 in UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// The microseconds since the start of 1970 in UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this; `None` when `earlier` is later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        since(self.0, earlier.0)
    }

    /// The point in time `duration` later; `None` when there is none, or `duration` is finer than a microsecond.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(micros(duration)?).map(Timestamp)
    }

    /// The point in time `duration` earlier; `None` when there is none, or `duration` is finer than a microsecond.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(micros(duration)?).map(Timestamp)
    }

    /// Reads a text that has one of the [common shapes](common).
    #[inline]
    pub(super) fn common(text: &[u8]) -> Option<Self> {
        common::timestamp(text).map(Timestamp)
    }

    /// Reads a text with an offset, or one without that is local to `zone`.
    pub(super) fn in_zone(text: &str, zone: &Zone) -> Result<Self, TimeError> {
        if let Some(local) = CivilTime::common(text.as_bytes()).and_then(CivilTime::jiff) {
            return zone.at(local);
        }
        if let Some(time) = Timestamp::common(text.as_bytes()) {
            return Ok(time);
        }
        let (local, offset) = split(text)?;
        if offset.is_empty() { zone.at(local.parse().map_err(|e| malformed(&e))?) } else { Timestamp::parse(text) }
    }

    /// Reads a text of any shape, and says what is wrong with one that is none.
    #[cold]
    pub(super) fn parse(text: &str) -> Result<Self, TimeError> {
        let (_, offset) = split(text)?;
        if offset.is_empty() {
            return Err(TimeError::NoOffset);
        }
        if offset.contains('[') {
            return Err(TimeError::Malformed("it names a zone in brackets; write the offset alone".to_owned()));
        }
        let time: jiff::Timestamp = text.parse().map_err(|e| malformed(&e))?;
        Ok(Timestamp(time.as_microsecond()))
    }
}

impl CivilTime {
    /// The local time so many microseconds after the local start of 1970.
    pub const fn from_micros(micros: i64) -> Self {
        CivilTime(micros)
    }

    /// The microseconds since the local start of 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this on a clock that is never set; `None` when `earlier` is later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        since(self.0, earlier.0)
    }

    /// The local time `duration` later on a clock that is never set; `None` when there is none, or `duration` is finer
    /// than a microsecond.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(micros(duration)?).map(CivilTime)
    }

    /// The local time `duration` earlier on a clock that is never set; `None` when there is none, or `duration` is finer
    /// than a microsecond.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(micros(duration)?).map(CivilTime)
    }

    /// The point in time that this local time is in a zone of the IANA database, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// When there is no such zone, or the local time happened twice or never, as clocks were set.
    pub fn in_zone(self, zone: &str) -> Result<Timestamp, TimeError> {
        let found = TimeZone::get(zone).map_err(|_| TimeError::UnknownZone(zone.to_owned()))?;
        in_zone(self.jiff().ok_or(TimeError::OutOfRange)?, &found, zone)
    }

    /// Reads a text that has one of the [common shapes](common).
    #[inline]
    pub(super) fn common(text: &[u8]) -> Option<Self> {
        common::civil(text).map(CivilTime)
    }

    /// Reads a text of any shape, and says what is wrong with one that is none.
    #[cold]
    pub(super) fn parse(text: &str) -> Result<Self, TimeError> {
        let (local, offset) = split(text)?;
        if !offset.is_empty() {
            return Err(TimeError::HasOffset);
        }
        let time: DateTime = local.parse().map_err(|e| malformed(&e))?;
        let time = Offset::UTC.to_timestamp(time).map_err(|_| TimeError::OutOfRange)?;
        Ok(CivilTime(time.as_microsecond()))
    }

    fn jiff(self) -> Option<DateTime> {
        Some(Offset::UTC.to_datetime(jiff::Timestamp::from_microsecond(self.0).ok()?))
    }
}

fn since(later: i64, earlier: i64) -> Option<Duration> {
    (later >= earlier).then(|| Duration::from_micros(later.abs_diff(earlier)))
}

/// The duration in microseconds, if it is a whole number of them.
fn micros(duration: Duration) -> Option<i64> {
    if !duration.subsec_nanos().is_multiple_of(1000) {
        return None;
    }
    i64::try_from(duration.as_micros()).ok()
}

impl FromStr for Timestamp {
    type Err = TimeError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Timestamp::common(text.as_bytes()).map_or_else(|| Timestamp::parse(text), Ok)
    }
}

impl FromStr for CivilTime {
    type Err = TimeError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, TimeError> {
        CivilTime::common(text.as_bytes()).map_or_else(|| CivilTime::parse(text), Ok)
    }
}

/// RFC 3339 in UTC. A time outside the years -9999 to 9999 shows its microseconds: `@9223372036854775807us`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "@{}us", self.0),
        }
    }
}

/// `2014-04-01T00:00:00`. A time outside the years -9999 to 9999 shows its microseconds: `@9223372036854775807us`.
impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.jiff() {
            Some(time) => time.fmt(f),
            None => write!(f, "@{}us", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = jiff::Timestamp::from_microsecond(self.0).map_err(|_| ser::Error::custom(TimeError::OutOfRange))?;
        serializer.collect_str(&time)
    }
}

impl Serialize for CivilTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = self.jiff().ok_or_else(|| ser::Error::custom(TimeError::OutOfRange))?;
        serializer.collect_str(&time)
    }
}

/// Reads a text by a function, for serde.
pub(super) struct ByText<F> {
    pub(super) expects: &'static str,
    pub(super) read: F,
}

impl<T, F: FnOnce(&str) -> Result<T, TimeError>> de::Visitor<'_> for ByText<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expects)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(|why| E::custom(format_args!("expected {}, read {text:?}: {why}", self.expects)))
    }
}

/// What is expected where a [`Timestamp`] is read.
pub(super) const TIMESTAMP: &str = "a time such as 2014-04-01T00:00:00Z";
/// What is expected where a [`Timestamp`] is read whose field has a zone.
pub(super) const ZONED: &str = "a time such as 2014-04-01T00:00:00";
/// What is expected where a [`CivilTime`] is read.
pub(super) const CIVIL: &str = "a local time such as 2014-04-01T00:00:00";

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ByText { expects: TIMESTAMP, read: str::parse })
    }
}

impl<'de> Deserialize<'de> for CivilTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ByText { expects: CIVIL, read: str::parse })
    }
}

#[cfg(test)]
mod tests {
    use super::{CivilTime, TimeError, Timestamp, Zone};

    #[test]
    fn what_would_be_lost_is_refused() {
        let timestamp = |text: &str| text.parse::<Timestamp>();
        assert_eq!(timestamp("2014-04-01T00:00:00"), Err(TimeError::NoOffset));
        assert_eq!(timestamp("2014-04-01"), Err(TimeError::NoTimeOfDay));
        assert_eq!(timestamp("2014-04-01T00:00:00.0000001Z"), Err(TimeError::TooFine));
        assert_eq!(timestamp("2016-12-31T23:59:60Z"), Err(TimeError::LeapSecond));
        assert!(matches!(timestamp("1396310400"), Err(TimeError::Malformed(_))));
        assert!(matches!(timestamp("2014-04-01T00:00:00Z "), Err(TimeError::Malformed(_))));
        assert!(matches!(timestamp("2014-02-30T00:00:00Z"), Err(TimeError::Malformed(_))));
        assert!(matches!(timestamp("2014-04-01T00:00:00[Europe/Berlin]"), Err(TimeError::Malformed(_))));
        assert_eq!("2014-04-01T00:00:00Z".parse::<CivilTime>(), Err(TimeError::HasOffset));
        assert_eq!("2014-04-01 00:00:00+02:00".parse::<CivilTime>(), Err(TimeError::HasOffset));
        assert_eq!("2016-12-31 23:59:60".parse::<CivilTime>(), Err(TimeError::LeapSecond));
    }

    #[test]
    fn trailing_zeros_are_not_precision() {
        let at: Result<Timestamp, _> = "1970-01-01T00:00:00.123456000Z".parse();
        assert_eq!(at, Ok(Timestamp::from_micros(123_456)));
    }

    #[test]
    fn before_1970_counts_down() {
        let at: Result<CivilTime, _> = "1969-12-31 23:59:59.999999".parse();
        assert_eq!(at, Ok(CivilTime::from_micros(-1)));
        assert_eq!(CivilTime::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999");
    }

    #[test]
    fn a_zone_reads_what_has_no_offset_and_refuses_what_clocks_make_unclear() {
        let berlin = Zone::new("Europe/Berlin");
        let read = |text: &str| Timestamp::in_zone(text, &berlin).map(|at| at.to_string());
        assert_eq!(read("2024-07-01 12:00:00"), Ok("2024-07-01T10:00:00Z".to_owned()));
        assert_eq!(read("2024-07-01T12:00:00Z"), Ok("2024-07-01T12:00:00Z".to_owned()));
        assert_eq!(read("2024-10-27 02:30:00"), Err(TimeError::Twice("Europe/Berlin".to_owned())));
        assert_eq!(read("2024-03-31 02:30:00"), Err(TimeError::Skipped("Europe/Berlin".to_owned())));
        let nowhere = Zone::new("Nowhere/At_All");
        assert_eq!(
            Timestamp::in_zone("2024-07-01 12:00:00", &nowhere),
            Err(TimeError::UnknownZone("Nowhere/At_All".to_owned()))
        );
    }

    #[test]
    fn every_microsecond_has_a_display() {
        assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), "@9223372036854775807us");
        assert_eq!(CivilTime::from_micros(i64::MIN).to_string(), "@-9223372036854775808us");
        assert!(serde_json::to_string(&Timestamp::from_micros(i64::MAX)).is_err());
    }
}
