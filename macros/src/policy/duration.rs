//! Times as texts: `50ms`, `1.5s`, `1h30m`.

use std::time::Duration;

/// The units, and how many nanoseconds each has.
const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Reads numbers with their units, added up; or says what is wrong.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    const EXAMPLES: &str = "write one like `\"50ms\"`, `\"1.5s\"`, `\"5m\"` or `\"1h\"`";
    let mut rest = text.trim();
    if rest.starts_with('-') {
        return Err(format!("a time is not negative, but `{text}` is; remove the `-`"));
    }
    if rest.is_empty() {
        return Err(format!("no time is written here; {EXAMPLES}"));
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, behind) = split(rest, |c| c.is_ascii_digit() || c == '.' || c == '_');
        let (unit, behind) = split(behind.trim_start(), char::is_alphabetic);
        let number = number.replace('_', "");
        if number.is_empty() || (unit.is_empty() && !behind.is_empty()) {
            return Err(format!("`{text}` is no time; {EXAMPLES}"));
        }
        if unit.is_empty() {
            return Err(format!("`{text}` has no unit; {EXAMPLES}"));
        }
        let Some((_, nanos)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("`{unit}` is no unit of time; {EXAMPLES}"));
        };
        let part = exactly(&number, *nanos).ok_or_else(|| format!("`{text}` is no time; {EXAMPLES}"))?;
        total = total.checked_add(part).ok_or_else(|| format!("`{text}` is too long; {EXAMPLES}"))?;
        rest = behind.trim_start();
    }
    Ok(total)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// `number * nanos`, without going through a float; what is below a nanosecond is left out.
fn exactly(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.ends_with('.') || fraction.contains('.') || fraction.len() > 18 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let digits: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let below = digits * u128::from(nanos) / 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let total = u128::from(whole) * u128::from(nanos) + below;
    let seconds = u64::try_from(total / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, u32::try_from(total % 1_000_000_000).ok()?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn times_are_read_exactly() {
        for (text, nanos) in [
            ("50ms", 50_000_000),
            ("2s", 2_000_000_000),
            ("5m", 300_000_000_000),
            ("5 min", 300_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1h 30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            ("0.1ns", 0),
            ("1_000us", 1_000_000),
            ("0s", 0),
            ("1d", 86_400_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn others_say_what_is_wrong() {
        for (text, message) in [
            ("", "no time is written here"),
            ("50", "`50` has no unit"),
            ("-1s", "a time is not negative, but `-1s` is"),
            ("5 weeks", "`weeks` is no unit of time"),
            ("ms", "`ms` is no time"),
            ("1.2.3s", "`1.2.3s` is no time"),
            ("1.s", "`1.s` is no time"),
            ("1s,2s", "`1s,2s` is no time"),
            ("99999999999999999999s", "`99999999999999999999s` is no time"),
            ("18446744073709551615s 1s", "`18446744073709551615s 1s` is too long"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
